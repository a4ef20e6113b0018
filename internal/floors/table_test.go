package floors

// imports says which of our packages a package may import; a test fails on any other edge. Test files and the packages
// in testers are free. The order is that of the floors, ground first.
func imports() map[string][]string {
	service := []string{"catalog", "org", "access", "store", "ident", "fault"}
	with := func(more ...string) []string { return append(more, service...) }
	return map[string][]string{
		"internal/fault":    {},
		"internal/ident":    {"fault"},
		"internal/org":      {"ident", "fault"},
		"internal/access":   {"ident", "fault"},
		"internal/template": {"fault"},
		"internal/wire":     {"fault"},
		"internal/sigv4":    {"fault"},
		"internal/seal":     {},
		"internal/egress":   {},
		"internal/issuer":   {"egress", "fault"},

		"internal/catalog":                    {"ident", "org", "access", "template", "fault"},
		"internal/service/servicecatalog/api": {"wire", "access"},
		"internal/service/organizations/api":  {"wire", "access"},
		"internal/service/iam/api":            {"wire", "access"},
		"internal/service/sts/api":            {"wire", "access"},

		"internal/store": {"catalog", "org", "access", "ident", "seal", "fault"},

		"internal/service/servicecatalog": with("service/servicecatalog/api", "template", "egress"),
		"internal/service/organizations":  with("service/organizations/api"),
		"internal/service/iam":            with("service/iam/api"),
		"internal/service/sts":            with("service/sts/api", "issuer"),
		"internal/service/s3":             with("sigv4"), // digests of bodies

		"internal/preview": with("service/servicecatalog", "service/servicecatalog/api", "service/organizations", "service/organizations/api"),

		"internal/server": {"wire", "sigv4", "access", "store", "ident", "fault"},
		"internal/assembly": {
			"server", "service/servicecatalog", "service/servicecatalog/api", "service/organizations", "service/organizations/api",
			"service/iam", "service/iam/api", "service/sts", "service/sts/api", "service/s3", "preview", "catalog", "store", "access", "ident", "egress", "issuer", "fault",
		},
		"cmd/portico": {"assembly", "server", "preview", "catalog", "store", "access", "ident", "seal", "fault"},
	}
}

// testers are packages that only tests and tools use. They import what they like and are never linked into the binary;
// a name covers what lies below it.
func testers() []string {
	return []string{
		"internal/floors", "internal/modelgen", "internal/bench", "internal/testkit", "internal/e2e",
		"internal/store/storetest", "internal/catalog/catalogtest", "internal/e2e", "internal/concurrency",
	}
}

// drivers are the imports that only the store may have, besides testers: databases below the seam.
func drivers() []string {
	return []string{"database/sql", "modernc.org/sqlite", "github.com/jackc/pgx", "github.com/pressly/goose", "github.com/riverqueue"}
}

// vague are names that say nothing about what a package is for.
func vague() []string {
	return []string{"util", "utils", "common", "types", "helper", "helpers", "misc"}
}

const (
	maxFile     = 500 // lines
	maxFunction = 60  // lines, unless the comment above says why it is longer
)
