package cloudformation

import "strings"

// serviceOf is the service of a type as IAM names it: s3 of AWS::S3::Bucket.
func serviceOf(typ string) string {
	parts := strings.Split(typ, "::")
	if len(parts) < 2 {
		return "cloudformation"
	}
	if name, ok := serviceNames[parts[1]]; ok {
		return name
	}
	return strings.ToLower(parts[1])
}

// serviceNames are those that differ from how types write them.
var serviceNames = map[string]string{
	"ElasticLoadBalancingV2": "elasticloadbalancing", "Lambda": "lambda", "ApiGatewayV2": "apigateway", "ApiGateway": "apigateway",
	"StepFunctions": "states", "CertificateManager": "acm", "OpenSearchService": "es", "Elasticsearch": "es", "KinesisFirehose": "firehose",
	"Cognito": "cognito-idp", "SES": "ses", "EFS": "elasticfilesystem", "EMR": "elasticmapreduce", "MSK": "kafka", "DocDB": "rds", "Neptune": "rds",
	"ApplicationAutoScaling": "application-autoscaling", "ServiceDiscovery": "servicediscovery", "CodeStarConnections": "codestar-connections",
	"AutoScaling": "autoscaling", "ElasticBeanstalk": "elasticbeanstalk", "WAFv2": "wafv2", "ACMPCA": "acm-pca",
}

// actions are the IAM actions that it takes to make, change and take away a resource of a simulated type, where they are
// not <service>:Create<Type>, Update<Type> and Delete<Type>. None is a dash.
var actions = map[string][3]string{
	"AWS::EC2::Instance":                          {"RunInstances", "ModifyInstanceAttribute", "TerminateInstances"},
	"AWS::EC2::VPC":                               {"CreateVpc", "ModifyVpcAttribute", "DeleteVpc"},
	"AWS::EC2::Subnet":                            {"CreateSubnet", "ModifySubnetAttribute", "DeleteSubnet"},
	"AWS::EC2::SecurityGroup":                     {"CreateSecurityGroup", "ModifySecurityGroupRules", "DeleteSecurityGroup"},
	"AWS::EC2::SecurityGroupIngress":              {"AuthorizeSecurityGroupIngress", "ModifySecurityGroupRules", "RevokeSecurityGroupIngress"},
	"AWS::EC2::SecurityGroupEgress":               {"AuthorizeSecurityGroupEgress", "ModifySecurityGroupRules", "RevokeSecurityGroupEgress"},
	"AWS::EC2::EIP":                               {"AllocateAddress", "AssociateAddress", "ReleaseAddress"},
	"AWS::EC2::VPCGatewayAttachment":              {"AttachInternetGateway", "AttachInternetGateway", "DetachInternetGateway"},
	"AWS::EC2::VPCCidrBlock":                      {"AssociateVpcCidrBlock", "-", "DisassociateVpcCidrBlock"},
	"AWS::EC2::SubnetRouteTableAssociation":       {"AssociateRouteTable", "ReplaceRouteTableAssociation", "DisassociateRouteTable"},
	"AWS::EC2::Route":                             {"CreateRoute", "ReplaceRoute", "DeleteRoute"},
	"AWS::EC2::VPCEndpoint":                       {"CreateVpcEndpoint", "ModifyVpcEndpoint", "DeleteVpcEndpoints"},
	"AWS::EC2::LaunchTemplate":                    {"CreateLaunchTemplate", "CreateLaunchTemplateVersion", "DeleteLaunchTemplate"},
	"AWS::SNS::Topic":                             {"CreateTopic", "SetTopicAttributes", "DeleteTopic"},
	"AWS::SNS::Subscription":                      {"Subscribe", "SetSubscriptionAttributes", "Unsubscribe"},
	"AWS::SQS::Queue":                             {"CreateQueue", "SetQueueAttributes", "DeleteQueue"},
	"AWS::SSM::Parameter":                         {"PutParameter", "PutParameter", "DeleteParameter"},
	"AWS::Lambda::Function":                       {"CreateFunction", "UpdateFunctionConfiguration", "DeleteFunction"},
	"AWS::Lambda::Permission":                     {"AddPermission", "AddPermission", "RemovePermission"},
	"AWS::Logs::LogGroup":                         {"CreateLogGroup", "PutRetentionPolicy", "DeleteLogGroup"},
	"AWS::Logs::MetricFilter":                     {"PutMetricFilter", "PutMetricFilter", "DeleteMetricFilter"},
	"AWS::CloudWatch::Alarm":                      {"PutMetricAlarm", "PutMetricAlarm", "DeleteAlarms"},
	"AWS::CloudWatch::CompositeAlarm":             {"PutCompositeAlarm", "PutCompositeAlarm", "DeleteAlarms"},
	"AWS::CloudWatch::Dashboard":                  {"PutDashboard", "PutDashboard", "DeleteDashboards"},
	"AWS::Events::Rule":                           {"PutRule", "PutRule", "DeleteRule"},
	"AWS::RDS::DBInstance":                        {"CreateDBInstance", "ModifyDBInstance", "DeleteDBInstance"},
	"AWS::RDS::DBCluster":                         {"CreateDBCluster", "ModifyDBCluster", "DeleteDBCluster"},
	"AWS::RDS::DBSubnetGroup":                     {"CreateDBSubnetGroup", "ModifyDBSubnetGroup", "DeleteDBSubnetGroup"},
	"AWS::RDS::DBParameterGroup":                  {"CreateDBParameterGroup", "ModifyDBParameterGroup", "DeleteDBParameterGroup"},
	"AWS::ElastiCache::SubnetGroup":               {"CreateCacheSubnetGroup", "ModifyCacheSubnetGroup", "DeleteCacheSubnetGroup"},
	"AWS::ElastiCache::ReplicationGroup":          {"CreateReplicationGroup", "ModifyReplicationGroup", "DeleteReplicationGroup"},
	"AWS::KMS::Key":                               {"CreateKey", "PutKeyPolicy", "ScheduleKeyDeletion"},
	"AWS::ECS::TaskDefinition":                    {"RegisterTaskDefinition", "-", "DeregisterTaskDefinition"},
	"AWS::Route53::RecordSet":                     {"ChangeResourceRecordSets", "ChangeResourceRecordSets", "ChangeResourceRecordSets"},
	"AWS::Route53::RecordSetGroup":                {"ChangeResourceRecordSets", "ChangeResourceRecordSets", "ChangeResourceRecordSets"},
	"AWS::AutoScaling::ScalingPolicy":             {"PutScalingPolicy", "PutScalingPolicy", "DeletePolicy"},
	"AWS::Budgets::Budget":                        {"ModifyBudget", "ModifyBudget", "ModifyBudget"},
	"AWS::ApiGatewayV2::Api":                      {"POST", "PATCH", "DELETE"},
	"AWS::ApiGatewayV2::Stage":                    {"POST", "PATCH", "DELETE"},
	"AWS::ApiGatewayV2::Route":                    {"POST", "PATCH", "DELETE"},
	"AWS::ApiGatewayV2::Integration":              {"POST", "PATCH", "DELETE"},
	"AWS::SecretsManager::SecretTargetAttachment": {"PutSecretValue", "PutSecretValue", "-"},
	"AWS::IAM::AccessKey":                         {"CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"},
	"AWS::IAM::OIDCProvider":                      {"CreateOpenIDConnectProvider", "UpdateOpenIDConnectProviderThumbprint", "DeleteOpenIDConnectProvider"},
	"AWS::CloudFormation::WaitCondition":          {"-", "-", "-"},
	"AWS::CloudFormation::CustomResource":         {"lambda:InvokeFunction", "lambda:InvokeFunction", "lambda:InvokeFunction"},
	"AWS::CertificateManager::Certificate":        {"RequestCertificate", "UpdateCertificateOptions", "DeleteCertificate"},
	"AWS::ApplicationAutoScaling::ScalableTarget": {"RegisterScalableTarget", "RegisterScalableTarget", "DeregisterScalableTarget"},
	"AWS::ElasticLoadBalancingV2::LoadBalancer":   {"CreateLoadBalancer", "ModifyLoadBalancerAttributes", "DeleteLoadBalancer"},
	"AWS::ElasticLoadBalancingV2::TargetGroup":    {"CreateTargetGroup", "ModifyTargetGroup", "DeleteTargetGroup"},
	"AWS::ElasticLoadBalancingV2::Listener":       {"CreateListener", "ModifyListener", "DeleteListener"},
	"AWS::DynamoDB::Table":                        {"CreateTable", "UpdateTable", "DeleteTable"},
	"AWS::Kinesis::Stream":                        {"CreateStream", "UpdateShardCount", "DeleteStream"},
	"AWS::SecretsManager::Secret":                 {"CreateSecret", "UpdateSecret", "DeleteSecret"},
}

// actionsOf are the IAM actions that it takes to do something to a resource of a simulated type.
func actionsOf(typ string, p purpose) []string {
	if strings.HasPrefix(typ, "Custom::") {
		return []string{"lambda:InvokeFunction"}
	}
	name := [...]string{"Create", "Update", "Delete"}[p] + lastPart(typ)
	if known, ok := actions[typ]; ok {
		name = known[p]
	}
	switch {
	case name == "-":
		return nil
	case strings.Contains(name, ":"):
		return []string{name}
	}
	return []string{serviceOf(typ) + ":" + name}
}
