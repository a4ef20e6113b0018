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
# may notify and assume launch roles, and reads versions as these.
set -euo pipefail

endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:8242}
export AWS_ACCESS_KEY_ID=$SERVICE_CATALOG_ACCOUNT AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=$SERVICE_CATALOG_REGION
export AWS_PAGER= AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
unset AWS_PROFILE AWS_SESSION_TOKEN

message=$(cat)
field() { sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' <<<"$message"; }
aws() { command aws --endpoint-url "$endpoint" "$@"; }

# work does what the message says and tells the result. The token is the same however often the message comes.
work() {
	local dir result=(--workflow-token "$(field token)" --record-id "$(field recordId)" --idempotency-token "$(field token)")
	dir=$(mktemp -d)
	trap "rm -rf '$dir'" EXIT
	if [ "$(field operation)" = TERMINATE_PROVISIONED_PRODUCT ]; then
		aws servicecatalog notify-terminate-provisioned-product-engine-workflow-result "${result[@]}" --status SUCCEEDED
		return
	fi
	if aws s3 cp --quiet "$(field path)" - | tar -xz -C "$dir" && sh "$dir/apply" <<<"$message" >"$dir/outputs" 2>"$dir/errors"; then
		result+=(--status SUCCEEDED --outputs)
		while IFS='=' read -r key value; do result+=("OutputKey=$key,OutputValue=\"$value\""); done <"$dir/outputs"
	else
		result+=(--status FAILED --failure-reason "$(tail -c 2000 "$dir/errors" 2>/dev/null || echo 'the version could not be read')")
	fi
	case $(field operation) in
	PROVISION_PRODUCT) aws servicecatalog notify-provision-product-engine-workflow-result "${result[@]}" \
		--resource-identifier "UniqueTag={Key=SERVICE_CATALOG_TERRAFORM_INTEGRATION-DO_NOT_DELETE,Value=$(field provisionedProductId)}" ;;
	*) aws servicecatalog notify-update-provisioned-product-engine-workflow-result "${result[@]}" ;;
	esac
}

case $1 in
parse) aws s3 cp --quiet "$(field path)" - | tar -xzO parameters.json ;;
run) work >/dev/null 2>&1 & ;; # the server waits for this script, and not for the work
esac
