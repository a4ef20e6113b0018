#!/usr/bin/env bash
# Two accounts and an organization share portfolios, told with nothing but the AWS CLI.
#
# Start a server in development mode (make run), then: examples/share.sh
# In development mode a 12-digit access key id is the root of that account, so no credentials are needed beforehand.
# To tell it again on the same server, take other accounts: OWNER=555555555555 RECIPIENT=666666666666 examples/share.sh
set -euo pipefail

endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:8242}
owner=${OWNER:-111111111111}
recipient=${RECIPIENT:-222222222222}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bucket=templates-$owner
export AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1 AWS_PAGER= AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN

# as ACCOUNT SERVICE OPERATION …: one call as the root of an account; the answer is plain text.
as() {
	local account=$1
	shift
	AWS_ACCESS_KEY_ID=$account AWS_SECRET_ACCESS_KEY=any aws --endpoint-url "$endpoint" --output text "$@"
}

# enduser SERVICE OPERATION …: the same as a session of the recipient's role.
enduser() {
	AWS_ACCESS_KEY_ID=$session_key AWS_SECRET_ACCESS_KEY=$session_secret AWS_SESSION_TOKEN=$session_token \
		aws --endpoint-url "$endpoint" --output text "$@"
}

say() { printf '\n== %s\n' "$*"; }

# words: the answer on one line. The CLI writes an absent value as None.
words() { tr -s '\t\n' '  ' | sed 's/ *$//; s/^None$//'; }

# is WANT WHAT CALL …: goes on only if the call succeeds and its answer is the expected one.
is() {
	local want=$1 what=$2 got
	shift 2
	if ! got=$("$@" | words) || [ "$got" != "$want" ]; then
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

say "$owner keeps a CloudFormation template in a bucket and makes a portfolio with one product of it"
as "$owner" s3 mb "s3://$bucket" >/dev/null
as "$owner" s3 cp "$here/bucket.template.yaml" "s3://$bucket/bucket.template.yaml" >/dev/null
template="$endpoint/$bucket/bucket.template.yaml"
new_product() {
	as "$1" servicecatalog create-product --name "$2" --owner "Platform team" --product-type CLOUD_FORMATION_TEMPLATE \
		--provisioning-artifact-parameters "Name=v1,Info={LoadTemplateFromURL=$3},Type=CLOUD_FORMATION_TEMPLATE" \
		--query '[ProductViewDetail.ProductViewSummary.ProductId,ProvisioningArtifactDetail.Id]'
}
portfolio=$(as "$owner" servicecatalog create-portfolio --display-name "Storage" --provider-name "Platform team" --query PortfolioDetail.Id)
read -r first version < <(new_product "$owner" "Private bucket" "$template")
as "$owner" servicecatalog associate-product-with-portfolio --portfolio-id "$portfolio" --product-id "$first"

say "$owner shares it with $recipient, which sees nothing before it accepts"
as "$owner" servicecatalog create-portfolio-share --portfolio-id "$portfolio" --account-id "$recipient" >/dev/null
refused ResourceNotFoundException as "$recipient" servicecatalog describe-portfolio --id "$portfolio"
is "" "products of $recipient" as "$recipient" servicecatalog search-products-as-admin --query 'ProductViewDetails[].ProductViewSummary.ProductId'
is False "accepted" as "$owner" servicecatalog describe-portfolio-shares --portfolio-id "$portfolio" --type ACCOUNT --query 'PortfolioShareDetails[].Accepted'

say "$recipient accepts, and sees portfolio, product and version under the owner's ids"
as "$recipient" servicecatalog accept-portfolio-share --portfolio-id "$portfolio"
is "arn:aws:catalog:us-east-1:$owner:portfolio/$portfolio" "imported portfolio" \
	as "$recipient" servicecatalog list-accepted-portfolio-shares --query 'PortfolioDetails[].ARN'
is "$first" "imported product" as "$recipient" servicecatalog search-products-as-admin --portfolio-id "$portfolio" --query 'ProductViewDetails[].ProductViewSummary.ProductId'
is "$version" "imported version" as "$recipient" servicecatalog describe-product-as-admin --id "$first" --query 'ProvisioningArtifactSummaries[].Id'

say "$recipient may not change or share on what it imports"
refused InvalidParametersException as "$recipient" servicecatalog update-product --id "$first" --name "Mine now"
refused OperationNotSupportedException as "$recipient" servicecatalog create-portfolio-share --portfolio-id "$portfolio" --account-id 333333333333
refused ResourceNotFoundException as "$recipient" servicecatalog describe-portfolio --id "$portfolio" --region eu-west-1

say "$recipient gives a role access; a session of that role finds the product and its launch path"
trust=$(printf '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:root"},"Action":"sts:AssumeRole"}]}' "$recipient")
role=$(as "$recipient" iam create-role --role-name Developer --assume-role-policy-document "$trust" --query Role.Arn)
as "$recipient" iam attach-role-policy --role-name Developer --policy-arn arn:aws:iam::aws:policy/AWSServiceCatalogEndUserFullAccess
as "$recipient" servicecatalog associate-principal-with-portfolio --portfolio-id "$portfolio" --principal-arn "$role" --principal-type IAM
read -r session_key session_secret session_token < <(as "$recipient" sts assume-role --role-arn "$role" --role-session-name ann \
	--query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')
found() { enduser servicecatalog search-products --sort-by CreationDate --query 'ProductViewSummaries[].ProductId'; }
is "$first" "products of the session" found
is Storage "its launch path" enduser servicecatalog list-launch-paths --product-id "$first" --query 'LaunchPathSummaries[].Name'

say "$owner adds a second product and removes the first: true in $recipient at the next read"
read -r second _ < <(new_product "$owner" "Versioned bucket" "$template")
as "$owner" servicecatalog associate-product-with-portfolio --portfolio-id "$portfolio" --product-id "$second"
is "$first $second" "products of the session" found
as "$owner" servicecatalog disassociate-product-from-portfolio --portfolio-id "$portfolio" --product-id "$first"
is "$second" "products of the session" found
refused ResourceNotFoundException enduser servicecatalog list-launch-paths --product-id "$first"

say "$owner takes the share back, and everything is gone"
as "$owner" servicecatalog delete-portfolio-share --portfolio-id "$portfolio" --account-id "$recipient" >/dev/null
is "" "products of the session" found
refused ResourceNotFoundException as "$recipient" servicecatalog describe-portfolio --id "$portfolio"
is "" "imported portfolios" as "$recipient" servicecatalog list-accepted-portfolio-shares --query 'PortfolioDetails[].Id'

say "$owner founds an organization with three nested units and opens it for sharing"
as "$owner" organizations create-organization >/dev/null
root=$(as "$owner" organizations list-roots --query 'Roots[].Id')
unit() { as "$owner" organizations create-organizational-unit --parent-id "$1" --name "$2" --query OrganizationalUnit.Id; }
workloads=$(unit "$root" Workloads)
production=$(unit "$workloads" Production)
payments=$(unit "$production" Payments)
account() { as "$owner" organizations create-account --account-name "$1" --email "$1@example.com" --query CreateAccountStatus.AccountId; }
move() { as "$owner" organizations move-account --account-id "$1" --source-parent-id "$2" --destination-parent-id "$3"; }
deep=$(account "deep-$owner")
move "$deep" "$root" "$payments"
as "$owner" servicecatalog enable-aws-organizations-access >/dev/null
is ENABLED "access" as "$owner" servicecatalog get-aws-organizations-access-status --query AccessStatus

say "$owner shares with the unit Workloads and follows the token"
node="Type=ORGANIZATIONAL_UNIT,Value=$workloads"
token=$(as "$owner" servicecatalog create-portfolio-share --portfolio-id "$portfolio" --organization-node "$node" --query PortfolioShareToken)
is "COMPLETED $deep" "the share, and whom it reached" as "$owner" servicecatalog describe-portfolio-share-status --portfolio-share-token "$token" \
	--query '[Status,join(`,`,ShareDetails.SuccessfulShares)]'
imported() { as "$1" servicecatalog list-accepted-portfolio-shares --portfolio-share-type AWS_ORGANIZATIONS --query 'PortfolioDetails[].Id'; }
is "$portfolio" "imported three units down, without accepting" imported "$deep"

say "a new account sees it once it is moved in, and no more once it is moved out"
late=$(account "late-$owner")
is "" "imported at the root" imported "$late"
move "$late" "$root" "$production"
is "$portfolio" "imported in Production" imported "$late"
is "$second" "its product" as "$late" servicecatalog search-products-as-admin --query 'ProductViewDetails[].ProductViewSummary.ProductId'
move "$late" "$production" "$root"
is "" "imported after it was moved out" imported "$late"

say "done"
