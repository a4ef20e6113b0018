package preview_test

import "portico/internal/ident"

// previews are the cases of TestPreview. Accounts are written in full, roles and users as "ACCOUNT Name".
var previews = []struct {
	name  string
	given func(w *world)
	who   ident.Account
	op    string
	in    string
	want  []string
}{
	{"S-ORG-19 share with a unit", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket", "Queue")
		w.grant(boss, "Storage", "arn:aws:iam:::role/Dev*")
	}, boss, "servicecatalog/CreatePortfolioShare", shareIn("Storage", unit), []string{
		"share Added Storage ORGANIZATIONAL_UNIT " + unit,
		"222222222222 333333333333: +Storage +Bucket +Queue",
	}},
	{"S-PRI-12 share with a unit, principals too", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.grant(boss, "Storage", "arn:aws:iam:::role/Dev*")
		w.grant(boss, "Storage", arn(boss, "user/Ann"))
	}, boss, "servicecatalog/CreatePortfolioShare", shareIn("Storage", unit, sharingPrincipals), []string{
		"share Added Storage ORGANIZATIONAL_UNIT " + unit + " principals",
		"222222222222 333333333333: +Storage +Bucket",
		"222222222222 Developer 333333333333 Developer: +Storage +Bucket",
	}},
	{"S-SHR-15 an offer gives nothing yet", func(w *world) { w.portfolio(boss, "Storage", "Bucket") },
		boss, "servicecatalog/CreatePortfolioShare", shareIn("Storage", string(dora)), []string{"share Added Storage ACCOUNT 555555555555"}},
	{"S-SHR-11 shared already", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.share(boss, "Storage", unit)
	}, boss, "servicecatalog/CreatePortfolioShare", shareIn("Storage", unit), nil},
	{"S-SHR-12 some have it by another share", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket", "Queue")
		w.share(boss, "Storage", string(anna))
		w.accept(anna, "Storage")
		w.portfolio(boss, "More", "Queue")
		w.share(boss, "More", string(bert))
		w.accept(bert, "More")
	}, boss, "servicecatalog/CreatePortfolioShare", shareIn("Storage", whole), []string{
		"share Added Storage ORGANIZATION " + whole,
		"333333333333: +Storage +Bucket",
		"444444444444: +Storage +Bucket +Queue",
	}},
	{"S-ACC-10 who rejected it gains nothing", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.share(boss, "Storage", unit)
		w.do(anna, "servicecatalog/RejectPortfolioShare", portfolioIn("Storage", `,"PortfolioShareType":"AWS_ORGANIZATIONS"`))
	}, boss, "servicecatalog/CreatePortfolioShare", shareIn("Storage", whole), []string{
		"share Added Storage ORGANIZATION " + whole,
		"444444444444: +Storage +Bucket",
	}},
	{"S-PRI-14 the owner begins to share its patterns", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.grant(boss, "Storage", "arn:aws:iam:::group/Staff")
		w.share(boss, "Storage", unit)
		w.grant(anna, "Storage", arn(anna, "user/Ann"))
	}, boss, "servicecatalog/UpdatePortfolioShare", shareIn("Storage", unit, sharingPrincipals), []string{
		"share Updated Storage ORGANIZATIONAL_UNIT " + unit + " principals",
		"333333333333 Ann: +Storage +Bucket",
	}},
	{"S-UPD-3 a flag that nobody sees by", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.share(boss, "Storage", unit)
	}, boss, "servicecatalog/UpdatePortfolioShare", shareIn("Storage", unit, `,"ShareTagOptions":true`), []string{
		"share Updated Storage ORGANIZATIONAL_UNIT " + unit + " tags",
	}},
	{"S-DEL-4 unshare with another cover remaining", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.share(boss, "Storage", unit)
		w.share(boss, "Storage", whole)
		w.take(anna, "Local", "Bucket", "Storage")
	}, boss, "servicecatalog/DeletePortfolioShare", shareIn("Storage", unit), []string{"share Removed Storage ORGANIZATIONAL_UNIT " + unit}},
	{"S-DEL-5 unshare", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket", "Queue")
		w.share(boss, "Storage", unit)
		w.grant(anna, "Storage", arn(anna, "role/Developer"))
		w.take(anna, "Local", "Bucket", "Storage")
		w.grant(anna, "Local", arn(anna, "group/Staff"))
	}, boss, "servicecatalog/DeletePortfolioShare", shareIn("Storage", unit), []string{
		"share Removed Storage ORGANIZATIONAL_UNIT " + unit,
		"222222222222 333333333333: -Storage -Bucket -Queue",
		"222222222222 Developer: -Storage -Bucket -Queue",
		"222222222222 Ann: -Local -Bucket",
		"local Local: -Bucket",
	}},
	{"S-PRO-1 what runs loses its updates", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket", "Queue")
		w.portfolio(boss, "More", "Queue")
		w.share(boss, "Storage", unit)
		w.share(boss, "More", unit)
		w.grant(anna, "Storage", arn(anna, "role/Developer"))
		w.grant(anna, "More", arn(anna, "role/Developer"))
		w.runs(anna, "db", "Bucket", "role/Developer")
		w.runs(anna, "other", "Queue", "role/Developer") // which it still reaches
		w.runs(anna, "anns", "Bucket", "user/Ann")       // who could not update it before
		w.runs(dora, "doras", "Bucket", "role/Developer")
	}, boss, "servicecatalog/DeletePortfolioShare", shareIn("Storage", unit), []string{
		"share Removed Storage ORGANIZATIONAL_UNIT " + unit,
		"222222222222 333333333333: -Storage -Bucket",
		"222222222222 Developer: -Storage -Bucket",
		"running pp-db",
	}},
	{"S-PRI-11 an owner that manages nothing is told of no principals", func(w *world) {
		w.do(boss, "organizations/RegisterDelegatedAdministrator", `{"AccountId":"444444444444","ServicePrincipal":"servicecatalog.amazonaws.com"}`)
		w.portfolio(carla, "Storage", "Bucket")
		w.share(carla, "Storage", unit)
		w.grant(anna, "Storage", arn(anna, "role/Developer"))
		w.runs(anna, "db", "Bucket", "role/Developer")
		w.take(anna, "Local", "Bucket", "Storage")
	}, carla, "servicecatalog/DeletePortfolioShare", shareIn("Storage", unit), []string{
		"share Removed Storage ORGANIZATIONAL_UNIT " + unit,
		"222222222222 333333333333: -Storage -Bucket",
	}},
	{"S-EVT-5 the manager of the organization is", func(w *world) {
		w.do(boss, "organizations/RegisterDelegatedAdministrator", `{"AccountId":"444444444444","ServicePrincipal":"servicecatalog.amazonaws.com"}`)
		w.portfolio(carla, "Storage", "Bucket")
		w.share(carla, "Storage", unit)
		w.share(carla, "Storage", string(dora))
		w.accept(dora, "Storage")
		w.grant(anna, "Storage", arn(anna, "role/Developer"))
	}, boss, "organizations/DeregisterDelegatedAdministrator", `{"AccountId":"444444444444","ServicePrincipal":"servicecatalog.amazonaws.com"}`, []string{
		"share Removed Storage ORGANIZATIONAL_UNIT " + unit,
		"222222222222 333333333333: -Storage -Bucket",
		"222222222222 Developer: -Storage -Bucket",
	}},
	{"S-ACC-1 accept", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket", "Queue")
		w.share(boss, "Storage", string(dora))
		w.portfolio(boss, "More", "Queue")
		w.share(boss, "More", string(dora))
		w.accept(dora, "More")
	}, dora, "servicecatalog/AcceptPortfolioShare", portfolioIn("Storage"), []string{
		"share Updated Storage ACCOUNT 555555555555 accepted",
		"555555555555: +Storage +Bucket",
	}},
	{"S-ACC-9 reject", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.share(boss, "Storage", string(dora))
		w.accept(dora, "Storage")
		w.grant(dora, "Storage", arn(dora, "group/Staff"))
	}, dora, "servicecatalog/RejectPortfolioShare", portfolioIn("Storage"), []string{
		"share Updated Storage ACCOUNT 555555555555",
		"555555555555: -Storage -Bucket",
		"555555555555 Ann: -Storage -Bucket",
	}},
	{"S-PRO row 1 a product is added", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.portfolio(boss, "Drawer", "Queue")
		w.share(boss, "Storage", unit)
		w.grant(anna, "Storage", arn(anna, "role/Developer"))
		w.grant(boss, "Storage", arn(boss, "role/Developer"))
	}, boss, "servicecatalog/AssociateProductWithPortfolio", productIn("Storage", "Queue"), []string{
		"222222222222 333333333333: +Queue",
		"111111111111 Developer 222222222222 Developer: +Queue",
	}},
	{"S-PRO-4 a product is withdrawn, and another portfolio holds it still", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.portfolio(boss, "More", "Bucket")
		w.share(boss, "Storage", unit)
		w.share(boss, "More", string(anna))
		w.accept(anna, "More")
		w.grant(anna, "More", arn(anna, "role/Developer"))
		w.grant(anna, "Storage", arn(anna, "role/Developer"))
		w.grant(anna, "Storage", arn(anna, "user/Ann"))
		w.take(anna, "Local", "Bucket", "Storage")
		w.take(anna, "Other", "Bucket", "More")
	}, boss, "servicecatalog/DisassociateProductFromPortfolio", productIn("Storage", "Bucket"), []string{
		"333333333333: -Bucket",
		"222222222222 Developer: -Storage",
		"222222222222 Ann: -Storage -Bucket",
		"local Local: -Bucket",
	}},
	{"S-LOC-7 a recipient takes it out of its local portfolio", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.share(boss, "Storage", unit)
		w.take(anna, "Local", "Bucket", "Storage")
		w.grant(anna, "Local", "arn:aws:iam:::user/A*")
	}, anna, "servicecatalog/DisassociateProductFromPortfolio", productIn("Local", "Bucket"), []string{
		"222222222222 Ann: -Local -Bucket",
		"local Local: -Bucket",
	}},
	{"S-PRI-15 a recipient's own principal", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.share(boss, "Storage", unit)
	}, anna, "servicecatalog/AssociatePrincipalWithPortfolio", principalIn("Storage", arn(anna, "group/Staff")), []string{"222222222222 Ann: +Storage +Bucket"}},
	{"S-PRI-9 a pattern still matches", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.grant(boss, "Storage", arn(boss, "role/Developer"))
		w.grant(boss, "Storage", "arn:aws:iam:::role/*")
	}, boss, "servicecatalog/DisassociatePrincipalFromPortfolio", principalIn("Storage", arn(boss, "role/Developer")), nil},
	{"S-PRI-14 an owner's shared pattern is removed", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.grant(boss, "Storage", "arn:aws:iam:::role/*")
		w.share(boss, "Storage", unit, sharingPrincipals)
		w.grant(bert, "Storage", arn(bert, "role/Developer"))
	}, boss, "servicecatalog/DisassociatePrincipalFromPortfolio", principalIn("Storage", "arn:aws:iam:::role/*"), []string{
		"111111111111 Developer 222222222222 Developer: -Storage -Bucket",
	}},
	{"S-EVT-3 move out, and into what is shared elsewhere", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket", "Queue")
		w.portfolio(boss, "More", "Queue")
		w.portfolio(boss, "Always", "Topic")
		w.share(boss, "Storage", unit)
		w.share(boss, "More", spare)
		w.share(boss, "Always", whole)
		w.grant(anna, "Storage", arn(anna, "role/Developer"))
	}, boss, "organizations/MoveAccount", `{"AccountId":"222222222222","SourceParentId":"` + unit + `","DestinationParentId":"` + spare + `"}`, []string{
		"222222222222: +More -Storage -Bucket",
		"222222222222 Developer: -Storage -Bucket -Queue",
	}},
	{"S-EVT-2 remove", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.portfolio(boss, "More", "Topic")
		w.share(boss, "Storage", unit)
		w.share(boss, "More", string(anna))
		w.accept(anna, "More")
		w.grant(anna, "Storage", arn(anna, "role/Developer"))
	}, boss, "organizations/RemoveAccountFromOrganization", `{"AccountId":"222222222222"}`, []string{
		"222222222222: -Storage -Bucket",
		"222222222222 Developer: -Storage -Bucket",
	}},
	{"S-EVT-8 close the account of an owner", func(w *world) {
		w.portfolio(anna, "Storage", "Bucket")
		w.grant(anna, "Storage", arn(anna, "user/Ann"))
		w.share(anna, "Storage", string(bert))
		w.share(anna, "Storage", string(dora))
		w.accept(bert, "Storage")
		w.accept(dora, "Storage")
		w.grant(bert, "Storage", arn(bert, "role/Developer"))
		w.grant(dora, "Storage", arn(dora, "role/Developer"))
		w.portfolio(boss, "Common", "Topic")
		w.share(boss, "Common", whole)
	}, boss, "organizations/CloseAccount", `{"AccountId":"222222222222"}`, []string{
		"222222222222: -Common -Topic",
		"222222222222 Ann 333333333333 Developer: -Storage -Bucket",
	}},
	{"S-ORG-12 disable", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.share(boss, "Storage", unit)
	}, boss, "servicecatalog/DisableAWSOrganizationsAccess", `{}`, nil},
	{"S-EVT-11 enable again", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.share(boss, "Storage", unit)
		w.grant(anna, "Storage", arn(anna, "role/Developer"))
		w.do(boss, "servicecatalog/DisableAWSOrganizationsAccess", `{}`)
		w.do(boss, "organizations/MoveAccount", `{"AccountId":"222222222222","SourceParentId":"`+unit+`","DestinationParentId":"`+spare+`"}`)
		w.do(boss, "organizations/MoveAccount", `{"AccountId":"444444444444","SourceParentId":"r-root","DestinationParentId":"`+unit+`"}`)
	}, boss, "servicecatalog/EnableAWSOrganizationsAccess", `{}`, []string{
		"222222222222: -Storage -Bucket",
		"444444444444: +Storage +Bucket",
		"222222222222 Developer: -Storage -Bucket",
	}},
	{"S-ORG-2 what is refused is refused here", func(w *world) { w.portfolio(anna, "Storage", "Bucket") },
		anna, "servicecatalog/CreatePortfolioShare", shareIn("Storage", unit), []string{
			"refused: Only the management account of an organization or a delegated administrator for servicecatalog.amazonaws.com can perform this operation"}},
	{"S-GEN-7 and a stranger learns nothing", func(w *world) { w.portfolio(anna, "Storage", "Bucket") },
		dora, "servicecatalog/AcceptPortfolioShare", portfolioIn("Storage"), []string{"refused: Portfolio not found: Storage"}},
	{"S-QUO-1 what is too much is too much here", func(w *world) {
		w.portfolio(boss, "Storage", "Bucket")
		w.preview.Catalog.Quotas.SharedAccounts = 1
	}, boss, "servicecatalog/CreatePortfolioShare", shareIn("Storage", unit), []string{"refused: The limit of 1 shared accounts per portfolio has been reached"}},
	{"S-VAL-3 what cannot be read is refused", func(*world) {}, boss, "organizations/MoveAccount", `{"AccountId":"me"}`, []string{
		"refused: 3 validation errors detected: Value 'me' at 'accountId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^\\d{12}$; " +
			"Value null at 'sourceParentId' failed to satisfy constraint: Member must not be null; " +
			"Value null at 'destinationParentId' failed to satisfy constraint: Member must not be null"}},
	{"an operation that cannot be previewed", func(*world) {}, boss, "servicecatalog/DeletePortfolio", `{"Id":"port-x"}`, []string{
		"refused: DeletePortfolio of servicecatalog cannot be previewed"}},
	{"an operation that there is not", func(*world) {}, boss, "servicecatalog/Share", `{}`, []string{"refused: servicecatalog has no operation Share"}},
}
