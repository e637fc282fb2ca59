variable "name" {
  description = "Name of the parameter, such as /ops/prod/token, or of the secret of Secrets Manager."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", var.name)) && length(var.name) <= 512
    error_message = "name must be made of letters, digits, dots, underscores, hyphens and slashes."
  }

  validation {
    condition     = !(var.backend == "ssm" && strcontains(trimprefix(var.name, "/"), "/") && !startswith(var.name, "/"))
    error_message = "name of a parameter with slashes must begin with one."
  }
}

variable "backend" {
  description = "ssm (a SecureString) or secretsmanager."
  type        = string
  default     = "ssm"
  nullable    = false

  validation {
    condition     = contains(["ssm", "secretsmanager"], var.backend)
    error_message = "backend must be ssm or secretsmanager."
  }
}

variable "external" {
  description = "The secret is made and changed outside of Terraform (opsctl token rotate), and only named here."
  type        = bool
  default     = false
  nullable    = false
}

variable "value" {
  description = "The secret itself: written, never kept in state or plan. Of no use when external."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = var.external || var.value != null
    error_message = "value is required, unless external is true."
  }
}

variable "value_version" {
  description = "Raise it to write `value` again; Terraform cannot see whether it changed."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.value_version >= 1 && floor(var.value_version) == var.value_version
    error_message = "value_version must be a whole number from 1."
  }
}

variable "description" {
  description = "What the secret is for."
  type        = string
  default     = "Made by Terraform."
  nullable    = false
}

variable "rotation" {
  description = "Function that Secrets Manager calls to change the secret, and every how many days; null: none."
  type = object({
    lambda_arn = string
    days       = optional(number, 30)
  })
  default = null

  validation {
    condition     = var.rotation == null || var.backend == "secretsmanager"
    error_message = "rotation is Secrets Manager's: backend must be secretsmanager. For ssm: opsctl token rotate."
  }

  validation {
    condition     = var.rotation == null || try(var.rotation.days >= 1 && var.rotation.days <= 90, false)
    error_message = "rotation.days must be 1 to 90."
  }
}

variable "recovery_window_days" {
  description = "Days in which Secrets Manager gives a deleted secret back; 0: none."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.recovery_window_days == 0 || (var.recovery_window_days >= 7 && var.recovery_window_days <= 30)
    error_message = "recovery_window_days must be 0, or 7 to 30."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed key for the secret."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, not of an alias."
  }
}
