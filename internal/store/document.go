package store

import (
	"fmt"
	"slices"

	"portico/internal/access"
)

// shippedDocuments are the documents that come with the program, by digest: they are no rows, so that a new program has
// its new wording at once.
var shippedDocuments = documentsOf(access.ShippedPolicies())

// shippedDigests are the digests of the policies that come with the program, by ARN.
var shippedDigests = digestsOf(access.ShippedPolicies())

func documentsOf(ps []access.Shipped) map[string]string {
	m := make(map[string]string, len(ps))
	for _, p := range ps {
		m[access.PolicyDigest(p.Document)] = p.Document
	}
	return m
}

func digestsOf(ps []access.Shipped) map[string]string {
	m := make(map[string]string, len(ps))
	for _, p := range ps {
		m[p.ARN] = access.PolicyDigest(p.Document)
	}
	return m
}

// PolicyDocuments returns the documents of some digests. A document never changes, so whoever has it or what was made
// of it need not ask again; one that a policy refers to is always there.
func (tx *Tx) PolicyDocuments(digests []string) (map[string]string, error) {
	type row struct{ digest, document string }
	scan := func(s scanner) (r row, err error) { return r, s.Scan(&r.digest, &r.document) }
	out := make(map[string]string, len(digests))
	var wanted []string
	for _, d := range digests {
		if document, ok := shippedDocuments[d]; ok {
			out[d] = document
		} else if !slices.Contains(wanted, d) {
			wanted = append(wanted, d)
		}
	}
	for chunk := range chunks(wanted) {
		rows, err := all(tx, scan, `SELECT digest, document FROM policy_document WHERE digest IN `+in(1, len(chunk)), anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load policy documents: %w", err)
		}
		for _, r := range rows {
			out[r.digest] = r.document
		}
	}
	for _, d := range wanted {
		if _, ok := out[d]; !ok {
			return nil, fmt.Errorf("load policy documents: there is none with digest %s", d)
		}
	}
	return out, nil
}

// PolicyDocument returns the document of one digest.
func (tx *Tx) PolicyDocument(digest string) (string, error) {
	ds, err := tx.PolicyDocuments([]string{digest})
	return ds[digest], err
}

// putDocument stores a document and returns its digest. The reference that the caller writes next fails, and the
// transaction runs again, when somebody drops the document in between.
func (tx *Tx) putDocument(document string) (string, error) {
	digest := access.PolicyDigest(document)
	_, err := tx.exec(`INSERT INTO policy_document (digest, document) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING`, digest, document)
	if err != nil {
		return "", fmt.Errorf("store policy document %s: %w", digest, err)
	}
	return digest, nil
}

// dropDocument removes a document that no policy refers to any more.
func (tx *Tx) dropDocument(digest string) error {
	_, err := tx.exec(`DELETE FROM policy_document WHERE digest = $1
		AND NOT EXISTS (SELECT 1 FROM policy_version v WHERE v.digest = $1)
		AND NOT EXISTS (SELECT 1 FROM inline_policy i WHERE i.digest = $1)
		AND NOT EXISTS (SELECT 1 FROM control_policy c WHERE c.digest = $1)`, digest)
	if err != nil {
		return fmt.Errorf("drop policy document %s: %w", digest, err)
	}
	return nil
}

func scanText(row scanner) (string, error) {
	var s string
	err := row.Scan(&s)
	return s, err
}
