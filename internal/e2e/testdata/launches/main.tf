terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

variable "endpoint" { type = string }

variable "second" {
  description = "Whether everything is changed."
  type        = bool
  default     = false
}

# Who offers: the root of an account.
provider "aws" {
  region                  = "us-east-1"
  access_key              = "111111111111"
  secret_key              = "any"
  skip_metadata_api_check = true
  s3_use_path_style       = true

  endpoints {
    cloudformation = var.endpoint
    iam            = var.endpoint
    s3             = var.endpoint
    servicecatalog = var.endpoint
    sts            = var.endpoint
  }
}

# Who launches: a role of another account, which the test makes, since a provider assumes its role at once.
provider "aws" {
  alias                   = "developer"
  region                  = "us-east-1"
  access_key              = "222222222222"
  secret_key              = "any"
  skip_metadata_api_check = true

  assume_role {
    role_arn     = "arn:aws:iam::222222222222:role/Developer"
    session_name = "terraform"
  }

  endpoints {
    cloudformation = var.endpoint
    iam            = var.endpoint
    servicecatalog = var.endpoint
    sts            = var.endpoint
  }
}

locals {
  trust = {
    for who in ["servicecatalog.amazonaws.com", "cloudformation.amazonaws.com"] : who => jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = who } }]
    })
  }
}

resource "aws_s3_bucket" "templates" {
  bucket = "templates-of-launches"
}

resource "aws_s3_object" "template" {
  for_each = toset(["v1", "v2"])
  bucket   = aws_s3_bucket.templates.bucket
  key      = "${each.key}.yaml"
  source   = "${path.module}/${each.key}.yaml"
}

resource "aws_servicecatalog_portfolio" "team" {
  name          = "Team"
  provider_name = "IT"
}

resource "aws_servicecatalog_product" "queue" {
  name  = "Queue"
  owner = "IT"
  type  = "CLOUD_FORMATION_TEMPLATE"

  provisioning_artifact_parameters {
    name         = "v1"
    type         = "CLOUD_FORMATION_TEMPLATE"
    template_url = "${var.endpoint}/${aws_s3_object.template["v1"].bucket}/${aws_s3_object.template["v1"].key}"
  }
}

resource "aws_servicecatalog_provisioning_artifact" "v2" {
  product_id   = aws_servicecatalog_product.queue.id
  name         = "v2"
  type         = "CLOUD_FORMATION_TEMPLATE"
  template_url = "${var.endpoint}/${aws_s3_object.template["v2"].bucket}/${aws_s3_object.template["v2"].key}"
}

resource "aws_servicecatalog_product_portfolio_association" "queue" {
  portfolio_id = aws_servicecatalog_portfolio.team.id
  product_id   = aws_servicecatalog_product.queue.id
}

resource "aws_servicecatalog_portfolio_share" "recipient" {
  portfolio_id = aws_servicecatalog_portfolio.team.id
  principal_id = "222222222222"
  type         = "ACCOUNT"
  # Nobody has imported it yet, and the provider would wait for that.
  wait_for_acceptance = false
}

# The recipient accepts by a template, since the provider has no resource for it.
resource "aws_cloudformation_stack" "accepted" {
  provider = aws.developer
  name     = "accepted"
  template_body = jsonencode({
    Resources = {
      Import = {
        Type       = "AWS::ServiceCatalog::AcceptedPortfolioShare"
        Properties = { PortfolioId = aws_servicecatalog_portfolio.team.id }
      }
    }
  })
  depends_on = [aws_servicecatalog_portfolio_share.recipient]
}

resource "aws_servicecatalog_principal_portfolio_association" "developer" {
  provider      = aws.developer
  portfolio_id  = aws_servicecatalog_portfolio.team.id
  principal_arn = "arn:aws:iam::222222222222:role/Developer"
  depends_on    = [aws_cloudformation_stack.accepted]
}

# The launch role is the launcher's own, by its name, which the owner's account has to know as well.
resource "aws_iam_role" "template" {
  name               = "LaunchQueues"
  assume_role_policy = local.trust["servicecatalog.amazonaws.com"]
}

resource "aws_iam_role" "launch" {
  provider           = aws.developer
  name               = "LaunchQueues"
  assume_role_policy = local.trust["servicecatalog.amazonaws.com"]
}

resource "aws_iam_role_policy_attachment" "launch" {
  provider   = aws.developer
  role       = aws_iam_role.launch.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_servicecatalog_constraint" "launch" {
  portfolio_id = aws_servicecatalog_portfolio.team.id
  product_id   = aws_servicecatalog_product.queue.id
  type         = "LAUNCH"
  parameters   = jsonencode({ LocalRoleName = aws_iam_role.template.name })
  depends_on   = [aws_servicecatalog_product_portfolio_association.queue]
}

resource "aws_servicecatalog_constraint" "tags" {
  portfolio_id = aws_servicecatalog_portfolio.team.id
  product_id   = aws_servicecatalog_product.queue.id
  type         = "RESOURCE_UPDATE"
  parameters   = jsonencode({ Version = "2.0", Properties = { TagUpdateOnProvisionedProduct = "ALLOWED" } })
  depends_on   = [aws_servicecatalog_product_portfolio_association.queue]
}

resource "aws_servicecatalog_service_action" "restart" {
  name        = "Restart"
  description = var.second ? "Begins anew" : "Starts anew"

  definition {
    name    = "AWS-RestartEC2Instance"
    version = "1"
  }
}

resource "aws_servicecatalog_provisioned_product" "queue" {
  provider                   = aws.developer
  name                       = "jobs"
  product_id                 = aws_servicecatalog_product.queue.id
  provisioning_artifact_name = var.second ? "v2" : "v1"
  tags                       = var.second ? { team = "blue" } : { team = "red", stage = "test" }

  provisioning_parameters {
    key   = "Name"
    value = "jobs"
  }
  provisioning_parameters {
    key   = "Note"
    value = ""
  }
  dynamic "provisioning_parameters" {
    for_each = var.second ? { Delay = "30" } : {}
    content {
      key   = provisioning_parameters.key
      value = provisioning_parameters.value
    }
  }

  depends_on = [
    aws_servicecatalog_constraint.launch, aws_servicecatalog_constraint.tags, aws_iam_role_policy_attachment.launch,
    aws_servicecatalog_principal_portfolio_association.developer, aws_servicecatalog_provisioning_artifact.v2,
  ]
}

data "aws_servicecatalog_launch_paths" "queue" {
  provider   = aws.developer
  product_id = aws_servicecatalog_product.queue.id
  depends_on = [aws_servicecatalog_provisioned_product.queue]
}

# CloudFormation by itself: a stack with a role of its own, another that imports what it exports, and a stack set.
resource "aws_iam_role" "stacks" {
  name               = "Stacks"
  assume_role_policy = local.trust["cloudformation.amazonaws.com"]
}

resource "aws_iam_role_policy_attachment" "stacks" {
  role       = aws_iam_role.stacks.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_cloudformation_stack" "network" {
  name               = "network"
  iam_role_arn       = aws_iam_role.stacks.arn
  capabilities       = ["CAPABILITY_NAMED_IAM"]
  timeout_in_minutes = 10
  parameters         = { Name = var.second ? "second" : "first" }
  tags               = { layer = "network" }
  template_body      = file("${path.module}/network.yaml")
  depends_on         = [aws_iam_role_policy_attachment.stacks]
}

resource "aws_cloudformation_stack" "service" {
  name         = "service"
  on_failure   = "DELETE"
  template_url = "${var.endpoint}/${aws_s3_object.template["v1"].bucket}/${aws_s3_object.template["v1"].key}"
  parameters   = { Name = aws_cloudformation_stack.network.outputs["Topic"] }
}

data "aws_cloudformation_export" "topic" {
  name       = "network-topic"
  depends_on = [aws_cloudformation_stack.network]
}

data "aws_cloudformation_stack" "network" {
  name       = "network"
  depends_on = [aws_cloudformation_stack.network]
}

resource "aws_iam_role" "administration" {
  name               = "AWSCloudFormationStackSetAdministrationRole"
  assume_role_policy = local.trust["cloudformation.amazonaws.com"]
}

resource "aws_iam_role_policy" "administration" {
  role   = aws_iam_role.administration.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Resource = "arn:aws:iam::*:role/AWSCloudFormationStackSetExecutionRole" }] })
}

resource "aws_iam_role" "execution" {
  provider           = aws.developer
  name               = "AWSCloudFormationStackSetExecutionRole"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = aws_iam_role.administration.arn } }] })
}

resource "aws_iam_role_policy_attachment" "execution" {
  provider   = aws.developer
  role       = aws_iam_role.execution.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_cloudformation_stack_set" "everywhere" {
  name                    = "everywhere"
  administration_role_arn = aws_iam_role.administration.arn
  capabilities            = ["CAPABILITY_NAMED_IAM"]
  parameters              = { Name = var.second ? "later" : "everywhere" }
  template_body           = file("${path.module}/network.yaml")
  depends_on              = [aws_iam_role_policy.administration, aws_iam_role_policy_attachment.execution]
}

resource "aws_cloudformation_stack_set_instance" "abroad" {
  for_each       = toset(["eu-west-1", "eu-central-1"])
  stack_set_name = aws_cloudformation_stack_set.everywhere.name
  account_id     = "222222222222"
  region         = each.key
}

output "queue" {
  value = { for o in aws_servicecatalog_provisioned_product.queue.outputs : o.key => o.value }
}

output "paths" {
  value = [for s in data.aws_servicecatalog_launch_paths.queue.summaries : s.name]
}

output "topics" {
  value = [data.aws_cloudformation_export.topic.value, data.aws_cloudformation_stack.network.outputs["Topic"], data.aws_cloudformation_stack.network.tags["layer"]]
}
