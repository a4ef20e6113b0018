#!/usr/bin/env bash
# An EXTERNAL engine that is a script on the server's own machine. A version is a tar.gz with two files: parameters.json,
# which is what the parser answers, and apply, a shell script that gets the message and prints the outputs, each as KEY=VALUE.
#
#   {"engines": [{"kind": "External", "parser": {"command": ["/path/to/engine.sh", "parse"]},
#                 "delivery": {"command": ["/path/to/engine.sh", "run"]}}]}
#
#   portico serve --dev --engines engines.json, then: examples/external.sh
#
# In development mode the account of the product is the access key. Elsewhere the engine has keys of that account, which
# may notify and assume launch roles, and reads versions as these. It needs the AWS CLI and curl 7.75 or newer.
set -euo pipefail

endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:8242}
export AWS_ACCESS_KEY_ID=$SERVICE_CATALOG_ACCOUNT AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=$SERVICE_CATALOG_REGION
export AWS_PAGER= AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
unset AWS_PROFILE AWS_SESSION_TOKEN

message=$(cat)
field() { sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' <<<"$message"; }
aws() { command aws --endpoint-url "$endpoint" "$@"; }

# text writes a text as JSON has it.
text() {
	local t=${1//\\/\\\\}
	t=${t//\"/\\\"}
	t=${t//$'\n'/\\n}
	printf '"%s"' "$(tr -d '\000-\037' <<<"$t")"
}

# notify tells a result: OPERATION MEMBERS. Many an AWS CLI is older than these operations, as Debian's is. The token is the
# same however often the message comes.
notify() {
	curl --silent --show-error --fail --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" --aws-sigv4 "aws:amz:$AWS_DEFAULT_REGION:servicecatalog" \
		--header 'Content-Type: application/x-amz-json-1.1' --header "X-Amz-Target: AWS242ServiceCatalogService.Notify${1}EngineWorkflowResult" \
		--data "{\"WorkflowToken\":$(text "$(field token)"),\"RecordId\":$(text "$(field recordId)"),\"IdempotencyToken\":$(text "$(field token)"),$2}" "$endpoint/"
}

# work does what the message says and tells the result.
work() {
	local dir outputs= result
	dir=$(mktemp -d)
	trap "rm -rf '$dir'" EXIT
	if [ "$(field operation)" = TERMINATE_PROVISIONED_PRODUCT ]; then
		notify TerminateProvisionedProduct '"Status":"SUCCEEDED"'
		return
	fi
	if aws s3 cp --quiet "$(field path)" - | tar -xz -C "$dir" && sh "$dir/apply" <<<"$message" >"$dir/outputs" 2>"$dir/errors"; then
		while IFS='=' read -r key value; do outputs+=",{\"OutputKey\":$(text "$key"),\"OutputValue\":$(text "$value")}"; done <"$dir/outputs"
		result="\"Status\":\"SUCCEEDED\",\"Outputs\":[${outputs#,}]"
	else
		result="\"Status\":\"FAILED\",\"FailureReason\":$(text "$(tail -c 2000 "$dir/errors" 2>/dev/null || echo 'the version could not be read')")"
	fi
	case $(field operation) in
	PROVISION_PRODUCT)
		local tracer
		tracer=$(text "$(field provisionedProductId)")
		notify ProvisionProduct "$result,\"ResourceIdentifier\":{\"UniqueTag\":{\"Key\":\"SERVICE_CATALOG_TERRAFORM_INTEGRATION-DO_NOT_DELETE\",\"Value\":$tracer}}"
		;;
	*) notify UpdateProvisionedProduct "$result" ;;
	esac
}

case $1 in
parse) aws s3 cp --quiet "$(field path)" - | tar -xzO parameters.json ;;
run) work >/dev/null 2>&1 & ;; # the server waits for this script, and not for the work
esac
