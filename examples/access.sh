#!/usr/bin/env bash
# An administrator gives people exactly the access that they need, told with nothing but the AWS CLI.
#
# Start a server (bin/portico serve, without --dev), then: CREDENTIALS=portico-data/credentials examples/access.sh
# At its first start the server writes the root key of the first account into that file. To tell the story again on the same
# server, take other names: NAMES=again examples/access.sh
set -euo pipefail

endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:8242}
credentials=${CREDENTIALS:-portico-data/credentials}
names=${NAMES:-story}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1 AWS_PAGER= AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY

declare -A key secret token
# as WHO SERVICE OPERATION …: one call by somebody whose key is known; the answer is plain text.
as() {
	local who=$1
	shift
	if [ "$who" = root ]; then
		AWS_SHARED_CREDENTIALS_FILE=$credentials aws --endpoint-url "$endpoint" --output text "$@"
		return
	fi
	AWS_ACCESS_KEY_ID=${key[$who]} AWS_SECRET_ACCESS_KEY=${secret[$who]} AWS_SESSION_TOKEN=${token[$who]:-} \
		aws --endpoint-url "$endpoint" --output text "$@"
}

# user BY WHO POLICY: makes a user with a managed policy and a key; its ARN is in made.
user() {
	made=$(as "$1" iam create-user --user-name "$2-$names" --query User.Arn)
	printf '   made: %s\n' "$made"
	if [ -n "$3" ]; then as "$1" iam attach-user-policy --user-name "$2-$names" --policy-arn "arn:aws:iam::aws:policy/$3"; fi
	read -r "key[$2]" "secret[$2]" < <(as "$1" iam create-access-key --user-name "$2-$names" --query 'AccessKey.[AccessKeyId,SecretAccessKey]')
}

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

# refused ACTION CALL …: goes on only if the call is refused because nothing allows the action.
refused() {
	local action=$1 message
	shift
	if message=$("$@" 2>&1); then
		printf 'FAILED: not refused: %s\n' "$*" >&2
		exit 1
	fi
	case $message in
	*"(AccessDenied"*"is not authorized to perform: $action on resource: "*"allows the $action action"*)
		printf '   refused: %s\n' "$(printf '%s' "$message" | tr -d '\n' | sed 's/.*operation: //')" ;;
	*) printf 'FAILED: want a refusal of %s, got: %s\n' "$action" "$message" >&2; exit 1 ;;
	esac
}

say "the root of the first account makes an administrator, and is not needed again"
user root admin AdministratorAccess
arn=${made%:user/*}
account=${arn##*:}

say "the administrator keeps a template in a bucket, and makes a curator, who may read it"
bucket=templates-$account-$names
as admin s3api create-bucket --bucket "$bucket" >/dev/null
as admin s3api put-object --bucket "$bucket" --key bucket.template.yaml --body "$here/bucket.template.yaml" >/dev/null
user admin curator AWSServiceCatalogAdminFullAccess
as admin iam put-user-policy --user-name "curator-$names" --policy-name templates \
	--policy-document '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::'"$bucket"'/*"}}'

say "end users act as a role with a boundary; ann may take it on, under her own name"
as admin iam create-policy --policy-name "launching-$names" --query Policy.Arn >/dev/null \
	--policy-document '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["servicecatalog:*","cloudformation:*","s3:*"],"Resource":"*"}}'
as admin iam create-role --role-name "EndUser-$names" --permissions-boundary "$arn:policy/launching-$names" --query Role.Arn >/dev/null \
	--assume-role-policy-document '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"'"$account"'"},"Action":"sts:AssumeRole"}}'
as admin iam attach-role-policy --role-name "EndUser-$names" --policy-arn arn:aws:iam::aws:policy/AWSServiceCatalogEndUserFullAccess
user admin ann ""
as admin iam put-user-policy --user-name "ann-$names" --policy-name act \
	--policy-document '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"'"$arn:role/EndUser-$names"'","Condition":{"StringEquals":{"sts:RoleSessionName":"${aws:username}"}}}}'

say "the curator makes a portfolio with a product, and gives it to the role"
portfolio=$(as curator servicecatalog create-portfolio --display-name Storage --provider-name "Platform team" --query PortfolioDetail.Id)
product=$(as curator servicecatalog create-product --name "Private bucket $names" --owner "Platform team" --product-type CLOUD_FORMATION_TEMPLATE \
	--provisioning-artifact-parameters "Name=v1,Info={LoadTemplateFromURL=$endpoint/$bucket/bucket.template.yaml},Type=CLOUD_FORMATION_TEMPLATE" \
	--query ProductViewDetail.ProductViewSummary.ProductId)
as curator servicecatalog associate-product-with-portfolio --portfolio-id "$portfolio" --product-id "$product"
as curator servicecatalog associate-principal-with-portfolio --portfolio-id "$portfolio" --principal-arn "$arn:role/EndUser-$names" --principal-type IAM
refused iam:CreateUser as curator iam create-user --user-name mallory

say "ann takes on the role, under no other name, and does what end users do"
refused sts:AssumeRole as ann sts assume-role --role-arn "$arn:role/EndUser-$names" --role-session-name somebody
read -r "key[session]" "secret[session]" "token[session]" < <(as ann sts assume-role --role-arn "$arn:role/EndUser-$names" --role-session-name "ann-$names" \
	--query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')
is "$product" "products" as session servicecatalog search-products --query 'ProductViewSummaries[].ProductId'
is Storage "its launch path" as session servicecatalog list-launch-paths --product-id "$product" --query 'LaunchPathSummaries[].Name'

say "and nothing else"
refused servicecatalog:CreatePortfolio as session servicecatalog create-portfolio --display-name Mine --provider-name ann
refused servicecatalog:DescribeProductAsAdmin as session servicecatalog describe-product-as-admin --id "$product"
refused iam:ListUsers as session iam list-users

say "done"
