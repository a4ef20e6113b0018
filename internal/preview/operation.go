package preview

import (
	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/org"
	orgapi "portico/internal/service/organizations/api"
	scapi "portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// scope is what a write can change, and for whom.
type scope struct {
	// whole are portfolios whose view can change for everybody.
	whole []catalog.PortfolioID
	// accounts are those for whom more can change: the portfolios in and, when reached is set, all that reach them.
	accounts []ident.Account
	in       []catalog.PortfolioID
	reached  bool
	// product is the only one in question, if it is set; else all are that those portfolios hold.
	product catalog.ProductID
}

// operation says what a write can change. It reads as little as it can, for it is asked before the write is refused.
type operation func(tx *store.Tx, who access.Caller, in any) (scope, error)

// operations are what can be previewed, by service and name.
func operations() map[string]map[string]operation {
	return map[string]map[string]operation{
		scapi.Service.Name: {
			"CreatePortfolioShare": read(func(tx *store.Tx, who access.Caller, in *scapi.CreatePortfolioShareInput) (scope, error) {
				return ofShare(tx, who, in.PortfolioId, in.AccountId)
			}),
			"UpdatePortfolioShare": read(func(tx *store.Tx, who access.Caller, in *scapi.UpdatePortfolioShareInput) (scope, error) {
				return ofShare(tx, who, in.PortfolioId, in.AccountId)
			}),
			"DeletePortfolioShare": read(func(tx *store.Tx, who access.Caller, in *scapi.DeletePortfolioShareInput) (scope, error) {
				return ofShare(tx, who, in.PortfolioId, in.AccountId)
			}),
			"AcceptPortfolioShare": read(func(_ *store.Tx, who access.Caller, in *scapi.AcceptPortfolioShareInput) (scope, error) {
				return within(who.Account, in.PortfolioId), nil
			}),
			"RejectPortfolioShare": read(func(_ *store.Tx, who access.Caller, in *scapi.RejectPortfolioShareInput) (scope, error) {
				return within(who.Account, in.PortfolioId), nil
			}),
			"AssociateProductWithPortfolio": read(func(tx *store.Tx, who access.Caller, in *scapi.AssociateProductWithPortfolioInput) (scope, error) {
				return ofProduct(tx, who, in.PortfolioId, in.ProductId)
			}),
			"DisassociateProductFromPortfolio": read(func(tx *store.Tx, who access.Caller, in *scapi.DisassociateProductFromPortfolioInput) (scope, error) {
				return ofProduct(tx, who, in.PortfolioId, in.ProductId)
			}),
			"AssociatePrincipalWithPortfolio": read(func(tx *store.Tx, who access.Caller, in *scapi.AssociatePrincipalWithPortfolioInput) (scope, error) {
				return ofPrincipal(tx, who, in.PortfolioId, string(in.PrincipalType))
			}),
			"DisassociatePrincipalFromPortfolio": read(func(tx *store.Tx, who access.Caller, in *scapi.DisassociatePrincipalFromPortfolioInput) (scope, error) {
				kind := ""
				if in.PrincipalType != nil {
					kind = string(*in.PrincipalType)
				}
				return ofPrincipal(tx, who, in.PortfolioId, kind)
			}),
			"EnableAWSOrganizationsAccess": func(tx *store.Tx, who access.Caller, _ any) (scope, error) { return ofThaw(tx, who, org.Principal) },
			// Disabling freezes whom the shares cover; nobody gains or loses anything. (S-ORG-12)
			"DisableAWSOrganizationsAccess": nothing,
		},
		orgapi.Service.Name: {
			"MoveAccount": read(func(_ *store.Tx, _ access.Caller, in *orgapi.MoveAccountInput) (scope, error) {
				return ofMember(in.AccountId), nil
			}),
			"RemoveAccountFromOrganization": read(func(_ *store.Tx, _ access.Caller, in *orgapi.RemoveAccountFromOrganizationInput) (scope, error) {
				return ofMember(in.AccountId), nil
			}),
			"LeaveOrganization": func(_ *store.Tx, who access.Caller, _ any) (scope, error) { return ofMember(string(who.Account)), nil },
			"AcceptHandshake":   func(_ *store.Tx, who access.Caller, _ any) (scope, error) { return ofMember(string(who.Account)), nil },
			"CloseAccount":      read(ofClosed),
			"DeregisterDelegatedAdministrator": read(func(tx *store.Tx, who access.Caller, in *orgapi.DeregisterDelegatedAdministratorInput) (scope, error) {
				return ofDelegate(tx, who, in.AccountId)
			}),
			"EnableAWSServiceAccess": read(func(tx *store.Tx, who access.Caller, in *orgapi.EnableAWSServiceAccessInput) (scope, error) {
				return ofThaw(tx, who, in.ServicePrincipal)
			}),
			"DisableAWSServiceAccess": nothing,
		},
	}
}

func read[In any](fn func(*store.Tx, access.Caller, *In) (scope, error)) operation {
	return func(tx *store.Tx, who access.Caller, in any) (scope, error) { return fn(tx, who, in.(*In)) }
}

func nothing(*store.Tx, access.Caller, any) (scope, error) { return scope{}, nil }

// within is about one account's view of one portfolio.
func within(a ident.Account, portfolio string) scope {
	return scope{accounts: []ident.Account{a}, in: []catalog.PortfolioID{catalog.PortfolioID(portfolio)}}
}

func ofMember(account string) scope {
	return scope{accounts: []ident.Account{ident.Account(account)}, reached: true}
}

// owned reads a portfolio if it is the caller's; of another account's a recipient changes only its own view.
func owned(tx *store.Tx, who access.Caller, id string) (catalog.PortfolioID, bool, error) {
	p, ok, err := tx.Portfolio(catalog.PortfolioID(id))
	return p.ID, ok && p.Owner == who.Account && p.Region == who.Region, err
}

// ofShare is about everybody, but for a share with one account.
func ofShare(tx *store.Tx, who access.Caller, id string, account *string) (scope, error) {
	p, mine, err := owned(tx, who, id)
	if err != nil || !mine {
		return scope{}, err // refused
	}
	if account != nil {
		return within(ident.Account(*account), id), nil
	}
	return scope{whole: []catalog.PortfolioID{p}}, nil
}

// ofProduct is about everybody when the product is put into, or taken from, what it can be shared from; a product of
// another account is only in the caller's own view.
func ofProduct(tx *store.Tx, who access.Caller, id, product string) (scope, error) {
	p, mine, err := owned(tx, who, id)
	if err != nil || !mine {
		return scope{}, err
	}
	what, ok, err := tx.Product(catalog.ProductID(product))
	if err != nil || !ok {
		return scope{}, err
	}
	s := scope{whole: []catalog.PortfolioID{p}, product: what.ID}
	if what.Account != who.Account {
		s = within(who.Account, id)
		s.product = what.ID
	}
	return s, nil
}

// ofPrincipal is about everybody only for patterns of an owner, which may be shared.
func ofPrincipal(tx *store.Tx, who access.Caller, id, kind string) (scope, error) {
	p, mine, err := owned(tx, who, id)
	if err != nil || !mine || kind != string(catalog.PrincipalPattern) {
		return within(who.Account, id), err
	}
	return scope{whole: []catalog.PortfolioID{p}}, nil
}

// ofClosed is about the account itself, which loses its own portfolios too, and about everybody who launches from those.
// (S-EVT-8)
func ofClosed(tx *store.Tx, who access.Caller, in *orgapi.CloseAccountInput) (scope, error) {
	s := ofMember(in.AccountId)
	if manages, err := managing(tx, who); err != nil || manages == nil {
		return s, err
	}
	var err error
	if s.whole, err = tx.SharedPortfolios(ident.Account(in.AccountId)); err != nil {
		return s, err
	}
	s.in, err = tx.PortfolioIDs(ident.Account(in.AccountId))
	return s, err
}

func ofDelegate(tx *store.Tx, who access.Caller, account string) (scope, error) {
	if manages, err := managing(tx, who); err != nil || manages == nil {
		return scope{}, err
	}
	ids, err := tx.SharedPortfolios(ident.Account(account))
	return scope{whole: ids}, err
}

// ofThaw is about the accounts that stand elsewhere than when coverage was frozen. (S-EVT-11)
func ofThaw(tx *store.Tx, who access.Caller, service string) (scope, error) {
	o, err := managing(tx, who)
	if err != nil || o == nil || service != org.Principal {
		return scope{}, err
	}
	accounts, err := tx.Displaced(*o)
	return scope{accounts: accounts, reached: true}, err
}

// managing reads the organization that the caller manages, nil if it manages none.
func managing(tx *store.Tx, who access.Caller) (*org.Organization, error) {
	o, ok, err := tx.OrganizationOf(who.Account)
	if err != nil || !ok || o.Management != who.Account {
		return nil, err
	}
	return &o, nil
}
