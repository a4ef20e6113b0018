package cloudformation_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const topic = `
Parameters: {Name: {Type: String, Default: news}}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Name}}
  Queue: {Type: AWS::SQS::Queue, Properties: {Tags: [{Key: topic, Value: !Ref Topic}]}}
Outputs:
  Topic: {Value: !Ref Topic, Description: Where it is}
  Queue: {Value: !GetAtt Queue.Arn}
`

func TestStack(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		w.create("one", topic)
		st := w.is("one", "CREATE_COMPLETE")
		if d := cmp.Diff(map[string]string{"Topic": "arn:aws:sns:eu-central-1:111111111111:news",
			"Queue": "arn:aws:sqs:eu-central-1:111111111111:one-Queue-BC4B2QAM5QZB"}, outputs(st)); d != "" {
			t.Errorf("C-CFN-5 outputs: %s", d)
		}
		want := []string{
			"one CREATE_IN_PROGRESS User Initiated",
			"Topic CREATE_IN_PROGRESS",
			"Topic CREATE_COMPLETE Simulated: no resource of type AWS::SNS::Topic was touched",
			"Queue CREATE_IN_PROGRESS",
			"Queue CREATE_COMPLETE Simulated: no resource of type AWS::SQS::Queue was touched",
			"one CREATE_COMPLETE",
		}
		if d := cmp.Diff(want, w.events("one")); d != "" {
			t.Errorf("C-CFN-4 events: %s", d)
		}
		w.remove("one")
		w.is(*st.StackId, "DELETE_COMPLETE")
		want = append(want, "one DELETE_IN_PROGRESS User Initiated",
			"Queue DELETE_IN_PROGRESS",
			"Queue DELETE_COMPLETE Simulated: no resource of type AWS::SQS::Queue was touched",
			"Topic DELETE_IN_PROGRESS",
			"Topic DELETE_COMPLETE Simulated: no resource of type AWS::SNS::Topic was touched",
			"one DELETE_COMPLETE")
		if d := cmp.Diff(want, w.events(*st.StackId)); d != "" {
			t.Errorf("C-CFN-4 events: %s", d)
		}
	})
}
