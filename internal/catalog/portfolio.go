package catalog

import (
	"time"

	"portico/internal/ident"
)

// PortfolioID names a portfolio: port- and 13 characters. (S-VAL-1)
type PortfolioID string

// ProductID names a product: prod- and 13 characters.
type ProductID string

// ArtifactID names a version of a product: pa- and 13 characters.
type ArtifactID string

// Portfolio is a set of products with the terms on which they are offered. It lives in one account and region.
type Portfolio struct {
	ID          PortfolioID
	Owner       ident.Account
	Region      ident.Region
	Name        string // DisplayName; may repeat (C-PORT-1)
	Description string
	Provider    string
	Created     time.Time
}

// ARN of the portfolio; in every account it names the owner. (S-GEN-2)
func (p Portfolio) ARN() string {
	return ident.CatalogARN(p.Region, p.Owner, "portfolio", string(p.ID))
}

// With returns p with the fields that are given changed. (C-PORT-3)
func (p Portfolio) With(name, description, provider *string) Portfolio {
	set(&p.Name, name)
	set(&p.Description, description)
	set(&p.Provider, provider)
	return p
}

func set[T any](dst, v *T) {
	if v != nil {
		*dst = *v
	}
}

// Membership is one product in one portfolio. Source is the imported portfolio it was taken from, or empty for a
// product of the portfolio's own account; inheritance and removal follow it. (S-LOC-5)
type Membership struct {
	Portfolio PortfolioID
	Product   ProductID
	Source    PortfolioID
	Created   time.Time
}
