package cloudformation

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"portico/internal/ident"
	"portico/internal/template"
)

// purpose is what is done to a resource.
type purpose int

const (
	creating purpose = iota
	updating
	deleting
)

// simulate makes a resource up: nothing is touched, and whoever acts must be allowed to. The same resource is always made
// up as the same. (C-CFN-5)
func (c *call) simulate(ctx context.Context, p purpose) (template.Made, error) {
	made := template.Made{PhysicalID: c.physicalID}
	if made.PhysicalID == "" {
		made.PhysicalID = c.madeUpID()
	}
	for _, action := range actionsOf(c.typ, p) {
		if err := c.engine.Caller.Allow(ctx, c.who, action, c.madeUpARN(made.PhysicalID)); err != nil {
			return template.Made{}, err
		}
	}
	if p == deleting {
		return made, nil
	}
	made.Attributes = map[string]*template.Node{}
	for _, name := range c.asked {
		made.Attributes[name] = c.madeUp(made.PhysicalID, name)
	}
	return made, nil
}

// form is what a type's physical ids, and ARNs, look like.
type form struct {
	id  string // what Ref gives: $n the name, $h hexadecimal digits, $r the region, $a the account, $A the ARN
	arn string // what comes behind arn:aws:
}

// forms are those of types that public templates have; others are STACK-LOGICALID-SUFFIX.
var forms = map[string]form{
	"AWS::EC2::VPC":                             {"vpc-$h", "ec2:$r:$a:vpc/$i"},
	"AWS::EC2::Subnet":                          {"subnet-$h", "ec2:$r:$a:subnet/$i"},
	"AWS::EC2::SecurityGroup":                   {"sg-$h", "ec2:$r:$a:security-group/$i"},
	"AWS::EC2::SecurityGroupIngress":            {"sgr-$h", "ec2:$r:$a:security-group-rule/$i"},
	"AWS::EC2::SecurityGroupEgress":             {"sgr-$h", "ec2:$r:$a:security-group-rule/$i"},
	"AWS::EC2::Instance":                        {"i-$h", "ec2:$r:$a:instance/$i"},
	"AWS::EC2::InternetGateway":                 {"igw-$h", "ec2:$r:$a:internet-gateway/$i"},
	"AWS::EC2::EgressOnlyInternetGateway":       {"eigw-$h", "ec2:$r:$a:egress-only-internet-gateway/$i"},
	"AWS::EC2::NatGateway":                      {"nat-$h", "ec2:$r:$a:natgateway/$i"},
	"AWS::EC2::RouteTable":                      {"rtb-$h", "ec2:$r:$a:route-table/$i"},
	"AWS::EC2::SubnetRouteTableAssociation":     {"rtbassoc-$h", ""},
	"AWS::EC2::NetworkAcl":                      {"acl-$h", "ec2:$r:$a:network-acl/$i"},
	"AWS::EC2::VPCEndpoint":                     {"vpce-$h", "ec2:$r:$a:vpc-endpoint/$i"},
	"AWS::EC2::LaunchTemplate":                  {"lt-$h", "ec2:$r:$a:launch-template/$i"},
	"AWS::EC2::Volume":                          {"vol-$h", "ec2:$r:$a:volume/$i"},
	"AWS::EC2::EIP":                             {"$p", "ec2:$r:$a:elastic-ip/eipalloc-$h"},
	"AWS::SNS::Topic":                           {"$A", "sns:$r:$a:$n"},
	"AWS::SNS::Subscription":                    {"$A", "sns:$r:$a:$n"},
	"AWS::SQS::Queue":                           {"https://sqs.$r.amazonaws.com/$a/$n", "sqs:$r:$a:$n"},
	"AWS::Lambda::Function":                     {"$n", "lambda:$r:$a:function:$n"},
	"AWS::Logs::LogGroup":                       {"$n", "logs:$r:$a:log-group:$n:*"},
	"AWS::DynamoDB::Table":                      {"$n", "dynamodb:$r:$a:table/$n"},
	"AWS::RDS::DBInstance":                      {"$l", "rds:$r:$a:db:$i"},
	"AWS::RDS::DBCluster":                       {"$l", "rds:$r:$a:cluster:$i"},
	"AWS::RDS::DBSubnetGroup":                   {"$l", "rds:$r:$a:subgrp:$i"},
	"AWS::RDS::DBParameterGroup":                {"$l", "rds:$r:$a:pg:$i"},
	"AWS::KMS::Key":                             {"$u", "kms:$r:$a:key/$i"},
	"AWS::SecretsManager::Secret":               {"$A", "secretsmanager:$r:$a:secret:$n"},
	"AWS::SSM::Parameter":                       {"$n", "ssm:$r:$a:parameter/$n"},
	"AWS::Events::Rule":                         {"$n", "events:$r:$a:rule/$n"},
	"AWS::StepFunctions::StateMachine":          {"$A", "states:$r:$a:stateMachine:$n"},
	"AWS::ECS::Cluster":                         {"$n", "ecs:$r:$a:cluster/$n"},
	"AWS::ECS::Service":                         {"$A", "ecs:$r:$a:service/$n"},
	"AWS::ECS::TaskDefinition":                  {"$A", "ecs:$r:$a:task-definition/$n:1"},
	"AWS::ECR::Repository":                      {"$l", "ecr:$r:$a:repository/$i"},
	"AWS::ElasticLoadBalancingV2::LoadBalancer": {"$A", "elasticloadbalancing:$r:$a:loadbalancer/app/$n/$x"},
	"AWS::ElasticLoadBalancingV2::TargetGroup":  {"$A", "elasticloadbalancing:$r:$a:targetgroup/$n/$x"},
	"AWS::ElasticLoadBalancingV2::Listener":     {"$A", "elasticloadbalancing:$r:$a:listener/app/$n/$x"},
	"AWS::CloudWatch::Alarm":                    {"$n", "cloudwatch:$r:$a:alarm:$n"},
	"AWS::CloudWatch::CompositeAlarm":           {"$n", "cloudwatch:$r:$a:alarm:$n"},
	"AWS::CloudWatch::Dashboard":                {"$n", "cloudwatch::$a:dashboard/$n"},
	"AWS::Route53::HostedZone":                  {"Z$X", "route53:::hostedzone/$i"},
	"AWS::CloudFront::Distribution":             {"E$X", "cloudfront::$a:distribution/$i"},
	"AWS::CloudFront::OriginAccessControl":      {"E$X", "cloudfront::$a:origin-access-control/$i"},
	"AWS::ApiGatewayV2::Api":                    {"$x", "apigateway:$r::/apis/$i"},
	"AWS::IAM::AccessKey":                       {"AKIA$X", ""},
	"AWS::IAM::OIDCProvider":                    {"$A", "iam::$a:oidc-provider/$n"},
}

// madeUpID is the physical id of a simulated resource.
func (c *call) madeUpID() string {
	f, ok := forms[c.typ]
	if !ok {
		return c.nameOr("")
	}
	return c.fill(f.id, "")
}

// madeUpARN is the ARN of a simulated resource.
func (c *call) madeUpARN(id string) string {
	if f := forms[c.typ]; f.arn != "" {
		return c.fill("arn:"+ident.Partition+":"+f.arn, id)
	}
	return c.fill("arn:"+ident.Partition+":"+serviceOf(c.typ)+":$r:$a:"+strings.ToLower(lastPart(c.typ))+"/"+id, id)
}

// fill writes a form.
func (c *call) fill(f, id string) string {
	h := digest("simulated", c.stack.ID, c.id, strconv.Itoa(c.generation))
	name := c.nameOr("")
	if strings.Contains(f, "$A") {
		return c.madeUpARN(id)
	}
	ip := func() string {
		n, _ := strconv.ParseUint(h[:4], 16, 32) // hexadecimal digits
		return fmt.Sprintf("203.0.113.%d", n%254+1)
	}
	return strings.NewReplacer("$i", id, "$n", name, "$l", strings.ToLower(name), "$h", h[:17], "$x", h[:16], "$X", strings.ToUpper(h[:13]),
		"$u", uuid(h), "$r", string(c.stack.Region), "$a", string(c.stack.Account), "$p", ip()).Replace(f)
}

// nameOr is the name that the properties give a resource, or one that is made up.
func (c *call) nameOr(end string) string {
	for _, property := range []string{lastPart(c.typ) + "Name", "Name", lastPart(c.typ) + "Identifier", "GroupName"} {
		if s := text(c.want, property); s != "" && !strings.HasSuffix(c.typ, "::RecordSet") && !strings.HasSuffix(c.typ, "::SecurityGroup") {
			return s + end
		}
	}
	return c.generated(128) + end
}

// lists are attributes that are lists.
var lists = []string{"Ipv6CidrBlocks", "CidrBlockAssociations", "NameServers", "DnsEntries", "NetworkInterfaceIds", "SecurityGroups",
	"LoadBalancerFullNames", "LoadBalancerArns", "TargetGroupArns", "ReadEndPoint.Addresses.List", "ReadEndPoint.Ports.List", "SecondaryPrivateIpAddresses"}

// madeUp is an attribute of a simulated resource: a property of that name, or something of the kind that the name tells.
func (c *call) madeUp(id, name string) *template.Node {
	if v := c.want.Get(name); v != nil {
		return v
	}
	h := digest("attribute", c.stack.ID, c.id, strconv.Itoa(c.generation), name)
	last := name[strings.LastIndexByte(name, '.')+1:]
	n, _ := strconv.ParseUint(h[:4], 16, 32) // hexadecimal digits
	switch {
	case name == "Ipv6CidrBlocks":
		return template.Texts("2001:db8:" + h[:4] + ":" + h[4:6] + "00::/56")
	case slices.Contains(lists, name):
		return template.Texts("simulated-"+h[:8]+"-1", "simulated-"+h[:8]+"-2")
	case last == "Arn" || last == lastPart(c.typ)+"Arn":
		return template.Text(c.madeUpARN(id))
	case strings.HasSuffix(last, "Arn") || strings.HasSuffix(last, "ARN"):
		return template.Text(c.madeUpARN(id) + "/" + h[:8])
	case last == "Id" || last == lastPart(c.typ)+"Id" || last == "Ref" || last == "Name" || last == lastPart(c.typ)+"Name" || last == "GroupId":
		return template.Text(c.shortID(id))
	case last == "Port":
		return template.Text(c.port())
	case strings.HasSuffix(last, "Address") && !strings.Contains(name, "Ip"), strings.HasSuffix(last, "DNSName"), strings.HasSuffix(last, "DnsName"), last == "DomainName":
		return template.Text("simulated-" + h[:12] + "." + string(c.stack.Region) + "." + serviceOf(c.typ) + ".amazonaws.com")
	case strings.HasPrefix(last, "Public") && strings.HasSuffix(strings.ToLower(last), "ip"):
		return template.Text(fmt.Sprintf("203.0.113.%d", n%254+1))
	case strings.HasSuffix(strings.ToLower(last), "ip"), strings.HasSuffix(last, "IpAddress"):
		return template.Text(fmt.Sprintf("10.0.%d.%d", n%256, n/256%254+1))
	case last == "CidrBlock":
		return template.Text("10.0.0.0/16")
	case last == "AllocationId":
		return template.Text("eipalloc-" + h[:17])
	case strings.HasSuffix(last, "VersionNumber"):
		return template.Text("1")
	case strings.HasSuffix(last, "Endpoint"), strings.HasSuffix(last, "Url"), strings.HasSuffix(last, "URL"):
		return template.Text("https://simulated-" + h[:12] + "." + serviceOf(c.typ) + "." + string(c.stack.Region) + ".amazonaws.com")
	case last == "AvailabilityZone":
		return template.Text(string(c.stack.Region) + "a")
	}
	return template.Text("simulated-" + h[:12])
}

// shortID is a physical id without what an ARN or address has around it.
func (c *call) shortID(id string) string {
	if strings.HasPrefix(id, "arn:") || strings.HasPrefix(id, "https:") {
		return c.nameOr("")
	}
	return id
}

// port is the port of a database or cache.
func (c *call) port() string {
	if p := text(c.want, "Port"); p != "" {
		return p
	}
	engine := text(c.want, "Engine")
	switch {
	case strings.Contains(engine, "postgres"):
		return "5432"
	case strings.HasPrefix(c.typ, "AWS::ElastiCache"):
		return "6379"
	}
	return "3306"
}
