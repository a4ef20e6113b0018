# What the owner offers: a portfolio with a product of two versions, and the terms on which it is launched.

resource "aws_s3_bucket" "templates" {
  bucket = "templates-${var.owner_account}"
}

resource "aws_s3_object" "bucket" {
  bucket = aws_s3_bucket.templates.bucket
  key    = "bucket.template.yaml"
  source = "${path.module}/../bucket.template.yaml"
  etag   = filemd5("${path.module}/../bucket.template.yaml")
}

locals {
  template_url = "${var.endpoint}/${aws_s3_object.bucket.bucket}/${aws_s3_object.bucket.key}"
}

resource "aws_servicecatalog_portfolio" "storage" {
  name          = "Storage"
  description   = "Places to keep data, set up as the storage team recommends"
  provider_name = "Storage team"
  tags          = var.portfolio_tags
}

resource "aws_servicecatalog_product" "bucket" {
  name          = var.product_name
  owner         = "Storage team"
  type          = "CLOUD_FORMATION_TEMPLATE"
  description   = "A bucket that nobody else reads"
  support_email = "storage@example.com"
  support_url   = "https://storage.example.com"
  tags          = { kind = "bucket" }

  provisioning_artifact_parameters {
    name         = "v1"
    type         = "CLOUD_FORMATION_TEMPLATE"
    template_url = local.template_url
  }
}

resource "aws_servicecatalog_provisioning_artifact" "v2" {
  product_id   = aws_servicecatalog_product.bucket.id
  name         = "v2"
  description  = "The same, once more"
  type         = "CLOUD_FORMATION_TEMPLATE"
  template_url = local.template_url
}

resource "aws_servicecatalog_product_portfolio_association" "bucket" {
  portfolio_id = aws_servicecatalog_portfolio.storage.id
  product_id   = aws_servicecatalog_product.bucket.id
}

resource "aws_servicecatalog_budget_resource_association" "bucket" {
  budget_name = "storage"
  resource_id = aws_servicecatalog_product.bucket.id
}

# Who may launch: one role of this account, and by name a kind of role in every account the portfolio is shared to with
# share_principals.

locals {
  trust = {
    for service in ["ec2", "servicecatalog"] : service => jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "${service}.amazonaws.com" } }]
    })
  }
}

resource "aws_iam_role" "engineer" {
  name               = "StorageEngineer"
  path               = "/people/"
  description        = "Tries the catalog before others see it"
  assume_role_policy = local.trust["ec2"]
}

resource "aws_servicecatalog_principal_portfolio_association" "engineer" {
  portfolio_id  = aws_servicecatalog_portfolio.storage.id
  principal_arn = aws_iam_role.engineer.arn
}

resource "aws_servicecatalog_principal_portfolio_association" "developers" {
  portfolio_id   = aws_servicecatalog_portfolio.storage.id
  principal_arn  = "arn:aws:iam:::role/Developer*"
  principal_type = "IAM_PATTERN"
}

# The terms. A constraint is on a product in a portfolio, so the product must be there first.

resource "aws_iam_role" "launch" {
  name               = "BucketLauncher"
  assume_role_policy = local.trust["servicecatalog"]
}

resource "aws_servicecatalog_constraint" "launch" {
  portfolio_id = aws_servicecatalog_portfolio.storage.id
  product_id   = aws_servicecatalog_product.bucket.id
  type         = "LAUNCH"
  description  = "Launches act as ${aws_iam_role.launch.name}"
  parameters   = jsonencode({ RoleArn = aws_iam_role.launch.arn })
  depends_on   = [aws_servicecatalog_product_portfolio_association.bucket]
}

resource "aws_servicecatalog_constraint" "keep" {
  portfolio_id = aws_servicecatalog_portfolio.storage.id
  product_id   = aws_servicecatalog_product.bucket.id
  type         = "TEMPLATE"
  description  = "Replaced objects are not kept for ever"
  depends_on   = [aws_servicecatalog_product_portfolio_association.bucket]

  parameters = jsonencode({
    Rules = {
      Versioned = {
        Assertions = [{
          Assert            = { "Fn::Contains" = [["yes"], { Ref = "Versioned" }] }
          AssertDescription = "This portfolio has only buckets that keep versions"
        }]
      }
      KeepDays = {
        Assertions = [{
          Assert            = { "Fn::Contains" = [[for days in [30, 60, 90, 180] : tostring(days) if days <= var.max_keep_days], { Ref = "KeepDays" }] }
          AssertDescription = "At most ${var.max_keep_days} days"
        }]
      }
    }
  })
}

resource "aws_servicecatalog_constraint" "tag_updates" {
  portfolio_id = aws_servicecatalog_portfolio.storage.id
  product_id   = aws_servicecatalog_product.bucket.id
  type         = "RESOURCE_UPDATE"
  parameters   = jsonencode({ Version = "2.0", Properties = { TagUpdateOnProvisionedProduct = var.tag_updates } })
  depends_on   = [aws_servicecatalog_product_portfolio_association.bucket]
}

# The tags that launches get: the choice of one of two stages, and what the product is charged to.

resource "aws_servicecatalog_tag_option" "production" {
  key   = "stage"
  value = "production"
}

resource "aws_servicecatalog_tag_option" "development" {
  key    = "stage"
  value  = "development"
  active = var.offer_development
}

resource "aws_servicecatalog_tag_option" "charge" {
  key   = "charge"
  value = "storage"
}

resource "aws_servicecatalog_tag_option_resource_association" "portfolio" {
  for_each = {
    production  = aws_servicecatalog_tag_option.production.id
    development = aws_servicecatalog_tag_option.development.id
  }
  resource_id   = aws_servicecatalog_portfolio.storage.id
  tag_option_id = each.value
}

resource "aws_servicecatalog_tag_option_resource_association" "product" {
  resource_id   = aws_servicecatalog_product.bucket.id
  tag_option_id = aws_servicecatalog_tag_option.charge.id
}
