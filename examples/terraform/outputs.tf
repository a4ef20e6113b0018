# The imported portfolio and the terms in the local one, as the recipient reads them.

data "aws_servicecatalog_portfolio" "imported" {
  provider   = aws.recipient
  id         = aws_servicecatalog_portfolio.storage.id
  depends_on = [terraform_data.accept]
}

data "aws_servicecatalog_portfolio_constraints" "local" {
  provider     = aws.recipient
  portfolio_id = aws_servicecatalog_portfolio.local.id
  depends_on   = [aws_servicecatalog_constraint.local_launch, aws_servicecatalog_constraint.keep, aws_servicecatalog_constraint.tag_updates]
}

output "portfolio" {
  description = "The portfolio, known by the same id to all accounts"
  value       = data.aws_servicecatalog_portfolio.imported.arn
}

output "local_terms" {
  description = "Whose terms hold in the recipient's portfolio; its own LAUNCH constraint overrides the owner's"
  value       = [for c in data.aws_servicecatalog_portfolio_constraints.local.details : "${c.type} of ${c.owner}"]
}
