package main

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
	"sync"
	"time"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/store"
	"portico/internal/testkit"
)

// What every database holds, whatever the size of the organization. Ids follow from numbers, so that requests signed
// once are right for every database.
const (
	recipients = 16  // member accounts that call
	shelf      = 20  // products that a recipient's role finds
	given      = 20  // portfolios that each recipient accepted from another account
	nodeShares = 50  // portfolios shared with the whole organization, besides the units'
	patterns   = 5   // of those, shared with principals
	viaMost    = 100 // portfolios through which a product reaches one role

	management = ident.Account("500000000000") // owns what is shared within the organization
	publisher  = ident.Account("400000000000") // owns what is shared with accounts
	viewer     = ident.Account("500000000017") // has the roles reached through many portfolios
	orgID      = "o-bench00000"
	rootID     = "r-bnch"

	batch = 5000 // rows in one transaction
)

// via are the numbers of portfolios that reach one of the viewer's roles.
func via() []int { return []int{1, 10, viaMost} }

// member is the i-th account of the organization.
func member(i int) ident.Account { return ident.Account(fmt.Sprintf("5%011d", i)) }

func recipient(i int) ident.Account { return member(1 + i%recipients) }

// name makes an id as the server makes them, but always the same for the same number.
func name(prefix, kind string, i int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", prefix, kind, i))
	return prefix + "-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:13])
}

func nodePortfolio(i int) string { return name("port", "node", i%nodeShares) }
func givenPortfolio(who, i int) string {
	return name("port", "given", who%recipients*given+i%given)
}
func viaPortfolio(i int) string  { return name("port", "via", i) }
func lonePortfolio(i int) string { return name("port", "lone", i) }
func shelfProduct(i int) string  { return name("prod", "shelf", i) }

func roleID(a ident.Account, n int) string {
	return "AROA" + strings.ToUpper(name("r", string(a), n)[2:]) + "BNCH"
}

// rootKey is the issued key of an account's root.
func rootKey(a ident.Account) key {
	return key{id: "AKIABNCH" + string(a), secret: "secret-of-" + string(a)}
}

// sessionKey is a session of an account's role.
func sessionKey(a ident.Account) key { return sessionOf(a, 0) }

func sessionOf(a ident.Account, n int) key { return sessions()[roleID(a, n)] }

// sessions are the temporary credentials of each role, which every database opens that has the lab's master key.
var sessions = sync.OnceValue(func() map[string]key {
	m := map[string]key{}
	var ids ident.Source
	now := time.Now().UTC()
	add := func(a ident.Account, n int) {
		s := access.RoleSession{ID: access.SessionKeyID(a, ids.Lower(16)), Means: access.ByAssumeRole, Account: a, Role: roleID(a, n),
			Name: "bench", Created: now, Expires: now.Add(12 * time.Hour)}
		t, err := store.Issue(testkit.Keys(), s)
		if err != nil {
			panic(err) // neither the key nor the session can be at fault
		}
		m[s.Role] = key{id: s.ID, secret: t.Secret, token: t.Token}
	}
	for _, a := range keyed() {
		add(a, 0)
	}
	for n := range via() {
		add(viewer, 1+n)
	}
	return m
})

// keyed are the accounts that have a root key, and a role each with a session.
func keyed() []ident.Account {
	all := []ident.Account{management, viewer}
	for i := range recipients {
		all = append(all, recipient(i))
	}
	return all
}

func secrets() map[string]string {
	m := map[string]string{}
	for _, a := range keyed() {
		k, s := rootKey(a), sessionKey(a)
		m[k.id], m[s.id] = k.secret, s.secret
	}
	for n := range via() {
		k := sessionOf(viewer, 1+n)
		m[k.id] = k.secret
	}
	return m
}

// seeder fills a database; its first error ends it.
type seeder struct {
	ctx context.Context
	db  *store.DB
	now time.Time
}

// unit is the i-th of the organization's leaves: ten units on the first level, ten in each, three in each of those.
func unit(i int) []string {
	i %= 300
	return []string{name("ou-bnch", "1", i/30), name("ou-bnch", "2", i/3), name("ou-bnch", "3", i)}
}

// populate makes a database from nothing, with an organization of some accounts and rows of shares between others.
func populate(ctx context.Context, o store.Options, accounts, shares int) error {
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	s := &seeder{ctx: ctx, db: db, now: time.Now().UTC()}
	for _, step := range []func() error{
		s.organization,
		func() error { return s.members(0, accounts) },
		s.people, s.users, s.nodeShares, s.given, s.shelf, s.via,
		func() error { return s.bulk(shares) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// grow admits accounts to the organization of a database that populate made.
func grow(ctx context.Context, o store.Options, from, to int) error {
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer db.Close()
	return (&seeder{ctx: ctx, db: db, now: time.Now().UTC()}).members(from, to)
}

// each runs fn for numbers, many in one transaction.
func (s *seeder) each(from, to int, fn func(tx *store.Tx, i int) error) error {
	for ; from < to; from += batch {
		err := s.db.Write(s.ctx, func(tx *store.Tx) error {
			for i := from; i < min(to, from+batch); i++ {
				if err := fn(tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *seeder) organization() error {
	return s.db.Write(s.ctx, func(tx *store.Tx) error {
		for _, a := range []ident.Account{management, publisher} {
			if err := s.account(tx, a); err != nil {
				return err
			}
		}
		o := org.Organization{ID: orgID, Root: rootID, Management: management, Features: org.AllFeatures, Access: org.Enabled, Created: s.now}
		if err := tx.InsertOrganization(o); err != nil {
			return err
		}
		made := map[string]bool{}
		for leaf := range 300 {
			parent := org.NewRoot(o)
			for _, id := range unit(leaf) {
				child, err := parent.Child(id, id, s.now)
				if err != nil {
					return err
				}
				if !made[id] {
					if err := tx.InsertUnit(child); err != nil {
						return err
					}
				}
				made[id], parent = true, child
			}
		}
		return tx.InsertTrustedService(orgID, org.Principal, s.now)
	})
}

func (s *seeder) account(tx *store.Tx, a ident.Account) error {
	return tx.InsertAccount(access.Account{ID: a, Name: "account-" + string(a), Email: string(a) + "@example.com",
		Status: access.AccountActive, Created: s.now})
}

// members admits accounts to the organization, spread over its leaves.
func (s *seeder) members(from, to int) error {
	for ; from < to; from += batch {
		err := s.db.Write(s.ctx, func(tx *store.Tx) error {
			var ms []org.Member
			for i := from; i < min(to, from+batch); i++ {
				if err := s.account(tx, member(i)); err != nil {
					return err
				}
				path := unit(i)
				ms = append(ms, org.Member{Account: member(i), Org: orgID, Parent: path[2], Method: org.Created, Joined: s.now,
					Path: rootID + "/" + strings.Join(path, "/") + "/"})
			}
			return tx.InsertMember(ms...)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// people gives the accounts that call their keys, roles and sessions.
func (s *seeder) people() error {
	return s.db.Write(s.ctx, func(tx *store.Tx) error {
		for _, a := range keyed() {
			k := rootKey(a)
			err := tx.InsertAccessKey(access.AccessKey{ID: k.id, Account: a, Secret: k.secret, Status: access.KeyActive, Created: s.now})
			if err != nil {
				return err
			}
			if err := s.role(tx, a, 0); err != nil {
				return err
			}
		}
		for n := range via() {
			if err := s.role(tx, viewer, 1+n); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *seeder) role(tx *store.Tx, a ident.Account, n int) error {
	r := access.IAMRole{ID: roleID(a, n), Account: a, Name: fmt.Sprintf("user-%d", n), Path: "/", Trust: "{}", MaxSession: time.Hour, Created: s.now}
	if err := tx.InsertRole(r); err != nil {
		return err
	}
	return tx.AttachPolicy(a, r.ID, "arn:aws:iam::aws:policy/AWSServiceCatalogEndUserFullAccess")
}
