# What the tests ask of the provider besides examples/terraform, into whose folder this file is copied.

variable "end_user" {
  description = "A role that exists already, so that a provider can be configured with it"
  type        = string
}

variable "late_account" {
  description = "An account that accepts while the provider waits for it"
  type        = string
}

provider "aws" {
  alias                   = "end_user"
  region                  = var.region
  access_key              = var.owner_account
  secret_key              = "any"
  skip_metadata_api_check = true

  assume_role {
    role_arn     = var.end_user
    session_name = "terraform"
  }

  endpoints {
    servicecatalog = var.endpoint
    sts            = var.endpoint
  }
}

# Shares of the other kinds.

resource "aws_servicecatalog_portfolio" "wide" {
  name          = "Wide"
  provider_name = "Platform"
}

resource "aws_servicecatalog_portfolio_share" "late" {
  portfolio_id        = aws_servicecatalog_portfolio.wide.id
  type                = "ACCOUNT"
  principal_id        = var.late_account
  wait_for_acceptance = true
}

resource "aws_servicecatalog_portfolio_share" "organization" {
  portfolio_id        = aws_servicecatalog_portfolio.wide.id
  type                = "ORGANIZATION"
  principal_id        = aws_organizations_organization.this.arn
  share_tag_options   = !var.share_tag_options
  wait_for_acceptance = true
  depends_on          = [aws_servicecatalog_organizations_access.this]
}

resource "aws_servicecatalog_portfolio_share" "member" {
  portfolio_id = aws_servicecatalog_portfolio.wide.id
  type         = "ORGANIZATION_MEMBER_ACCOUNT"
  principal_id = aws_organizations_account.payments.id
  depends_on   = [aws_servicecatalog_organizations_access.this]
}

# Principals of the other kinds.

resource "aws_iam_group" "admins" {
  name = "Admins"
}

resource "aws_iam_user" "ada" {
  name = "ada"
  path = "/people/"
  tags = { team = "storage" }
}

resource "aws_iam_user_group_membership" "ada" {
  user   = aws_iam_user.ada.name
  groups = [aws_iam_group.admins.name]
}

resource "aws_servicecatalog_principal_portfolio_association" "more" {
  for_each = {
    group    = aws_iam_group.admins.arn
    user     = aws_iam_user.ada.arn
    end_user = var.end_user
  }
  portfolio_id  = aws_servicecatalog_portfolio.storage.id
  principal_arn = each.value
}

# The last type of constraint that catalog.tf has not, and a TagOption that was never active.

resource "aws_servicecatalog_constraint" "notification" {
  portfolio_id = aws_servicecatalog_portfolio.storage.id
  product_id   = aws_servicecatalog_product.bucket.id
  type         = "NOTIFICATION"
  parameters   = jsonencode({ NotificationArns = ["arn:aws:sns:${var.region}:${var.owner_account}:launches"] })
  depends_on   = [aws_servicecatalog_product_portfolio_association.bucket]
}

resource "aws_servicecatalog_tag_option" "never" {
  key    = "stage"
  value  = "never"
  active = false
}

resource "aws_servicecatalog_budget_resource_association" "portfolio" {
  budget_name = "wide"
  resource_id = aws_servicecatalog_portfolio.wide.id
}

# Reads.

data "aws_servicecatalog_product" "imported" {
  provider   = aws.recipient
  id         = aws_servicecatalog_product.bucket.id
  depends_on = [terraform_data.accept, aws_servicecatalog_product.bucket, aws_servicecatalog_product_portfolio_association.bucket]
}

data "aws_servicecatalog_constraint" "keep" {
  id         = aws_servicecatalog_constraint.keep.id
  depends_on = [aws_servicecatalog_constraint.keep]
}

data "aws_servicecatalog_provisioning_artifacts" "all" {
  product_id = aws_servicecatalog_product.bucket.id
  depends_on = [aws_servicecatalog_provisioning_artifact.v2]
}

data "aws_servicecatalog_launch_paths" "end_user" {
  provider   = aws.end_user
  product_id = aws_servicecatalog_product.bucket.id
  depends_on = [
    aws_servicecatalog_principal_portfolio_association.more,
    aws_servicecatalog_product_portfolio_association.bucket,
    aws_servicecatalog_constraint.launch,
  ]
}

data "aws_organizations_organizational_unit_descendant_accounts" "workloads" {
  parent_id  = aws_organizations_organizational_unit.workloads.id
  depends_on = [aws_organizations_account.payments]
}

output "seen" {
  value = {
    imported_product = data.aws_servicecatalog_product.imported.name
    keep             = jsondecode(data.aws_servicecatalog_constraint.keep.parameters)
    versions         = [for v in data.aws_servicecatalog_provisioning_artifacts.all.provisioning_artifact_details : v.name]
    paths            = [for p in data.aws_servicecatalog_launch_paths.end_user.summaries : p.name]
    accounts         = [for a in data.aws_organizations_organizational_unit_descendant_accounts.workloads.accounts : a.name]
  }
}
