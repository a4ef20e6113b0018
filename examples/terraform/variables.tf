variable "endpoint" {
  description = "Where the server is"
  type        = string
  default     = "http://127.0.0.1:8242"
}

variable "region" {
  description = "The region the portfolios live in; shares are used in the same one"
  type        = string
  default     = "us-east-1"
}

variable "owner_account" {
  description = "The account that makes and shares the portfolio"
  type        = string
  default     = "111111111111"
}

variable "recipient_account" {
  description = "The account outside of the organization that it is shared with"
  type        = string
  default     = "222222222222"
}

variable "product_name" {
  description = "What end users see"
  type        = string
  default     = "Private bucket"
}

variable "portfolio_tags" {
  description = "Tags of the portfolio"
  type        = map(string)
  default     = { team = "storage", stage = "trial" }
}

variable "max_keep_days" {
  description = "The most days that a launch may keep replaced objects"
  type        = number
  default     = 90
}

variable "tag_updates" {
  description = "Whether tags of launched products may be changed: ALLOWED or NOT_ALLOWED"
  type        = string
  default     = "NOT_ALLOWED"
}

variable "share_tag_options" {
  description = "Whether the recipients' launches get the owner's TagOptions"
  type        = bool
  default     = true
}

variable "share_principals" {
  description = "Whether the owner's principal patterns hold in the accounts of the organization"
  type        = bool
  default     = true
}

variable "offer_development" {
  description = "Whether the TagOption for development may still be chosen"
  type        = bool
  default     = true
}
