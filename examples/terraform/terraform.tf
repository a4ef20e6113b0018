terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

# The account that owns the catalog and manages the organization. A server in development mode lets an access key id of
# 12 digits be the root of that account; otherwise give an issued key here.
provider "aws" {
  region                  = var.region
  access_key              = var.owner_account
  secret_key              = "any"
  skip_metadata_api_check = true
  s3_use_path_style       = true

  endpoints {
    iam            = var.endpoint
    organizations  = var.endpoint
    s3             = var.endpoint
    servicecatalog = var.endpoint
    sts            = var.endpoint
  }
}

# An account outside of the organization that imports a portfolio.
provider "aws" {
  alias                   = "recipient"
  region                  = var.region
  access_key              = var.recipient_account
  secret_key              = "any"
  skip_metadata_api_check = true

  endpoints {
    iam            = var.endpoint
    servicecatalog = var.endpoint
    sts            = var.endpoint
  }
}
