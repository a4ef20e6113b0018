package cloudformation

import (
	"slices"
	"strings"

	"portico/internal/template"
)

// schema is what change sets need to know about types.
func schema() template.Schema {
	return template.Schema{Recreation: recreation, Tagged: tagged}
}

// tagged reports whether the tags of a stack are put on resources of a type. (C-CFN-4)
func tagged(typ string) bool {
	if k := kindOf(typ); k.real() {
		return k.tagged
	}
	return !slices.Contains(untagged, typ)
}

// untagged are types that are simulated and have no tags.
var untagged = []string{
	"AWS::EC2::Route", "AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::VPCGatewayAttachment", "AWS::EC2::VPCCidrBlock",
	"AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress", "AWS::EC2::EgressOnlyInternetGateway",
	"AWS::SNS::Subscription", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::Lambda::Permission", "AWS::Lambda::Version",
	"AWS::Lambda::Alias", "AWS::Lambda::EventSourceMapping", "AWS::Route53::RecordSet", "AWS::Route53::RecordSetGroup",
	"AWS::Logs::MetricFilter", "AWS::KMS::Alias", "AWS::SecretsManager::SecretTargetAttachment", "AWS::CloudWatch::Dashboard",
	"AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::ListenerRule", "AWS::ApiGatewayV2::Route",
	"AWS::ApiGatewayV2::Integration", "AWS::AutoScaling::ScalingPolicy", "AWS::CloudFront::OriginAccessControl",
	"AWS::CloudFormation::WaitCondition", "AWS::IAM::AccessKey",
}

// recreation tells whether a change of a property makes a new resource. What is not known changes in place.
func recreation(typ, property string) string {
	if k := kindOf(typ); k.real() {
		if _, replaced := k.known(); replaced[property] {
			return template.Always
		}
		return template.Never
	}
	if slices.Contains(strings.Fields(replacing[typ]), property) || property == lastPart(typ)+"Name" {
		return template.Always
	}
	return template.Never
}

// replacing are the properties of simulated types whose change makes a new resource, besides the resource's own name.
var replacing = map[string]string{
	"AWS::EC2::VPC":                               "CidrBlock Ipv4IpamPoolId",
	"AWS::EC2::Subnet":                            "VpcId CidrBlock AvailabilityZone",
	"AWS::EC2::SecurityGroup":                     "GroupName GroupDescription VpcId",
	"AWS::EC2::SecurityGroupIngress":              "GroupId IpProtocol FromPort ToPort CidrIp SourceSecurityGroupId",
	"AWS::EC2::SecurityGroupEgress":               "GroupId IpProtocol FromPort ToPort CidrIp DestinationSecurityGroupId",
	"AWS::EC2::Instance":                          "ImageId KeyName SubnetId AvailabilityZone",
	"AWS::EC2::RouteTable":                        "VpcId",
	"AWS::EC2::Route":                             "RouteTableId DestinationCidrBlock",
	"AWS::EC2::NatGateway":                        "SubnetId AllocationId",
	"AWS::EC2::VPCEndpoint":                       "VpcId ServiceName VpcEndpointType",
	"AWS::EC2::VPCGatewayAttachment":              "VpcId",
	"AWS::EC2::SubnetRouteTableAssociation":       "SubnetId RouteTableId",
	"AWS::RDS::DBInstance":                        "DBInstanceIdentifier DBName MasterUsername DBSubnetGroupName StorageEncrypted KmsKeyId",
	"AWS::RDS::DBCluster":                         "DBClusterIdentifier DatabaseName MasterUsername DBSubnetGroupName StorageEncrypted KmsKeyId",
	"AWS::RDS::DBSubnetGroup":                     "DBSubnetGroupName",
	"AWS::RDS::DBParameterGroup":                  "Family DBParameterGroupName",
	"AWS::DynamoDB::Table":                        "TableName KeySchema",
	"AWS::SQS::Queue":                             "QueueName FifoQueue",
	"AWS::SNS::Topic":                             "TopicName FifoTopic",
	"AWS::SNS::Subscription":                      "TopicArn Protocol Endpoint",
	"AWS::Lambda::Function":                       "FunctionName PackageType",
	"AWS::Lambda::Permission":                     "Action FunctionName Principal SourceArn SourceAccount",
	"AWS::Logs::LogGroup":                         "LogGroupName",
	"AWS::SSM::Parameter":                         "Name DataType",
	"AWS::SecretsManager::Secret":                 "Name",
	"AWS::KMS::Alias":                             "AliasName",
	"AWS::Route53::HostedZone":                    "Name",
	"AWS::Route53::RecordSet":                     "Name HostedZoneId HostedZoneName Type",
	"AWS::ElastiCache::ReplicationGroup":          "ReplicationGroupId SubnetGroupName",
	"AWS::ElasticLoadBalancingV2::LoadBalancer":   "Name Scheme Type",
	"AWS::ElasticLoadBalancingV2::TargetGroup":    "Name Port Protocol VpcId TargetType",
	"AWS::ElasticLoadBalancingV2::Listener":       "LoadBalancerArn",
	"AWS::Events::Rule":                           "Name EventBusName",
	"AWS::ECS::Cluster":                           "ClusterName",
	"AWS::ECS::TaskDefinition":                    "Family ContainerDefinitions Cpu Memory NetworkMode TaskRoleArn ExecutionRoleArn Volumes RequiresCompatibilities",
	"AWS::ECS::Service":                           "ServiceName Cluster LaunchType",
	"AWS::ECR::Repository":                        "RepositoryName EncryptionConfiguration",
	"AWS::StepFunctions::StateMachine":            "StateMachineName StateMachineType",
	"AWS::CloudWatch::Dashboard":                  "DashboardName",
	"AWS::CloudWatch::Alarm":                      "AlarmName",
	"AWS::AutoScaling::AutoScalingGroup":          "AutoScalingGroupName InstanceId",
	"AWS::Budgets::Budget":                        "NotificationsWithSubscribers",
	"AWS::IAM::AccessKey":                         "UserName Serial",
	"AWS::IAM::OIDCProvider":                      "Url",
	"AWS::SecretsManager::SecretTargetAttachment": "SecretId",
}

// lastPart is Topic of AWS::SNS::Topic.
func lastPart(typ string) string { return typ[strings.LastIndexByte(typ, ':')+1:] }

// snapshots are the types of which a copy can be kept when they go. (C-CFN-4)
var snapshots = []string{
	"AWS::DocDB::DBCluster", "AWS::EC2::Volume", "AWS::ElastiCache::CacheCluster", "AWS::ElastiCache::ReplicationGroup",
	"AWS::Neptune::DBCluster", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Redshift::Cluster",
}
