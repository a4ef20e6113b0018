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
		"internal/audit":    {"access", "ident"},
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
		"internal/service/cloudformation/api": {"wire", "access"},

		"internal/store": {"catalog", "org", "template", "access", "audit", "ident", "seal", "fault"}, // template: what the resources of a stack were made from

		"internal/jobs":        {"store", "ident"},
		"internal/depot":       {"store", "ident"},
		"internal/provision":   with("jobs", "template"),
		"internal/automation":  {"provision", "catalog"},
		"internal/engine/fake": {"provision", "catalog", "template", "access", "ident"},
		// It writes down what it hands to other programs, and reaches them where the operator says: store, egress.
		"internal/engine/external": {"provision", "store", "catalog", "ident", "egress"},

		// The engine calls the services' operations by their messages, through a Caller; it imports none of the services.
		"internal/engine/cloudformation": {"provision", "jobs", "store", "catalog", "template", "access", "ident", "fault",
			"service/servicecatalog/api", "service/iam/api", "service/organizations/api"},

		// It knows the API of CloudFormation from without, as the SDK has it; nothing of the store, for the stacks are elsewhere.
		"internal/engine/remote": {"provision", "catalog", "template", "access", "ident", "fault"},

		"internal/service/servicecatalog": with("service/servicecatalog/api", "template", "egress", "provision", "depot", "jobs"), // products are copied by jobs
		"internal/service/organizations":  with("service/organizations/api"),
		"internal/service/iam":            with("service/iam/api"),
		"internal/service/sts":            with("service/sts/api", "issuer"),
		"internal/service/s3":             with("depot", "sigv4"), // sigv4: digests of bodies
		"internal/service/cloudformation": with("service/cloudformation/api", "template", "engine/cloudformation"),

		"internal/preview": with("service/servicecatalog", "service/servicecatalog/api", "service/organizations", "service/organizations/api"),

		"internal/server": {"wire", "sigv4", "access", "audit", "store", "ident", "fault"},
		"internal/assembly": {
			"server", "service/servicecatalog", "service/servicecatalog/api", "service/organizations", "service/organizations/api",
			"service/iam", "service/iam/api", "service/sts", "service/sts/api", "service/s3", "preview", "catalog", "store", "access", "ident", "egress", "issuer", "fault",
			"jobs", "depot", "provision", "automation", "engine/fake", "engine/cloudformation", "engine/external", "service/cloudformation", "service/cloudformation/api",
		},
		"cmd/portico": {"assembly", "automation", "jobs", "depot", "provision", "engine/remote", "server", "preview", "catalog", "store", "access", "audit", "ident", "seal", "fault"},
	}
}

// testers are packages that only tests and tools use. They import what they like and are never linked into the binary;
// a name covers what lies below it.
func testers() []string {
	return []string{
		"internal/floors", "internal/modelgen", "internal/bench", "internal/testkit", "internal/e2e",
		"internal/store/storetest", "internal/catalog/catalogtest", "internal/concurrency", "internal/intrusion", "internal/killing",
	}
}

// drivers are the imports that only the store may have, besides testers: databases below the seam.
func drivers() []string {
	return []string{"database/sql", "modernc.org/sqlite", "github.com/jackc/pgx", "github.com/pressly/goose"}
}

// vague are names that say nothing about what a package is for.
func vague() []string {
	return []string{"util", "utils", "common", "types", "helper", "helpers", "misc"}
}

const (
	maxFile     = 500 // lines
	maxFunction = 60  // lines, unless the comment above says why it is longer
)
