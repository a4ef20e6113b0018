#!/usr/bin/env bash
# A product that an engine of one's own launches, told with nothing but the AWS CLI. How to start the server, engine.sh says.
set -euo pipefail

endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:8242}
owner=${OWNER:-111111111111}
export AWS_DEFAULT_REGION=us-east-1 AWS_PAGER= AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
export AWS_ACCESS_KEY_ID=$owner AWS_SECRET_ACCESS_KEY=any
unset AWS_PROFILE AWS_SESSION_TOKEN
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

aws() { command aws --endpoint-url "$endpoint" --output text "$@"; }
catalog() { aws servicecatalog "$@"; }
say() { printf '\n== %s\n' "$*"; }

# is WANT WHAT CALL …: goes on only if the call succeeds and its answer is the expected one.
is() {
	local want=$1 what=$2 got
	shift 2
	if ! got=$("$@" | tr -s '\t\n' '  ' | sed 's/ *$//') || [ "$got" != "$want" ]; then
		printf 'FAILED: %s: want "%s", got "%s"\n' "$what" "$want" "$got" >&2
		exit 1
	fi
	printf '   %s: %s\n' "$what" "${got:-nothing}"
}

# ends RECORD: waits until a record has ended, and tells how.
ends() {
	local status
	for _ in $(seq 60); do
		status=$(catalog describe-record --id "$1" --query RecordDetail.Status)
		case $status in SUCCEEDED | FAILED) break ;; esac
		sleep 0.2
	done
	catalog describe-record --id "$1" --query '[RecordDetail.Status,RecordDetail.RecordErrors[].Description]'
}

say "$owner makes a module and a product of it, which a role launches"
cat >"$dir/parameters.json" <<'END'
{"parameters": [{"key": "who", "type": "string", "description": "Whom to greet"}]}
END
cat >"$dir/apply" <<'END'
who=$(sed -n 's/.*"key":"who","value":"\([^"]*\)".*/\1/p')
echo "greeting=Hello, $who"
END
tar -czf "$dir/module.tar.gz" -C "$dir" parameters.json apply
aws s3 mb "s3://modules-$owner" >/dev/null
aws s3 cp --quiet "$dir/module.tar.gz" "s3://modules-$owner/module.tar.gz"
read -r product version < <(catalog create-product --name Greeting --owner Platform --product-type EXTERNAL \
	--provisioning-artifact-parameters "Name=v1,Type=EXTERNAL,Info={LoadTemplateFromURL=$endpoint/modules-$owner/module.tar.gz}" \
	--query '[ProductViewDetail.ProductViewSummary.ProductId,ProvisioningArtifactDetail.Id]')
trust='{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"servicecatalog.amazonaws.com"},"Action":"sts:AssumeRole"}}'
role=$(aws iam create-role --role-name Greeter --assume-role-policy-document "$trust" --query Role.Arn)
portfolio=$(catalog create-portfolio --display-name Modules --provider-name Platform --query PortfolioDetail.Id)
catalog associate-product-with-portfolio --portfolio-id "$portfolio" --product-id "$product"
catalog create-constraint --portfolio-id "$portfolio" --product-id "$product" --type LAUNCH --parameters "{\"RoleArn\":\"$role\"}" >/dev/null

say "ann may launch it"
ann=$(aws iam create-user --user-name ann --query User.Arn)
aws iam attach-user-policy --user-name ann --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
catalog associate-principal-with-portfolio --portfolio-id "$portfolio" --principal-arn "$ann" --principal-type IAM
read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY < <(aws iam create-access-key --user-name ann --query 'AccessKey.[AccessKeyId,SecretAccessKey]')
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
is "who Whom to greet" "the engine's parser tells its parameters" catalog describe-provisioning-parameters --product-id "$product" \
	--provisioning-artifact-id "$version" --query 'ProvisioningArtifactParameters[].[ParameterKey,Description]'

say "The engine launches it and tells what came of it"
read -r record running < <(catalog provision-product --product-id "$product" --provisioning-artifact-id "$version" --provisioned-product-name greeting \
	--provisioning-parameters "Key=who,Value=World" --query '[RecordDetail.RecordId,RecordDetail.ProvisionedProductId]')
is "SUCCEEDED" "the launch" ends "$record"
is "greeting Hello, World" "its output" catalog describe-record --id "$record" --query 'RecordOutputs[].[OutputKey,OutputValue]'

say "And takes it away"
record=$(catalog terminate-provisioned-product --provisioned-product-id "$running" --query RecordDetail.RecordId)
is "SUCCEEDED" "the termination" ends "$record"
printf '\nTold.\n'
