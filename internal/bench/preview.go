package main

import (
	"context"
	"fmt"
	"time"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/preview"
	"portico/internal/service/organizations"
	"portico/internal/service/servicecatalog"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

const longestPreview = 2.0 // seconds, of what concerns every account of the largest organization

// previewsBySize measures what concerns one principal, and what concerns everybody, in this process: neither is what a
// server has to answer thousands of times a second.
func (l *lab) previewsBySize(ctx context.Context, kind string, where []store.Options) error {
	t := l.table.section("Explain, and preview of ending a share of 20 products with the whole organization, on "+kind,
		l.head("", "ms at ", "goal")...)
	explain, end := []any{"explain one principal and product"}, []any{"preview DeletePortfolioShare"}
	worst := 0.0
	for i, o := range where {
		ms, err := l.timed(ctx, o, l.plan.sizes[i])
		if err != nil {
			return err
		}
		explain, end, worst = append(explain, ms[0]), append(end, ms[1]), max(worst, ms[1]/1000)
	}
	t.add(append(explain, goal{})...)
	t.add(append(end, goal{fmt.Sprintf("≤ %s s", short(longestPreview)), worst <= longestPreview})...)
	return nil
}

// timed returns the median milliseconds of an explanation and of a preview.
func (l *lab) timed(ctx context.Context, o store.Options, size int) (ms [2]float64, err error) {
	db, err := store.Open(ctx, o)
	if err != nil {
		return ms, err
	}
	defer db.Close()
	sc := &servicecatalog.Service{DB: db, Now: time.Now}
	p := &preview.Service{DB: db, Catalog: sc, Organizations: &organizations.Service{DB: db, Now: time.Now}}
	shelf := nodePortfolio(nodeShares - 1)
	whole, org := api.OrganizationNodeTypeOrganization, orgID
	in := &api.DeletePortfolioShareInput{PortfolioId: shelf, OrganizationNode: &api.OrganizationNode{Type: &whole, Value: &org}}
	runs := [2]func() error{
		func() error {
			e, err := sc.Explain(ctx, rootOf(recipient(0)), servicecatalog.Question{Product: shelfProduct(0),
				Principal: ident.IAMARN(recipient(0), "role", "/", "user-0")})
			if err == nil && !e.CanLaunch {
				err = fmt.Errorf("the role cannot launch: %+v", e)
			}
			return err
		},
		func() error {
			got, err := p.Run(ctx, rootOf(management), "servicecatalog", "DeletePortfolioShare", in)
			if err != nil {
				return err
			}
			n := 0
			for _, a := range got.Accounts {
				n += len(a.Accounts)
			}
			if n != size && n != size-1 { // the owner may be a member
				return fmt.Errorf("%d accounts of %d lose the portfolio", n, size)
			}
			return nil
		},
	}
	for i, run := range runs {
		var all []float64
		for range l.plan.rounds {
			began := time.Now()
			if err := run(); err != nil {
				return ms, err
			}
			all = append(all, float64(time.Since(began).Microseconds())/1000)
		}
		ms[i] = median(all)
	}
	return ms, nil
}

func rootOf(a ident.Account) access.Caller {
	c := access.RootCaller(a)
	c.Region = region
	return c
}
