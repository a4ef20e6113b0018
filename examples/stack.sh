#!/usr/bin/env bash
# The life of a CloudFormation stack, told with nothing but the AWS CLI.
#
# Start a server in development mode (make run), then: examples/stack.sh
# In development mode a 12-digit access key id is the root of that account, so no credentials are needed beforehand.
# To tell it again on the same server, take another account: OWNER=555555555555 examples/stack.sh
set -euo pipefail

endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:8242}
owner=${OWNER:-111111111111}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
template=file://$here/stack.template.yaml
export AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1 AWS_PAGER= AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
export AWS_ACCESS_KEY_ID=$owner AWS_SECRET_ACCESS_KEY=any
unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN

cfn() { aws --endpoint-url "$endpoint" --output text cloudformation "$@"; }
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

# refused TEXT CALL …: goes on only if the call is refused with this text.
refused() {
	local text=$1 message
	shift
	if message=$("$@" 2>&1); then
		printf 'FAILED: not refused: %s\n' "$*" >&2
		exit 1
	fi
	case $message in
	*"$text"*) printf '   refused: %s\n' "$(printf '%s' "$message" | tr -d '\n' | sed 's/.*operation: //')" ;;
	*) printf 'FAILED: want %s, got: %s\n' "$text" "$message" >&2; exit 1 ;;
	esac
}

# becomes STATUS: goes on once the stack has a status.
becomes() {
	local status
	for _ in $(seq 60); do
		status=$(cfn describe-stacks --stack-name "$id" --query 'Stacks[0].StackStatus')
		[ "$status" = "$1" ] && printf '   it is %s\n' "$status" && return
		case $status in *IN_PROGRESS) sleep 0.2 ;; *) break ;; esac
	done
	printf 'FAILED: the stack is %s, want %s\n' "$status" "$1" >&2
	cfn describe-stack-events --stack-name "$id" >&2
	exit 1
}

say "A template is looked at before it is used"
is "CAPABILITY_IAM" "it needs" cfn validate-template --template-body "$template" --query Capabilities
is "AWS::S3::Bucket AWS::IAM::Role AWS::SNS::Topic" "it makes" cfn get-template-summary --template-body "$template" --query ResourceTypes

say "What does not fit is refused before anything is made"
refused InsufficientCapabilitiesException cfn create-stack --stack-name files --template-body "$template" \
	--parameters ParameterKey=Team,ParameterValue=blue ParameterKey=Token,ParameterValue=secret
refused "two to ten lower case letters" cfn create-stack --stack-name files --template-body "$template" --capabilities CAPABILITY_IAM \
	--parameters ParameterKey=Team,ParameterValue=Blue ParameterKey=Token,ParameterValue=secret

say "A stack is made"
id=$(cfn create-stack --stack-name files --template-body "$template" --capabilities CAPABILITY_IAM --tags Key=team,Value=blue \
	--parameters ParameterKey=Team,ParameterValue=blue ParameterKey=Token,ParameterValue=secret --query StackId)
becomes CREATE_COMPLETE
is "files-blue-$owner" "its bucket" cfn describe-stacks --stack-name files --query "Stacks[0].Outputs[?OutputKey=='Bucket'].OutputValue"
is "****" "a secret is not told" cfn describe-stacks --stack-name files --query "Stacks[0].Outputs[?OutputKey=='Token'].OutputValue"
is "files-blue-$owner" "what it exports" cfn list-exports --query "Exports[?Name=='blue-files'].Value"
role=$(cfn describe-stack-resource --stack-name files --logical-resource-id Reader --query StackResourceDetail.PhysicalResourceId)
is "Reads the files of blue" "the role is real" aws --endpoint-url "$endpoint" --output text iam get-role --role-name "$role" --query Role.Description
is "Simulated: no resource of type AWS::SNS::Topic was touched" "the topic is not" cfn describe-stack-events --stack-name files \
	--query "StackEvents[?LogicalResourceId=='News' && ResourceStatus=='CREATE_COMPLETE'].ResourceStatusReason"

say "A change set tells what an update would do, and does it"
set=$(cfn create-change-set --stack-name files --change-set-name green --use-previous-template --capabilities CAPABILITY_IAM \
	--parameters ParameterKey=Team,ParameterValue=green ParameterKey=Token,UsePreviousValue=true --query Id)
cfn wait change-set-create-complete --change-set-name "$set"
is "Modify Files True Modify Reader False Modify News True" "it would" cfn describe-change-set --change-set-name "$set" \
	--query 'Changes[].ResourceChange.[Action,LogicalResourceId,Replacement]'
cfn execute-change-set --change-set-name "$set"
becomes UPDATE_COMPLETE
is "files-green-$owner" "its bucket now" cfn describe-stacks --stack-name files --query "Stacks[0].Outputs[?OutputKey=='Bucket'].OutputValue"
refused "No updates are to be performed." cfn update-stack --stack-name files --use-previous-template --capabilities CAPABILITY_IAM \
	--parameters ParameterKey=Team,UsePreviousValue=true ParameterKey=Token,UsePreviousValue=true

say "What cannot be is rolled back"
aws --endpoint-url "$endpoint" s3api create-bucket --bucket "files-red-$owner" >/dev/null
cfn update-stack --stack-name files --use-previous-template --capabilities CAPABILITY_IAM \
	--parameters ParameterKey=Team,ParameterValue=red ParameterKey=Token,UsePreviousValue=true >/dev/null
becomes UPDATE_ROLLBACK_COMPLETE
is "files-green-$owner" "its bucket still" cfn describe-stacks --stack-name files --query "Stacks[0].Outputs[?OutputKey=='Bucket'].OutputValue"

say "And all of it is taken away"
cfn delete-stack --stack-name files
becomes DELETE_COMPLETE
refused "does not exist" cfn describe-stacks --stack-name files
refused NoSuchEntity aws --endpoint-url "$endpoint" iam get-role --role-name "$role"
printf '\nTold.\n'
