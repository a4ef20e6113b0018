package catalog

import (
	"strings"
	"time"
	"unicode"

	"portico/internal/fault"
	"portico/internal/ident"
)

// Product types. (C-PROD-2)
const (
	CloudFormation      = "CLOUD_FORMATION_TEMPLATE"
	TerraformOpenSource = "TERRAFORM_OPEN_SOURCE"
	TerraformCloud      = "TERRAFORM_CLOUD"
	External            = "EXTERNAL"
	Marketplace         = "MARKETPLACE"
)

// Product is what users launch: a name, texts for people, and versions.
type Product struct {
	ID           ProductID
	ViewID       string // prodview-…, one stable id per product
	Account      ident.Account
	Region       ident.Region
	Name         string
	OwnerText    string // the field Owner: a free text, not an account
	Description  string
	Distributor  string
	SupportText  string
	SupportEmail string
	SupportURL   string
	Type         string
	Source       ProductID // what it was copied from; empty otherwise (C-COPY-5)
	Created      time.Time
}

// ARN of the product; in every account it names the owner. (S-GEN-2)
func (p Product) ARN() string {
	return ident.CatalogARN(p.Region, p.Account, "product", string(p.ID))
}

// ProductPatch holds the fields of UpdateProduct that were sent. (C-PROD-9)
type ProductPatch struct {
	Name, OwnerText, Description, Distributor, SupportText, SupportEmail, SupportURL *string
}

// With returns p with the fields that are given changed.
func (p Product) With(c ProductPatch) Product {
	set(&p.Name, c.Name)
	set(&p.OwnerText, c.OwnerText)
	set(&p.Description, c.Description)
	set(&p.Distributor, c.Distributor)
	set(&p.SupportText, c.SupportText)
	set(&p.SupportEmail, c.SupportEmail)
	set(&p.SupportURL, c.SupportURL)
	return p
}

// CheckSupportURL refuses an address that is not http or https. (catalog 1.4)
func CheckSupportURL(url string) error {
	if url == "" || strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "https://") {
		return nil
	}
	return fault.Invalidf("Invalid SupportUrl: %s. SupportUrl must start with http:// or https://", url)
}

// CheckProductType refuses types that no product can be created with. (C-PROD-2)
func CheckProductType(t string) error {
	if t == Marketplace {
		return fault.Invalidf("Invalid ProductType: MARKETPLACE products cannot be created")
	}
	return nil
}

// SearchText is the text that FullTextSearch looks in: every word of the product's texts and its id, folded, each
// behind a space. (C-VIEW-2)
func (p Product) SearchText() string {
	var b strings.Builder
	for _, f := range []string{p.Name, p.Description, p.OwnerText, p.Distributor, p.SupportText, p.SupportEmail,
		p.SupportURL, string(p.ID)} {
		for _, word := range strings.Fields(Fold(f)) {
			b.WriteString(" " + word)
			parts := strings.FieldsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
			if len(parts) == 1 && parts[0] == word {
				continue
			}
			for _, part := range parts {
				b.WriteString(" " + part)
			}
		}
	}
	return b.String()
}

// SortTitle is the key by which products are ordered by name.
func (p Product) SortTitle() string { return ident.Brief(Fold(p.Name)) }

// Bounds of a search. A value beyond them says nothing more about what is looked for, and costs.
const (
	maxFilterValues = 50  // per filter key
	maxSearchWords  = 50  // in all values of FullTextSearch
	maxWord         = 512 // bytes
)

// CheckFilters refuses filters beyond the bounds of a search. (C-VIEW-2)
func CheckFilters(filters map[string][]string) error {
	for key, values := range filters {
		if len(values) > maxFilterValues {
			return fault.Invalidf("Invalid Filters: %s has %d values, more than %d", key, len(values), maxFilterValues)
		}
	}
	words := 0
	for _, value := range filters["FullTextSearch"] {
		for _, w := range SearchTerms(value) {
			if words++; words > maxSearchWords || len(w) > maxWord {
				return fault.Invalidf("Invalid Filters: FullTextSearch has more than %d words, or one longer than %d bytes", maxSearchWords, maxWord)
			}
		}
	}
	return nil
}

// SearchTerms splits a FullTextSearch value into the word prefixes that must all be found.
func SearchTerms(value string) []string { return strings.Fields(Fold(value)) }

// Fold removes differences of case, the same way on every database.
func Fold(s string) string { return strings.ToLower(s) }
