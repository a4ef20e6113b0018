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
  description = "Whether everything is changed, or taken away."
  type        = bool
  default     = false
}

locals {
  first = var.second ? 0 : 1
}

provider "aws" {
  region                  = "us-east-1"
  access_key              = "111111111111"
  secret_key              = "any"
  skip_metadata_api_check = true
  s3_use_path_style       = true

  endpoints {
    s3  = var.endpoint
    sts = var.endpoint
  }
}

resource "aws_s3_bucket" "data" {
  bucket        = "data-of-many-settings"
  force_destroy = true
  tags          = var.second ? { team = "blue" } : { team = "red", stage = "test" }
}

resource "aws_s3_bucket" "logs" {
  bucket_prefix = "logs-"
}

resource "aws_s3_bucket_versioning" "data" {
  bucket = aws_s3_bucket.data.id
  versioning_configuration {
    status = var.second ? "Suspended" : "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "data" {
  bucket                  = aws_s3_bucket.data.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = !var.second
  restrict_public_buckets = !var.second
}

resource "aws_s3_bucket_ownership_controls" "data" {
  count  = local.first
  bucket = aws_s3_bucket.data.id
  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_policy" "data" {
  bucket = aws_s3_bucket.data.id
  policy = data.aws_iam_policy_document.data.json
}

data "aws_iam_policy_document" "data" {
  statement {
    principals {
      type        = "AWS"
      identifiers = ["222222222222"]
    }
    actions   = var.second ? ["s3:GetObject"] : ["s3:GetObject", "s3:ListBucket"]
    resources = [aws_s3_bucket.data.arn, "${aws_s3_bucket.data.arn}/*"]
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  rule {
    bucket_key_enabled = !var.second
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "data" {
  bucket = aws_s3_bucket.data.id

  rule {
    id     = "temporary"
    status = "Enabled"
    filter {
      prefix = "tmp/"
    }
    expiration {
      days = var.second ? 9 : 3
    }
  }

  dynamic "rule" {
    for_each = var.second ? [] : ["old"]
    content {
      id     = rule.value
      status = "Enabled"
      filter {
        and {
          prefix = "a/"
          tags   = { keep = "no" }
        }
      }
      noncurrent_version_expiration {
        noncurrent_days = 30
      }
      abort_incomplete_multipart_upload {
        days_after_initiation = 2
      }
    }
  }
}

resource "aws_s3_bucket_cors_configuration" "data" {
  count  = local.first
  bucket = aws_s3_bucket.data.id
  cors_rule {
    allowed_methods = ["GET", "PUT"]
    allowed_origins = ["https://example.com"]
    max_age_seconds = 60
  }
}

resource "aws_s3_bucket_website_configuration" "data" {
  count  = local.first
  bucket = aws_s3_bucket.data.id
  index_document {
    suffix = "index.html"
  }
}

resource "aws_s3_bucket_logging" "data" {
  count         = local.first
  bucket        = aws_s3_bucket.data.id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "data/"
}

resource "aws_s3_bucket_notification" "data" {
  count       = local.first
  bucket      = aws_s3_bucket.data.id
  eventbridge = true
}

resource "aws_s3_bucket_accelerate_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  status = var.second ? "Suspended" : "Enabled"
}

resource "aws_s3_bucket_request_payment_configuration" "data" {
  bucket = aws_s3_bucket.data.id
  payer  = var.second ? "BucketOwner" : "Requester"
}

resource "aws_s3_object" "note" {
  bucket             = aws_s3_bucket_versioning.data.bucket
  key                = "notes/one.txt"
  content            = var.second ? "changed" : "first"
  content_type       = "text/plain"
  checksum_algorithm = "SHA256"
  metadata           = { written = "by-terraform" }
  tags               = var.second ? { keep = "no" } : { keep = "yes" }
}

resource "aws_s3_object_copy" "note" {
  bucket            = aws_s3_bucket.logs.id
  key               = "copy.txt"
  source            = "${aws_s3_object.note.bucket}/${aws_s3_object.note.key}"
  tagging_directive = "REPLACE" # the provider takes tags that are copied for a change
}

data "aws_s3_objects" "data" {
  bucket     = aws_s3_bucket.data.id
  depends_on = [aws_s3_object.note]
}

output "keys" { value = data.aws_s3_objects.data.keys }
output "version" { value = aws_s3_object.note.version_id }
