# The portfolio is shared twice: with a unit of the organization, whose accounts have it at once, and with an account
# outside, which has to accept.

resource "aws_servicecatalog_portfolio_share" "workloads" {
  portfolio_id      = aws_servicecatalog_portfolio.storage.id
  type              = "ORGANIZATIONAL_UNIT"
  principal_id      = aws_organizations_organizational_unit.workloads.arn
  share_principals  = var.share_principals
  share_tag_options = var.share_tag_options
  depends_on        = [aws_servicecatalog_organizations_access.this]
}

resource "aws_servicecatalog_portfolio_share" "recipient" {
  portfolio_id      = aws_servicecatalog_portfolio.storage.id
  type              = "ACCOUNT"
  principal_id      = var.recipient_account
  share_tag_options = var.share_tag_options
}

# The provider has no resource for accepting, so the AWS CLI does it. Withdrawing the share ends the import.
resource "terraform_data" "accept" {
  triggers_replace = [aws_servicecatalog_portfolio_share.recipient.id]

  provisioner "local-exec" {
    command = "aws --endpoint-url ${var.endpoint} servicecatalog accept-portfolio-share --portfolio-id ${aws_servicecatalog_portfolio.storage.id}"
    environment = {
      AWS_ACCESS_KEY_ID     = var.recipient_account
      AWS_SECRET_ACCESS_KEY = "any"
      AWS_DEFAULT_REGION    = var.region
    }
  }
}

# What the recipient makes of it. It gives a role of its own the imported portfolio as it is …

resource "aws_iam_role" "analyst" {
  provider           = aws.recipient
  name               = "Analyst"
  assume_role_policy = local.trust["ec2"]
}

resource "aws_servicecatalog_principal_portfolio_association" "analyst" {
  provider      = aws.recipient
  portfolio_id  = aws_servicecatalog_portfolio.storage.id
  principal_arn = aws_iam_role.analyst.arn
  depends_on    = [terraform_data.accept]
}

# … and offers the product in a portfolio of its own, where launches act as a role of its own: the owner's other terms
# hold there too.

resource "aws_servicecatalog_portfolio" "local" {
  provider      = aws.recipient
  name          = "Data"
  provider_name = "Data team"
}

resource "aws_servicecatalog_product_portfolio_association" "local" {
  provider            = aws.recipient
  portfolio_id        = aws_servicecatalog_portfolio.local.id
  product_id          = aws_servicecatalog_product.bucket.id
  source_portfolio_id = aws_servicecatalog_product_portfolio_association.bucket.portfolio_id
  depends_on          = [terraform_data.accept]
}

resource "aws_iam_role" "local_launch" {
  provider           = aws.recipient
  name               = "LocalBucketLauncher"
  assume_role_policy = local.trust["servicecatalog"]
}

resource "aws_servicecatalog_constraint" "local_launch" {
  provider     = aws.recipient
  portfolio_id = aws_servicecatalog_portfolio.local.id
  product_id   = aws_servicecatalog_product.bucket.id
  type         = "LAUNCH"
  parameters   = jsonencode({ RoleArn = aws_iam_role.local_launch.arn })
  depends_on   = [aws_servicecatalog_product_portfolio_association.local]
}
