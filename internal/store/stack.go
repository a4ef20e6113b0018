package store

import (
	"fmt"
	"math"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/template"
)

// Stack is one CloudFormation stack. It outlives its resources, so that what became of it can be read.
type Stack struct {
	ID             string // ARN
	Account        ident.Account
	Region         ident.Region
	Name           string
	Status, Reason string
	Parent, Root   string // ids, of a nested stack
	Token          string // of the operation that was begun last
	Version        int    // counts the writes, so that none is made on what another has changed meanwhile
	Body           string // the template in force
	Pending        string // the template of an update under way
	Work           StackWork
	Created        time.Time
	Updated        time.Time // when the last update began; zero without one
	Deleted        time.Time // zero while it lives
}

// StackWork is what a stack is made from, and where its operation stands between two steps.
type StackWork struct {
	Definition StackDefinition  // in force
	Next       *StackDefinition // of an update under way
	As         access.Caller    // who acts for the stack
	Cause      string           // why its operation failed, in the words of the first resource that did
	Failed     []string         // logical ids of resources that failed in the operation under way
	Retain     []string         // logical ids of what a deletion leaves alone
	Outputs    []template.Result
	OnFailure  string // of the creation: ROLLBACK, DELETE or DO_NOTHING
	Timeout    int    // of the creation, in minutes; 0 is none
	Protected  bool
	ChangeSet  string // id of the one that was executed last
	Events     int    // how many there are
	Resources  int    // how many there ever were
	// Client is the token that a client gave the operation under way.
	Client string
}

// StackDefinition is what a stack is made from, besides its template.
type StackDefinition struct {
	Description  string
	Parameters   template.Bindings
	Tags         []catalog.Tag
	Topics       []string
	Capabilities []string
	Role         string // ARN of the role that acts for the stack, if any
}

const stackColumns = `s.id, s.account, s.region, s.name, s.status, s.reason, s.parent, s.root, s.token, s.version, s.work, s.created, s.updated, s.deleted, s.sealed_by`

func (tx *Tx) scanStack(r scanner) (s Stack, err error) {
	return s, tx.scanStackAnd(r, &s)
}

func (tx *Tx) scanStackAnd(r scanner, s *Stack, more ...any) error {
	var work, by string
	var version, created, updated, deleted int64
	err := r.Scan(append([]any{&s.ID, &s.Account, &s.Region, &s.Name, &s.Status, &s.Reason, &s.Parent, &s.Root, &s.Token, &version,
		&work, &created, &updated, &deleted, &by}, more...)...)
	if err != nil {
		return err
	}
	s.Version, s.Created, s.Updated, s.Deleted = int(version), fromMicros(created), fromMicros(updated), fromMicros(deleted)
	return tx.unsealed(at("stack", "work", s.ID), by, work, &s.Work)
}

func (tx *Tx) scanWholeStack(r scanner) (s Stack, err error) {
	return s, tx.scanStackAnd(r, &s, &s.Body, &s.Pending)
}

// Stack reads a stack with its templates.
func (tx *Tx) Stack(id string) (Stack, bool, error) {
	s, ok, err := one(tx, tx.scanWholeStack, `SELECT `+stackColumns+`, s.body, s.pending FROM stack s WHERE s.id = $1`, id)
	if err != nil {
		return s, false, fmt.Errorf("load stack %s: %w", id, err)
	}
	return s, ok, nil
}

// StackNamed reads the living stack of a name, with its templates.
func (tx *Tx) StackNamed(a ident.Account, r ident.Region, name string) (Stack, bool, error) {
	s, ok, err := one(tx, tx.scanWholeStack, `SELECT `+stackColumns+`, s.body, s.pending FROM stack s
		WHERE s.account = $1 AND s.region = $2 AND s.handle = $3`, a, r, name)
	if err != nil {
		return s, false, fmt.Errorf("load stack %s of %s: %w", name, a, err)
	}
	return s, ok, nil
}

// Stacks reads a page of an account's stacks, newest first and without their templates; living leaves deleted ones out.
func (tx *Tx) Stacks(a ident.Account, r ident.Region, living bool, before ident.Page, limit int) ([]Stack, error) {
	which := `s.deleted >= 0`
	if living {
		which = `s.deleted = 0`
	}
	created, id := pageKey(before, math.MaxInt64)
	ss, err := all(tx, tx.scanStack, `SELECT `+stackColumns+` FROM stack s
		WHERE s.account = $1 AND s.region = $2 AND (s.created, s.id) < ($3, $4) AND `+which+`
		ORDER BY s.created DESC, s.id DESC LIMIT CAST($5 AS BIGINT)`, a, r, created, id, limit)
	if err != nil {
		return nil, fmt.Errorf("load stacks of %s: %w", a, err)
	}
	return ss, nil
}

// InsertStack adds a stack, unless there is one by its id, or a living one by its name: then it returns false.
func (tx *Tx) InsertStack(s Stack) (bool, error) {
	work, err := tx.sealed(at("stack", "work", s.ID), s.Work)
	if err != nil {
		return false, err
	}
	n, err := tx.exec(`INSERT INTO stack (id, account, region, name, handle, status, reason, parent, root, token, version, body, pending, work,
		created, updated, deleted, sealed_by) VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT DO NOTHING`,
		s.ID, s.Account, s.Region, s.Name, s.Status, s.Reason, s.Parent, s.Root, s.Token, s.Version, s.Body, s.Pending, work,
		micros(s.Created), micros(s.Updated), micros(s.Deleted), tx.keys.Current())
	if err != nil {
		return false, fmt.Errorf("insert stack %s: %w", s.ID, err)
	}
	if n > 0 {
		tx.creates("stack", s.ID)
	}
	return n > 0, nil
}

// UpdateStack writes everything that steps change of a stack, but not its templates, over the version before. It returns
// false if another has written meanwhile.
func (tx *Tx) UpdateStack(s Stack) (bool, error) {
	work, err := tx.sealed(at("stack", "work", s.ID), s.Work)
	if err != nil {
		return false, err
	}
	handle := s.Name
	if !s.Deleted.IsZero() {
		handle = s.ID
	}
	n, err := tx.exec(`UPDATE stack SET handle = $3, status = $4, reason = $5, token = $6, version = $7, work = $8, updated = $9, deleted = $10,
		sealed_by = $11
		WHERE id = $1 AND version = $2`, s.ID, s.Version-1, handle, s.Status, s.Reason, s.Token, s.Version, work, micros(s.Updated), micros(s.Deleted),
		tx.keys.Current())
	if err != nil {
		return false, fmt.Errorf("update stack %s: %w", s.ID, err)
	}
	return n > 0, nil
}

// SetStackTemplates writes a stack's templates.
func (tx *Tx) SetStackTemplates(id, body, pending string) error {
	if err := tx.put(`UPDATE stack SET body = $2, pending = $3 WHERE id = $1`, id, body, pending); err != nil {
		return fmt.Errorf("update the templates of stack %s: %w", id, err)
	}
	return nil
}
