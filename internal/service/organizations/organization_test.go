package organizations

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
)

func TestOrganization(t *testing.T) {
	worlds(t, func(w *world) {
		w.refused("none yet", "DescribeOrganization", boss, &api.DescribeOrganizationInput{}, notInUse)
		made := ask[*api.CreateOrganizationOutput](w, "CreateOrganization", boss, &api.CreateOrganizationInput{}).Organization
		if !regexp.MustCompile(`^o-[a-z0-9]{10}$`).MatchString(made.Id) {
			t.Errorf("organization id %s", made.Id)
		}
		want := &api.Organization{
			Id: made.Id, Arn: "arn:aws:organizations::111111111111:organization/" + made.Id, FeatureSet: "ALL",
			MasterAccountArn: "arn:aws:organizations::111111111111:account/" + made.Id + "/111111111111",
			MasterAccountId:  "111111111111", MasterAccountEmail: "111111111111@example.com",
			AvailablePolicyTypes: []api.PolicyTypeSummary{{Type: "SERVICE_CONTROL_POLICY", Status: "ENABLED"}},
		}
		if diff := cmp.Diff(want, made); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		w.join(w.organizationOf(boss), anna)
		seen := ask[*api.DescribeOrganizationOutput](w, "DescribeOrganization", anna, &api.DescribeOrganizationInput{}).Organization
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("seen by a member (-want +got):\n%s", diff)
		}
		roots := ask[*api.ListRootsOutput](w, "ListRoots", boss, &api.ListRootsInput{}).Roots
		root := w.organizationOf(boss).Root
		if diff := cmp.Diff([]api.Root{{Id: root, Arn: "arn:aws:organizations::111111111111:root/" + made.Id + "/" + root,
			Name: "Root", PolicyTypes: []api.PolicyTypeSummary{}}}, roots); diff != "" {
			t.Errorf("roots (-want +got):\n%s", diff)
		}
		for _, a := range []ident.Account{boss, anna} {
			w.refused("a second one", "CreateOrganization", a, &api.CreateOrganizationInput{}, "AlreadyInOrganizationException")
		}
	})
}

// TestManagementOnly shows that members cannot change the organization, and that delegates can read it.
func TestManagementOnly(t *testing.T) {
	forests(t, func(f *forest) {
		f.do("RegisterDelegatedAdministrator", boss, &api.RegisterDelegatedAdministratorInput{
			AccountId: string(bert), ServicePrincipal: org.Principal})
		service := "x.amazonaws.com"
		changes := map[string]any{
			"DeleteOrganization":            &api.DeleteOrganizationInput{},
			"CreateOrganizationalUnit":      &api.CreateOrganizationalUnitInput{ParentId: f.a, Name: "x"},
			"UpdateOrganizationalUnit":      &api.UpdateOrganizationalUnitInput{OrganizationalUnitId: f.a},
			"DeleteOrganizationalUnit":      &api.DeleteOrganizationalUnitInput{OrganizationalUnitId: f.a},
			"CreateAccount":                 &api.CreateAccountInput{AccountName: "x", Email: "x@example.com"},
			"MoveAccount":                   &api.MoveAccountInput{AccountId: string(anna), SourceParentId: f.b, DestinationParentId: f.a},
			"RemoveAccountFromOrganization": &api.RemoveAccountFromOrganizationInput{AccountId: string(anna)},
			"CloseAccount":                  &api.CloseAccountInput{AccountId: string(anna)},
			"InviteAccountToOrganization": &api.InviteAccountToOrganizationInput{
				Target: &api.HandshakeParty{Id: string(carla), Type: "ACCOUNT"}},
			"EnableAWSServiceAccess":           &api.EnableAWSServiceAccessInput{ServicePrincipal: service},
			"DisableAWSServiceAccess":          &api.DisableAWSServiceAccessInput{ServicePrincipal: service},
			"RegisterDelegatedAdministrator":   &api.RegisterDelegatedAdministratorInput{AccountId: string(anna), ServicePrincipal: org.Principal},
			"DeregisterDelegatedAdministrator": &api.DeregisterDelegatedAdministratorInput{AccountId: string(bert), ServicePrincipal: org.Principal},
			"TagResource":                      &api.TagResourceInput{ResourceId: f.a},
			"UntagResource":                    &api.UntagResourceInput{ResourceId: f.a},
		}
		reads := map[string]any{
			"ListRoots":                           &api.ListRootsInput{},
			"DescribeOrganizationalUnit":          &api.DescribeOrganizationalUnitInput{OrganizationalUnitId: f.a},
			"ListOrganizationalUnitsForParent":    &api.ListOrganizationalUnitsForParentInput{ParentId: f.a},
			"ListAccounts":                        &api.ListAccountsInput{},
			"ListAccountsForParent":               &api.ListAccountsForParentInput{ParentId: f.a},
			"ListParents":                         &api.ListParentsInput{ChildId: f.b},
			"ListChildren":                        &api.ListChildrenInput{ParentId: f.a, ChildType: "ACCOUNT"},
			"DescribeAccount":                     &api.DescribeAccountInput{AccountId: string(anna)},
			"ListCreateAccountStatus":             &api.ListCreateAccountStatusInput{},
			"ListHandshakesForOrganization":       &api.ListHandshakesForOrganizationInput{},
			"ListAWSServiceAccessForOrganization": &api.ListAWSServiceAccessForOrganizationInput{},
			"ListDelegatedAdministrators":         &api.ListDelegatedAdministratorsInput{},
			"ListDelegatedServicesForAccount":     &api.ListDelegatedServicesForAccountInput{AccountId: string(bert)},
			"ListTagsForResource":                 &api.ListTagsForResourceInput{ResourceId: f.a},
		}
		for op, in := range changes {
			f.refused("S-ORG-14 a delegate changes nothing", op, bert, in, "AccessDeniedException")
			f.refused("S-ORG-14 a member changes nothing", op, anna, in, "AccessDeniedException")
			f.refused("in no organization", op, other, in, notInUse)
		}
		for op, in := range reads {
			f.do(op, boss, in)
			f.do(op, bert, in)
			f.refused("a member reads nothing", op, anna, in, "AccessDeniedException")
			f.refused("in no organization", op, other, in, notInUse)
		}
	})
}

func TestUnits(t *testing.T) {
	forests(t, func(f *forest) {
		create := func(parent, name string) any {
			return &api.CreateOrganizationalUnitInput{ParentId: parent, Name: name}
		}
		if !regexp.MustCompile(`^ou-` + f.o.Root[2:] + `-[a-z0-9]{8}$`).MatchString(f.a) {
			t.Errorf("unit id %s below %s", f.a, f.o.Root)
		}
		second := f.organization(other)
		absent := "ou-" + f.o.Root[2:] + "-zzzzzzzz"
		f.refused("same name", "CreateOrganizationalUnit", boss, create(f.o.Root, "a"), "DuplicateOrganizationalUnitException")
		f.unit(f.o, f.c, "a")
		f.refused("no parent", "CreateOrganizationalUnit", boss, create(absent, "x"), parentMissing)
		f.refused("foreign parent", "CreateOrganizationalUnit", boss, create(second.Root, "x"), parentMissing)
		parent := f.b
		for level := 3; level <= org.MaxDepth; level++ {
			parent = f.unit(f.o, parent, fmt.Sprint(level))
		}
		f.refused("S-EVT-4 too deep", "CreateOrganizationalUnit", boss, create(parent, "x"), constraint+" OU_DEPTH_LIMIT_EXCEEDED")

		update := func(id, name string) any {
			return &api.UpdateOrganizationalUnitInput{OrganizationalUnitId: id, Name: &name}
		}
		f.refused("rename to a taken name", "UpdateOrganizationalUnit", boss, update(f.a, "c"), "DuplicateOrganizationalUnitException")
		f.refused("rename nothing", "UpdateOrganizationalUnit", boss, update(absent, "x"), unitMissing)
		f.do("UpdateOrganizationalUnit", boss, update(f.a, "a"))
		f.do("UpdateOrganizationalUnit", boss, update(f.a, "renamed"))
		got := ask[*api.DescribeOrganizationalUnitOutput](f.world, "DescribeOrganizationalUnit", boss,
			&api.DescribeOrganizationalUnitInput{OrganizationalUnitId: f.a}).OrganizationalUnit
		want := &api.OrganizationalUnit{Id: f.a, Arn: "arn:aws:organizations::111111111111:ou/" + f.o.ID + "/" + f.a, Name: "renamed"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("renamed (-want +got):\n%s", diff)
		}

		remove := func(id string) any { return &api.DeleteOrganizationalUnitInput{OrganizationalUnitId: id} }
		f.refused("S-EVT-4 units below", "DeleteOrganizationalUnit", boss, remove(f.a), "OrganizationalUnitNotEmptyException")
		f.refused("S-EVT-4 nothing there", "DeleteOrganizationalUnit", boss, remove(absent), unitMissing)
		empty := f.unit(f.o, f.o.Root, "empty")
		f.move(f.o, bert, f.o.Root, empty)
		f.refused("S-EVT-4 a member below", "DeleteOrganizationalUnit", boss, remove(empty), "OrganizationalUnitNotEmptyException")
		f.move(f.o, bert, empty, f.o.Root)
		f.do("DeleteOrganizationalUnit", boss, remove(empty))
		f.refused("S-EVT-4 gone", "DeleteOrganizationalUnit", boss, remove(empty), unitMissing)
	})
}

func TestPlaces(t *testing.T) {
	forests(t, func(f *forest) {
		parents := func(child string) []api.Parent {
			return ask[*api.ListParentsOutput](f.world, "ListParents", boss, &api.ListParentsInput{ChildId: child}).Parents
		}
		tests := []struct {
			child string
			want  api.Parent
		}{
			{string(anna), api.Parent{Id: f.b, Type: "ORGANIZATIONAL_UNIT"}},
			{string(bert), api.Parent{Id: f.o.Root, Type: "ROOT"}},
			{f.b, api.Parent{Id: f.a, Type: "ORGANIZATIONAL_UNIT"}},
			{f.a, api.Parent{Id: f.o.Root, Type: "ROOT"}},
		}
		for _, tt := range tests {
			if diff := cmp.Diff([]api.Parent{tt.want}, parents(tt.child)); diff != "" {
				t.Errorf("parents of %s (-want +got):\n%s", tt.child, diff)
			}
		}
		for _, child := range []string{string(other), "ou-zzzz-zzzzzzzz"} {
			f.refused("no child", "ListParents", boss, &api.ListParentsInput{ChildId: child}, "ChildNotFoundException")
		}
		children := ask[*api.ListChildrenOutput](f.world, "ListChildren", boss,
			&api.ListChildrenInput{ParentId: f.o.Root, ChildType: "ACCOUNT"}).Children
		if diff := cmp.Diff([]api.Child{{Id: string(boss), Type: "ACCOUNT"}, {Id: string(bert), Type: "ACCOUNT"}}, children); diff != "" {
			t.Errorf("children (-want +got):\n%s", diff)
		}
		f.refused("no parent", "ListChildren", boss, &api.ListChildrenInput{ParentId: "r-zzzz", ChildType: "ACCOUNT"}, parentMissing)

		move := func(a ident.Account, from, to string) any {
			return &api.MoveAccountInput{AccountId: string(a), SourceParentId: from, DestinationParentId: to}
		}
		f.refused("S-EVT-3 no account", "MoveAccount", boss, move(other, f.o.Root, f.a), "AccountNotFoundException")
		f.refused("S-EVT-3 no source", "MoveAccount", boss, move(anna, "r-zzzz", f.a), "SourceParentNotFoundException")
		f.refused("S-EVT-3 no destination", "MoveAccount", boss, move(anna, f.b, "r-zzzz"), "DestinationParentNotFoundException")
		f.refused("S-EVT-3 there already", "MoveAccount", boss, move(anna, f.b, f.b), "DuplicateAccountException")
		f.refused("S-EVT-3 not in the source", "MoveAccount", boss, move(anna, f.a, f.c), "AccountNotFoundException")

		remove := func(a ident.Account) any { return &api.RemoveAccountFromOrganizationInput{AccountId: string(a)} }
		f.refused("S-EVT-2 no account", "RemoveAccountFromOrganization", boss, remove(other), "AccountNotFoundException")
		f.refused("S-EVT-2 the management account", "RemoveAccountFromOrganization", boss, remove(boss), "MasterCannotLeaveOrganizationException")
		f.refused("S-EVT-2 the management account leaves", "LeaveOrganization", boss, &api.LeaveOrganizationInput{}, "MasterCannotLeaveOrganizationException")
		f.refused("S-EVT-2 in none", "LeaveOrganization", other, &api.LeaveOrganizationInput{}, notInUse)
	})
}

// TestPages follows every list that is worth paging to its end with the smallest pages.
func TestPages(t *testing.T) {
	forests(t, func(f *forest) {
		one := 1
		lists := map[string]func(token *string) (ids []string, next string){
			"ListAccounts": func(token *string) (ids []string, next string) {
				out := ask[*api.ListAccountsOutput](f.world, "ListAccounts", boss, &api.ListAccountsInput{MaxResults: &one, NextToken: token})
				for _, a := range out.Accounts {
					ids = append(ids, a.Id)
				}
				return ids, out.NextToken
			},
			"ListAccountsForParent": func(token *string) (ids []string, next string) {
				out := ask[*api.ListAccountsForParentOutput](f.world, "ListAccountsForParent", boss,
					&api.ListAccountsForParentInput{ParentId: f.o.Root, MaxResults: &one, NextToken: token})
				for _, a := range out.Accounts {
					ids = append(ids, a.Id)
				}
				return ids, out.NextToken
			},
			"ListChildren": func(token *string) (ids []string, next string) {
				out := ask[*api.ListChildrenOutput](f.world, "ListChildren", boss,
					&api.ListChildrenInput{ParentId: f.o.Root, ChildType: "ORGANIZATIONAL_UNIT", MaxResults: &one, NextToken: token})
				for _, c := range out.Children {
					ids = append(ids, c.Id)
				}
				return ids, out.NextToken
			},
			"ListHandshakesForOrganization": func(token *string) (ids []string, next string) {
				out := ask[*api.ListHandshakesForOrganizationOutput](f.world, "ListHandshakesForOrganization", boss,
					&api.ListHandshakesForOrganizationInput{MaxResults: &one, NextToken: token})
				for _, h := range out.Handshakes {
					ids = append(ids, h.Parties[1].Id)
				}
				return ids, out.NextToken
			},
		}
		want := map[string][]string{
			"ListAccounts":                  {string(boss), string(anna), string(bert)},
			"ListAccountsForParent":         {string(boss), string(bert)},
			"ListChildren":                  {f.a, f.c},
			"ListHandshakesForOrganization": {string(anna), string(bert)},
		}
		for op, list := range lists {
			var got []string
			ids, next := list(nil)
			for got = append(got, ids...); next != ""; got = append(got, ids...) {
				token := next
				ids, next = list(&token)
			}
			if diff := cmp.Diff(want[op], got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", op, diff)
			}
		}
		_, token := lists["ListAccounts"](nil)
		bad := "InvalidInputException INVALID_NEXT_TOKEN"
		f.refused("foreign token", "ListRoots", boss, &api.ListRootsInput{NextToken: &token}, bad)
		token += "x"
		f.refused("broken token", "ListAccounts", boss, &api.ListAccountsInput{NextToken: &token}, bad)
	})
}

func TestTags(t *testing.T) {
	forests(t, func(f *forest) {
		list := func(id string) []api.Tag {
			return ask[*api.ListTagsForResourceOutput](f.world, "ListTagsForResource", boss, &api.ListTagsForResourceInput{ResourceId: id}).Tags
		}
		tag := func(id string, tags ...api.Tag) any { return &api.TagResourceInput{ResourceId: id, Tags: tags} }
		for _, id := range []string{f.o.Root, f.a, string(anna)} {
			f.do("TagResource", boss, tag(id, api.Tag{Key: "one", Value: "1"}, api.Tag{Key: "two", Value: "2"}))
			f.do("TagResource", boss, tag(id, api.Tag{Key: "two", Value: "changed"}))
			if diff := cmp.Diff([]api.Tag{{Key: "one", Value: "1"}, {Key: "two", Value: "changed"}}, list(id)); diff != "" {
				t.Errorf("tags of %s (-want +got):\n%s", id, diff)
			}
			f.do("UntagResource", boss, &api.UntagResourceInput{ResourceId: id, TagKeys: []string{"one", "three"}})
			if diff := cmp.Diff([]api.Tag{{Key: "two", Value: "changed"}}, list(id)); diff != "" {
				t.Errorf("tags left of %s (-want +got):\n%s", id, diff)
			}
		}
		var many []api.Tag
		for i := range maxTags {
			many = append(many, api.Tag{Key: fmt.Sprint(i)})
		}
		f.refused("51 tags", "TagResource", boss, tag(f.a, many...), constraint+" MAX_TAG_LIMIT_EXCEEDED")
		if got := list(f.a); len(got) != 1 {
			t.Errorf("a refused call left %d tags", len(got))
		}
		f.refused("key twice", "TagResource", boss, tag(f.a, api.Tag{Key: "k"}, api.Tag{Key: "k"}), "InvalidInputException DUPLICATE_TAG_KEY")
		f.refused("reserved key", "TagResource", boss, tag(f.a, api.Tag{Key: "AWS:x"}), "InvalidInputException INVALID_SYSTEM_TAGS_PARAMETER")
		for _, id := range []string{"r-zzzz", "ou-zzzz-zzzzzzzz", string(other), "p-" + strings.Repeat("z", 8)} {
			f.refused("nothing to tag", "TagResource", boss, tag(id), "TargetNotFoundException")
		}
		f.remove(f.o, anna)
		f.join(f.o, anna)
		if got := list(string(anna)); len(got) != 0 {
			t.Errorf("S-EVT-2 tags after leaving: %v", got)
		}
	})
}
