package catalog

import "portico/internal/fault"

// What AWS leaves unsaid is decided here, one constant a question. The ids are those of sharing.md section 22 and, with
// a C before them, of catalog.md section 8.
const (
	importedWrite             = fault.Invalid     // Q1: a recipient's write to what it only imports
	reshare                   = fault.Unsupported // Q2: re-sharing, in every form; clients retry ISE, so never that
	sharePrincipalsWithMember = false             // Q3: SharePrincipals on a node of type ACCOUNT

	ProductStatus  = "CREATED" // C-Q1: what the service sends for a ready product
	HasDefaultPath = false     // C-PROD-6: never observed true
)
