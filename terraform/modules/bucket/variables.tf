variable "name" {
  description = "Name of the bucket, unique in all of AWS: put the account's id into it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "kms_key" {
  description = "Key that encrypts the objects; null: S3's own, which is all that load balancers can write access logs under."
  type = object({
    arn = string
  })
  default = null

  validation {
    condition     = var.kms_key == null || length(setsubtract(var.log_writers, ["nlb"])) == 0
    error_message = "kms_key must be null where alb, classic_elb or s3 write logs: they cannot use it."
  }
}

variable "log_writers" {
  description = "Services that may write access logs under AWSLogs/ (alb, nlb, classic_elb) or anywhere (s3)."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.log_writers, ["alb", "nlb", "classic_elb", "s3"])) == 0
    error_message = "log_writers must be among alb, nlb, classic_elb, s3."
  }
}

variable "access_log" {
  description = "Bucket that keeps a log of the requests to this one; null: none."
  type = object({
    bucket = string
    prefix = optional(string)
  })
  default = null
}

variable "expire_days" {
  description = "Days after which objects go; 0: never. Never on records that nobody has verified."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.expire_days >= 0
    error_message = "expire_days must be at least 0."
  }
}

variable "noncurrent_days" {
  description = "Days for which a replaced or deleted object can be had back."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.noncurrent_days >= 1
    error_message = "noncurrent_days must be at least 1."
  }
}

variable "transitions" {
  description = "Cheaper classes for older objects: storage class -> days. S3 wants 30 days before STANDARD_IA."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.transitions), ["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"])) == 0
    error_message = "transitions must be among STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING, GLACIER_IR, GLACIER, DEEP_ARCHIVE."
  }

  validation {
    condition     = alltrue([for class, days in var.transitions : days >= (endswith(class, "_IA") ? 30 : 0)])
    error_message = "transitions: STANDARD_IA and ONEZONE_IA need 30 days."
  }
}

variable "force_destroy" {
  description = "Whether destroy deletes the objects too."
  type        = bool
  default     = false
  nullable    = false
}
