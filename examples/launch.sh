#!/usr/bin/env bash
# The whole life of a product, from its template to its last termination, told with nothing but the AWS CLI.
#
# Start a new server (bin/portico serve), which puts the root key of its first account in a file of the AWS CLI's kind:
#   AWS_SHARED_CREDENTIALS_FILE=portico-data/credentials examples/launch.sh
# It founds an organization, so a server hears it once. To tell it again, start on another directory.
set -euo pipefail

endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:8242}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1 AWS_PAGER= AWS_CONFIG_FILE=/dev/null
unset AWS_PROFILE AWS_DEFAULT_PROFILE

aws_() { aws --endpoint-url "$endpoint" --output text "$@"; }

# Who calls: the root of the first account while nobody else is there, then the owner's administrator, the administrator of
# the second account, and its end user. Each is three words: key, secret, session token.
as() { AWS_ACCESS_KEY_ID=$1 AWS_SECRET_ACCESS_KEY=$2 AWS_SESSION_TOKEN=${3#-} aws_ "${@:4}"; }
owner() { as $owner_credentials "$@"; }
admin() { as $admin_credentials "$@"; }
user() { as $user_credentials "$@"; }

# assumed WHO ROLE: the credentials of a session.
assumed() { "$1" sts assume-role --role-arn "$2" --role-session-name ann --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]'; }

# role WHO NAME PRINCIPAL: a role that a principal may assume.
role() {
	"$1" iam create-role --role-name "$2" --query Role.Arn \
		--assume-role-policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{'"$3"'},"Action":"sts:AssumeRole"}]}'
}
catalog='"Service":"servicecatalog.amazonaws.com"'

say() { printf '\n== %s\n' "$*"; }

# is WANT WHAT CALL …: goes on only if the call succeeds and its answer is the expected one.
is() {
	local want=$1 what=$2 got
	shift 2
	if ! got=$("$@" | tr -s '\t\n' '  ' | sed 's/ *$//; s/^None$//') || [ "$got" != "$want" ]; then
		printf 'FAILED: %s: want "%s", got "%s"\n' "$what" "$want" "$got" >&2
		exit 1
	fi
	printf '   %s: %s\n' "$what" "${got:-nothing}"
}

# refused CODE CALL …: goes on only if the call is refused with this error.
refused() {
	local code=$1 message
	shift
	if message=$("$@" 2>&1); then
		printf 'FAILED: not refused: %s\n' "$*" >&2
		exit 1
	fi
	case $message in
	*"($code)"*) printf '   refused: %s\n' "$(printf '%s' "$message" | tr -d '\n' | sed 's/.*operation: //')" ;;
	*) printf 'FAILED: want %s, got: %s\n' "$code" "$message" >&2; exit 1 ;;
	esac
}

# ends STATUS TEXT RECORD: watches a record until it ends, with this status and with this text among its errors.
ends() {
	local status errors
	while :; do
		read -r status errors < <(user servicecatalog describe-record --id "$3" --query "RecordDetail.[Status,join('; ',RecordErrors[].Description)]")
		case $status in
		CREATED | IN_PROGRESS*) ;;
		*) break ;;
		esac
	done
	case $status/$errors in
	"$1"/*"$2"*) printf '   the record: %s %s\n' "$status" "$errors" ;;
	*) printf 'FAILED: the record is %s (%s), want %s (%s)\n' "$status" "$errors" "$1" "$2" >&2; exit 1 ;;
	esac
}

say "The root of the first account makes an administrator, and rests"
aws_ iam create-user --user-name carol >/dev/null
aws_ iam attach-user-policy --user-name carol --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
owner_credentials="$(aws_ iam create-access-key --user-name carol --query 'AccessKey.[AccessKeyId,SecretAccessKey]') -"
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SHARED_CREDENTIALS_FILE

say "She keeps two templates in a bucket, and makes a product with a version of each"
bucket=workspaces-$RANDOM$RANDOM
owner s3 mb "s3://$bucket" >/dev/null
owner s3 cp "$here" "s3://$bucket" --recursive --exclude '*' --include 'launch.v*.template.yaml' >/dev/null
version() { printf 'Name=%s,Info={LoadTemplateFromURL=%s/%s/launch.%s.template.yaml},Type=CLOUD_FORMATION_TEMPLATE' "$1" "$endpoint" "$bucket" "$1"; }
read -r product one < <(owner servicecatalog create-product --name Workspace --owner "Platform team" --product-type CLOUD_FORMATION_TEMPLATE \
	--provisioning-artifact-parameters "$(version v1)" --query '[ProductViewDetail.ProductViewSummary.ProductId,ProvisioningArtifactDetail.Id]')
two=$(owner servicecatalog create-provisioning-artifact --product-id "$product" --parameters "$(version v2)" --query ProvisioningArtifactDetail.Id)

say "A portfolio offers it: launched by the role Launcher of whoever launches, and not for production"
portfolio=$(owner servicecatalog create-portfolio --display-name Teams --provider-name "Platform team" --query PortfolioDetail.Id)
owner servicecatalog associate-product-with-portfolio --portfolio-id "$portfolio" --product-id "$product"
constrain() { owner servicecatalog create-constraint --portfolio-id "$portfolio" --product-id "$product" --type "$1" --parameters "$2" --query ConstraintDetail.ConstraintId; }
role owner Launcher "$catalog" >/dev/null # a local role must be there where the constraint is made
launched=$(constrain LAUNCH '{"LocalRoleName":"Launcher"}')
rule='Workspaces for production are made by the platform team'
ruled=$(constrain TEMPLATE '{"Rules":{"Stage":{"Assertions":[{"Assert":{"Fn::Contains":[["dev","test"],{"Ref":"Stage"}]},"AssertDescription":"'"$rule"'"}]}}}')

say "She founds an organization with a second account, and shares the portfolio with all of it"
organization=$(owner organizations create-organization --query Organization.Id)
owner servicecatalog enable-aws-organizations-access >/dev/null
second=$(owner organizations create-account --account-name team --email team@example.com --query CreateAccountStatus.AccountId)
owner servicecatalog create-portfolio-share --portfolio-id "$portfolio" --organization-node "Type=ORGANIZATION,Value=$organization" >/dev/null

say "With the access role of the new account she gives it its roles: one launches, one is for its people"
admin_credentials=$(assumed owner "arn:aws:iam::$second:role/OrganizationAccountAccessRole")
role admin Launcher "$catalog" >/dev/null
admin iam put-role-policy --role-name Launcher --policy-name launch --policy-document '{"Version":"2012-10-17","Statement":[
	{"Effect":"Allow","Action":["cloudformation:*","s3:*"],"Resource":"*"},
	{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::'"$second"':role/SC-*"}]}'
developer=$(role admin Developer '"AWS":"'"$second"'"')
admin iam attach-role-policy --role-name Developer --policy-arn arn:aws:iam::aws:policy/AWSServiceCatalogEndUserFullAccess
admin servicecatalog associate-principal-with-portfolio --portfolio-id "$portfolio" --principal-arn "$developer" --principal-type IAM

say "Ann, with a session of that role, finds the product and what it asks for"
user_credentials=$(assumed admin "$developer")
is "$product" "products" user servicecatalog search-products --query 'ProductViewSummaries[].ProductId'
is "Team Stage" "parameters" user servicecatalog describe-provisioning-parameters --product-id "$product" --provisioning-artifact-id "$one" \
	--query 'ProvisioningArtifactParameters[].ParameterKey'

say "She launches it, watches the record, and reads what came of it"
launch() { user servicecatalog provision-product --product-id "$product" --provisioning-artifact-id "$one" --provisioned-product-name "$1" \
	--provisioning-parameters Key=Team,Value=blue "Key=Stage,Value=$2" --query 'RecordDetail.[RecordId,ProvisionedProductId]'; }
read -r record workspace < <(launch blue dev)
ends SUCCEEDED "" "$record"
outputs() { user servicecatalog get-provisioned-product-outputs --provisioned-product-id "$workspace" --query "Outputs[?OutputKey=='Bucket'||OutputKey=='ReaderArn'].OutputValue"; }
read -r bucket reader < <(outputs)
is "blue-dev-$second" "its bucket" echo "$bucket"
is "Reads the files of blue" "its role is real" admin iam get-role --role-name "${reader##*/}" --query Role.Description

say "For production she is refused by the portfolio's rule, and nothing is made"
read -r record other < <(launch red prod)
ends FAILED "$rule" "$record"
user servicecatalog terminate-provisioned-product --provisioned-product-id "$other" >/dev/null

say "A plan shows what version two would change, and is carried out"
plan=$(user servicecatalog create-provisioned-product-plan --plan-name upgrade --plan-type CLOUDFORMATION --product-id "$product" --provisioned-product-name blue \
	--provisioning-artifact-id "$two" --provisioning-parameters Key=Team,UsePreviousValue=true Key=Stage,UsePreviousValue=true --query PlanId)
while :; do
	read -r status changes < <(user servicecatalog describe-provisioned-product-plan --plan-id "$plan" \
		--query "[ProvisionedProductPlanDetails.Status,join(', ',ResourceChanges[].join(' ',[Action,LogicalResourceId]))]")
	[ "$status" = CREATE_IN_PROGRESS ] || break
done
is "CREATE_SUCCESS MODIFY Files, MODIFY Reader, ADD Writer" "the plan" echo "$status $changes"
ends SUCCEEDED "" "$(user servicecatalog execute-provisioned-product-plan --plan-id "$plan" --query RecordDetail.RecordId)"

say "She updates a parameter, and the bucket is another"
ends SUCCEEDED "" "$(user servicecatalog update-provisioned-product --provisioned-product-id "$workspace" --product-id "$product" --provisioning-artifact-id "$two" \
	--provisioning-parameters Key=Team,UsePreviousValue=true Key=Stage,Value=test --query RecordDetail.RecordId)"
read -r bucket _ < <(outputs)
is "blue-test-$second" "its bucket" echo "$bucket"

say "The owner withdraws the product: no more launches and no more updates, but what runs is hers to end"
for constraint in "$launched" "$ruled"; do owner servicecatalog delete-constraint --id "$constraint"; done
owner servicecatalog disassociate-product-from-portfolio --portfolio-id "$portfolio" --product-id "$product"
refused ResourceNotFoundException launch green dev
ends SUCCEEDED "" "$(user servicecatalog terminate-provisioned-product --provisioned-product-id "$workspace" --query RecordDetail.RecordId)"
refused NoSuchEntity admin iam get-role --role-name "${reader##*/}"
refused NoSuchBucket admin s3api list-objects-v2 --bucket "$bucket"
is "" "what she has" user servicecatalog search-provisioned-products --query 'ProvisionedProducts[].Name'

say "done"
