package cloudformation

import (
	"slices"
	"strings"

	"portico/internal/fault"
	"portico/internal/template"
)

// ruleProperties are those of a rule of a LifecycleConfiguration.
var ruleProperties = strings.Fields("AbortIncompleteMultipartUpload ExpirationDate ExpirationInDays ExpiredObjectDeleteMarker Id NoncurrentVersionExpiration " +
	"NoncurrentVersionExpirationInDays NoncurrentVersionTransition NoncurrentVersionTransitions ObjectSizeGreaterThan ObjectSizeLessThan Prefix Status TagFilters Transition Transitions")

// lifecycle writes a LifecycleConfiguration, whose properties lie otherwise than S3's elements.
func lifecycle(b *strings.Builder, n *template.Node) error {
	for _, e := range n.Entries {
		if e.Key != "Rules" && e.Key != "TransitionDefaultMinimumObjectSize" {
			return extraneous(e.Key)
		}
	}
	for _, rule := range items(n, "Rules") {
		for _, e := range rule.Entries {
			if !slices.Contains(ruleProperties, e.Key) {
				return extraneous(e.Key)
			}
		}
		b.WriteString("<Rule>")
		element(b, "ID", perhaps(rule, "Id"))
		element(b, "Status", perhaps(rule, "Status"))
		if err := ruleFilter(b, rule); err != nil {
			return err
		}
		within(b, "Expiration", func(b *strings.Builder) {
			element(b, "Date", perhaps(rule, "ExpirationDate"))
			element(b, "Days", perhaps(rule, "ExpirationInDays"))
			element(b, "ExpiredObjectDeleteMarker", perhaps(rule, "ExpiredObjectDeleteMarker"))
		})
		for _, t := range append(items(rule, "Transitions"), single(rule, "Transition")...) {
			within(b, "Transition", func(b *strings.Builder) {
				element(b, "Date", perhaps(t, "TransitionDate"))
				element(b, "Days", perhaps(t, "TransitionInDays"))
				element(b, "StorageClass", perhaps(t, "StorageClass"))
			})
		}
		noncurrent(b, rule)
		b.WriteString("</Rule>")
	}
	return nil
}

// noncurrent writes what a rule says of versions that are not the latest, and of uploads that nobody completes.
func noncurrent(b *strings.Builder, rule *template.Node) {
	for _, t := range append(items(rule, "NoncurrentVersionTransitions"), single(rule, "NoncurrentVersionTransition")...) {
		within(b, "NoncurrentVersionTransition", func(b *strings.Builder) {
			element(b, "NoncurrentDays", perhaps(t, "TransitionInDays"))
			element(b, "NewerNoncurrentVersions", perhaps(t, "NewerNoncurrentVersions"))
			element(b, "StorageClass", perhaps(t, "StorageClass"))
		})
	}
	within(b, "NoncurrentVersionExpiration", func(b *strings.Builder) {
		element(b, "NoncurrentDays", perhaps(rule, "NoncurrentVersionExpirationInDays"))
		element(b, "NoncurrentDays", perhaps(rule.Get("NoncurrentVersionExpiration"), "NoncurrentDays"))
		element(b, "NewerNoncurrentVersions", perhaps(rule.Get("NoncurrentVersionExpiration"), "NewerNoncurrentVersions"))
	})
	within(b, "AbortIncompleteMultipartUpload", func(b *strings.Builder) {
		element(b, "DaysAfterInitiation", perhaps(rule.Get("AbortIncompleteMultipartUpload"), "DaysAfterInitiation"))
	})
}

// ruleFilter writes which objects a rule is about: more than one condition stand in an And.
func ruleFilter(b *strings.Builder, rule *template.Node) error {
	var inner strings.Builder
	n := 0
	for _, name := range []string{"Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan"} {
		if v := perhaps(rule, name); v != nil {
			n++
			element(&inner, name, v)
		}
	}
	for _, t := range items(rule, "TagFilters") {
		if t.Get("Key") == nil || t.Get("Value") == nil {
			return fault.Invalidf("Properties validation failed for resource with message: #/TagFilters: required key [Key] or [Value] not found")
		}
		n++
		within(&inner, "Tag", func(b *strings.Builder) {
			element(b, "Key", perhaps(t, "Key"))
			element(b, "Value", perhaps(t, "Value"))
		})
	}
	text := inner.String()
	if n > 1 {
		text = "<And>" + text + "</And>"
	}
	b.WriteString("<Filter>" + text + "</Filter>")
	return nil
}

// single is a property that is a map, as a list.
func single(n *template.Node, name string) []*template.Node {
	if v := n.Get(name); v != nil && v.Kind == template.Map {
		return []*template.Node{v}
	}
	return nil
}
