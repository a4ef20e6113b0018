package preview

import (
	"slices"

	"portico/internal/ident"
)

// accounts is a set of accounts in ascending order. It is never changed, so sets may share what they hold.
type accounts []ident.Account

func setOf(list []ident.Account) accounts {
	s := slices.Clone(list)
	slices.Sort(s)
	return slices.Compact(s)
}

func (s accounts) has(a ident.Account) bool {
	_, found := slices.BinarySearch(s, a)
	return found
}

func (s accounts) is(t accounts) bool {
	return len(s) == len(t) && (len(s) == 0 || &s[0] == &t[0] || slices.Equal(s, t))
}

// or joins two sets.
func (s accounts) or(t accounts) accounts {
	switch {
	case len(t) == 0 || len(s) == len(t) && &s[0] == &t[0]:
		return s
	case len(s) == 0:
		return t
	}
	out := make(accounts, 0, len(s)+len(t))
	for len(s) > 0 && len(t) > 0 {
		switch {
		case s[0] < t[0]:
			out, s = append(out, s[0]), s[1:]
		case s[0] > t[0]:
			out, t = append(out, t[0]), t[1:]
		default:
			out, s, t = append(out, s[0]), s[1:], t[1:]
		}
	}
	return append(append(out, s...), t...)
}

// without takes t away.
func (s accounts) without(t accounts) accounts {
	if len(s) == 0 || len(t) == 0 {
		return s
	}
	if s.is(t) {
		return nil
	}
	out := make(accounts, 0, len(s))
	for _, a := range s {
		for len(t) > 0 && t[0] < a {
			t = t[1:]
		}
		if len(t) == 0 || t[0] != a {
			out = append(out, a)
		}
	}
	return out
}

// and keeps what is in both.
func (s accounts) and(t accounts) accounts { return s.without(s.without(t)) }

// differ are the accounts that are in one of two sets only.
func (s accounts) differ(t accounts) accounts { return s.without(t).or(t.without(s)) }

// with adds one account.
func (s accounts) with(a ident.Account) accounts { return s.or(accounts{a}) }
