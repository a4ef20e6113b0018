// Package external launches products by engines that are programs of their own: Terraform's and any other that speaks the
// contract of Service Catalog's EXTERNAL engines. (C-ENG-3 … C-ENG-15)
//
// Such an engine has two ends. Its parser tells what parameters a version has. To its other end a message is delivered,
// which says what to do; later the engine tells the result by one of the operations Notify…EngineWorkflowResult. In
// between, nothing here waits but a row: the job of the record is due again at the end of the engine's time, and earlier
// when the result is told.
//
// Where the two ends are, an engines file says, which the operator writes: see Read. What it names is trusted: its
// addresses may be in private networks and on this machine, and its commands run as this server does.
package external

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/provision"
	"portico/internal/store"
)

// DefaultTimeout is how long an engine may take to tell the result. (C-ENG-13)
const DefaultTimeout = provision.DefaultTimeout

// How long a parser, and the taking of a message, may take. Both are less than a step of a job has.
const (
	parseTime   = 20 * time.Second
	deliverTime = 25 * time.Second
)

// Engine hands the products of one type to their engines. It implements provision.Engine, Placed and Parser.
type Engine struct {
	DB     *store.DB
	IDs    ident.Source // of tokens
	Now    func() time.Time
	places []place
}

// delivered is the cursor of a task whose message was taken.
const delivered = "delivered"

// Places reports whether there is an engine for the products of an account and region.
func (e *Engine) Places(owner ident.Account, r ident.Region) bool {
	_, ok := e.place(owner, r)
	return ok
}

// place is the engine for the products of an account and region: the one that the file names most exactly.
func (e *Engine) place(owner ident.Account, r ident.Region) (found place, ok bool) {
	best := -1
	for _, p := range e.places {
		if n := p.fits(owner, r); n > best {
			found, best = p, n
		}
	}
	return found, best >= 0
}

// owner is the account and region of the product that a task is about. The product itself may be gone. (C-PP-18)
func owner(t provision.Task) (ident.Account, ident.Region, error) {
	a, ok := catalog.ProductOf(t.AutoTags)
	if !ok {
		return "", "", fmt.Errorf("the AutoTags of %s do not tell its product", t.Token)
	}
	return a.Account, a.Region, nil
}

// Submit works out the message and writes it down, with the token that the engine will prove itself by. So every delivery
// after it is of the same message, also when a server dies in between. The parameters are those that the parser tells.
// (C-ENG-3, C-ENG-5, C-ENG-14)
func (e *Engine) Submit(ctx context.Context, t provision.Task) error {
	account, region, err := owner(t)
	if err != nil {
		return err
	}
	if _, ok := e.place(account, region); !ok {
		return provision.Refusef("This server has no engine for products of type %s of account %s in region %s", t.ProductType, account, region)
	}
	d := catalog.Delivery{Record: catalog.RecordID(t.Token), Owner: account, Region: region, Token: e.IDs.Lower(32), Created: e.Now()}
	m := message{Token: d.Token, ProvisionedProductID: string(t.ProvisionedProduct), ProvisionedProductName: t.Name, RecordID: t.Token,
		LaunchRoleARN: t.LaunchRoleARN, Identity: identity{Principal: t.Caller.UserID, Account: string(t.Launcher)}}
	known := false
	err = e.DB.Read(ctx, func(tx *store.Tx) error {
		if _, known, err = tx.Delivery(d.Record); err != nil {
			return err
		}
		o, member, err := tx.OrganizationOf(t.Launcher)
		if member {
			m.Identity.Organization = &o.ID
		}
		return err
	})
	if err != nil || known {
		return err
	}
	if d.Terms, err = e.describe(ctx, &m, t); err != nil {
		return err
	}
	if d.Message, err = m.text(); err != nil {
		return err
	}
	return e.DB.Write(ctx, func(tx *store.Tx) error { return tx.InsertDelivery(d) })
}

// describe adds to a message what is to be done, and returns what its result will need. (C-ENG-5, C-ENG-6, C-ENG-8)
func (e *Engine) describe(ctx context.Context, m *message, t provision.Task) (terms catalog.DeliveryTerms, err error) {
	switch t.Operation {
	case provision.OpProvision:
		m.Operation = catalog.ProvisionRecord
	case provision.OpUpdate:
		m.Operation = catalog.UpdateRecord
	case provision.OpTerminate:
		m.Operation = catalog.TerminateRecord
		return terms, nil
	default:
		return terms, provision.Refusef("Products of type %s have no plans", t.ProductType) // C-ENG-15
	}
	account, region, err := owner(t)
	if err != nil {
		return terms, err
	}
	declared, err := e.Parameters(ctx, catalog.Product{ID: t.Product, Account: account, Region: region}, t.Artifact, t.LaunchRoleARN)
	if err != nil {
		return terms, err
	}
	if terms, err = settle(declared, t); err != nil {
		return terms, err
	}
	m.ProductID, m.ProvisioningArtifactID, m.Artifact = string(t.Product), string(t.Artifact), artifactOf(t.Product, t.Artifact)
	m.Parameters, m.Tags = []pair{}, []pair{}
	for _, v := range terms.Values {
		m.Parameters = append(m.Parameters, pair{v.Key, v.Value})
	}
	for _, tag := range t.Tags {
		m.Tags = append(m.Tags, pair{tag.Key, tag.Value})
	}
	return terms, nil
}

// settle works out what the parameters are given, in the order in which they are declared. Defaults are left to the engine,
// which knows their types. (C-PP-11, C-RULE-8)
func settle(declared []provision.Declared, t provision.Task) (terms catalog.DeliveryTerms, err error) {
	keys := make([]string, len(declared))
	for i, d := range declared {
		keys[i] = d.Key
	}
	values, unknown, _ := t.Values(keys, t.Before)
	if len(unknown) > 0 {
		return terms, provision.Refusef("Parameters: [%s] do not exist in the template", strings.Join(unknown, ", "))
	}
	var missing []string
	terms.Values = []catalog.Parameter{}
	for _, d := range declared {
		v, given := values[d.Key]
		if given {
			terms.Values = append(terms.Values, catalog.Parameter{Key: d.Key, Value: v})
		} else if d.Default == nil || keeps(t, d.Key) {
			missing = append(missing, d.Key)
		}
		if d.NoEcho {
			terms.Secrets = append(terms.Secrets, d.Key)
		}
	}
	if len(missing) > 0 {
		return terms, provision.Refusef("Parameters: [%s] must have values", strings.Join(missing, ", "))
	}
	return terms, nil
}

// keeps reports whether a parameter was to keep its previous value.
func keeps(t provision.Task, key string) bool {
	for _, p := range t.Parameters {
		if p.Key == key {
			return p.Previous
		}
	}
	return false
}

// Poll delivers the message until it is taken, and then waits for the result or the end of the engine's time. What was told
// in time counts, however late somebody looks. (C-ENG-10, C-ENG-13, C-ENG-14)
func (e *Engine) Poll(ctx context.Context, t provision.Task) (provision.Progress, error) {
	var d catalog.Delivery
	err := e.DB.Read(ctx, func(tx *store.Tx) (err error) {
		var ok bool
		if d, ok, err = tx.Delivery(catalog.RecordID(t.Token)); err == nil && !ok {
			err = fmt.Errorf("%s was never written down for its engine", t.Token)
		}
		return err
	})
	if err != nil {
		return provision.Progress{}, err
	}
	line := catalog.LogLine{Resource: t.Name, Type: t.ProductType}
	if d.Result != nil {
		return told(d, line), nil
	}
	if t.Cancel != "" {
		return abandoned(t, line), nil
	}
	at, ok := e.place(d.Owner, d.Region)
	if !ok {
		return provision.Progress{}, provision.Refusef("This server has no engine any more for products of type %s of account %s in region %s", t.ProductType, d.Owner, d.Region)
	}
	left := at.timeout - e.Now().Sub(t.Started)
	if left <= 0 {
		return provision.Progress{State: provision.Failed, RolledBack: true, Reason: fmt.Sprintf("The engine did not tell a result within %s", at.timeout)}, nil
	}
	p := provision.Progress{State: provision.Running, Again: left, Elsewhere: true, Cursor: delivered}
	if t.Cursor == delivered {
		return p, nil
	}
	ctx, cancel := context.WithTimeout(ctx, deliverTime)
	defer cancel()
	if _, err := at.delivery.carry(ctx, target{d.Owner, d.Region, queueOf(t)}, []byte(d.Message)); err != nil {
		return provision.Progress{}, fmt.Errorf("deliver %s to its engine: %w", t.Token, err)
	}
	line.Status, line.Reason = "DELIVERED", "The engine was given the operation"
	p.Log = []catalog.LogLine{line}
	return p, nil
}

// abandoned is what giving up an operation comes to: nobody waits for it any more. The contract has no word by which an engine
// could be told. (C-REC-7)
func abandoned(t provision.Task, line catalog.LogLine) provision.Progress {
	line.Status, line.Reason = "ABANDONED", "The engine was not given the operation"
	if t.Cursor == delivered {
		line.Reason = "The engine has the operation and cannot be told: what it makes of it is not waited for"
	}
	return provision.Progress{State: provision.Failed, RolledBack: true, Reason: t.Cancel, Log: []catalog.LogLine{line}}
}

// told is what the result that an engine has told comes to. (C-ENG-10, C-PP-13)
func told(d catalog.Delivery, line catalog.LogLine) provision.Progress {
	r := d.Result
	secret, secrets := map[string]bool{}, []string(nil)
	for _, v := range d.Terms.Values {
		if slices.Contains(d.Terms.Secrets, v.Key) {
			secret[v.Key], secrets = true, append(secrets, v.Value)
		}
	}
	p := provision.Progress{State: provision.Failed, RolledBack: true, Reason: provision.Conceal(r.Reason, secrets), PhysicalID: r.PhysicalID()}
	line.Status, line.Reason, line.PhysicalID, line.At = "TOLD", "The engine tells: FAILED", p.PhysicalID, r.At
	if r.Succeeded {
		p.State, p.RolledBack, p.Values = provision.Succeeded, false, d.Terms.Values
		p.Outputs = provision.Masked(r.Outputs, secret, d.Terms.Values)
		line.Reason = "The engine tells: SUCCEEDED"
	}
	p.Log = []catalog.LogLine{line}
	return p
}
