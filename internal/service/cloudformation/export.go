package cloudformation

import (
	"context"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/cloudformation/api"
	"portico/internal/store"
)

// ListExports lists what the stacks of the account export, by name.
func (s *Service) ListExports(ctx context.Context, who access.Caller, in *api.ListExportsInput) (*api.ListExportsOutput, error) {
	after, scope, err := page(who, in.NextToken, "ListExports")
	if err != nil {
		return nil, err
	}
	out := &api.ListExportsOutput{Exports: []api.Export{}}
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		xs, err := tx.Exports(who.Account, who.Region, first(after), pageSize+1)
		if err != nil {
			return err
		}
		if len(xs) > pageSize {
			xs = xs[:pageSize]
			out.NextToken = ident.PageToken(ident.Page{xs[pageSize-1].Name}, scope...)
		}
		for _, x := range xs {
			out.Exports = append(out.Exports, api.Export{ExportingStackId: x.Stack, Name: x.Name, Value: x.Value})
		}
		return nil
	})
}

func first(p ident.Page) string {
	if len(p) == 0 {
		return ""
	}
	return p[0]
}

// ListImports lists the stacks that import a value, by name. AWS refuses a value that nobody imports.
func (s *Service) ListImports(ctx context.Context, who access.Caller, in *api.ListImportsInput) (*api.ListImportsOutput, error) {
	after, scope, err := page(who, in.NextToken, "ListImports", in.ExportName)
	if err != nil {
		return nil, err
	}
	out := new(api.ListImportsOutput)
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		names, err := tx.Importers(who.Account, who.Region, in.ExportName, first(after), pageSize+1)
		if err != nil {
			return err
		}
		if len(names) == 0 && after == nil {
			return fault.Invalidf("Export '%s' is not imported by any stack.", in.ExportName)
		}
		if len(names) > pageSize {
			names = names[:pageSize]
			out.NextToken = ident.PageToken(ident.Page{names[pageSize-1]}, scope...)
		}
		out.Imports = some(names)
		return nil
	})
}
