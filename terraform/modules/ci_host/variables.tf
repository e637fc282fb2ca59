variable "name" {
  description = "Name of the host."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 32 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "placement" {
  description = "Where the host runs: output `placement` of the module network."
  type = object({
    vpc_id           = string
    subnet_ids       = list(string)
    assign_public_ip = optional(bool, false)
  })
  nullable = false

  validation {
    condition     = length(var.placement.subnet_ids) > 0
    error_message = "placement needs at least one subnet."
  }

  validation {
    condition     = !var.placement.assign_public_ip
    error_message = "placement: a host has no public address, so it needs subnets with another way out: egress of the module network must not be public."
  }
}

variable "namespace" {
  description = "Cloud Map namespace in which `<name>.<namespace>` is the host; null: none."
  type = object({
    id   = string
    name = string
  })
  default = null
}

variable "image" {
  description = "Image of Jenkins, by digest, from a public registry."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^\\s@]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must be given by digest: repository@sha256:<64 hex digits>."
  }

  validation {
    condition     = !can(regex("\\.dkr\\.ecr\\.", var.image))
    error_message = "image must be public: the host logs in to no registry."
  }
}

variable "clients" {
  description = "Who may connect: name -> security group."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "entry" {
  description = "Load balancer that leads to port 8080 of the host: output `entries[...]` of the module edge, with target_type instance; null: clients reach it directly."
  type = object({
    kind              = optional(string, "target_group")
    url               = optional(string)
    security_group_id = string
    target_group_arn  = optional(string)
    target_group      = optional(string)
    load_balancer     = optional(string)
    elb_name          = optional(string)
  })
  default = null
}

variable "url" {
  description = "URL under which people open Jenkins; null: that of its name in the namespace."
  type        = string
  default     = null

  validation {
    condition     = var.url == null || can(regex("^https?://", var.url))
    error_message = "url must begin with http:// or https://."
  }

  validation {
    condition     = var.url != null || var.namespace != null
    error_message = "url is required without a namespace: nothing else gives it a name."
  }
}

variable "policies" {
  description = "What its jobs may do in AWS: name -> IAM policy document as JSON. Least privilege, as of github_oidc: no wildcards."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "instance" {
  description = "The host. image_parameter names the SSM parameter of the machine image; null: Amazon Linux 2023 of the architecture."
  type = object({
    type                   = optional(string, "t3.large")
    architecture           = optional(string, "X86_64")
    image_parameter        = optional(string)
    root_gib               = optional(number, 30)
    data_gib               = optional(number, 50)
    termination_protection = optional(bool, true)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["X86_64", "ARM64"], var.instance.architecture)
    error_message = "instance.architecture must be X86_64 or ARM64."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed key for volumes and log group."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, not of an alias."
  }
}

variable "log_retention_days" {
  description = "How long log events are kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of the periods that CloudWatch Logs has, such as 30, 90, 365."
  }
}
