package intrusion

import (
	"math/rand/v2"
	"slices"
	"strings"

	"portico/internal/wire"
)

// loot are the ids, names, ARNs, tokens and addresses of an account's things, by kind.
type loot map[string][]string

func (l loot) add(kind string, values ...string) {
	l[kind] = append(l[kind], values...)
}

// any is one of all.
func (l loot) any(r *rand.Rand) string {
	kinds := make([]string, 0, len(l))
	for kind := range l {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return l.pick(r, kinds[r.IntN(len(kinds))])
}

// pick is one of a kind, or any if there is none of it.
func (l loot) pick(r *rand.Rand, kind string) string {
	if of := l[kind]; len(of) > 0 {
		return of[r.IntN(len(of))]
	}
	return l.any(r)
}

// kinds say what the members of inputs name.
var kinds = map[string]string{
	"PortfolioId": "portfolio", "SourcePortfolioId": "portfolio", "ProductId": "product", "TargetProductId": "product", "SourceProductArn": "product ARN",
	"ProvisioningArtifactId": "artifact", "ProvisionedProductId": "provisioned", "ProvisionProductId": "provisioned", "ProvisionedProductName": "provisioned name",
	"PlanId": "plan", "PathId": "path", "TagOptionId": "tagoption", "PortfolioShareToken": "share", "CopyProductToken": "copy", "PrincipalARN": "principal",
	"PolicySourceArn": "principal", "CallerArn": "principal", "PhysicalId": "stack", "AccountId": "account", "RoleArn": "role ARN", "RoleARN": "role ARN", "RoleName": "role",
	"UserName": "user", "GroupName": "group", "PolicyArn": "policy", "PermissionsBoundary": "policy", "PolicyName": "policy name", "InstanceProfileName": "profile",
	"OpenIDConnectProviderArn": "provider", "AccessKeyId": "key", "PageToken": "token", "NextToken": "token", "Marker": "token", "PolicyId": "control",
	"ParentId": "node", "SourceParentId": "node", "DestinationParentId": "node", "OrganizationalUnitId": "unit", "RootId": "root", "TargetId": "target", "ChildId": "target",
	"OrganizationParentId": "node", "HandshakeId": "handshake", "CreateAccountRequestId": "creation", "LoadTemplateFromURL": "url", "TemplateURL": "url",
	"StackName": "stack", "ChangeSetName": "changeset", "BudgetName": "budget", "ExportName": "export", "LAUNCH_ROLE": "role ARN", "OWNER": "principal",
	"TemplateBody": "template", "PolicyDocument": "document", "Policy": "document", "AssumeRolePolicyDocument": "trust", "Content": "document",
	"Parameters": "parameters", "ResourceArns": "ARN", "NotificationArns": "ARN",
}

// kindOf is the kind of thing that a member of an operation's input names.
func kindOf(service *wire.Service, op *wire.Operation, member string) string {
	if kind, name, _ := strings.Cut(op.Resource, ":"); name == member && member == "Id" {
		return map[string]string{"provisionedproduct": "provisioned"}[kind] + strings.TrimPrefix(kind, "provisionedproduct")
	}
	switch {
	case member == "Id" && service.Name == "organizations":
		return "account"
	case member == "Parameters" && op.Name != "CreateConstraint" && op.Name != "UpdateConstraint":
		return ""
	case member == "ResourceId" && service.Name == "organizations":
		return "target"
	case member == "ResourceId":
		return "resource"
	}
	return kinds[member]
}
