package s3

import (
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"strings"

	"portico/internal/store"
)

// configuration is a kind of setting that is kept and answered. Of some, something follows; the others change nothing here.
type configuration struct {
	root  string // element
	shape string // of its parts
	// absent is the code of a bucket that has none, and message what is said of it; without a code, first is what every
	// bucket has until it is told otherwise.
	absent, message string
	first           string
	// removed says that what was taken away is absent rather than what it was at first.
	removed bool
}

const (
	topicFilter = " Event+ Filter?{S3Key?{FilterRule*{Name Value}}}}"
	tagShape    = "{Key Value}"
	filterParts = "Prefix? ObjectSizeGreaterThan?:int ObjectSizeLessThan?:int "
)

// configurations are the kinds by their subresources.
var configurations = map[string]configuration{
	"encryption": {root: "ServerSideEncryptionConfiguration",
		shape:  `Rule+{ApplyServerSideEncryptionByDefault?{SSEAlgorithm:AES256|aws:kms|aws:kms:dsse KMSMasterKeyID?} BucketKeyEnabled?:bool BlockedEncryptionTypes?{EncryptionType*}}`,
		absent: "ServerSideEncryptionConfigurationNotFoundError", message: "The server side encryption configuration was not found"},
	"cors": {root: "CORSConfiguration",
		shape:  `CORSRule+{ID? AllowedHeader* AllowedMethod+:GET|PUT|HEAD|POST|DELETE AllowedOrigin+ ExposeHeader* MaxAgeSeconds?:int}`,
		absent: "NoSuchCORSConfiguration", message: "The CORS configuration does not exist"},
	"lifecycle": {root: "LifecycleConfiguration",
		shape: `Rule+{ID? Prefix? Status:Enabled|Disabled Filter?{` + filterParts + `Tag?` + tagShape + ` And?{` + filterParts + `Tag*` + tagShape + `}}
			Expiration?{Date? Days?:int ExpiredObjectDeleteMarker?:bool} Transition*{Date? Days?:int StorageClass}
			NoncurrentVersionTransition*{NoncurrentDays?:int StorageClass NewerNoncurrentVersions?:int}
			NoncurrentVersionExpiration?{NoncurrentDays?:int NewerNoncurrentVersions?:int} AbortIncompleteMultipartUpload?{DaysAfterInitiation?:int}}`,
		absent: "NoSuchLifecycleConfiguration", message: "The lifecycle configuration does not exist"},
	"website": {root: "WebsiteConfiguration",
		shape: `IndexDocument?{Suffix} ErrorDocument?{Key} RedirectAllRequestsTo?{HostName Protocol?:http|https}
			RoutingRules?{RoutingRule*{Condition?{HttpErrorCodeReturnedEquals? KeyPrefixEquals?}
			Redirect{HostName? HttpRedirectCode? Protocol?:http|https ReplaceKeyPrefixWith? ReplaceKeyWith?}}}`,
		absent: "NoSuchWebsiteConfiguration", message: "The specified bucket does not have a website configuration"},
	store.PublicAccessBlock: {root: "PublicAccessBlockConfiguration",
		shape:  `BlockPublicAcls?:bool IgnorePublicAcls?:bool BlockPublicPolicy?:bool RestrictPublicBuckets?:bool`,
		absent: "NoSuchPublicAccessBlockConfiguration", message: "The public access block configuration was not found"},
	"ownershipControls": {root: "OwnershipControls", shape: `Rule{ObjectOwnership:BucketOwnerEnforced|BucketOwnerPreferred|ObjectWriter}`,
		first:  `<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>`,
		absent: "OwnershipControlsNotFoundError", message: "The bucket ownership controls were not found", removed: true},
	"logging": {root: "BucketLoggingStatus",
		shape: `LoggingEnabled?{TargetBucket TargetPrefix? TargetObjectKeyFormat?{SimplePrefix? PartitionedPrefix?{PartitionDateSource?:EventTime|DeliveryTime}}}`},
	"notification": {root: "NotificationConfiguration",
		shape: `TopicConfiguration*{Id? Topic` + topicFilter + ` QueueConfiguration*{Id? Queue` + topicFilter +
			` CloudFunctionConfiguration*{Id? CloudFunction` + topicFilter + ` EventBridgeConfiguration?`},
	"accelerate":     {root: "AccelerateConfiguration", shape: `Status:Enabled|Suspended`},
	"requestPayment": {root: "RequestPaymentConfiguration", shape: `Payer:BucketOwner|Requester`, first: `<Payer>BucketOwner</Payer>`},
}

func getSetting(kind string) func(*call) error {
	return func(c *call) error { return c.getSetting(kind) }
}
func putSetting(kind string) func(*call) error {
	return func(c *call) error { return c.putSetting(kind) }
}

func deleteSetting(kind string) func(*call) error {
	return func(c *call) error { return c.deleteSetting(kind) }
}

// setting reads a setting of the request's bucket.
func (c *call) setting(kind string) (st store.Setting, ok bool, err error) {
	err = c.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err == nil {
			st, ok, err = tx.BucketSetting(b.Name, kind)
		}
		return err
	})
	return st, ok, err
}

func (c *call) getSetting(kind string) error {
	k := configurations[kind]
	st, ok, err := c.setting(kind)
	switch {
	case err != nil:
		return err
	case k.absent != "" && (!ok && k.first == "" || ok && st.Document == ""):
		return refusef(k.absent, "%s", k.message)
	case !ok:
		st.Document = "<" + k.root + ` xmlns="` + namespace + `">` + k.first + "</" + k.root + ">"
	}
	if kind == "lifecycle" {
		c.w.Header().Set(transitionSize, st.Detail)
	}
	c.write(http.StatusOK, "application/xml", []byte(xml.Header+st.Document))
	return nil
}

// write answers with a document as it is.
func (c *call) write(status int, kind string, b []byte) {
	h := c.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(b)))
	c.w.WriteHeader(status)
	_, _ = c.w.Write(b) // a client that left gets no answer
}

const (
	transitionSize      = "X-Amz-Transition-Default-Minimum-Object-Size"
	usualTransitionSize = "all_storage_classes_128K"
)

func (c *call) putSetting(kind string) error {
	if err := c.check(); err != nil { // before a body is read
		return err
	}
	e, err := c.readSetting(configurations[kind])
	if err != nil {
		return err
	}
	st := store.Setting{Kind: kind}
	switch kind {
	case "lifecycle":
		if err := c.checkLifecycle(&e); err != nil {
			return err
		}
		if st.Detail = c.r.Header.Get(transitionSize); st.Detail == "" {
			st.Detail = usualTransitionSize
		}
		c.w.Header().Set(transitionSize, st.Detail)
	case store.PublicAccessBlock:
		st.Detail = strings.Join(e.flags(), " ")
	}
	st.Document = e.document()
	err = c.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err != nil {
			return err
		}
		return tx.PutBucketSetting(b.Name, st)
	})
	if err != nil {
		return err
	}
	return c.done(http.StatusOK)
}

// readSetting reads a configuration, which must have the shape of its kind.
func (c *call) readSetting(k configuration) (e element, err error) {
	if err = c.readXML(&e); err != nil {
		return e, err
	}
	parts, _ := parseShape(k.shape)
	if e.XMLName.Local != k.root || !e.fits(parts) {
		return e, refusef("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	return e, nil
}

// flags are the names of the parts that are true.
func (e *element) flags() (on []string) {
	for _, p := range e.Parts {
		if strings.EqualFold(strings.TrimSpace(p.Text), "true") {
			on = append(on, p.XMLName.Local)
		}
	}
	return on
}

// checkLifecycle refuses rules about nothing or that do nothing, and names those that have no name.
func (c *call) checkLifecycle(e *element) error {
	seen := map[string]bool{}
	for i := range e.Parts {
		rule := &e.Parts[i]
		if rule.part("Filter") == nil && rule.part("Prefix") == nil {
			return refusef("MalformedXML", "The XML you provided did not validate against our published schema: a Rule has a Filter or a Prefix")
		}
		acts := false
		for _, name := range []string{"Expiration", "Transition", "NoncurrentVersionExpiration", "NoncurrentVersionTransition", "AbortIncompleteMultipartUpload"} {
			acts = acts || rule.part(name) != nil
		}
		if !acts {
			return refusef("InvalidRequest", "At least one action needs to be specified in a rule")
		}
		id := rule.part("ID")
		if id == nil {
			rule.Parts = append([]element{{XMLName: xml.Name{Local: "ID"}, Text: c.IDs.UUID()}}, rule.Parts...)
			id = &rule.Parts[0]
		}
		if seen[id.Text] || len(id.Text) > 255 {
			return refusef("InvalidArgument", "Rule ID must be unique and have at most 255 characters: %s", id.Text)
		}
		seen[id.Text] = true
	}
	return nil
}

func (c *call) deleteSetting(kind string) error {
	err := c.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err != nil {
			return err
		}
		if configurations[kind].removed {
			return tx.PutBucketSetting(b.Name, store.Setting{Kind: kind})
		}
		return tx.DeleteBucketSetting(b.Name, kind)
	})
	if err != nil {
		return err
	}
	return c.done(http.StatusNoContent)
}

// absent answers that a bucket has no configuration of a kind that it can not be given.
func absent(code, message string) func(*call) error {
	return func(c *call) error {
		if err := c.check(); err != nil {
			return err
		}
		return refusef(code, "%s", message)
	}
}

// readAll reads a small body.
func (c *call) readAll(most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(c.r.Body, most+1))
	if err == nil && int64(len(b)) > most {
		err = refusef("MaxMessageLengthExceeded", "Your request was too big: a document may have %d bytes", most)
	}
	return b, err
}
