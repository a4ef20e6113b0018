package intrusion

import (
	"fmt"
	"strings"
)

// estate is everything an account can have. Every text in it that is no id holds mark.
type estate struct {
	party
	mark   string
	loot   loot
	launch party // a session that may launch the product
}

// template is a small template that has an output for others.
func template(mark, export string) string {
	return "Description: " + mark + "\nResources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Properties: {DisplayName: " + mark +
		"}\nOutputs:\n  Out:\n    Value: " + mark + "\n    Export: {Name: " + export + "}\n"
}

// settle makes an estate. The account is the manager of an organization, shares with a friend, and trusts a partner, who
// would have to know a secret.
func settle(p party, mark string, friend, partner string) *estate {
	p.t.Helper()
	e := &estate{party: p, mark: mark, loot: loot{}}
	e.loot.add("account", string(p.account))
	e.organization(friend)
	e.people(partner)
	e.bucket()
	e.catalog(friend)
	e.launches()
	e.pages()
	e.loot.add("target", append(e.loot["node"], e.loot["account"]...)...)
	e.loot.add("resource", append(e.loot["portfolio"], e.loot["product"]...)...)
	for _, kind := range []string{"role ARN", "policy", "principal", "product ARN", "stack"} {
		e.loot.add("ARN", e.loot[kind]...)
	}
	return e
}

func (e *estate) tags() list { return list{args{"Key": "note", "Value": e.mark}} }

func (e *estate) organization(friend string) {
	e.t.Helper()
	e.do(orgs, "CreateOrganization", args{"FeatureSet": "ALL"})
	top := e.do(orgs, "ListRoots", nil).get("Id")
	unit := e.do(orgs, "CreateOrganizationalUnit", args{"ParentId": top, "Name": e.mark, "Tags": e.tags()}).get("Id")
	creation := e.do(orgs, "CreateAccount", args{"AccountName": e.mark, "Email": e.mark + "@example.com"}).get("Id")
	member := e.do(orgs, "DescribeCreateAccountStatus", args{"CreateAccountRequestId": creation}).get("AccountId")
	e.do(orgs, "MoveAccount", args{"AccountId": member, "SourceParentId": top, "DestinationParentId": unit})
	e.do(orgs, "EnablePolicyType", args{"RootId": top, "PolicyType": "SERVICE_CONTROL_POLICY"})
	control := e.do(orgs, "CreatePolicy", args{"Name": e.mark, "Description": e.mark, "Type": "SERVICE_CONTROL_POLICY",
		"Content": `{"Version":"2012-10-17","Statement":{"Sid":"` + e.mark + `","Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}}`}).get("Id")
	e.do(orgs, "AttachPolicy", args{"PolicyId": control, "TargetId": unit})
	invited := e.do(orgs, "InviteAccountToOrganization", args{"Target": args{"Id": friend, "Type": "ACCOUNT"}, "Notes": e.mark})
	e.do(sc, "EnableAWSOrganizationsAccess", nil)
	e.loot.add("root", top)
	e.loot.add("unit", unit)
	e.loot.add("node", top, unit)
	e.loot.add("creation", creation)
	e.loot.add("control", control)
	e.loot.add("account", member)
	for word := range strings.SplitSeq(string(invited.Text), `"`) {
		if strings.HasPrefix(word, "h-") {
			e.loot.add("handshake", word)
		}
	}
}

func (e *estate) people(partner string) {
	e.t.Helper()
	document := `{"Version":"2012-10-17","Statement":{"Sid":"` + e.mark + `","Effect":"Allow","Action":"*","Resource":"*"}}`
	arn := func(kind, name string) string { return "arn:aws:iam::" + string(e.account) + ":" + kind + "/" + name }
	id := string(e.account)
	user, group, policy := "user-"+id, "group-"+id, "policy-"+id
	key := e.user(user)
	e.do(iam, "TagUser", args{"UserName": user, "Tags": e.tags()})
	e.do(iam, "CreateGroup", args{"GroupName": group})
	e.do(iam, "AddUserToGroup", args{"GroupName": group, "UserName": user})
	e.do(iam, "PutGroupPolicy", args{"GroupName": group, "PolicyName": policy, "PolicyDocument": document})
	e.do(iam, "PutUserPolicy", args{"UserName": user, "PolicyName": policy, "PolicyDocument": document})
	e.do(iam, "CreatePolicy", args{"PolicyName": policy, "Description": e.mark, "PolicyDocument": document, "Tags": e.tags()})
	e.do(iam, "CreatePolicyVersion", args{"PolicyArn": arn("policy", policy), "PolicyDocument": everything})
	e.do(iam, "AttachUserPolicy", args{"UserName": user, "PolicyArn": arn("policy", policy)})
	for name, trusted := range map[string]string{"closed": trust("AWS", id), "launch": trust("Service", "servicecatalog.amazonaws.com"),
		"partner": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + partner + `"},"Action":"sts:AssumeRole",
			"Condition":{"StringEquals":{"sts:ExternalId":"` + e.mark + `"}}}}`} {
		role := name + "-" + id
		e.do(iam, "CreateRole", args{"RoleName": role, "AssumeRolePolicyDocument": trusted, "Description": e.mark, "Tags": e.tags()})
		e.do(iam, "PutRolePolicy", args{"RoleName": role, "PolicyName": policy, "PolicyDocument": document})
		e.do(iam, "AttachRolePolicy", args{"RoleName": role, "PolicyArn": administrator})
		e.loot.add("role", role)
		e.loot.add("role ARN", arn("role", role))
		e.loot.add("trust", trust("AWS", arn("role", role)))
	}
	e.do(iam, "CreateInstanceProfile", args{"InstanceProfileName": "profile-" + id, "Tags": e.tags()})
	e.do(iam, "AddRoleToInstanceProfile", args{"InstanceProfileName": "profile-" + id, "RoleName": "closed-" + id})
	e.do(iam, "CreateOpenIDConnectProvider", args{"Url": "https://id-" + id + ".example.com", "ClientIDList": list{e.mark}})
	e.loot.add("user", user)
	e.loot.add("group", group)
	e.loot.add("policy", arn("policy", policy))
	e.loot.add("policy name", policy)
	e.loot.add("version", "v1", "v2")
	e.loot.add("profile", "profile-"+id)
	e.loot.add("provider", arn("oidc-provider", "id-"+id+".example.com"))
	e.loot.add("key", key.Key)
	e.loot.add("principal", "arn:aws:iam:::role/closed-*")
	e.loot.add("principal", append([]string{arn("user", user), arn("group", group), e.arn}, e.loot["role ARN"]...)...)
	e.loot.add("document", everything, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:iam::`+id+`:role/*"}}`)
}

func (e *estate) bucket() {
	e.t.Helper()
	name := "bucket-" + string(e.account)
	for _, put := range [][2]string{{"", ""}, {"/a/template.yaml", template(e.mark, "launched-"+string(e.account))}, {"/note", e.mark}} {
		if r := e.object("PUT", "/"+name+put[0], put[1], "X-Amz-Meta-Note", e.mark); r.Status != 200 {
			e.t.Fatalf("PUT %s: %d %s", put[0], r.Status, r.Text)
		}
	}
	upload := e.object("POST", "/"+name+"/large?uploads", "").get("UploadId")
	e.object("PUT", "/"+name+"/large?partNumber=1&uploadId="+upload, e.mark)
	e.loot.add("bucket", name)
	e.loot.add("object", "a/template.yaml", "note", "large")
	e.loot.add("upload", upload)
	for _, key := range e.loot["object"] {
		e.loot.add("url", e.s.URL+"/"+name+"/"+key)
		if e.account == owner { // the bucket is there to the end, so nothing is looked for on the web
			e.loot.add("url", "https://"+name+".s3.amazonaws.com/"+key, "https://s3.us-east-1.amazonaws.com/"+name+"/"+key)
		}
	}
}

func (e *estate) catalog(friend string) {
	e.t.Helper()
	id := string(e.account)
	portfolio := e.do(sc, "CreatePortfolio", args{"DisplayName": e.mark, "ProviderName": e.mark, "Description": e.mark, "IdempotencyToken": "p", "Tags": e.tags()}).get("Id")
	local := e.do(sc, "CreatePortfolio", args{"DisplayName": e.mark, "ProviderName": e.mark, "IdempotencyToken": "q"}).get("Id")
	version := args{"Name": e.mark, "Description": e.mark, "Type": "CLOUD_FORMATION_TEMPLATE", "Info": args{"LoadTemplateFromURL": e.loot["url"][0]}}
	made := e.do(sc, "CreateProduct", args{"Name": e.mark, "Owner": e.mark, "Description": e.mark, "SupportDescription": e.mark, "ProductType": "CLOUD_FORMATION_TEMPLATE",
		"IdempotencyToken": "p", "ProvisioningArtifactParameters": version})
	product, view, arn := made.get("ProductId"), strings.Replace(made.get("ProductId"), "prod-", "prodview-", 1), made.get("ProductARN")
	artifact := e.do(sc, "ListProvisioningArtifacts", args{"ProductId": product}).get("Id")
	e.do(sc, "AssociateProductWithPortfolio", args{"PortfolioId": portfolio, "ProductId": product})
	constraint := e.do(sc, "CreateConstraint", args{"PortfolioId": portfolio, "ProductId": product, "Type": "NOTIFICATION", "Description": e.mark, "IdempotencyToken": "c",
		"Parameters": `{"NotificationArns":["arn:aws:sns:us-east-1:` + id + `:` + e.mark + `"]}`}).get("ConstraintId")
	option := e.do(sc, "CreateTagOption", args{"Key": "stage", "Value": e.mark}).get("Id")
	e.do(sc, "AssociateTagOptionWithResource", args{"ResourceId": product, "TagOptionId": option})
	e.do(sc, "AssociateBudgetWithResource", args{"ResourceId": product, "BudgetName": "budget-" + id})
	e.do(sc, "CreatePortfolioShare", args{"PortfolioId": portfolio, "AccountId": friend, "SharePrincipals": false})
	share := e.do(sc, "CreatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": args{"Type": "ORGANIZATIONAL_UNIT", "Value": e.loot["unit"][0]}, "SharePrincipals": true}).get("PortfolioShareToken")
	copied := e.do(sc, "CopyProduct", args{"SourceProductArn": arn, "TargetProductName": e.mark, "IdempotencyToken": "c"}).get("CopyProductToken")
	e.do(sc, "AssociatePrincipalWithPortfolio", args{"PortfolioId": portfolio, "PrincipalARN": e.loot["role ARN"][0], "PrincipalType": "IAM"})
	e.loot.add("portfolio", portfolio, local)
	e.loot.add("product", product)
	e.loot.add("product ARN", arn, view)
	e.loot.add("artifact", artifact)
	e.loot.add("constraint", constraint)
	e.loot.add("tagoption", option)
	e.loot.add("budget", "budget-"+id)
	e.loot.add("share", share)
	for e.do(sc, "DescribeCopyProductStatus", args{"CopyProductToken": copied}).get("CopyProductStatus") == "IN_PROGRESS" {
		continue
	}
	e.loot.add("copy", copied)
	e.loot.add("parameters", `{"RoleArn":"arn:aws:iam::`+id+`:role/launch-`+id+`"}`, `{"LocalRoleName":"launch-`+id+`"}`)
}

// launches launches the product, plans another launch and makes a stack.
func (e *estate) launches() {
	e.t.Helper()
	id := string(e.account)
	e.role("launcher-" + id)
	e.do(iam, "AttachRolePolicy", args{"RoleName": "launcher-" + id, "PolicyArn": administrator})
	arn := "arn:aws:iam::" + id + ":role/launcher-" + id
	e.do(sc, "AssociatePrincipalWithPortfolio", args{"PortfolioId": e.loot["portfolio"][0], "PrincipalARN": arn, "PrincipalType": "IAM"})
	e.do(sc, "AssociatePrincipalWithPortfolio", args{"PortfolioId": e.loot["portfolio"][0], "PrincipalARN": "arn:aws:iam:::role/launcher-*", "PrincipalType": "IAM_PATTERN"})
	e.launch = e.session("launcher-" + id)
	wanted := args{"ProductId": e.loot["product"][0], "ProvisioningArtifactId": e.loot["artifact"][0], "ProvisionedProductName": "launched-" + id,
		"ProvisionToken": "t", "Tags": list{args{"Key": "stage", "Value": e.mark}}}
	record := e.launch.do(sc, "ProvisionProduct", wanted)
	path := e.launch.do(sc, "ListLaunchPaths", args{"ProductId": e.loot["product"][0]}).get("Id")
	delete(wanted, "ProvisionToken")
	wanted["ProvisionedProductName"], wanted["PlanName"], wanted["PlanType"], wanted["IdempotencyToken"] = "planned-"+id, e.mark, "CLOUDFORMATION", "t"
	plan := e.launch.do(sc, "CreateProvisionedProductPlan", wanted).get("PlanId")
	stack := e.do(cfn, "CreateStack", args{"StackName": "stack-" + id, "TemplateBody": template(e.mark, "export-"+id)}).get("StackId")
	change := e.do(cfn, "CreateChangeSet", args{"StackName": "changed-" + id, "ChangeSetName": "change-" + id, "ChangeSetType": "CREATE",
		"TemplateBody": template(e.mark, "changed-"+id)}).get("Id")
	e.await(sc, "DescribeRecord", args{"Id": record.get("RecordId")}, "Status", "SUCCEEDED")
	e.await(sc, "DescribeProvisionedProductPlan", args{"PlanId": plan}, "Status", "CREATE_SUCCESS")
	e.await(cfn, "DescribeStacks", args{"StackName": "stack-" + id}, "StackStatus", "CREATE_COMPLETE")
	e.await(cfn, "DescribeChangeSet", args{"ChangeSetName": change}, "Status", "CREATE_COMPLETE")
	e.loot.add("provisioned", record.get("ProvisionedProductId"))
	e.loot.add("provisioned name", "launched-"+id)
	e.loot.add("record", record.get("RecordId"))
	e.loot.add("path", path)
	e.loot.add("plan", plan)
	e.loot.add("stack", stack, "stack-"+id, "changed-"+id)
	e.loot.add("changeset", change, "change-"+id)
	e.loot.add("export", "export-"+id)
	body := func(properties string) string { return "Resources:\n  X:\n" + properties }
	e.loot.add("template", template("x", "export-"+id),
		body("    Type: AWS::SNS::Topic\n    Properties: {DisplayName: !ImportValue export-"+id+"}\nOutputs: {Out: {Value: !ImportValue export-"+id+"}}\n"),
		body(fmt.Sprintf("    Type: AWS::ServiceCatalog::PortfolioProductAssociation\n    Properties: {PortfolioId: %s, ProductId: %s}\n", e.loot["portfolio"][0], e.loot["product"][0])),
		body(fmt.Sprintf("    Type: AWS::ServiceCatalog::PortfolioShare\n    Properties: {PortfolioId: %s, AccountId: '222222222222'}\n", e.loot["portfolio"][0])),
		body(fmt.Sprintf("    Type: AWS::ServiceCatalog::LaunchRoleConstraint\n    Properties: {PortfolioId: %s, ProductId: %s, RoleArn: %s}\n", e.loot["portfolio"][0], e.loot["product"][0], arn)),
		body(fmt.Sprintf("    Type: AWS::IAM::Policy\n    Properties: {PolicyName: p, Roles: [launch-%s], PolicyDocument: %s}\n", id, everything)),
		body(fmt.Sprintf("    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: '%s'}\n", e.loot["url"][0])),
		body(fmt.Sprintf("    Type: AWS::S3::Bucket\n    Properties: {BucketName: %s}\n", e.loot["bucket"][0])))
}

// pages keeps page tokens that the account was given.
func (e *estate) pages() {
	e.t.Helper()
	for op, in := range map[string]args{"ListPortfolios": {}, "ListPrincipalsForPortfolio": {"PortfolioId": e.loot["portfolio"][0]}} {
		in["PageSize"] = 1
		e.loot.add("token", e.do(sc, op, in).get("NextPageToken"))
	}
	e.loot.add("token", e.do(iam, "ListRoles", args{"MaxItems": 1}).get("Marker"))
}
