package servicecatalog_test

import (
	"fmt"
	"strings"
	"testing"
)

// offering is an owner's portfolio with one product and a constraint of every type but STACKSET, shared with recipients
// who took the product into a portfolio of their own.
type offering struct {
	portfolio, product string
	terms              map[string]string // by type
	local              map[string]string // the recipients' portfolios, by account
	sessions           map[string]who    // associated with both
}

func (w *world) offering(recipients ...who) offering {
	w.t.Helper()
	o := offering{portfolio: w.portfolio(boss, "Storage"), terms: map[string]string{}, local: map[string]string{}, sessions: map[string]who{}}
	o.product = w.product(boss, "Bucket", o.portfolio)
	for kind, parameters := range map[string]string{"LAUNCH": launchAs(w.launchRole(boss, "Launch")), "NOTIFICATION": notify("owner"), "RESOURCE_UPDATE": allowTags, "TEMPLATE": smallOnly} {
		o.terms[kind] = w.constrain(boss, o.portfolio, o.product, kind, parameters)
	}
	for _, c := range recipients {
		w.share(boss, o.portfolio, c)
		o.local[c.String()] = w.portfolio(c, "Local")
		w.take(c, o.product, o.portfolio, o.local[c.String()])
		arn, session := w.role(c, "Developer")
		w.grant(c, o.portfolio, arn)
		w.grant(c, o.local[c.String()], arn)
		o.sessions[c.String()] = session
	}
	return o
}

// inherits shows the constraints in force on both paths of a recipient, by type and portfolio.
func (w *world) inherits(name string, o offering, c who, imported, local string) {
	w.t.Helper()
	session := o.sessions[c.String()]
	w.is(name+": imported", w.inForce(session, o.product, "Storage"), imported)
	w.is(name+": local", w.inForce(session, o.product, "Local"), local)
}

func TestInheritedConstraints(t *testing.T) {
	worlds(t, func(w *world) {
		o := w.offering(anna, bert)
		local := o.local[anna.String()]
		from := func(portfolio string, kinds ...string) string {
			var words []string
			for _, k := range kinds {
				words = append(words, k+":"+portfolio)
			}
			return sorted(words...)
		}
		owners := from(o.portfolio, "LAUNCH", "NOTIFICATION", "RESOURCE_UPDATE", "TEMPLATE")
		w.inherits("S-CON-1 every type", o, anna, owners, owners)
		elsewhere := w.portfolio(boss, "Elsewhere")
		w.put(boss, o.product, elsewhere)
		w.constrain(boss, elsewhere, o.product, "TEMPLATE", smallOnly)
		w.inherits("S-CON-2 not those of another portfolio", o, anna, owners, owners)

		inherited := sorted(o.terms["LAUNCH"], o.terms["NOTIFICATION"], o.terms["RESOURCE_UPDATE"], o.terms["TEMPLATE"])
		w.is("S-CON-10 the import lists the owner's", w.constraints(anna, o.portfolio), inherited)
		w.is("S-CON-10 so does the local portfolio", w.constraints(anna, local), inherited)
		w.is("S-CON-10 with the owner's portfolio and account, S-IMP-3", w.ask(anna, "ListConstraintsForPortfolio", args{"PortfolioId": local, "PageSize": 1}).get("ConstraintDetails[]"), fmt.Sprint(w.ask(boss, "DescribeConstraint", args{"Id": inherited[:18]})["ConstraintDetail"]))
		w.is("S-CON-10 narrowed to the product", w.ask(anna, "ListConstraintsForPortfolio", args{"PortfolioId": local, "ProductId": o.product}).get("ConstraintDetails[].ConstraintId"), inherited)
		w.is("S-CON-10 by pages", fmt.Sprint(w.pages(anna, "ListConstraintsForPortfolio", args{"PortfolioId": local, "PageSize": 2}, "ConstraintDetails[].ConstraintId")), "["+inherited+"]")
		for kind, id := range o.terms {
			w.is("S-IMP-3 the recipient reads "+kind+" as the owner does", w.ask(anna, "DescribeConstraint", args{"Id": id}).json(), w.ask(boss, "DescribeConstraint", args{"Id": id}).json())
			imported := ipe + ": Portfolio " + o.portfolio + " is imported from another account and cannot be changed here"
			w.refused("S-CON-3 an inherited one cannot be edited: "+kind, anna, "UpdateConstraint", args{"Id": id, "Description": "mine"}, imported)
			w.refused("C-CONS-9 nor deleted: "+kind, anna, "DeleteConstraint", args{"Id": id}, imported)
		}
		w.refused("S-IMP-1 none can be set in the import", anna, "CreateConstraint", w.term(o.portfolio, o.product, "TEMPLATE", smallOnly), ipe+": Portfolio "+o.portfolio+" is imported from another account and cannot be changed here")

		role := w.launchRole(anna, "AnnasLaunch")
		override := w.constrain(anna, local, o.product, "LAUNCH", launchAs(role))
		w.inherits("S-CON-4 a local LAUNCH overrides, there", o, anna, owners, sorted("LAUNCH:"+local, from(o.portfolio, "NOTIFICATION", "RESOURCE_UPDATE", "TEMPLATE")))
		w.inherits("S-IMP-4 and nowhere else", o, bert, owners, owners)
		w.inherits("S-ROL-7 the role follows the path: the owner's over the import, the override over the local portfolio", o, anna, owners,
			sorted("LAUNCH:"+local, from(o.portfolio, "NOTIFICATION", "RESOURCE_UPDATE", "TEMPLATE")))
		w.is("S-CON-10 the overridden one is still listed", w.constraints(anna, local), inherited+" "+override)
		w.is("S-CON-10 and the override not in the import", w.constraints(anna, o.portfolio), inherited)
		w.refused("S-CON-5 a second local LAUNCH", anna, "CreateConstraint", w.term(local, o.product, "LAUNCH", launchAs(role)), dre)
		w.refused("S-CON-9 a local STACKSET beside a local LAUNCH", anna, "CreateConstraint", w.term(local, o.product, "STACKSET", twoAccounts), ipe)
		w.ask(anna, "DeleteConstraint", args{"Id": override})
		w.inherits("S-CON-6 without it the inherited one is back", o, anna, owners, owners)
		w.refused("S-CON-9 a local STACKSET against an inherited LAUNCH", anna, "CreateConstraint", w.term(local, o.product, "STACKSET", twoAccounts), ipe)

		w.allowed("S-CON-3 the recipient adds its own in the local portfolio", anna, "CreateConstraint", w.term(local, o.product, "TEMPLATE", smallOnly))
		w.constrain(anna, local, o.product, "NOTIFICATION", notify("anna"))
		w.constrain(anna, local, o.product, "RESOURCE_UPDATE", forbidTags)
		both := owners + " " + from(local, "NOTIFICATION", "RESOURCE_UPDATE", "TEMPLATE")
		w.inherits("S-CON-7 rules add up, S-CON-8 topics and tag rules too", o, anna, owners, sorted(strings.Fields(both)...))
		w.refused("S-CON-5 of RESOURCE_UPDATE one of its own", anna, "CreateConstraint", w.term(local, o.product, "RESOURCE_UPDATE", allowTags), dre)
		w.inherits("S-IMP-4 what one recipient adds is its own", o, bert, owners, owners)
		w.refused("S-GEN-7 another recipient does not see it", bert, "ListConstraintsForPortfolio", args{"PortfolioId": local}, noPortfolio(local))
		w.refused("S-GEN-7 nor does the owner", boss, "ListConstraintsForPortfolio", args{"PortfolioId": local}, noPortfolio(local))
		w.is("S-CON-10 the owner's list is its own", w.constraints(boss, o.portfolio), inherited)
		_, session := w.role(anna, "Other")
		w.refused("S-LCH-4 whoever has no path sees no terms", session, "ListLaunchPaths", args{"ProductId": o.product}, noPath(o.product))
	})
}

// The owner changes terms under local portfolios that built on the earlier ones.
func TestOwnerChangesTerms(t *testing.T) {
	worlds(t, func(w *world) {
		o := w.offering(anna)
		local := o.local[anna.String()]
		override := w.constrain(anna, local, o.product, "LAUNCH", launchAs(w.launchRole(anna, "AnnasLaunch")))
		rest := []string{"NOTIFICATION:" + o.portfolio, "RESOURCE_UPDATE:" + o.portfolio, "TEMPLATE:" + o.portfolio}
		with := func(more ...string) string { return sorted(append(more, rest...)...) }
		w.ask(boss, "UpdateConstraint", args{"Id": o.terms["LAUNCH"], "Parameters": launchAs(w.launchRole(boss, "Other")), "Description": "LAUNCH2 of " + o.portfolio})
		w.inherits("S-PRO-2 row 7: an edited LAUNCH shows unless overridden", o, anna, with("LAUNCH2:"+o.portfolio), with("LAUNCH:"+local))
		w.ask(boss, "DeleteConstraint", args{"Id": o.terms["LAUNCH"]})
		w.inherits("S-PRO-2 row 7: a removed one leaves the override", o, anna, with(), with("LAUNCH:"+local))
		stackset := w.constrain(boss, o.portfolio, o.product, "STACKSET", twoAccounts)
		w.inherits("S-CON-9 the owner adds a STACKSET: the local LAUNCH wins", o, anna, with("STACKSET:"+o.portfolio), with("LAUNCH:"+local))
		w.allowed("S-CON-9 and may still be edited", anna, "UpdateConstraint", args{"Id": override, "Description": "LAUNCH of " + local})
		w.ask(anna, "DeleteConstraint", args{"Id": override})
		w.inherits("S-CON-9 without it the STACKSET is inherited", o, anna, with("STACKSET:"+o.portfolio), with("STACKSET:"+o.portfolio))
		w.refused("S-CON-9 a local LAUNCH against it", anna, "CreateConstraint", w.term(local, o.product, "LAUNCH", launchAsLocal("AnnasLaunch")), ipe)
		stacks := w.constrain(anna, local, o.product, "STACKSET", twoAccounts)
		w.inherits("S-CON-9 a local STACKSET overrides it", o, anna, with("STACKSET:"+o.portfolio), with("STACKSET:"+local))
		w.ask(boss, "DeleteConstraint", args{"Id": stackset})
		w.constrain(boss, o.portfolio, o.product, "LAUNCH", launchAsLocal("Launch"))
		w.inherits("S-CON-9 the owner adds a LAUNCH: the local STACKSET wins", o, anna, with("LAUNCH:"+o.portfolio), with("STACKSET:"+local))
		w.ask(anna, "DeleteConstraint", args{"Id": stacks})
		w.constrain(boss, o.portfolio, o.product, "TEMPLATE", smallOnly)
		w.inherits("S-CON-11 an added rule is in force for every version at the next launch", o, anna, with("LAUNCH:"+o.portfolio, "TEMPLATE:"+o.portfolio), with("LAUNCH:"+o.portfolio, "TEMPLATE:"+o.portfolio))
		w.inherits("S-GEN-6 at once: C-CONS-8 the next read sees it", o, anna, with("LAUNCH:"+o.portfolio, "TEMPLATE:"+o.portfolio), with("LAUNCH:"+o.portfolio, "TEMPLATE:"+o.portfolio))

		w.sc.Quotas.Constraints = 2
		w.allowed("S-CON-12 inherited ones do not count", anna, "CreateConstraint", w.term(local, o.product, "TEMPLATE", smallOnly))
		w.allowed("S-CON-12 two of its own", anna, "CreateConstraint", w.term(local, o.product, "NOTIFICATION", notify("anna")))
		full := lee + ": The limit of 2 constraints per product and portfolio has been reached"
		w.refused("C-CONS-7 and no third", anna, "CreateConstraint", w.term(local, o.product, "TEMPLATE", smallOnly), full)
		w.refused("S-QUO-7 the owner's limit is the owner's", boss, "CreateConstraint", w.term(o.portfolio, o.product, "TEMPLATE", smallOnly), full)
		own := w.product(anna, "Own", local)
		w.allowed("C-CONS-7 another product has room", anna, "CreateConstraint", w.term(local, own, "TEMPLATE", smallOnly))
	})
}

// What each relation sees of a constraint. The decision table's rows of constraints, with messages.
func TestConstraintViewers(t *testing.T) {
	worlds(t, func(w *world) {
		o := w.offering(anna)
		w.offer(boss, o.portfolio, bert)
		id := o.terms["TEMPLATE"]
		for relation, c := range map[string]who{"pending": bert, "stranger": carla, "in another region": anna.in("eu-west-1")} {
			for op, in := range map[string]args{"DescribeConstraint": {"Id": id}, "UpdateConstraint": {"Id": id, "Description": "x"}, "DeleteConstraint": {"Id": id}} {
				w.refused("S-GEN-7 "+relation+": "+op, c, op, in, noConstraint(id))
			}
			w.refused("S-GEN-7 "+relation+": ListConstraintsForPortfolio", c, "ListConstraintsForPortfolio", args{"PortfolioId": o.portfolio}, noPortfolio(o.portfolio))
			w.refused("S-GEN-7 "+relation+": CreateConstraint", c, "CreateConstraint", w.term(o.portfolio, o.product, "TEMPLATE", smallOnly), noPortfolio(o.portfolio))
		}
		arn, owners := w.role(boss, "Developer")
		w.grant(boss, o.portfolio, arn)
		w.is("C-VIEW-7 the owner's users see the terms too", w.inForce(owners, o.product, "Storage"), w.inForce(o.sessions[anna.String()], o.product, "Storage"))
		for relation, c := range map[string]who{"pending": bert, "stranger": carla} {
			_, session := w.role(c, "Developer")
			w.refused("S-GEN-7 "+relation+": ListLaunchPaths", session, "ListLaunchPaths", args{"ProductId": o.product}, noPath(o.product))
		}
		w.ask(anna, "RejectPortfolioShare", args{"PortfolioId": o.portfolio})
		w.refused("S-ACC-9 rejected: ListLaunchPaths", o.sessions[anna.String()], "ListLaunchPaths", args{"ProductId": o.product}, noPath(o.product))
		w.refused("S-ACC-9 rejected: DescribeConstraint", anna, "DescribeConstraint", args{"Id": id}, noConstraint(id))
		w.allowed("S-GEN-7 nothing was changed by all this", boss, "DescribeConstraint", args{"Id": id})
	})
}

// foreignRole is the refusal of a role of another account.
func foreignRole(c who, arn string) string {
	return ade + ": User: " + caller(c).ARN + " is not authorized to perform: iam:PassRole on resource: " + arn + ". Cross-account pass role is not allowed."
}

func TestLaunchRole(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		service := func(name string) string {
			return `{"Effect":"Allow","Principal":{"Service":"` + name + `"},"Action":"sts:AssumeRole"}`
		}
		good := w.launchRole(boss, "Launch")
		w.launchRole(boss, "team/Pathed")
		regional := w.roleFor(boss, "Regional", service("servicecatalog.us-east-1.amazonaws.com"))
		foreign := w.roleFor(boss, "Foreign", service("servicecatalog.eu-west-1.amazonaws.com"))
		ec2 := w.roleFor(boss, "EC2", service("ec2.amazonaws.com"))
		people, _ := w.role(boss, "People")
		denied := w.roleFor(boss, "Denied", `[`+service("servicecatalog.amazonaws.com")+`,{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]`)
		w.ask(anna, "ListPortfolios", nil) // an account comes into being at its first use
		annas := w.launchRole(anna, "AnnasLaunch")
		const bad = ipe + ": Invalid Parameters of the LAUNCH constraint: "
		closed := func(arn string) string {
			return bad + "the trust policy of role " + arn + " does not let servicecatalog.amazonaws.com assume it"
		}
		none := func(name, account string) string { return bad + "there is no role " + name + " in account " + account }
		cases := []struct{ name, parameters, want string }{
			{"S-ROL-1 both", `{"RoleArn":"` + good + `","LocalRoleName":"Launch"}`, bad + "exactly one of RoleArn and LocalRoleName must be specified"},
			{"S-ROL-1 none", `{}`, bad + "exactly one of RoleArn and LocalRoleName must be specified"},
			{"S-ROL-8 an ARN as local name", launchAsLocal(good), bad + "LocalRoleName must be a role name, not a path or an ARN: " + good},
			{"S-ROL-8 a path as local name", launchAsLocal("team/Pathed"), bad + "LocalRoleName must be a role name, not a path or an ARN: team/Pathed"},
			{"C-CONS-20 a user", launchAs("arn:aws:iam::111111111111:user/ann"), bad + "RoleArn must be the ARN of a role: arn:aws:iam::111111111111:user/ann"},
			{"S-ROL-4 a local name that is no role here", launchAsLocal("Nobody"), none("Nobody", "111111111111")},
			{"S-ROL-4 the role of that name is another account's", launchAsLocal("AnnasLaunch"), none("AnnasLaunch", "111111111111")},
			{"C-CONS-21 a role that is not", launchAs("arn:aws:iam::111111111111:role/Nobody"), none("Nobody", "111111111111")},
			{"C-CONS-21 a role at another path", launchAs("arn:aws:iam::111111111111:role/Pathed"), none("Pathed", "111111111111")},
			{"C-CONS-21 a role of another partition", launchAs("arn:aws-cn:iam::111111111111:role/Launch"), none("Launch", "111111111111")},
			{"C-CONS-21 a role that only people assume", launchAs(people), closed(people)},
			{"C-CONS-21 a role for another service", launchAs(ec2), closed(ec2)},
			{"C-CONS-21 a role for another region's service", launchAs(foreign), closed(foreign)},
			{"C-CONS-21 a role that denies it", launchAs(denied), closed(denied)},
			{"C-CONS-21 by name as well", launchAsLocal("People"), closed(people)},
			{"C-CONS-21 the service", launchAs(good), ""},
			{"C-CONS-21 the region's service", launchAs(regional), ""},
			{"C-CONS-21 a role with its path", launchAs("arn:aws:iam::111111111111:role/team/Pathed"), ""},
			{"C-CONS-22 a local name", launchAsLocal("Launch"), ""},
			{"C-CONS-22 a local name of a role with a path", launchAsLocal("Pathed"), ""},
			{"C-CONS-21 a role of another account", launchAs(annas), foreignRole(boss, annas)},
			{"C-CONS-21 what roles another account has is not told", launchAs(annas + "x"), foreignRole(boss, annas+"x")},
		}
		for _, x := range cases {
			w.t.Run(x.name+": create", func(t *testing.T) {
				in := w.term(portfolio, product, "LAUNCH", x.parameters)
				if got := w.try(t, boss, "CreateConstraint", in); got != x.want {
					t.Errorf("\n got %q\nwant %q", got, x.want)
				}
				if x.want == "" {
					w.ask(boss, "DeleteConstraint", args{"Id": w.constraints(boss, portfolio)})
				}
			})
		}
		id := w.constrain(boss, portfolio, product, "LAUNCH", launchAs(good))
		for _, x := range cases {
			w.refused(x.name+": update", boss, "UpdateConstraint", args{"Id": id, "Parameters": x.parameters}, x.want)
		}
		w.ask(boss, "UpdateConstraint", args{"Id": id, "Parameters": launchAs(good)})
		w.deleteRole(boss, "Launch")
		w.allowed("C-CONS-21 a role that went later is not looked for", boss, "UpdateConstraint", args{"Id": id, "Description": "x"})
		w.refused("C-CONS-21 until the parameters are set again", boss, "UpdateConstraint", args{"Id": id, "Parameters": launchAs(good)}, none("Launch", "111111111111"))

		w.share(boss, portfolio, anna)
		local := w.portfolio(anna, "Local")
		w.take(anna, product, portfolio, local)
		w.refused("S-ROL-4 the creating account is the recipient's for its override", anna, "CreateConstraint", w.term(local, product, "LAUNCH", launchAsLocal("Regional")), none("Regional", "222222222222"))
		w.allowed("S-ROL-4 where its own role counts", anna, "CreateConstraint", w.term(local, product, "LAUNCH", launchAsLocal("AnnasLaunch")))
	})
}

// TestTermsDecisions are the rows of section 21 about constraints, copies, TagOptions and budgets.
func TestTermsDecisions(t *testing.T) {
	worlds(t, func(w *world) {
		_, top := w.organization(bert, dora)
		unit := w.unit(top, "Workloads")
		w.move(bert, unit)
		w.move(dora, unit)
		w.sc.Quotas.Portfolios, w.sc.Quotas.Products, w.sc.Quotas.ValuesPerKey = 0, 0, 0
		constraint := func(x cell, _ who) args {
			return args{"Id": w.constrain(boss, x.portfolio, x.product, "TEMPLATE", smallOnly)}
		}
		option := func(c who) string { return w.tagOption(c, "key", w.token()) }
		rows := []struct {
			row, op string
			in      func(x cell, c who) args
			want    [6]string // O, IA, IO, P by an account share, P by a rejected org share, N
		}{
			{"reads", "DescribeConstraint", constraint, [6]string{"", "", "", rnf, rnf, rnf}},
			{"reads", "ListConstraintsForPortfolio", func(x cell, _ who) args { return inPortfolio(x) }, [6]string{"", "", "", rnf, rnf, rnf}},
			{"reads", "CopyProduct", func(x cell, _ who) args { return w.copying(productARN(boss, x.product), nil) }, [6]string{"", "", "", rnf, rnf, rnf}},
			{"X as source", "DescribeProductAsAdmin", func(x cell, _ who) args { return args{"Id": x.product, "SourcePortfolioId": x.portfolio} }, [6]string{"", "", "", rnf, rnf, rnf}},
			{"X as source of an own product", "DescribeProductAsAdmin", func(x cell, _ who) args { return args{"Id": x.own, "SourcePortfolioId": x.portfolio} }, [6]string{"", "", "", rnf, rnf, rnf}},
			{"writes", "CreateConstraint", func(x cell, _ who) args { return w.term(x.portfolio, x.product, "TEMPLATE", smallOnly) }, [6]string{"", ipe, ipe, rnf, rnf, rnf}},
			{"writes", "UpdateConstraint", constraint, [6]string{"", ipe, ipe, rnf, rnf, rnf}},
			{"writes", "DeleteConstraint", constraint, [6]string{"", ipe, ipe, rnf, rnf, rnf}},
			{"writes with wrong parameters", "CreateConstraint", func(x cell, _ who) args { return w.term(x.portfolio, x.product, "TEMPLATE", "{}") }, [6]string{ipe, ipe, ipe, rnf, rnf, rnf}},
			{"attach a TagOption", "AssociateTagOptionWithResource", func(x cell, c who) args { return args{"ResourceId": x.portfolio, "TagOptionId": option(c)} }, [6]string{"", "", "", rnf, rnf, rnf}},
			{"attach a TagOption to the product", "AssociateTagOptionWithResource", func(x cell, c who) args { return args{"ResourceId": x.product, "TagOptionId": option(c)} }, [6]string{"", "", "", rnf, rnf, rnf}},
			{"attach the owner's TagOption", "AssociateTagOptionWithResource", func(x cell, _ who) args { return args{"ResourceId": x.portfolio, "TagOptionId": option(boss)} }, [6]string{"", rnf, rnf, rnf, rnf, rnf}},
			{"take off a TagOption that is not on", "DisassociateTagOptionFromResource", func(x cell, c who) args { return args{"ResourceId": x.portfolio, "TagOptionId": option(c)} }, [6]string{rnf, rnf, rnf, rnf, rnf, rnf}},
			{"take off the owner's TagOption", "DisassociateTagOptionFromResource", func(x cell, _ who) args {
				return args{"ResourceId": x.portfolio, "TagOptionId": w.tagOption(boss, "key", w.token(), x.portfolio)}
			}, [6]string{"", rnf, rnf, rnf, rnf, rnf}},
			{"set a budget", "AssociateBudgetWithResource", func(x cell, _ who) args { return budget("Monthly", x.portfolio) }, [6]string{"", "", "", rnf, rnf, rnf}},
			{"set a budget of the product", "AssociateBudgetWithResource", func(x cell, _ who) args { return budget("Monthly", x.product) }, [6]string{"", "", "", rnf, rnf, rnf}},
			{"list budgets", "ListBudgetsForResource", func(x cell, _ who) args { return args{"ResourceId": x.portfolio} }, [6]string{"", "", "", rnf, rnf, rnf}},
		}
		for _, r := range rows {
			for i, at := range [6]stand{{"O", boss}, {"IA", anna}, {"IO", bert}, {"P", carla}, {"P rejected", dora}, {"N", evan}} {
				x := w.cell(unit, at)
				w.refused("S-GEN-8 "+r.row+": "+r.op+" by "+at.letter, at.c, r.op, r.in(x, at.c), r.want[i])
			}
		}
	})
}
