package template

import (
	"encoding/json"
	"strings"
)

// Scope is everything a template is evaluated with. All of it but the functions may be kept between steps.
type Scope struct {
	Parameters Bindings
	Pseudo     Pseudo
	Tags       map[string]string // of the stack
	Made       map[string]Made   // the resources there are, by logical id

	// Zones lists the availability zones of a region for Fn::GetAZs.
	Zones func(region string) ([]string, error)
	// Import finds an exported value for Fn::ImportValue.
	Import func(name string) (value string, found bool, err error)
	// Dynamic replaces a {{resolve:…}} in a property, given without its braces. Without it such text is refused.
	Dynamic func(reference string) (string, error)
}

// Made is what a resource that exists answers to Ref and Fn::GetAtt. It goes through JSON unchanged.
type Made struct {
	PhysicalID string
	Attributes map[string]*Node // by name; a nested stack has Outputs.<key>
}

// Pseudo are the values of the pseudo parameters. Partition and URLSuffix are the region's unless given.
type Pseudo struct {
	AccountID, Region, StackID, StackName string
	Partition, URLSuffix                  string
	NotificationARNs                      []string
}

// get returns the value of a pseudo parameter other than AWS::NoValue and AWS::NotificationARNs.
func (p Pseudo) get(name string) string {
	partition, suffix := partitionOf(p.Region)
	switch name {
	case "AWS::AccountId":
		return p.AccountID
	case "AWS::Region":
		return p.Region
	case "AWS::StackId":
		return p.StackID
	case "AWS::StackName":
		return p.StackName
	case "AWS::Partition":
		if p.Partition != "" {
			return p.Partition
		}
		return partition
	case "AWS::URLSuffix":
		if p.URLSuffix != "" {
			return p.URLSuffix
		}
		return suffix
	}
	return ""
}

func partitionOf(region string) (partition, suffix string) {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn", "amazonaws.com.cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov", "amazonaws.com"
	}
	return "aws", "amazonaws.com"
}

// Text is a value that is one string.
func Text(s string) *Node { return &Node{Kind: Scalar, Text: s} }

// Texts is a value that is a list of strings.
func Texts(s ...string) *Node {
	n := &Node{Kind: List}
	for _, text := range s {
		n.Items = append(n.Items, Text(text))
	}
	return n
}

// MarshalJSON is JSON's text, so that values can be kept.
func (n *Node) MarshalJSON() ([]byte, error) { return []byte(n.JSON()), nil }

// UnmarshalJSON reads what MarshalJSON wrote, within the limits of a template. Functions come back as maps.
func (n *Node) UnmarshalJSON(text []byte) error {
	read, err := readJSON(text)
	if err != nil {
		return err
	}
	*n = *read
	return nil
}

var (
	_ json.Marshaler   = (*Node)(nil)
	_ json.Unmarshaler = (*Node)(nil)
)

// Equal reports whether two values say the same. A number or a truth value equals the string it is written as, for
// CloudFormation takes one for the other in properties; the order of a map's members says nothing.
func Equal(a, b *Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.Text != b.Text || len(a.Items) != len(b.Items) || len(a.Entries) != len(b.Entries) {
		return false
	}
	for i := range a.Items {
		if !Equal(a.Items[i], b.Items[i]) {
			return false
		}
	}
	other := members(b)
	for _, e := range a.Entries {
		if !Equal(e.Value, other[e.Key]) {
			return false
		}
	}
	return true
}

// Changed names the members in which two property maps differ, those of the new one first. (C-PLAN-7)
func Changed(before, after *Node) []string {
	was, is := members(before), members(after)
	var names []string
	for _, side := range []*Node{after, before} {
		if side == nil {
			continue
		}
		for _, e := range side.Entries {
			if side == before && is[e.Key] != nil {
				continue
			}
			if !Equal(was[e.Key], is[e.Key]) {
				names = append(names, e.Key)
			}
		}
	}
	return names
}

func members(n *Node) map[string]*Node {
	m := map[string]*Node{}
	if n != nil {
		for _, e := range n.Entries {
			m[e.Key] = e.Value
		}
	}
	return m
}
