package access

import (
	"embed"
	"strings"
)

// Shipped is a policy that comes with the program. Nobody can change it.
type Shipped struct {
	Name        string
	ARN         string
	ID          string // ANPA…; of an organization's policy p-…
	Path        string // empty of an organization's policy
	Description string
	Document    string
	Kind        PolicyKind // IdentityPolicy, or ControlPolicy of an organization's
}

//go:embed shipped
var shippedDocuments embed.FS

// shippedID is the name and the unique id of a policy, and what it is for.
type shippedID struct{ name, id, description string }

var shippedPolicies = []shippedID{
	{"AdministratorAccess", "ANPA34SN6YCLNSZWWPS7E", "Everything, everywhere."},
	{"AmazonS3FullAccess", "ANPAM4IUABDSGPXMCW4U2", "Everything in S3."},
	{"AmazonS3ReadOnlyAccess", "ANPAYZAUAF34BQNVMLD6I", "Reads in S3, objects included."},
	{"AWSOrganizationsFullAccess", "ANPAHJ7LABURE33WKHGGJ", "Everything in Organizations."},
	{"AWSOrganizationsReadOnlyAccess", "ANPAGXSISWIAH7LDDT3OB", "Reads in Organizations."},
	{"AWSServiceCatalogAdminFullAccess", "ANPABRW6KWMOGKTQQV7VX", "Administers the catalog: portfolios, products, constraints, shares and what was launched."},
	{"AWSServiceCatalogAdminReadOnlyAccess", "ANPASFAJ54AHOSOW7COLR", "Reads the catalog as its administrators see it."},
	{"AWSServiceCatalogEndUserFullAccess", "ANPA3BJ7KBJ5VVRKMS7SN", "Launches products of the catalog and manages what the caller launched."},
	{"AWSServiceCatalogEndUserReadOnlyAccess", "ANPAHR2XGE3GDW4GR3VDT", "Reads the catalog and what the caller launched."},
	{"IAMFullAccess", "ANPATMJ5T63DJOLG2WPDQ", "Everything in IAM."},
	{"IAMReadOnlyAccess", "ANPALX6RHJC5OXFALFNF6", "Reads in IAM, simulations included."},
	{"PowerUserAccess", "ANPALHG27PL3YBRYSN4HT", "Everything but users, groups, roles, the organization and the account itself."},
	{"ReadOnlyAccess", "ANPAEBQRJMRUNJOVKCUK2", "Reads everywhere."},
}

// FullAWSAccess is the service control policy that Organizations attaches by default: it allows everything.
const FullAWSAccess = "p-FullAWSAccess"

// ShippedPolicies are the policies that come with the program, by name, and FullAWSAccess at the end. (C-ACC-9)
func ShippedPolicies() []Shipped {
	var out []Shipped
	for _, s := range shippedPolicies {
		out = append(out, Shipped{
			Name: s.name, ARN: "arn:aws:iam::aws:policy/" + s.name, ID: s.id, Path: "/",
			Description: s.description, Document: shippedDocument(s.name), Kind: IdentityPolicy,
		})
	}
	return append(out, Shipped{
		Name: "FullAWSAccess", ARN: "arn:aws:organizations::aws:policy/service_control_policy/" + FullAWSAccess, ID: FullAWSAccess,
		Description: "Allows access to every operation", Document: shippedDocument("FullAWSAccess"), Kind: ControlPolicy,
	})
}

// shippedDocument reads a document that was embedded; that there is one of each name is tested.
func shippedDocument(name string) string {
	text, _ := shippedDocuments.ReadFile("shipped/" + name + ".json")
	return strings.TrimSpace(string(text))
}
