package preview

import (
	"maps"
	"slices"

	"portico/internal/catalog"
	"portico/internal/store"
)

// running finds the provisioned products that keep running and lose their updates: those whose owners lose the last launch
// path to their product. They can still be terminated. (S-PRO-1, C-PP-19)
func running(tx *store.Tx, changes []PrincipalsChange) ([]string, error) {
	lost := map[catalog.ProductID]map[string]bool{} // by product, the principals
	for _, c := range changes {
		for _, product := range c.LostProducts {
			id := catalog.ProductID(product)
			if lost[id] == nil {
				lost[id] = map[string]bool{}
			}
			for _, arn := range c.Principals {
				lost[id][arn] = true
			}
		}
	}
	out := []string{}
	ps, err := tx.ProvisionedOf(slices.Sorted(maps.Keys(lost)))
	for _, p := range ps {
		if lost[p.Product][p.UserARN] {
			out = append(out, string(p.ID))
		}
	}
	slices.Sort(out)
	return slices.Compact(out), err
}
