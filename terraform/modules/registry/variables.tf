variable "name" {
  description = "Name before those of the repositories: `<name>/<repository>`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 32 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "repositories" {
  description = "The repositories."
  type        = set(string)
  default     = ["api", "worker", "opsctl"]
  nullable    = false

  validation {
    condition     = alltrue([for r in var.repositories : can(regex("^[a-z0-9]+([._-][a-z0-9]+)*$", r))])
    error_message = "repositories: names are lower-case letters and digits, parted by single dots, underscores or hyphens."
  }
}

variable "keep_images" {
  description = "How many images of a repository are kept, the newest. A push is about three of them (index, image, attestation), and each one of the main branch counts: 200 are some 60 pushes, and what production runs must be among them."
  type        = number
  default     = 200
  nullable    = false

  validation {
    condition     = var.keep_images >= 2 && var.keep_images <= 10000
    error_message = "keep_images must be 2 to 10000."
  }
}

variable "untagged_days" {
  description = "Days after which images without a tag go."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.untagged_days >= 1
    error_message = "untagged_days must be at least 1."
  }
}

variable "pull_account_ids" {
  description = "Other accounts that may pull."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for a in var.pull_account_ids : can(regex("^[0-9]{12}$", a))])
    error_message = "pull_account_ids must be of 12 digits."
  }
}

variable "force_delete" {
  description = "Whether destroy deletes the images too."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed key for the images."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, not of an alias."
  }
}
