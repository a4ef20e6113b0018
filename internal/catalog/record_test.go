package catalog_test

import (
	"testing"

	"portico/internal/access"
	"portico/internal/catalog"
)

func TestActor(t *testing.T) {
	const launch, own, asker = "arn:aws:iam::111111111111:role/Launch", "arn:aws:iam::222222222222:role/Action", "arn:aws:iam::222222222222:user/u"
	action := func(role string) *catalog.ActionOrder {
		return &catalog.ActionOrder{Definition: catalog.ActionDefinition{"AssumeRole": role}}
	}
	for _, x := range []struct {
		name   string
		role   string
		action *catalog.ActionOrder
		want   string
	}{
		{"S-ROL-6 without a launch role whoever asked", "", nil, asker},
		{"C-CONS-23 the launch role", launch, nil, launch},
		{"C-ACT-1 an action by its own role", launch, action(own), own},
		{"C-ACT-1 an action by the launch role", launch, action(catalog.ByLaunchRole), launch},
		{"C-ACT-1 an action without a role by whoever asked", launch, action(""), asker},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := catalog.Record{LaunchRole: x.role, Order: catalog.Order{Caller: access.Caller{ARN: asker}, Action: x.action}}
			if got := r.Actor(); got != x.want {
				t.Errorf("got %s", got)
			}
		})
	}
}
