package organizations

import (
	"testing"

	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
)

// forest is an organization of boss with units a, a/b and c, with access enabled. Anna and Bert are members, Anna in
// a/b and Bert at the root.
type forest struct {
	*world
	o          org.Organization
	a, b, c    string
	whole      org.Node
	inA, inC   org.Node
	annaItself org.Node
}

func forests(t *testing.T, body func(f *forest)) {
	worlds(t, func(w *world) {
		f := &forest{world: w, o: w.organization(boss)}
		f.join(f.o, anna, bert)
		f.a = f.unit(f.o, f.o.Root, "a")
		f.b = f.unit(f.o, f.a, "b")
		f.c = f.unit(f.o, f.o.Root, "c")
		f.move(f.o, anna, f.o.Root, f.b)
		f.trust(f.o, true)
		f.whole = org.Node{Org: f.o.ID, Kind: org.Whole, ID: f.o.ID}
		f.inA = org.Node{Org: f.o.ID, Kind: org.OU, ID: f.a}
		f.inC = org.Node{Org: f.o.ID, Kind: org.OU, ID: f.c}
		f.annaItself = org.Node{Org: f.o.ID, Kind: org.Account, ID: string(anna)}
		body(f)
	})
}

func (f *forest) revision() int64 { return f.organizationOf(boss).Revision }

func TestCoverage(t *testing.T) {
	forests(t, func(f *forest) {
		root := org.Node{Org: f.o.ID, Kind: org.Root, ID: f.o.Root}
		f.covers("S-ORG-20 whole organization", f.whole, boss, anna, bert)
		f.covers("S-ORG-20 root", root, boss, anna, bert)
		f.covers("S-ORG-19 OU above", f.inA, anna)
		f.covers("S-ORG-19 empty OU", f.inC)
		f.covers("S-ORG-19 account", f.annaItself, anna)
		f.covers("S-ORG-20 foreign account", org.Node{Org: f.o.ID, Kind: org.Account, ID: string(other)})

		f.join(f.o, carla)
		f.covers("S-EVT-1 joined", f.whole, boss, anna, bert, carla)
		f.move(f.o, carla, f.o.Root, f.a)
		f.covers("S-EVT-3 moved in", f.inA, anna, carla)
		deeper := f.unit(f.o, f.b, "deeper")
		f.move(f.o, bert, f.o.Root, deeper)
		f.covers("S-EVT-4 new OU below", f.inA, anna, bert, carla)
		f.move(f.o, anna, f.b, f.c)
		f.covers("S-EVT-3 moved out", f.inA, bert, carla)
		f.covers("S-EVT-3 moved elsewhere", f.inC, anna)
		f.covers("S-EVT-3 still in the organization", f.whole, boss, anna, bert, carla)
		f.remove(f.o, anna)
		f.covers("S-EVT-2 removed", f.whole, boss, bert, carla)
		f.covers("S-EVT-2 removed, itself", f.annaItself)
		f.do("LeaveOrganization", bert, &api.LeaveOrganizationInput{})
		f.covers("S-EVT-2 left", f.inA, carla)
	})
}

func TestRevisions(t *testing.T) {
	forests(t, func(f *forest) {
		start := f.revision()
		f.move(f.o, anna, f.b, f.c)
		moved := f.revision()
		f.do("CloseAccount", boss, &api.CloseAccountInput{AccountId: string(bert)})
		closed := f.revision()
		f.move(f.o, bert, f.o.Root, f.a)
		f.remove(f.o, anna)
		removed := f.revision()
		for _, u := range []string{f.b, f.c} {
			f.do("DeleteOrganizationalUnit", boss, &api.DeleteOrganizationalUnitInput{OrganizationalUnitId: u})
		}
		gone := org.Node{Org: f.o.ID, Kind: org.OU, ID: f.b}
		check := func() {
			t.Helper()
			f.covered("S-TOK-6 before the move", f.inA, start, anna)
			f.covered("S-TOK-6 before the move, elsewhere", f.inC, start)
			f.covered("S-TOK-6 in an OU that is gone", gone, start, anna)
			f.covered("S-TOK-6 after the move", f.inA, moved)
			f.covered("S-TOK-6 after the move, elsewhere", f.inC, moved, anna)
			f.covered("S-TOK-6 itself", f.annaItself, closed, anna)
			f.covered("S-TOK-6 removed", f.annaItself, removed)
			f.covered("S-EVT-8 before it was closed", f.whole, moved, boss, anna, bert)
			f.covered("S-EVT-8 when it was closed", f.whole, closed, boss, anna)
			f.covered("S-EVT-8 closed and moved", f.inA, removed)
		}
		check()
		f.remove(f.o, bert)
		f.do("DeleteOrganizationalUnit", boss, &api.DeleteOrganizationalUnitInput{OrganizationalUnitId: f.a})
		check()
		f.do("DeleteOrganization", boss, &api.DeleteOrganizationInput{})
		check()
	})
}

func TestFreeze(t *testing.T) {
	forests(t, func(f *forest) {
		before := f.revision()
		f.trust(f.o, false)
		f.covers("S-EVT-9 disabled", f.whole, boss, anna, bert)
		f.join(f.o, carla)
		f.move(f.o, carla, f.o.Root, f.a)
		f.covers("S-EVT-9 a join grants nothing", f.whole, boss, anna, bert)
		f.covers("S-EVT-9 a move in grants nothing", f.inA, anna)
		f.move(f.o, anna, f.b, f.c)
		f.move(f.o, bert, f.o.Root, f.c)
		f.covers("S-EVT-9 a move takes nothing away", f.inA, anna)
		f.covers("S-EVT-9 a move gives nothing", f.inC)
		f.move(f.o, anna, f.c, f.o.Root)
		f.remove(f.o, anna)
		f.covers("S-EVT-10 a removed account keeps what it had", f.inA, anna)
		f.covers("S-EVT-10 a removed account stays covered", f.annaItself, anna)
		f.join(f.o, anna)
		f.covers("S-EVT-9 coming back changes nothing", f.inA, anna)
		f.do("CloseAccount", boss, &api.CloseAccountInput{AccountId: string(bert)})
		f.covered("S-EVT-8 closed while frozen", f.whole, f.revision(), boss, anna)
		frozen := f.revision()

		f.trust(f.o, true)
		f.covers("S-EVT-11 recomputed below a", f.inA, carla)
		f.covered("S-EVT-11 recomputed below c", f.inC, f.revision())
		f.covered("S-EVT-11 recomputed", f.whole, f.revision(), boss, anna, carla)
		f.covered("S-TOK-6 while frozen", f.inA, frozen, anna)
		f.covered("S-TOK-6 before the freeze", f.whole, before, boss, anna, bert)

		f.trust(f.o, false)
		f.remove(f.o, carla)
		f.covers("S-EVT-9 frozen again", f.inA, carla)
		f.trust(f.o, true)
		f.covers("S-EVT-11 thawed again", f.inA)
	})
}

func TestFrozenElsewhere(t *testing.T) {
	forests(t, func(f *forest) {
		f.trust(f.o, false)
		f.remove(f.o, anna)
		second := f.organization(other)
		f.join(second, anna)
		there := org.Node{Org: second.ID, Kind: org.Whole, ID: second.ID}
		f.covers("S-EVT-10 kept in the first", f.inA, anna)
		f.covers("S-EVT-1 gained in the second", there, anna, other)
		f.trust(f.o, true)
		f.covers("S-EVT-11 lost in the first", f.whole, boss, bert)
		f.covers("S-EVT-1 still in the second", there, anna, other)
	})
}

func TestNeverEnabled(t *testing.T) {
	worlds(t, func(w *world) {
		o := w.organization(boss)
		w.join(o, anna)
		whole := org.Node{Org: o.ID, Kind: org.Whole, ID: o.ID}
		w.trust(o, false)
		w.remove(o, anna)
		w.covers("S-EVT-9 nothing to freeze before the first Enable", whole, boss)
	})
}

func TestDeleteOrganization(t *testing.T) {
	forests(t, func(f *forest) {
		in := &api.DeleteOrganizationInput{}
		f.refused("S-EVT-12 with members", "DeleteOrganization", boss, in, "OrganizationNotEmptyException")
		f.refused("S-EVT-12 by a member", "DeleteOrganization", anna, in, "AccessDeniedException")
		f.trust(f.o, false)
		f.remove(f.o, anna)
		f.remove(f.o, bert)
		f.refused("S-EVT-12 with units", "DeleteOrganization", boss, in, "OrganizationNotEmptyException")
		for _, u := range []string{f.b, f.a, f.c} {
			f.do("DeleteOrganizationalUnit", boss, &api.DeleteOrganizationalUnitInput{OrganizationalUnitId: u})
		}
		f.covers("S-EVT-10 kept until the end", f.whole, boss, anna, bert)
		f.do("DeleteOrganization", boss, in)
		for _, a := range []ident.Account{boss, anna} {
			f.refused("S-EVT-12 gone", "DescribeOrganization", a, &api.DescribeOrganizationInput{}, notInUse)
		}
		f.covers("S-EVT-12 nothing is covered", org.Node{Org: f.o.ID, Kind: org.Account, ID: string(anna)})
		again := f.organization(boss)
		if again.Access != org.Disabled || again.ID == f.o.ID {
			t.Errorf("S-EVT-12 a new organization is %+v", again)
		}
	})
}
