package cloudformation_test

import (
	"strings"
	"testing"

	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	gocmp "github.com/google/go-cmp/cmp"
)

const broken = "  Bad: {Type: AWS::S3::Bucket, DependsOn: A, Properties: {BucketName: NotABucket}}\n"

// moves are updates of a stack and what is seen of them.
var moves = []struct {
	name          string
	before, after string // resources
	status        string
	events        []string // without simulated notes
}{
	{"C-CFN-4 a property changes in place",
		"  A: {Type: AWS::SNS::Topic, Properties: {DisplayName: a}}\n",
		"  A: {Type: AWS::SNS::Topic, Properties: {DisplayName: b}}\n",
		"UPDATE_COMPLETE", []string{"s UPDATE_IN_PROGRESS User Initiated", "A UPDATE_IN_PROGRESS", "A UPDATE_COMPLETE",
			"s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "s UPDATE_COMPLETE"}},
	{"C-CFN-4 a name that changes makes a new resource, and what refers to it changes with it",
		"  A: {Type: AWS::SNS::Topic, Properties: {TopicName: a}}\n  B: {Type: AWS::SQS::Queue, Properties: {Tags: [{Key: t, Value: !Ref A}]}}\n  C: {Type: AWS::SQS::Queue}\n",
		"  A: {Type: AWS::SNS::Topic, Properties: {TopicName: b}}\n  B: {Type: AWS::SQS::Queue, Properties: {Tags: [{Key: t, Value: !Ref A}]}}\n  C: {Type: AWS::SQS::Queue}\n",
		"UPDATE_COMPLETE", []string{"s UPDATE_IN_PROGRESS User Initiated",
			"A UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.", "A UPDATE_COMPLETE",
			"B UPDATE_IN_PROGRESS", "B UPDATE_COMPLETE", "s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "A DELETE_IN_PROGRESS", "A DELETE_COMPLETE", "s UPDATE_COMPLETE"}},
	{"C-CFN-4 what is replaced stays where its policy says so",
		"  A: {Type: AWS::SNS::Topic, UpdateReplacePolicy: Retain, Properties: {TopicName: a}}\n",
		"  A: {Type: AWS::SNS::Topic, UpdateReplacePolicy: Retain, Properties: {TopicName: b}}\n",
		"UPDATE_COMPLETE", []string{"s UPDATE_IN_PROGRESS User Initiated",
			"A UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.", "A UPDATE_COMPLETE",
			"s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "A DELETE_SKIPPED", "s UPDATE_COMPLETE"}},
	{"C-CFN-4 what comes and what goes, in order; what is to stay stays",
		"  A: {Type: AWS::SNS::Topic}\n  B: {Type: AWS::SNS::Topic, DependsOn: A}\n  C: {Type: AWS::SNS::Topic, DeletionPolicy: Retain, DependsOn: B}\n",
		"  D: {Type: AWS::SNS::Topic}\n",
		"UPDATE_COMPLETE", []string{"s UPDATE_IN_PROGRESS User Initiated", "D CREATE_IN_PROGRESS", "D CREATE_COMPLETE",
			"s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "C DELETE_SKIPPED", "B DELETE_IN_PROGRESS", "B DELETE_COMPLETE", "A DELETE_IN_PROGRESS", "A DELETE_COMPLETE", "s UPDATE_COMPLETE"}},
	{"C-ENG-1 an update that fails is rolled back in reverse order",
		"  A: {Type: AWS::SNS::Topic, Properties: {DisplayName: a}}\n  R: {Type: AWS::SNS::Topic, Properties: {TopicName: old}}\n  Gone: {Type: AWS::SNS::Topic}\n",
		"  R: {Type: AWS::SNS::Topic, Properties: {TopicName: new}}\n  A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref R}}\n  N: {Type: AWS::SNS::Topic, DependsOn: A}\n" + broken,
		"UPDATE_ROLLBACK_COMPLETE", []string{"s UPDATE_IN_PROGRESS User Initiated",
			"R UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.", "R UPDATE_COMPLETE",
			"A UPDATE_IN_PROGRESS", "A UPDATE_COMPLETE", "N CREATE_IN_PROGRESS", "N CREATE_COMPLETE",
			"Bad CREATE_IN_PROGRESS", "Bad CREATE_FAILED The specified bucket is not valid: NotABucket. A name has 3 to 63 lower case letters, digits, hyphens and periods",
			"s UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bad].",
			"A UPDATE_IN_PROGRESS", "A UPDATE_COMPLETE", "s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
			"N DELETE_IN_PROGRESS", "N DELETE_COMPLETE", "R DELETE_IN_PROGRESS", "R DELETE_COMPLETE", "s UPDATE_ROLLBACK_COMPLETE"}},
	{"C-ENG-1 a resource that cannot be changed is as it was",
		"  Role: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: a.amazonaws.com}, Action: 'sts:AssumeRole'}}}}\n",
		"  Role: {Type: AWS::IAM::Role, Properties: {RoleName: r, Description: changed, AssumeRolePolicyDocument: {}}}\n",
		"UPDATE_ROLLBACK_COMPLETE", []string{"s UPDATE_IN_PROGRESS User Initiated", "Role UPDATE_IN_PROGRESS", "Role UPDATE_FAILED Syntax error in policy: Statement is missing",
			"s UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [Role].", "Role UPDATE_IN_PROGRESS", "Role UPDATE_COMPLETE",
			"s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "s UPDATE_ROLLBACK_COMPLETE"}},
}

func resourcesOf(text string) string { return "Resources:\n" + text }

func TestUpdate(t *testing.T) {
	for _, c := range moves {
		t.Run(c.name, func(t *testing.T) {
			worlds(t, func(w *world) {
				t := w.T
				w.create("s", resourcesOf(c.before))
				w.is("s", "CREATE_COMPLETE")
				before, seen := w.resources("s"), len(w.events("s"))
				w.update("s", resourcesOf(c.after))
				w.is("s", c.status)
				if d := gocmp.Diff(c.events, bare(w.events("s")[seen:])); d != "" {
					t.Errorf("events: %s", d)
				}
				if c.status == "UPDATE_ROLLBACK_COMPLETE" {
					if d := gocmp.Diff(ids(before), ids(w.resources("s"))); d != "" {
						t.Errorf("what was there is not as it was: %s", d)
					}
					// and it can be updated as if nothing had happened
					name := "s"
					refuse(w, w.UpdateStack, &cfn.UpdateStackInput{StackName: &name, TemplateBody: new(resourcesOf(c.before)), Capabilities: named}, "ValidationError", "No updates are to be performed.")
				}
				w.remove("s")
				refuse(w, w.DescribeStacks, &cfn.DescribeStacksInput{StackName: new("s")}, "ValidationError", "Stack with id s does not exist")
			})
		})
	}
}

// bare leaves out what events say about simulation.
func bare(events []string) []string {
	for i, e := range events {
		events[i], _, _ = strings.Cut(e, " Simulated: ")
	}
	return events
}

// ids leaves out statuses.
func ids(resources map[string]string) map[string]string {
	out := map[string]string{}
	for id, state := range resources {
		out[id], _, _ = strings.Cut(state, " ")
	}
	return out
}

// failures are stacks that cannot be made.
var failures = []struct {
	name, body, onFailure, status string
	events                        []string
	left                          map[string]string
}{
	{"C-ENG-1 what was made is taken away in reverse order", "  A: {Type: AWS::SNS::Topic}\n  B: {Type: AWS::SNS::Topic, DependsOn: A}\n" + broken, "", "ROLLBACK_COMPLETE",
		[]string{"s CREATE_IN_PROGRESS User Initiated", "A CREATE_IN_PROGRESS", "A CREATE_COMPLETE", "B CREATE_IN_PROGRESS", "B CREATE_COMPLETE", "Bad CREATE_IN_PROGRESS",
			"Bad CREATE_FAILED The specified bucket is not valid: NotABucket. A name has 3 to 63 lower case letters, digits, hyphens and periods",
			"s ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bad]. Rollback requested by user.",
			"B DELETE_IN_PROGRESS", "B DELETE_COMPLETE", "A DELETE_IN_PROGRESS", "A DELETE_COMPLETE", "s ROLLBACK_COMPLETE"}, nil},
	{"C-CFN-4 a policy keeps what was made, unless it excepts the creation",
		"  A: {Type: AWS::SNS::Topic, DeletionPolicy: Retain}\n  B: {Type: AWS::SNS::Topic, DeletionPolicy: RetainExceptOnCreate, DependsOn: A}\n" + strings.Replace(broken, "DependsOn: A", "DependsOn: B", 1), "", "ROLLBACK_COMPLETE",
		[]string{"s CREATE_IN_PROGRESS User Initiated", "A CREATE_IN_PROGRESS", "A CREATE_COMPLETE", "B CREATE_IN_PROGRESS", "B CREATE_COMPLETE", "Bad CREATE_IN_PROGRESS",
			"Bad CREATE_FAILED The specified bucket is not valid: NotABucket. A name has 3 to 63 lower case letters, digits, hyphens and periods",
			"s ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bad]. Rollback requested by user.",
			"B DELETE_IN_PROGRESS", "B DELETE_COMPLETE", "A DELETE_SKIPPED", "s ROLLBACK_COMPLETE"}, nil},
	{"C-ENG-1 nothing is done where that is asked for", "  A: {Type: AWS::SNS::Topic}\n" + broken, "DO_NOTHING", "CREATE_FAILED",
		[]string{"s CREATE_IN_PROGRESS User Initiated", "A CREATE_IN_PROGRESS", "A CREATE_COMPLETE", "Bad CREATE_IN_PROGRESS",
			"Bad CREATE_FAILED The specified bucket is not valid: NotABucket. A name has 3 to 63 lower case letters, digits, hyphens and periods",
			"s CREATE_FAILED The following resource(s) failed to create: [Bad]."}, nil},
	{"C-ENG-1 or all of it goes", "  A: {Type: AWS::SNS::Topic}\n" + broken, "DELETE", "DELETE_COMPLETE",
		[]string{"s CREATE_IN_PROGRESS User Initiated", "A CREATE_IN_PROGRESS", "A CREATE_COMPLETE", "Bad CREATE_IN_PROGRESS",
			"Bad CREATE_FAILED The specified bucket is not valid: NotABucket. A name has 3 to 63 lower case letters, digits, hyphens and periods",
			"s DELETE_IN_PROGRESS The following resource(s) failed to create: [Bad]. Delete requested by user.",
			"A DELETE_IN_PROGRESS", "A DELETE_COMPLETE", "s DELETE_COMPLETE"}, nil},
	{"C-CFN-5 a resource that is half made is taken away",
		"  Role: {Type: AWS::IAM::Role, Properties: {RoleName: half, AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: a.amazonaws.com}, Action: 'sts:AssumeRole'}}, Policies: [{PolicyName: p, PolicyDocument: {}}]}}\n",
		"", "ROLLBACK_COMPLETE",
		[]string{"s CREATE_IN_PROGRESS User Initiated", "Role CREATE_IN_PROGRESS", "Role CREATE_FAILED Syntax error in policy: Statement is missing",
			"s ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Role]. Rollback requested by user.", "Role DELETE_IN_PROGRESS", "Role DELETE_COMPLETE", "s ROLLBACK_COMPLETE"}, nil},
	{"C-CFN-5 what is there already is neither taken over nor taken away",
		"  A: {Type: AWS::IAM::Role, Properties: {RoleName: same, AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: a.amazonaws.com}, Action: 'sts:AssumeRole'}}}}\n" +
			"  B: {Type: AWS::IAM::Role, DependsOn: A, DeletionPolicy: Delete, Properties: {RoleName: same, AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: a.amazonaws.com}, Action: 'sts:AssumeRole'}}}}\n",
		"DO_NOTHING", "CREATE_FAILED",
		[]string{"s CREATE_IN_PROGRESS User Initiated", "A CREATE_IN_PROGRESS", "A CREATE_COMPLETE", "B CREATE_IN_PROGRESS", "B CREATE_FAILED same already exists",
			"s CREATE_FAILED The following resource(s) failed to create: [B]."}, nil},
}

func TestFailure(t *testing.T) {
	for _, c := range failures {
		t.Run(c.name, func(t *testing.T) {
			worlds(t, func(w *world) {
				t := w.T
				in := &cfn.CreateStackInput{StackName: new("s"), TemplateBody: new(resourcesOf(c.body)), Capabilities: named}
				in.OnFailure = onFailure(c.onFailure)
				id := answer(w, w.CreateStack, in).StackId
				w.settle()
				w.is(*id, c.status)
				if d := gocmp.Diff(c.events, bare(w.events(*id))); d != "" {
					t.Errorf("events: %s", d)
				}
				if c.status == "DELETE_COMPLETE" {
					return
				}
				refuse(w, w.UpdateStack, &cfn.UpdateStackInput{StackName: id, TemplateBody: new(resourcesOf(c.body)), Capabilities: named}, "ValidationError",
					"is in "+c.status+" state and can not be updated.")
				w.remove("s")
				w.is(*id, "DELETE_COMPLETE")
			})
		})
	}
}
