package catalog_test

import (
	"strings"
	"testing"

	"portico/internal/catalog"
	"portico/internal/fault"
)

// constraints makes one constraint for each word "cons-1:LAUNCH".
func constraints(portfolio catalog.PortfolioID, words string) []catalog.Constraint {
	var cs []catalog.Constraint
	for word := range strings.FieldsSeq(words) {
		id, kind, _ := strings.Cut(word, ":")
		cs = append(cs, catalog.Constraint{ID: catalog.ConstraintID(id), Portfolio: portfolio, Product: "prod-1", Type: kind})
	}
	return cs
}

func TestCheckMultiplicity(t *testing.T) {
	for _, c := range []struct {
		name, kind       string
		local, inherited string
		want             fault.Kind // 0 allows
	}{
		{"C-CONS-6 a first LAUNCH", "LAUNCH", "", "", 0},
		{"C-CONS-6 a second LAUNCH", "LAUNCH", "1:LAUNCH", "", fault.Duplicate},
		{"C-CONS-6 a second STACKSET", "STACKSET", "1:STACKSET", "", fault.Duplicate},
		{"C-CONS-6 a second RESOURCE_UPDATE", "RESOURCE_UPDATE", "1:RESOURCE_UPDATE", "", fault.Duplicate},
		{"C-CONS-6 a second NOTIFICATION", "NOTIFICATION", "1:NOTIFICATION", "", 0},
		{"C-CONS-6 a third TEMPLATE", "TEMPLATE", "1:TEMPLATE 2:TEMPLATE", "", 0},
		{"C-CONS-6 LAUNCH beside STACKSET", "LAUNCH", "1:STACKSET", "", fault.Invalid},
		{"C-CONS-6 STACKSET beside LAUNCH", "STACKSET", "1:LAUNCH", "", fault.Invalid},
		{"C-CONS-6 others beside STACKSET", "RESOURCE_UPDATE", "1:STACKSET 2:TEMPLATE 3:NOTIFICATION", "", 0},
		{"S-CON-5 an inherited LAUNCH does not count", "LAUNCH", "", "1:LAUNCH", 0},
		{"S-CON-5 a second local LAUNCH does", "LAUNCH", "2:LAUNCH", "1:LAUNCH", fault.Duplicate},
		{"S-CON-5 nor does an inherited RESOURCE_UPDATE", "RESOURCE_UPDATE", "", "1:RESOURCE_UPDATE", 0},
		{"S-CON-9 nor does an inherited STACKSET", "STACKSET", "", "1:STACKSET", 0},
		{"S-CON-9 a local LAUNCH against an inherited STACKSET", "LAUNCH", "", "1:STACKSET", fault.Invalid},
		{"S-CON-9 a local STACKSET against an inherited LAUNCH", "STACKSET", "", "1:LAUNCH", fault.Invalid},
		{"S-CON-9 the repeated type is told first", "LAUNCH", "2:LAUNCH", "1:STACKSET", fault.Duplicate},
		{"S-CON-7 TEMPLATE beside inherited ones", "TEMPLATE", "", "1:TEMPLATE 2:LAUNCH", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := catalog.CheckMultiplicity(c.kind, constraints("port-local", c.local), constraints("port-source", c.inherited))
			if c.want == 0 && err != nil || c.want != 0 && !fault.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTerms(t *testing.T) {
	for _, c := range []struct {
		name, local, inherited string
		want                   string // ids in order; ^ inherited, ! overridden
	}{
		{"S-CON-10 none", "", "", ""},
		{"S-CON-10 in order of ids, wherever they are from", "b:TEMPLATE d:NOTIFICATION", "c:TEMPLATE a:RESOURCE_UPDATE", "a^ b c^ d"},
		{"S-CON-1 every type is inherited", "", "a:LAUNCH b:NOTIFICATION c:RESOURCE_UPDATE d:TEMPLATE", "a^ b^ c^ d^"},
		{"S-CON-1 STACKSET too", "", "a:STACKSET", "a^"},
		{"S-CON-4 a local LAUNCH overrides", "b:LAUNCH", "a:LAUNCH", "a^! b"},
		{"S-CON-4 and nothing else", "e:LAUNCH", "a:LAUNCH b:NOTIFICATION c:RESOURCE_UPDATE d:TEMPLATE", "a^! b^ c^ d^ e"},
		{"S-CON-6 without it the inherited one is in force", "b:TEMPLATE", "a:LAUNCH", "a^ b"},
		{"S-CON-7 rules of both apply", "b:TEMPLATE c:TEMPLATE", "a:TEMPLATE", "a^ b c"},
		{"S-CON-8 topics of both apply", "b:NOTIFICATION", "a:NOTIFICATION", "a^ b"},
		{"S-CON-8 a local RESOURCE_UPDATE overrides nothing", "b:RESOURCE_UPDATE", "a:RESOURCE_UPDATE", "a^ b"},
		{"S-CON-9 a local STACKSET overrides", "b:STACKSET", "a:STACKSET", "a^! b"},
		{"S-CON-9 the owner adds a STACKSET: the local LAUNCH wins", "b:LAUNCH", "a:STACKSET", "a^! b"},
		{"S-CON-9 the owner adds a LAUNCH: the local STACKSET wins", "b:STACKSET", "a:LAUNCH", "a^! b"},
		{"S-CON-9 whatever the owner has, the local one wins", "c:LAUNCH", "a:LAUNCH b:STACKSET", "a^! b^! c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			local, inherited := constraints("port-local", c.local), constraints("port-source", c.inherited)
			var all, force []string
			for _, term := range catalog.Terms(local, inherited) {
				word := string(term.ID)
				if term.Inherited {
					word += "^"
				}
				if term.Overridden {
					word += "!"
				}
				all = append(all, word)
				if from := map[bool]catalog.PortfolioID{true: "port-source", false: "port-local"}[term.Inherited]; term.Portfolio != from {
					t.Errorf("%s is said to be of %s", term.ID, term.Portfolio)
				}
			}
			for _, term := range catalog.Effective(local, inherited) {
				force = append(force, string(term.ID))
			}
			if got := strings.Join(all, " "); got != c.want {
				t.Errorf("terms %s, want %s", got, c.want)
			}
			var want []string
			for word := range strings.FieldsSeq(c.want) {
				if !strings.HasSuffix(word, "!") {
					want = append(want, strings.TrimSuffix(word, "^"))
				}
			}
			if got := strings.Join(force, " "); got != strings.Join(want, " ") {
				t.Errorf("in force %s, want %s", got, want)
			}
			if got := constraints("port-local", c.local); len(got) != len(local) || len(got) > 0 && got[0] != local[0] {
				t.Errorf("the constraints given were changed to %v", local)
			}
		})
	}
}
