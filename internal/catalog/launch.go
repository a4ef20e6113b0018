package catalog

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"portico/internal/fault"
	"portico/internal/ident"
)

// ChoosePath picks the path of a launch among those that reach the product: the one named, or the only one.
// (C-LAUNCH-3 … C-LAUNCH-5, S-LCH-3)
func ChoosePath(paths []Path, product ProductID, id, name *string) (Path, error) {
	if id != nil && name != nil {
		return Path{}, fault.Invalidf("Only one of PathId and PathName can be specified")
	}
	if len(paths) == 0 {
		return Path{}, NoPath(string(product))
	}
	if id != nil {
		i := slices.IndexFunc(paths, func(p Path) bool { return p.ID() == *id })
		if i < 0 {
			return Path{}, fault.Invalidf("Invalid PathId: %s", *id)
		}
		return paths[i], nil
	}
	if name != nil {
		paths = slices.DeleteFunc(slices.Clone(paths), func(p Path) bool { return p.Portfolio.Name != *name })
		switch len(paths) {
		case 0:
			return Path{}, fault.NotFoundf("Launch path with name %s not found for resource: %s", *name, product)
		case 1:
			return paths[0], nil
		}
		return Path{}, fault.Invalidf("More than one launch path has the name %s. Please specify the launch path id", *name)
	}
	if len(paths) > 1 {
		return Path{}, fault.Invalidf("More than one launch path ids exist. Please specify the launch path id")
	}
	return paths[0], nil
}

// ChooseUpdatePath picks the path of an update: the one named, else the stored one while it is still reachable, else the
// only one. (C-PP-19)
func ChooseUpdatePath(paths []Path, product ProductID, stored string, id, name *string) (Path, error) {
	if id == nil && name == nil && slices.ContainsFunc(paths, func(p Path) bool { return p.ID() == stored }) {
		id = &stored
	}
	return ChoosePath(paths, product, id, name)
}

// maxLaunchTags is how many tags a provisioned product has at most, AutoTags not counted. (catalog 1.5)
const maxLaunchTags = 50

// LaunchOptions works out what TagOptions set on a launch, given what is on offer and what the caller sent.
// (C-LAUNCH-10 … C-LAUNCH-14, S-TAG-8)
func LaunchOptions(offer []Choice, caller []Tag, portfolio PortfolioID, product ProductID) ([]Tag, error) {
	sent, err := checkCallerTags(caller)
	if err != nil {
		return nil, err
	}
	var set []Tag
	for _, c := range offer {
		value, given := sent[c.Key]
		switch {
		case len(c.Values) == 0 && given:
			return nil, fault.Invalidf("Invalid Tags: the TagOptions of portfolio %s and product %s leave no value for the key %s", portfolio, product, c.Key)
		case len(c.Values) == 0:
			set = append(set, Tag{c.Key, "sc-tagoption-conflict-" + string(portfolio) + "-" + string(product)})
		case given && !slices.Contains(c.Values, value):
			return nil, fault.Invalidf("Invalid Tags: the value of the key %s must be one of the TagOptions %s", c.Key, strings.Join(c.Values, ", "))
		case given:
		case len(c.Values) > 1:
			return nil, fault.Invalidf("Invalid Tags: the key %s is required, with one of the TagOptions %s", c.Key, strings.Join(c.Values, ", "))
		default:
			set = append(set, Tag{c.Key, c.Values[0]})
		}
	}
	if len(caller)+len(set) > maxLaunchTags {
		return nil, fault.Invalidf("Invalid Tags: more than %d tags with those of TagOptions", maxLaunchTags)
	}
	return set, nil
}

func checkCallerTags(tags []Tag) (map[string]string, error) {
	if err := CheckTags(tags); err != nil {
		return nil, err
	}
	sent := map[string]string{}
	for _, t := range tags {
		if strings.HasPrefix(strings.ToLower(t.Key), "aws:") {
			return nil, fault.Invalidf("Invalid Tags: the key %s begins with aws:, which is reserved", t.Key)
		}
		sent[t.Key] = t.Value
	}
	return sent, nil
}

// SameTags reports whether two lists hold the same tags, in any order. (C-PP-12)
func SameTags(a, b []Tag) bool {
	order := func(x, y Tag) int { return cmp.Or(strings.Compare(x.Key, y.Key), strings.Compare(x.Value, y.Value)) }
	return slices.Equal(slices.SortedFunc(slices.Values(a), order), slices.SortedFunc(slices.Values(b), order))
}

const autoTag = "aws:servicecatalog:"

// AutoTags are what is set on every stack; a stack set has none. (C-LAUNCH-15, S-LCH-5, C-CONS-51)
func AutoTags(p ProvisionedProduct, portfolio Portfolio, product Product, a Artifact) []Tag {
	if p.Kind == StackSetKind {
		return nil
	}
	return []Tag{
		{autoTag + "portfolioArn", portfolio.ARN()},
		{autoTag + "productArn", product.ARN()},
		{autoTag + "provisionedProductArn", p.ARN()},
		{autoTag + "provisioningArtifactIdentifier", string(a.Source)},
		{autoTag + "provisioningPrincipalArn", p.UserSession},
	}
}

// LaunchTerms is what the terms in force on a path say about a launch. (C-LAUNCH-6)
type LaunchTerms struct {
	Role       *LaunchRole // nil without a LAUNCH constraint
	Topics     []string
	TagUpdates bool // whether an update may change tags (C-CONS-40, S-CON-8)
	StackSet   *StackSetTerms
	Rules      []RuleSet
}

// StackSetTerms is what a STACKSET constraint says. (C-CONS-50)
type StackSetTerms struct {
	AccountList          []ident.Account
	RegionList           []ident.Region
	AdminRole            string
	ExecutionRole        string
	StackInstanceControl string
}

// ReadTerms reads the terms in force. Their texts were checked when the constraints were made.
func ReadTerms(terms []Term) (LaunchTerms, error) {
	var out LaunchTerms
	allowed, forbidden := false, false
	for _, t := range terms {
		var text struct {
			NotificationArns []string
			Properties       struct {
				TagUpdateOnProvisionedProduct string
				StackSetTerms
			}
		}
		var err error
		if t.Type != LaunchConstraint && t.Type != TemplateConstraint {
			err = json.Unmarshal([]byte(t.Parameters), &text)
		}
		switch t.Type {
		case LaunchConstraint:
			var r LaunchRole
			r, err = ReadLaunchRole(t.Parameters)
			out.Role = &r
		case NotificationConstraint:
			out.Topics = append(out.Topics, text.NotificationArns...)
		case ResourceUpdateConstraint:
			allowed = allowed || text.Properties.TagUpdateOnProvisionedProduct == "ALLOWED"
			forbidden = forbidden || text.Properties.TagUpdateOnProvisionedProduct != "ALLOWED"
		case StackSetConstraint:
			out.StackSet = &text.Properties.StackSetTerms
		case TemplateConstraint:
			out.Rules = append(out.Rules, RuleSet{t.ID, t.Parameters})
		}
		if err != nil {
			return out, err
		}
	}
	out.TagUpdates = allowed && !forbidden
	return out, nil
}

// MergedRules are the rules of a template and of TEMPLATE constraints as one JSON text. A rule whose name another has
// already carries the id of its constraint, for it does not take the other's place. (C-RULE-7, C-RULE-10)
func MergedRules(own string, sets []RuleSet) (string, error) {
	if len(sets) == 0 {
		return own, nil
	}
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(own), &all); err != nil {
		return "", err
	}
	for _, set := range sets {
		var text struct{ Rules map[string]json.RawMessage }
		if err := json.Unmarshal([]byte(set.Text), &text); err != nil {
			return "", err
		}
		for name, rule := range text.Rules {
			if _, taken := all[name]; taken {
				name = strings.ReplaceAll(string(set.Constraint), "-", "") + name
			}
			all[name] = rule
		}
	}
	merged, err := json.Marshal(all)
	return string(merged), err
}

// LaunchTopics are the topics of a launch: those of the terms and the caller's, each once. (C-CONS-30, C-LAUNCH-17)
func LaunchTopics(terms, caller []string) ([]string, error) {
	var out []string
	for _, t := range append(slices.Clone(terms), caller...) {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	if len(out) > maxTopics {
		return nil, fault.Invalidf("Invalid NotificationArns: with those of the constraints there are %d topics, more than %d", len(out), maxTopics)
	}
	return out, nil
}

// Preferences is what a caller asks of a launch under a STACKSET constraint; what is nil was not given.
type Preferences struct {
	Accounts                                []ident.Account
	Regions                                 []ident.Region
	ToleranceCount, TolerancePercentage     *int
	ConcurrencyCount, ConcurrencyPercentage *int
	Operation                               string
}

// Targets works out where a launch under a STACKSET constraint goes. (C-CONS-52 … C-CONS-54)
func (t StackSetTerms) Targets(p Preferences) (*StackSet, error) {
	out := &StackSet{Operation: cmp.Or(p.Operation, "UPDATE"), AdminRole: t.AdminRole, ExecutionRole: t.ExecutionRole}
	if out.Operation != "UPDATE" && t.StackInstanceControl != "ALLOWED" {
		return nil, fault.Invalidf("Invalid StackSetOperationType: the STACKSET constraint does not allow %s: its StackInstanceControl is NOT_ALLOWED", out.Operation)
	}
	var err error
	if out.Accounts, err = chosen(p.Accounts, t.AccountList, "StackSetAccounts"); err != nil {
		return nil, err
	}
	if out.Regions, err = chosen(p.Regions, t.RegionList, "StackSetRegions"); err != nil {
		return nil, err
	}
	if p.ToleranceCount != nil && p.TolerancePercentage != nil {
		return nil, fault.Invalidf("Only one of StackSetFailureToleranceCount and StackSetFailureTolerancePercentage can be specified")
	}
	if p.ConcurrencyCount != nil && p.ConcurrencyPercentage != nil {
		return nil, fault.Invalidf("Only one of StackSetMaxConcurrencyCount and StackSetMaxConcurrencyPercentage can be specified")
	}
	set(&out.Tolerance, p.ToleranceCount)
	if p.TolerancePercentage != nil {
		out.Tolerance, out.TolerancePercent = *p.TolerancePercentage, true
	}
	out.Concurrency = 1
	set(&out.Concurrency, p.ConcurrencyCount)
	if p.ConcurrencyPercentage != nil {
		out.Concurrency, out.ConcurrencyPercent = *p.ConcurrencyPercentage, true
	}
	if !out.ConcurrencyPercent && !out.TolerancePercent && out.Concurrency > out.Tolerance+1 {
		return nil, fault.Invalidf("Invalid StackSetMaxConcurrencyCount: %d is more than one above the failure tolerance %d", out.Concurrency, out.Tolerance)
	}
	return out, nil
}

// chosen is what was asked for, which must be on the list, or else all of it.
func chosen[T ~string](asked, list []T, what string) ([]T, error) {
	for _, a := range asked {
		if !slices.Contains(list, a) {
			return nil, fault.Invalidf("Invalid %s: %s is not in the STACKSET constraint", what, a)
		}
	}
	if len(asked) == 0 {
		return list, nil
	}
	return asked, nil
}

// SetOwner reads the OWNER property: a user, a role or a session of a role, of the same account. (C-PP-20)
func (p ProvisionedProduct) SetOwner(arn string) (ProvisionedProduct, error) {
	a, err := ident.ParseARN(arn)
	kind, name, _ := strings.Cut(a.Resource, "/")
	if err != nil || a.Account != p.Account || a.Region != "" || name == "" || a.Service != "iam" && a.Service != "sts" {
		return p, badOwner(arn)
	}
	switch a.Service + ":" + kind {
	case "iam:user", "iam:role":
		p.UserARN, p.UserSession = arn, arn
	case "sts:assumed-role":
		role, _, ok := strings.Cut(name, "/")
		if !ok {
			return p, badOwner(arn)
		}
		p.UserARN, p.UserSession = ident.IAMARN(a.Account, "role", "/", role), arn
	default:
		return p, badOwner(arn)
	}
	return p, nil
}

func badOwner(arn string) error {
	return fault.Invalidf("Invalid OWNER: %s must be the ARN of a user, a role or a role session of the same account", arn)
}

// SetLaunchRole reads the LAUNCH_ROLE property: a role, never a session. (C-PP-20)
func (p ProvisionedProduct) SetLaunchRole(arn string) (ProvisionedProduct, error) {
	if _, ok := roleARN(arn); !ok {
		return p, fault.Invalidf("Invalid LAUNCH_ROLE: %s must be the ARN of a role", arn)
	}
	p.LaunchRole = arn
	return p, nil
}
