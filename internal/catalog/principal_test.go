package catalog_test

import (
	"testing"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
)

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		name, pattern, arn string
		want               bool
	}{
		{"S-PRI-4 no wildcard is an exact name", "arn:aws:iam:::role/Admin", "arn:aws:iam::222222222222:role/Admin", true},
		{"S-PRI-4 the kind counts", "arn:aws:iam:::user/Admin", "arn:aws:iam::222222222222:role/Admin", false},
		{"S-PRI-5 * matches a run", "arn:aws:iam:::role/Admin*", "arn:aws:iam::222222222222:role/AdminOps", true},
		{"S-PRI-5 * matches none", "arn:aws:iam:::role/Admin*", "arn:aws:iam::222222222222:role/Admin", true},
		{"S-PRI-5 * matches slashes", "arn:aws:iam:::role/*Admin", "arn:aws:iam::222222222222:role/team/x/Admin", true},
		{"S-PRI-5 a path is part of the name", "arn:aws:iam:::role/Admin", "arn:aws:iam::222222222222:role/team/Admin", false},
		{"S-PRI-5 ? matches one character", "arn:aws:iam:::role/Admin?", "arn:aws:iam::222222222222:role/Admin1", true},
		{"S-PRI-5 ? matches none", "arn:aws:iam:::role/Admin?", "arn:aws:iam::222222222222:role/Admin", true},
		{"S-PRI-5 ? does not match two", "arn:aws:iam:::role/Admin?", "arn:aws:iam::222222222222:role/Admin12", false},
		{"S-PRI-5 ? in the middle", "arn:aws:iam:::role/A?min", "arn:aws:iam::222222222222:role/Amin", true},
		{"S-PRI-5 case counts", "arn:aws:iam:::role/admin", "arn:aws:iam::222222222222:role/Admin", false},
		{"S-PRI-5 the whole string", "arn:aws:iam:::role/Admin", "arn:aws:iam::222222222222:role/Admin2", false},
		{"S-PRI-5 several wildcards", "arn:aws:iam:::role/*a?b*c", "arn:aws:iam::222222222222:role/xxabyyc", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := catalog.Association{Type: catalog.PrincipalPattern, Key: c.pattern}
			if got := a.Matches([]access.Principal{{ARN: c.arn, ID: "AROAAAAAAAAAAAAAAAAAA"}}); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestCheckPattern(t *testing.T) {
	for _, c := range []struct {
		name, pattern string
		ok            bool
	}{
		{"S-PRI-4 role", "arn:aws:iam:::role/*", true},
		{"S-PRI-4 user with path", "arn:aws:iam:::user/team/?x", true},
		{"S-PRI-4 group in another partition", "arn:aws-cn:iam:::group/x", true},
		{"C-PRIN-3 S-PRI-4 an account is not allowed", "arn:aws:iam::111111111111:role/x", false},
		{"S-PRI-4 wildcards as type", "arn:aws:iam:::*/x", false},
		{"S-PRI-4 another type", "arn:aws:iam:::policy/x", false},
		{"S-PRI-4 no resource id", "arn:aws:iam:::role/", false},
		{"S-PRI-4 not an ARN", "role/x", false},
		{"S-PRI-4 wildcard partition", "arn:*:iam:::role/x", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := catalog.CheckPattern(c.pattern); (err == nil) != c.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCheckPrincipal(t *testing.T) {
	for _, c := range []struct {
		name, arn string
		want      fault.Kind
	}{
		{"S-PRI-1 own role", "arn:aws:iam::111111111111:role/x", 0},
		{"S-PRI-1 own user with path", "arn:aws:iam::111111111111:user/a/b", 0},
		{"S-PRI-1 another account", "arn:aws:iam::222222222222:role/x", fault.NotFound},
		{"S-PRI-1 no account", "arn:aws:iam:::role/x", fault.NotFound},
		{"S-PRI-1 not an ARN", "x", fault.NotFound},
		{"S-PRI-2 the root is no principal", "arn:aws:iam::111111111111:root", fault.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, _ := fault.Of(catalog.CheckPrincipal(owner, c.arn))
			if (f == nil) != (c.want == 0) || f != nil && f.Kind != c.want {
				t.Errorf("got %v", f)
			}
		})
	}
}

func TestPaths(t *testing.T) {
	role := access.Principal{ARN: "arn:aws:iam::222222222222:role/Dev", ID: "AROADEVDEVDEVDEVDEVDE"}
	own := catalog.Association{Portfolio: shared.ID, Account: recipient, Type: catalog.PrincipalIAM, Key: role.ID}
	ownPattern := catalog.Association{Portfolio: shared.ID, Account: recipient, Type: catalog.PrincipalPattern, Key: "arn:aws:iam:::role/D*"}
	ownersIAM := catalog.Association{Portfolio: shared.ID, Account: owner, Type: catalog.PrincipalIAM, Key: role.ID}
	ownersPattern := catalog.Association{Portfolio: shared.ID, Account: owner, Type: catalog.PrincipalPattern, Key: "arn:aws:iam:::role/D*"}
	imported := catalog.Standing{Org: catalog.Imported}
	sharing := catalog.Standing{Org: catalog.Imported, SharePrincipals: true}
	for _, c := range []struct {
		name      string
		standing  catalog.Standing
		assocs    []catalog.Association
		want      int
		byPattern string
	}{
		{"S-PRI-10 no association, no path", imported, nil, 0, ""},
		{"S-LCH-1 associated in the recipient", imported, []catalog.Association{own}, 1, ""},
		{"S-LCH-1 not while pending", catalog.Standing{Account: catalog.Pending}, []catalog.Association{own}, 0, ""},
		{"S-PRI-11 the owner's principals do not come along", sharing, []catalog.Association{ownersIAM}, 0, ""},
		{"S-PRI-12 shared patterns do", sharing, []catalog.Association{ownersPattern}, 1, ownersPattern.Key},
		{"S-PRI-14 not without SharePrincipals", imported, []catalog.Association{ownersPattern}, 0, ""},
		{"S-PRI-15 the recipient's own pattern", imported, []catalog.Association{ownPattern}, 1, ownPattern.Key},
		{"S-PRI-9 IAM and pattern are OR-ed", imported, []catalog.Association{ownPattern, own}, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := viewer(recipient)
			v.Principals = []access.Principal{role}
			got := catalog.Paths([]catalog.Reach{{Portfolio: shared, Standing: c.standing}}, c.assocs, v)
			if len(got) != c.want || len(got) > 0 && got[0].ByPattern != c.byPattern {
				t.Errorf("got %+v", got)
			}
		})
	}
	t.Run("S-LCH-2 the path id follows the portfolio id", func(t *testing.T) {
		if got := (catalog.Path{Portfolio: shared}).ID(); got != "lpv3-aaaaaaaaaaaaa" {
			t.Errorf("got %s", got)
		}
	})
}
