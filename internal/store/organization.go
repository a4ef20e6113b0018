package store

import (
	"fmt"
	"math"
	"time"

	"portico/internal/ident"
	"portico/internal/org"
)

const organizationColumns = `id, root, management, features, access, frozen_at, revision, controls, created_at`

func scanOrganization(row scanner) (org.Organization, error) {
	var o org.Organization
	var created int64
	err := row.Scan(&o.ID, &o.Root, &o.Management, &o.Features, &o.Access, &o.Frozen, &o.Revision, &o.Controls, &created)
	o.Created = fromMicros(created)
	return o, err
}

// Organization returns one organization.
func (tx *Tx) Organization(id string) (org.Organization, bool, error) {
	o, ok, err := one(tx, scanOrganization,
		`SELECT `+organizationColumns+` FROM organization WHERE id = $1`, id)
	if err != nil {
		return o, false, fmt.Errorf("load organization %s: %w", id, err)
	}
	return o, ok, nil
}

// OrganizationOf returns the organization that an account is a member of.
func (tx *Tx) OrganizationOf(a ident.Account) (org.Organization, bool, error) {
	o, ok, err := one(tx, scanOrganization, `SELECT `+organizationColumns+` FROM organization
		WHERE id = (SELECT org FROM member WHERE account = $1)`, string(a))
	if err != nil {
		return o, false, fmt.Errorf("load organization of %s: %w", a, err)
	}
	return o, ok, nil
}

// InsertOrganization adds an organization with its root. The management account is admitted by InsertMember.
func (tx *Tx) InsertOrganization(o org.Organization) error {
	_, err := tx.exec(`INSERT INTO organization (`+organizationColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		o.ID, o.Root, string(o.Management), o.Features, string(o.Access), o.Frozen, o.Revision, o.Controls, micros(o.Created))
	if err != nil {
		return fmt.Errorf("insert organization %s: %w", o.ID, err)
	}
	return tx.InsertUnit(org.NewRoot(o))
}

// UpdateOrganization writes an organization's feature set and access. The revision is not the caller's to write.
func (tx *Tx) UpdateOrganization(o org.Organization) error {
	_, err := tx.exec(`UPDATE organization SET features = $2, access = $3 WHERE id = $1`,
		o.ID, o.Features, string(o.Access))
	if err != nil {
		return fmt.Errorf("update organization %s: %w", o.ID, err)
	}
	return nil
}

// DeleteOrganization removes an organization that has no unit and no member but the management account, and what was
// shared in it. What was covered in the past stays known. (S-EVT-12, S-TOK-9)
func (tx *Tx) DeleteOrganization(o org.Organization) error {
	if err := tx.DeleteSharesOfOrganization(o.ID); err != nil {
		return err
	}
	if err := tx.deleteControls(o.ID); err != nil {
		return err
	}
	m, ok, err := tx.Member(o.Management)
	if err != nil {
		return err
	}
	if ok {
		if err := tx.DeleteMember(m); err != nil {
			return err
		}
	}
	for _, q := range []string{
		`DELETE FROM organization_tag WHERE resource = (SELECT root FROM organization WHERE id = $1)`,
		`DELETE FROM trusted_service WHERE org = $1`,
		`DELETE FROM handshake WHERE org = $1`,
		`DELETE FROM account_request WHERE org = $1`,
		`DELETE FROM unit WHERE org = $1`,
		`DELETE FROM organization WHERE id = $1`,
	} {
		if _, err := tx.exec(q, o.ID); err != nil {
			return fmt.Errorf("delete organization %s: %w", o.ID, err)
		}
	}
	return nil
}

func scanInteger(row scanner) (int64, error) {
	var n int64
	err := row.Scan(&n)
	return n, err
}

func scanAccountID(row scanner) (ident.Account, error) {
	var a ident.Account
	err := row.Scan(&a)
	return a, err
}

// nextRevision counts one change of membership or access.
func (tx *Tx) nextRevision(orgID string) (int64, error) {
	n, ok, err := one(tx, scanInteger,
		`UPDATE organization SET revision = revision + 1 WHERE id = $1 RETURNING revision`, orgID)
	if err == nil && !ok {
		err = fmt.Errorf("no such organization")
	}
	if err != nil {
		return 0, fmt.Errorf("raise revision of %s: %w", orgID, err)
	}
	return n, nil
}

// SetServiceCatalogAccess enables or disables sharing within an organization: the one state behind the catalog's and
// the organizations' operations. Disabling freezes coverage where it is. Enabling lets it follow the tree again and
// cuts what accounts kept only because of the freeze. Setting what is set changes nothing. (S-ORG-7..9, S-EVT-9..11)
func (tx *Tx) SetServiceCatalogAccess(o org.Organization, enabled bool, now time.Time) error {
	if (o.Access == org.Enabled) == enabled {
		return nil
	}
	if !enabled {
		return tx.freeze(o)
	}
	kept, err := tx.keptAccess(o)
	if err != nil {
		return err
	}
	rev, err := tx.nextRevision(o.ID)
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE coverage_freeze SET until_revision = $3 WHERE org = $1 AND since_revision = $2`, o.ID, o.Frozen, rev)
	if err != nil {
		return fmt.Errorf("thaw %s: %w", o.ID, err)
	}
	_, err = tx.exec(`UPDATE organization SET access = $2, frozen_at = 0 WHERE id = $1`, o.ID, string(org.Enabled))
	if err != nil {
		return fmt.Errorf("enable access of %s: %w", o.ID, err)
	}
	if err := tx.InsertTrustedService(o.ID, org.Principal, now); err != nil {
		return err
	}
	for _, a := range kept {
		if err := tx.SeverAccount(a); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) freeze(o org.Organization) error {
	rev, err := tx.nextRevision(o.ID)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO coverage_freeze (org, since_revision, until_revision) VALUES ($1, $2, $3)`,
		o.ID, rev, int64(math.MaxInt64))
	if err != nil {
		return fmt.Errorf("freeze %s: %w", o.ID, err)
	}
	_, err = tx.exec(`UPDATE organization SET access = $2, frozen_at = $3 WHERE id = $1`,
		o.ID, string(org.Disabled), rev)
	if err != nil {
		return fmt.Errorf("disable access of %s: %w", o.ID, err)
	}
	return tx.DeleteTrustedService(o.ID, org.Principal)
}

// keptAccess returns the accounts that moved or left while the organization was frozen, and so may keep what they
// would have lost.
func (tx *Tx) keptAccess(o org.Organization) ([]ident.Account, error) {
	if o.Frozen == 0 {
		return nil, nil
	}
	as, err := all(tx, scanAccountID, `SELECT account FROM past_placement
		WHERE org = $1 AND until_revision > $2 AND since_revision <= $2 ORDER BY account`, o.ID, o.Frozen)
	if err != nil {
		return nil, fmt.Errorf("list accounts that kept access in %s: %w", o.ID, err)
	}
	return as, nil
}

// TrustedService is a service that works within an organization.
type TrustedService struct {
	Name    string
	Enabled time.Time
}

func scanTrustedService(row scanner) (TrustedService, error) {
	var s TrustedService
	var at int64
	err := row.Scan(&s.Name, &at)
	s.Enabled = fromMicros(at)
	return s, err
}

// TrustedServices returns up to limit trusted services of an organization, by name, those behind after.
func (tx *Tx) TrustedServices(orgID, after string, limit int) ([]TrustedService, error) {
	ss, err := all(tx, scanTrustedService, `SELECT service, enabled_at FROM trusted_service
		WHERE org = $1 AND service > $2 ORDER BY service LIMIT CAST($3 AS BIGINT)`, orgID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list trusted services of %s: %w", orgID, err)
	}
	return ss, nil
}

// Trusted reports whether a service is trusted in an organization.
func (tx *Tx) Trusted(orgID, service string) (bool, error) {
	_, ok, err := one(tx, scanInteger, `SELECT enabled_at FROM trusted_service WHERE org = $1 AND service = $2`, orgID, service)
	if err != nil {
		return false, fmt.Errorf("load trusted service %s of %s: %w", service, orgID, err)
	}
	return ok, nil
}

// InsertTrustedService makes a service trusted; one that is trusted already keeps its date.
func (tx *Tx) InsertTrustedService(orgID, service string, now time.Time) error {
	_, err := tx.exec(`INSERT INTO trusted_service (org, service, enabled_at) VALUES ($1, $2, $3)
		ON CONFLICT (org, service) DO NOTHING`, orgID, service, micros(now))
	if err != nil {
		return fmt.Errorf("trust %s in %s: %w", service, orgID, err)
	}
	return nil
}

// DeleteTrustedService ends the trust in a service.
func (tx *Tx) DeleteTrustedService(orgID, service string) error {
	if _, err := tx.exec(`DELETE FROM trusted_service WHERE org = $1 AND service = $2`, orgID, service); err != nil {
		return fmt.Errorf("end trust in %s in %s: %w", service, orgID, err)
	}
	return nil
}

func scanOrganizationTag(row scanner) (org.Tag, error) {
	var t org.Tag
	err := row.Scan(&t.Key, &t.Value)
	return t, err
}

// OrganizationTags returns the tags of a member, unit, root or handshake, by key.
func (tx *Tx) OrganizationTags(resource string) ([]org.Tag, error) {
	ts, err := all(tx, scanOrganizationTag,
		`SELECT key, value FROM organization_tag WHERE resource = $1 ORDER BY key`, resource)
	if err != nil {
		return nil, fmt.Errorf("load tags of %s: %w", resource, err)
	}
	return ts, nil
}

// SetOrganizationTags adds tags; a key that is there takes the new value.
func (tx *Tx) SetOrganizationTags(resource string, tags []org.Tag) error {
	for _, t := range tags {
		_, err := tx.exec(`INSERT INTO organization_tag (resource, key, value) VALUES ($1, $2, $3)
			ON CONFLICT (resource, key) DO UPDATE SET value = excluded.value`, resource, t.Key, t.Value)
		if err != nil {
			return fmt.Errorf("tag %s: %w", resource, err)
		}
	}
	return nil
}

// DeleteOrganizationTag removes one tag, if it is there.
func (tx *Tx) DeleteOrganizationTag(resource, key string) error {
	if _, err := tx.exec(`DELETE FROM organization_tag WHERE resource = $1 AND key = $2`, resource, key); err != nil {
		return fmt.Errorf("untag %s: %w", resource, err)
	}
	return nil
}

func (tx *Tx) deleteOrganizationTags(resource string) error {
	if _, err := tx.exec(`DELETE FROM organization_tag WHERE resource = $1`, resource); err != nil {
		return fmt.Errorf("delete tags of %s: %w", resource, err)
	}
	return nil
}
