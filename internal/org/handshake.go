package org

import (
	"time"

	"portico/internal/fault"
	"portico/internal/ident"
)

// How long an invitation stays open, and for how long it is shown after it ended.
const (
	HandshakeLife  = 15 * 24 * time.Hour
	HandshakeShown = 30 * 24 * time.Hour
)

// HandshakeState is where an invitation stands.
type HandshakeState string

// The states of an invitation. Expired is never stored: it is what an open one becomes with time.
const (
	Open     HandshakeState = "OPEN"
	Canceled HandshakeState = "CANCELED"
	Accepted HandshakeState = "ACCEPTED"
	Declined HandshakeState = "DECLINED"
	Expired  HandshakeState = "EXPIRED"
)

// Handshake is an invitation of an account to an organization.
type Handshake struct {
	ID         string // h-…
	Org        string
	Management ident.Account
	TargetType string // ACCOUNT or EMAIL
	Target     string // as the inviting account wrote it
	// Account is the invited account, empty while an e-mail address belongs to none; then Email finds it.
	Account   ident.Account
	Email     string // folded
	State     HandshakeState
	Notes     string
	Requested time.Time
	Expires   time.Time
	Shown     time.Time // until when it is shown
}

// At returns the handshake as it stands at a time.
func (h Handshake) At(now time.Time) Handshake {
	if h.State == Open && !now.Before(h.Expires) {
		h.State = Expired
	}
	return h
}

// For reports whether the handshake invites an account with that folded e-mail address.
func (h Handshake) For(a ident.Account, email string) bool {
	if h.Account != "" {
		return h.Account == a
	}
	return email != "" && h.Email == email
}

// End returns the handshake in a final state. Only an open one can end.
func (h Handshake) End(to HandshakeState, now time.Time) (Handshake, error) {
	h = h.At(now)
	if h.State == to {
		return h, fault.Statef("The handshake %s is already in the state %s.", h.ID, to).
			Named("HandshakeAlreadyInStateException")
	}
	if h.State != Open {
		return h, fault.Statef("The handshake %s is in the state %s, which cannot become %s.", h.ID, h.State, to).
			Named("InvalidHandshakeTransitionException")
	}
	h.State = to
	h.Shown = now.Add(HandshakeShown)
	return h, nil
}

// The states of a request for an account.
const (
	RequestSucceeded = "SUCCEEDED"
	RequestFailed    = "FAILED"
)

// Request is a request to create an account, which is done or refused at once.
type Request struct {
	ID        string // car-…
	Org       string
	Name      string
	Account   ident.Account // empty when it failed
	State     string
	Reason    string // why it failed
	Requested time.Time
	Completed time.Time
}
