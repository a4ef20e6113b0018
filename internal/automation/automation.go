// Package automation runs the documents of service actions, in name: there are no machines here that a document could
// work on. A document that is listed is found, checked and said to have run; any other does not exist. (C-ACT-8)
package automation

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"portico/internal/catalog"
	"portico/internal/provision"
)

// Listed is a runner of listed documents, by name or ARN. Every version of them is the same.
type Listed map[string]catalog.Document

// Documents are those that come with the service, as far as actions on what was launched are concerned.
func Documents() Listed {
	const instance, database, volume, bucket, topic = "AWS::EC2::Instance", "AWS::RDS::DBInstance", "AWS::EC2::Volume", "AWS::S3::Bucket", "AWS::SNS::Topic"
	all := Listed{}
	add := func(name, target string, parameters ...catalog.DocumentParameter) {
		parameters = append(parameters, catalog.DocumentParameter{Name: "AutomationAssumeRole", Type: "String", Default: []string{}})
		all[name] = catalog.Document{Name: name, TargetType: target, Parameters: parameters}
	}
	needed := func(name, kind string) catalog.DocumentParameter {
		return catalog.DocumentParameter{Name: name, Type: kind}
	}
	choice := func(name string, allowed ...string) catalog.DocumentParameter {
		return catalog.DocumentParameter{Name: name, Type: "String", Default: allowed[:1], Allowed: allowed}
	}
	perhaps := func(name string) catalog.DocumentParameter {
		return catalog.DocumentParameter{Name: name, Type: "String", Default: []string{}}
	}
	for _, name := range []string{"AWS-StartEC2Instance", "AWS-StopEC2Instance", "AWS-RestartEC2Instance", "AWS-TerminateEC2Instance"} {
		add(name, instance, needed("InstanceId", "StringList"))
	}
	add("AWS-ResizeInstance", instance, needed("InstanceId", "String"), needed("InstanceType", "String"))
	add("AWS-CreateImage", instance, needed("InstanceId", "String"), choice("NoReboot", "false", "true"))
	add("AWS-AttachIAMToInstance", instance, needed("InstanceId", "String"), needed("RoleName", "String"), choice("ForceReplace", "false", "true"))
	for _, name := range []string{"AWS-StartRdsInstance", "AWS-StopRdsInstance", "AWS-RebootRdsInstance"} {
		add(name, database, needed("InstanceId", "String"))
	}
	add("AWS-CreateRdsSnapshot", database, needed("DBInstanceIdentifier", "String"), perhaps("DBSnapshotIdentifier"))
	add("AWS-CreateSnapshot", volume, needed("VolumeId", "String"), perhaps("Description"))
	add("AWS-EnableS3BucketEncryption", bucket, needed("BucketName", "String"), choice("SSEAlgorithm", "AES256"))
	add("AWS-ConfigureS3BucketVersioning", bucket, needed("BucketName", "String"), choice("VersioningState", "Enabled", "Suspended"))
	add("AWS-PublishSNSNotification", topic, needed("TopicArn", "String"), needed("Message", "String"))
	return all
}

// Read adds the documents of an operator's list: JSON of the form
//
//	[{"name": "Restart", "targetType": "AWS::EC2::Instance", "parameters": [{"name": "InstanceId", "type": "StringList"}]}]
//
// A parameter may have a list of default values and one of allowed values.
func (l Listed) Read(from io.Reader) error {
	var more []catalog.Document
	read := json.NewDecoder(from)
	read.DisallowUnknownFields()
	if err := read.Decode(&more); err != nil {
		return fmt.Errorf("read the list of automation documents: %w", err)
	}
	for i, d := range more {
		if d.Name == "" {
			return fmt.Errorf("read the list of automation documents: document %d has no name", i+1)
		}
		seen := map[string]bool{}
		for _, p := range d.Parameters {
			if p.Name == "" || seen[p.Name] {
				return fmt.Errorf("read the list of automation documents: %s has a parameter without a name, or %q twice", d.Name, p.Name)
			}
			seen[p.Name] = true
		}
		l[d.Name] = d
	}
	return nil
}

// Document finds a listed document.
func (l Listed) Document(_ context.Context, name, _ string) (catalog.Document, bool, error) {
	d, ok := l[name]
	return d, ok, nil
}

// Run says that a document has run, and in the step log that nothing has happened.
func (l Listed) Run(_ context.Context, a provision.Action) (provision.Progress, error) {
	var given []string
	for _, p := range a.Document.Parameters {
		if v := a.Values[p.Name]; len(v) > 0 {
			given = append(given, p.Name+"="+strings.Join(v, ","))
		}
	}
	line := catalog.LogLine{Resource: a.Document.Name, Type: "AWS::SSM::Document", PhysicalID: a.Token, Status: "Success",
		Reason: "Recorded, with nothing done: " + strings.Join(given, " ")}
	return provision.Progress{State: provision.Succeeded, Log: []catalog.LogLine{line}}, nil
}
