package cloudformation

import (
	"context"
	"slices"
	"strings"

	"portico/internal/template"
)

// kind is how resources of a type are made for real. The zero kind is not real.
type kind struct {
	// create makes the resource, or finds what an earlier step has made. What it says about a resource that failed half
	// made is taken away again.
	create func(context.Context, *call) (template.Made, error)
	// update changes it; nil is for types of which no property changes in place.
	update func(context.Context, *call) (template.Made, error)
	// remove takes it away; a fault of kind NotFound is as good. nil is for types that leave nothing behind.
	remove func(context.Context, *call) error
	// exists gives the name of what is there already under the name the resource is to have; nil is for types whose ids are
	// not of the template's choosing.
	exists func(context.Context, *call) (string, error)
	// properties are those it knows, space between; a star in front marks one whose change makes a new resource.
	properties string
	tagged     bool
}

func (k kind) real() bool { return k.create != nil }

func (k kind) known() (names []string, replaced map[string]bool) {
	replaced = map[string]bool{}
	for _, f := range strings.Fields(k.properties) {
		name, star := strings.CutPrefix(f, "*")
		names = append(names, name)
		replaced[name] = star
	}
	return names, replaced
}

// unknown lists the properties that the type has no use for here.
func (k kind) unknown(properties *template.Node) (out []string) {
	if !k.real() || properties == nil {
		return nil
	}
	names, _ := k.known()
	for _, e := range properties.Entries {
		if !slices.Contains(names, e.Key) {
			out = append(out, e.Key)
		}
	}
	return out
}

// kindOf is how resources of a type are made; of those that nothing here makes, the zero kind. Functions hold the kinds, not
// variables: what makes a nested stack needs them all.
func kindOf(typ string) kind {
	switch {
	case strings.HasPrefix(typ, "AWS::IAM::"):
		return entityKind(typ)
	case strings.HasPrefix(typ, "AWS::ServiceCatalog::"):
		return catalogKind(typ)
	}
	return otherKind(typ)
}

func otherKind(typ string) kind {
	switch typ {
	case "AWS::CloudFormation::WaitConditionHandle":
		return kind{create: createHandle}
	case stackType:
		return kind{create: createNested, update: updateNested, remove: removeNested, tagged: true,
			properties: "TemplateURL Parameters Tags TimeoutInMinutes NotificationARNs"}
	case "AWS::S3::Bucket":
		return kind{create: createBucket, update: updateBucket, remove: removeBucket, exists: bucketExists, tagged: true, properties: bucketProperties}
	case "AWS::S3::BucketPolicy":
		return kind{create: createBucketPolicy, update: updateBucketPolicy, remove: removeBucketPolicy, exists: bucketPolicyExists,
			properties: "*Bucket PolicyDocument"}
	case "AWS::Organizations::OrganizationalUnit":
		return kind{create: createUnit, update: updateUnit, remove: removeUnit, exists: unitExists, tagged: true,
			properties: "*ParentId Name Tags"}
	case "AWS::Organizations::Account":
		return kind{create: createAccount, update: updateAccount, remove: removeAccount, exists: accountExists, tagged: true,
			properties: "AccountName Email *RoleName ParentIds Tags"}
	}
	return kind{}
}

func entityKind(typ string) kind {
	switch typ {
	case "AWS::IAM::Role":
		return kind{create: createRole, update: updateRole, remove: removeRole, exists: roleExists, tagged: true,
			properties: "*RoleName *Path AssumeRolePolicyDocument Description MaxSessionDuration PermissionsBoundary ManagedPolicyArns Policies Tags"}
	case "AWS::IAM::User":
		return kind{create: createUser, update: updateUser, remove: removeUser, exists: userExists, tagged: true,
			properties: "*UserName Path PermissionsBoundary ManagedPolicyArns Policies Groups Tags"}
	case "AWS::IAM::Group":
		return kind{create: createGroup, update: updateGroup, remove: removeGroup, exists: groupExists,
			properties: "*GroupName Path ManagedPolicyArns Policies"}
	case "AWS::IAM::UserToGroupAddition":
		return kind{create: createAddition, update: updateAddition, remove: removeAddition, properties: "*GroupName Users"}
	case "AWS::IAM::Policy":
		return kind{create: createInline, update: updateInline, remove: removeInline,
			properties: "*PolicyName PolicyDocument Roles Users Groups"}
	case "AWS::IAM::ManagedPolicy":
		return kind{create: createManaged, update: updateManaged, remove: removeManaged, exists: managedExists,
			properties: "*ManagedPolicyName *Path *Description PolicyDocument Roles Users Groups"}
	case "AWS::IAM::InstanceProfile":
		return kind{create: createProfile, update: updateProfile, remove: removeProfile, exists: profileExists,
			properties: "*InstanceProfileName *Path Roles"}
	}
	return kind{}
}

func catalogKind(typ string) kind {
	switch typ {
	case "AWS::ServiceCatalog::Portfolio":
		return kind{create: createPortfolio, update: updatePortfolio, remove: removePortfolio, tagged: true,
			properties: "DisplayName ProviderName Description AcceptLanguage Tags"}
	case "AWS::ServiceCatalog::CloudFormationProduct":
		return kind{create: createProduct, update: updateProduct, remove: removeProduct, tagged: true,
			properties: "Name Owner Description Distributor SupportDescription SupportEmail SupportUrl *ProductType AcceptLanguage ProvisioningArtifactParameters ReplaceProvisioningArtifacts Tags"}
	case "AWS::ServiceCatalog::PortfolioProductAssociation":
		return kind{create: createMembership, remove: removeMembership,
			properties: "*PortfolioId *ProductId *SourcePortfolioId AcceptLanguage"}
	case "AWS::ServiceCatalog::PortfolioPrincipalAssociation":
		return kind{create: createGrant, remove: removeGrant,
			properties: "*PortfolioId *PrincipalARN *PrincipalType AcceptLanguage"}
	case "AWS::ServiceCatalog::TagOption":
		return kind{create: createTagOption, update: updateTagOption, remove: removeTagOption, exists: tagOptionExists,
			properties: "*Key Value Active"}
	case "AWS::ServiceCatalog::TagOptionAssociation":
		return kind{create: createTagOptionUse, remove: removeTagOptionUse, properties: "*TagOptionId *ResourceId"}
	case "AWS::ServiceCatalog::PortfolioShare":
		return kind{create: createShare, update: updateShare, remove: removeShare,
			properties: "*PortfolioId *AccountId ShareTagOptions AcceptLanguage"}
	case "AWS::ServiceCatalog::AcceptedPortfolioShare":
		return kind{create: createAcceptance, remove: removeAcceptance, properties: "*PortfolioId AcceptLanguage"}
	case "AWS::ServiceCatalog::CloudFormationProvisionedProduct":
		return kind{create: createProvisioned, update: updateProvisioned, remove: removeProvisioned, tagged: true,
			properties: "ProductId ProductName ProvisioningArtifactId ProvisioningArtifactName PathId PathName *ProvisionedProductName ProvisioningParameters *NotificationArns Tags AcceptLanguage"}
	case "AWS::ServiceCatalog::ServiceAction":
		return kind{create: createServiceAction, update: updateServiceAction, remove: removeServiceAction,
			properties: "Name *DefinitionType Definition Description AcceptLanguage"}
	case "AWS::ServiceCatalog::ServiceActionAssociation":
		return kind{create: createActionUse, remove: removeActionUse, properties: "*ProductId *ProvisioningArtifactId *ServiceActionId"}
	case "AWS::ServiceCatalog::LaunchRoleConstraint":
		return constraintKind("RoleArn LocalRoleName")
	case "AWS::ServiceCatalog::LaunchNotificationConstraint":
		return constraintKind("NotificationArns")
	case "AWS::ServiceCatalog::LaunchTemplateConstraint":
		return constraintKind("Rules")
	case "AWS::ServiceCatalog::ResourceUpdateConstraint":
		return constraintKind("TagUpdateOnProvisionedProduct")
	case "AWS::ServiceCatalog::StackSetConstraint":
		return constraintKind("AccountList RegionList AdminRole ExecutionRole StackInstanceControl")
	}
	return kind{}
}

func constraintKind(properties string) kind {
	return kind{create: createConstraint, update: updateConstraint, remove: removeConstraint, properties: "*PortfolioId *ProductId Description AcceptLanguage " + properties}
}
