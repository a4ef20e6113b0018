# An organization with a unit inside a unit and two member accounts: one to use the catalog, one to help to run it.

resource "aws_organizations_organization" "this" {
  feature_set                   = "ALL"
  aws_service_access_principals = ["servicecatalog.amazonaws.com"]
}

resource "aws_organizations_organizational_unit" "workloads" {
  name      = "Workloads"
  parent_id = aws_organizations_organization.this.roots[0].id
}

resource "aws_organizations_organizational_unit" "production" {
  name      = "Production"
  parent_id = aws_organizations_organizational_unit.workloads.id
  tags      = { criticality = "high" }
}

resource "aws_organizations_account" "payments" {
  name      = "payments"
  email     = "payments@example.com"
  parent_id = aws_organizations_organizational_unit.production.id
  tags      = { team = "payments" }
}

resource "aws_organizations_account" "platform" {
  name      = "platform"
  email     = "platform@example.com"
  parent_id = aws_organizations_organization.this.roots[0].id
}

# Shares with the organization and its parts need this switch.
resource "aws_servicecatalog_organizations_access" "this" {
  enabled    = true
  depends_on = [aws_organizations_organization.this]
}

# A delegated administrator shares its own portfolios with the organization.
resource "aws_organizations_delegated_administrator" "platform" {
  account_id        = aws_organizations_account.platform.id
  service_principal = "servicecatalog.amazonaws.com"
  depends_on        = [aws_servicecatalog_organizations_access.this]
}
