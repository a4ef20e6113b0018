package provision

import (
	"bytes"
	"slices"

	"portico/internal/fault"
)

// Importable refuses a stack that cannot become a provisioned product of a version with a template. (C-PP-22)
func Importable(s Stack, template []byte) error {
	switch {
	case s.Nested:
		return fault.Invalidf("Invalid PhysicalId: %s is a nested stack", s.ID)
	case s.OfSet:
		return fault.Invalidf("Invalid PhysicalId: %s is an instance of a stack set", s.ID)
	case !slices.Contains(settled(), s.Status):
		return fault.Statef("Stack %s is in status %s and cannot be imported", s.ID, s.Status)
	case !bytes.Equal(bytes.TrimSpace(s.Template), bytes.TrimSpace(template)):
		return fault.Invalidf("The template of stack %s is not that of the provisioning artifact", s.ID)
	}
	return nil
}

// settled are the statuses of stacks that can be imported.
func settled() []string {
	return []string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}
}
