// Package preview tells what a write would change for whom, without doing it: the operation's own body runs in a
// rehearsal, what everybody sees is compared before and after, and nothing of it remains.
//
// # What is compared
//
// Accounts gain and lose portfolios, which they import, and the products those hold. Principals, that is users and
// roles, gain and lose launch paths: the portfolios and products that ListLaunchPaths would answer. Local portfolios lose
// products that were taken from an import that ends. Share records are compared too, so that an offer which nobody has
// accepted yet, and a flag, count as changes. A closed account sees nothing, and nothing is launched from its portfolios.
//
// Whom a portfolio reaches is worked out for all accounts at once, from the shares, the tree of the organization and the
// rejections; no account is asked for by itself. Only for writes that move a few accounts is it the other way round:
// what reaches those accounts is worked out for each.
//
// # What is told, and to whom
//
// The caller needs what the operation needs: the operation is run, and what it refuses is refused here in the same words.
// Then the caller learns
//
//   - the accounts that gain or lose something, by id. The owner of a portfolio learns as much from DescribePortfolioShares
//     and ListPortfolioAccess, but for one thing: an account that rejected what its organization shares with it neither
//     gains nor loses it, so whoever previews the end of a share can tell who rejected it. Portfolios of other owners
//     appear only when the caller moves accounts of an organization that it manages, or is itself the account;
//   - the principals, local portfolios and provisioned products of the caller's own account and, to the management account of an organization,
//     those of its members. Of any other account nothing but its id is told: a share does not open the recipient's
//     users, roles, portfolios and provisioned products to the owner;
//   - share records of portfolios that the caller owns, of the caller as recipient, or of an owner that the caller manages.
//
// Accepting an offer tells the products that come with it, which the caller may accept and see anyway.
package preview

import (
	"context"
	"slices"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/organizations"
	orgapi "portico/internal/service/organizations/api"
	"portico/internal/service/servicecatalog"
	scapi "portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// Service previews writes of two services.
type Service struct {
	DB            *store.DB
	Catalog       *servicecatalog.Service
	Organizations *organizations.Service
}

// Preview is what a write would change. Every list is in ascending order.
type Preview struct {
	Operation       string
	Changed         bool // whether any list below holds something
	Shares          []ShareChange
	Accounts        []AccountsChange
	Principals      []PrincipalsChange
	LocalPortfolios []LocalChange
	// ProvisionedProducts are those that keep running and lose their updates, since their owners lose the last launch path
	// to their product. (S-PRO-1)
	ProvisionedProducts []string
	Portfolios          []Named // those that the lists name
	Products            []Named
}

// Change is what somebody gains and loses.
type Change struct {
	GainedPortfolios []string `json:",omitempty"`
	LostPortfolios   []string `json:",omitempty"`
	GainedProducts   []string `json:",omitempty"`
	LostProducts     []string `json:",omitempty"`
}

// AccountsChange is what all of some accounts gain and lose as importers.
type AccountsChange struct {
	Accounts []string
	Change
}

// PrincipalsChange is what all of some users and roles, by ARN, gain and lose as end users.
type PrincipalsChange struct {
	Principals []string
	Change
}

// LocalChange is what a portfolio gains and loses of the products that its account took from imported ones.
type LocalChange struct {
	Account        string
	PortfolioId    string
	GainedProducts []string `json:",omitempty"`
	LostProducts   []string `json:",omitempty"`
}

// ShareChange is one record that is Added, Removed or Updated, as it is afterwards, or was.
type ShareChange struct {
	Change          string
	PortfolioId     string
	Type            string // as DescribePortfolioShares has it
	PrincipalId     string
	Accepted        bool
	SharePrincipals bool
	ShareTagOptions bool
}

// Named is a portfolio or a product.
type Named struct {
	Id    string
	Name  string
	Owner string // the account
}

// Operations lists what can be previewed, as service/Operation.
func Operations() []string {
	var names []string
	for service, ops := range operations() {
		for name := range ops {
			names = append(names, service+"/"+name)
		}
	}
	slices.Sort(names)
	return names
}

// Call previews an operation, service/Operation, with its input as JSON.
func (s *Service) Call(ctx context.Context, who access.Caller, service, operation string, body []byte) (*Preview, error) {
	wired := &scapi.Service
	if service == orgapi.Service.Name {
		wired = &orgapi.Service
	}
	in, err := wired.DecodeJSON(operation, body)
	if err != nil {
		return nil, err
	}
	return s.Run(ctx, who, service, operation, in)
}

// Run previews an operation with its decoded input.
func (s *Service) Run(ctx context.Context, who access.Caller, service, operation string, in any) (*Preview, error) {
	op, ok := operations()[service][operation]
	if !ok {
		return nil, fault.New(fault.Unbuilt, "%s of %s cannot be previewed", operation, service)
	}
	var out *Preview
	err := s.DB.Rehearse(ctx, func(db *store.DB) error {
		c := comparison{who: who}
		if err := c.start(ctx, db, op, in); err != nil {
			return err
		}
		// The write comes first and is taken back, so that nothing is compared for a caller who is refused.
		err := db.Rehearse(ctx, func(after *store.DB) error {
			if _, err := s.body(after, service, operation)(ctx, who, in); err != nil {
				return err
			}
			return c.look(ctx, after, true)
		})
		if err != nil {
			return err
		}
		if err := c.look(ctx, db, false); err != nil {
			return err
		}
		return db.Read(ctx, func(tx *store.Tx) error {
			out, err = c.compare(tx)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	out.Operation = operation
	return out, nil
}

// body is an operation's body on another database. What it makes gets random ids, so that none of the service's is used up.
func (s *Service) body(db *store.DB, service, operation string) access.Body {
	if service == orgapi.Service.Name {
		o := *s.Organizations
		o.DB, o.IDs = db, ident.Source{}
		return orgapi.Bind(&o)[operation]
	}
	sc := *s.Catalog
	sc.DB, sc.IDs = db, ident.Source{}
	return scapi.Bind(&sc)[operation]
}
