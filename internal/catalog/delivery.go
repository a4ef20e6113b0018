package catalog

import (
	"crypto/subtle"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/ident"
)

// Outside reports whether products of a type are launched by engines that are programs of their own. (C-ENG-3 … C-ENG-15)
func Outside(productType string) bool {
	return productType == External || productType == TerraformOpenSource || productType == TerraformCloud
}

// Delivery is what is handed to an engine that is a program of its own, for one record. The engine may get it more than
// once, always the same, and knows by the token that it has it already. (C-ENG-5, C-ENG-14)
type Delivery struct {
	Record  RecordID
	Owner   ident.Account // of the product; there the engine is, and it tells of the result as that account (C-ENG-4, C-ENG-12)
	Region  ident.Region
	Token   string
	Message string          // JSON
	Terms   DeliveryTerms   // what the message was made of, as far as its result needs it
	Result  *DeliveryResult // nil until the engine has told
	Created time.Time
}

// DeliveryTerms are the parameters that an engine is given, and which of them are never shown.
type DeliveryTerms struct {
	Values  []Parameter
	Secrets []string // keys
}

// DeliveryResult is what an engine tells in the end. (C-ENG-9)
type DeliveryResult struct {
	Succeeded bool
	Reason    string // of a failure; may be empty
	Outputs   []Output
	// TracerKey and TracerValue are the tag by which what was made can be found, where the engine tells it. (C-ENG-10)
	TracerKey, TracerValue string
	At                     time.Time
}

// PhysicalID is how a provisioned product remembers what an engine made: by its tracer tag. Without one nothing is known
// of it. (C-ENG-10, C-PP-15)
func (r DeliveryResult) PhysicalID() string {
	if r.TracerKey == "" {
		return ""
	}
	return r.TracerKey + "=" + r.TracerValue
}

// Take notes what an engine tells of a record of this kind, or refuses it: the token must be the record's, the operation
// that of its type, and nothing may have ended it before. A reason with a success says nothing. (C-ENG-11)
func (d Delivery) Take(r Record, kind, token string, result DeliveryResult) (Delivery, error) {
	switch {
	case subtle.ConstantTimeCompare([]byte(token), []byte(d.Token)) != 1:
		return d, fault.Invalidf("Invalid WorkflowToken: it is not the token of record %s", r.ID)
	case kind != r.Type:
		return d, fault.Invalidf("Record %s is of type %s, and this operation tells the result of %s", r.ID, r.Type, kind)
	case r.Status.Ended():
		return d, fault.Invalidf("Record %s has ended: its status is %s", r.ID, r.Status)
	case d.Result != nil:
		return d, fault.Invalidf("The result of record %s was told before", r.ID)
	}
	if result.Succeeded {
		result.Reason = ""
	}
	d.Result = &result
	return d, nil
}

// ProductOf is the ARN of the product behind a launch, as its AutoTags have it. It stays when the product is deleted.
// (C-LAUNCH-15, C-PP-18)
func ProductOf(auto []Tag) (ident.ARN, bool) {
	for _, t := range auto {
		if t.Key == autoTag+"productArn" {
			a, err := ident.ParseARN(t.Value)
			return a, err == nil
		}
	}
	return ident.ARN{}, false
}

// VersionBucket holds the file of every version, for engines to read. S3 keeps names that begin so for itself, so nobody
// can have made a bucket of this name. (C-PA-3)
const VersionBucket = "sthree-servicecatalog"

// The tag of every object in VersionBucket, which the policies of launch roles ask for. (C-PA-3, C-CONS-24)
const (
	VersionTagKey   = "servicecatalog:provisioning"
	VersionTagValue = "true"
)

const versionSuffix = ".tar.gz"

// VersionKey is the key of a version's file in VersionBucket.
func VersionKey(p ProductID, a ArtifactID) string { return string(p) + "/" + string(a) + versionSuffix }

// ParseVersionKey reads what VersionKey writes.
func ParseVersionKey(key string) (p ProductID, a ArtifactID, ok bool) {
	name, ok := strings.CutSuffix(key, versionSuffix)
	product, artifact, two := strings.Cut(name, "/")
	return ProductID(product), ArtifactID(artifact), ok && two && product != "" && artifact != "" && !strings.Contains(artifact, "/")
}
