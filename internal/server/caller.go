package server

import (
	"context"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/sigv4"
	"portico/internal/store"
)

// authenticate finds out who is calling and has the request prove it. bodyHash is empty where the body proves itself
// later, with the secret, which is empty for a caller who is trusted without proof.
func (s *Server) authenticate(ctx context.Context, r *http.Request, auth sigv4.Auth, bodyHash string) (who access.Caller, secret string, err error) {
	c, open, err := s.credential(ctx, auth.AccessKey)
	if err != nil {
		return who, "", err
	}
	if !open {
		if err := auth.Verify(r, c.Secret, bodyHash, s.now()); err != nil {
			return who, "", err
		}
		if err := s.current(c, auth.SessionToken); err != nil {
			return who, "", err
		}
	}
	who = c.Caller
	who.Region = ident.Region(auth.Region)
	who.Endpoint = endpoint(r)
	who.Notes = new(access.Notes)
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		who.Authority, err = s.authority(tx, r, who)
		return err
	})
	return who, c.Secret, err
}

// welcome brings the account into being that development mode believes a request to come from.
func (s *Server) welcome(r *http.Request, auth sigv4.Auth) error {
	account := ident.Account(auth.AccessKey)
	if !s.dev || !account.Valid() {
		return nil
	}
	if err := s.local(r); err != nil {
		return err
	}
	return s.admit(r.Context(), account)
}

// local refuses to trust without proof what a web page may have sent: in development mode anybody who reaches the server
// is believed, and a browser on this machine reaches it for any page it shows. Such a request names its origin, or
// comes under a host name of the page's making.
func (s *Server) local(r *http.Request) error {
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
			return fault.Deniedf("Development mode answers no page of another origin: %s", origin).Named(denied)
		}
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return fault.Deniedf("Development mode answers no page of another site").Named(denied)
	}
	host := strings.ToLower(r.Host)
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	if s.remote || ip != nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".amazonaws.com") {
		return nil
	}
	return fault.Deniedf("Development mode is not reached under the name %s; start it with --dev-allow-remote for that", host).Named(denied)
}

// credential finds what an access key id opens. In development mode 12 digits are the root of that account, which welcome
// has brought into being; open is then true, since there is no secret to verify.
func (s *Server) credential(ctx context.Context, keyID string) (c access.Credential, open bool, err error) {
	if account := ident.Account(keyID); s.dev && account.Valid() {
		return access.Credential{ID: keyID, Account: account, Caller: access.RootCaller(account)}, true, nil
	}
	var found bool
	err = s.db.Read(ctx, func(tx *store.Tx) error {
		c, found, err = tx.Credential(keyID)
		if err != nil || !found || c.Status == access.KeyActive {
			return err
		}
		return standing(tx, c.Account)
	})
	if err != nil {
		return access.Credential{}, false, err
	}
	if !found || c.Status != access.KeyActive {
		return access.Credential{}, false, unknown()
	}
	return c, false, nil
}

// admit makes sure that an account named in development mode exists and may act.
func (s *Server) admit(ctx context.Context, id ident.Account) error {
	missing := false
	err := s.db.Read(ctx, func(tx *store.Tx) error {
		a, ok, err := tx.Account(id)
		missing = !ok
		if err != nil || missing {
			return err
		}
		return active(a)
	})
	if err != nil || !missing {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		return tx.InsertAccount(access.Account{
			ID: id, Name: "account-" + string(id), Email: string(id) + "@portico.invalid",
			Status: access.AccountActive, Created: s.now(),
		})
	})
}

func standing(tx *store.Tx, id ident.Account) error {
	a, ok, err := tx.Account(id)
	if err != nil || !ok {
		return err
	}
	return active(a)
}

// active refuses an account that has been closed.
func active(a access.Account) error {
	if a.Status != access.AccountActive {
		return fault.Deniedf("Account %s is not active: its status is %s", a.ID, a.Status).Named(denied)
	}
	return nil
}

func unknown() error {
	return fault.New(fault.Auth, "The security token included in the request is invalid.").Named(sigv4.UnknownKey)
}

// current refuses temporary credentials that came without their token or have ended.
func (s *Server) current(c access.Credential, token string) error {
	if subtle.ConstantTimeCompare([]byte(c.SessionToken), []byte(token)) != 1 {
		return fault.New(fault.Auth, "The security token included in the request is invalid.").Named(sigv4.BadToken)
	}
	if c.Expired(s.now()) {
		return fault.New(fault.Auth, "The security token included in the request is expired").Named(sigv4.ExpiredToken)
	}
	return nil
}
