package org

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// branch returns the units of a chain below the root, the root first.
func branch(t *testing.T, o Organization, names ...string) []Unit {
	t.Helper()
	us := []Unit{NewRoot(o)}
	for _, name := range names {
		u, err := us[len(us)-1].Child("ou-aaaa-"+name, name, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		us = append(us, u)
	}
	return us
}

func TestLineage(t *testing.T) {
	o := tree(Enabled)
	us := branch(t, o, "one", "two")
	top, deep := us[0].Admit(boss, Invited, time.Time{}).Lineage(), us[2].Admit(member, Created, time.Time{}).Lineage()
	want := Lineage{{o.ID, Account, string(member)}, {o.ID, OU, "ou-aaaa-two"}, {o.ID, OU, "ou-aaaa-one"},
		{o.ID, Root, o.Root}, {o.ID, Whole, o.ID}}
	if diff := cmp.Diff(want, deep); diff != "" {
		t.Errorf("S-ORG-20 lineage (-want +got):\n%s", diff)
	}
	tests := []struct {
		name string
		l    Lineage
		n    Node
		want bool
	}{
		{"S-ORG-19 the organization covers a deep member", deep, Node{o.ID, Whole, o.ID}, true},
		{"S-ORG-19 an OU covers a member in it", deep, Node{o.ID, OU, "ou-aaaa-two"}, true},
		{"S-ORG-19 an OU covers a member in an OU below", deep, Node{o.ID, OU, "ou-aaaa-one"}, true},
		{"S-ORG-19 an account covers itself", deep, Node{o.ID, Account, string(member)}, true},
		{"S-ORG-19 an account covers no other", deep, Node{o.ID, Account, string(boss)}, false},
		{"S-ORG-20 an OU does not cover a member above", top, Node{o.ID, OU, "ou-aaaa-one"}, false},
		{"S-ORG-20 the management account is covered", top, Node{o.ID, Whole, o.ID}, true},
		{"S-ORG-20 another organization does not cover", deep, Node{"o-bbbbbbbbbb", Account, string(member)}, false},
		{"S-ORG-20 an account in no organization is not covered", nil, Node{o.ID, Account, string(member)}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.l.Has(tt.n); got != tt.want {
				t.Errorf("covered is %v, want %v", got, tt.want)
			}
		})
	}
}

func TestDepth(t *testing.T) {
	u := NewRoot(tree(Enabled))
	for level := 1; level <= MaxDepth+1; level++ {
		t.Run(fmt.Sprintf("S-EVT-4 level %d", level), func(t *testing.T) {
			child, err := u.Child(u.Prefix()+fmt.Sprintf("-%08d", level), "x", time.Time{})
			want := ""
			if level > MaxDepth {
				want = "OU_DEPTH_LIMIT_EXCEEDED"
			}
			if got := refusal(err).Reason; got != want {
				t.Fatalf("refused with %q, want %q", got, want)
			}
			if err == nil && child.Depth() != level {
				t.Errorf("depth is %d", child.Depth())
			}
			u = child
		})
	}
}

func TestARN(t *testing.T) {
	o := tree(Enabled)
	tests := []struct{ name, got, want string }{
		{"organization", o.ARN(), "arn:aws:organizations::111111111111:organization/o-aaaaaaaaaa"},
		{"root", o.UnitARN("r-aaaa"), "arn:aws:organizations::111111111111:root/o-aaaaaaaaaa/r-aaaa"},
		{"unit", o.UnitARN("ou-aaaa-bbbbbbbb"), "arn:aws:organizations::111111111111:ou/o-aaaaaaaaaa/ou-aaaa-bbbbbbbb"},
		{"account", o.AccountARN(member), "arn:aws:organizations::111111111111:account/o-aaaaaaaaaa/222222222222"},
		{"handshake", o.HandshakeARN("invite", "h-aaaaaaaa"), "arn:aws:organizations::111111111111:handshake/o-aaaaaaaaaa/invite/h-aaaaaaaa"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %s, want %s", tt.got, tt.want)
			}
		})
	}
}
