variable "name" {
  description = "Name of the connector."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 32 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "cluster" {
  description = "The ECS cluster: output `cluster` of the module cluster."
  type = object({
    name = string
    arn  = string
  })
  nullable = false
}

variable "compute" {
  description = "What the tasks run on: output `fargate` or `ec2` of the module cluster, or an object like it."
  type = object({
    launch                     = optional(string, "fargate")
    network_mode               = optional(string, "awsvpc")
    architecture               = optional(string, "X86_64")
    instance_security_group_id = optional(string)
    capacity_providers = optional(list(object({
      name   = string
      weight = optional(number, 1)
      base   = optional(number, 0)
    })), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["fargate", "ec2"], var.compute.launch)
    error_message = "compute.launch must be fargate or ec2."
  }

  validation {
    condition     = contains(["X86_64", "ARM64"], var.compute.architecture)
    error_message = "compute.architecture must be X86_64 or ARM64."
  }
}

variable "placement" {
  description = "Where the connector runs: output `placement` of the module network."
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
}

variable "image" {
  description = "Image of the Twingate connector, by digest."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^\\s@]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must be given by digest: repository@sha256:<64 hex digits>."
  }
}

variable "network" {
  description = "Name of the Twingate network: `<network>.twingate.com`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9-]+$", var.network))
    error_message = "network must be the first label of the network's name."
  }
}

variable "token_arns" {
  description = "Secrets (Secrets Manager) or parameters that hold the connector's two tokens; made outside of Terraform. key_arns are their KMS keys."
  type = object({
    access   = string
    refresh  = string
    key_arns = optional(list(string), [])
  })
  nullable = false
}

variable "reach" {
  description = "What people may reach through it: name -> an IPv4 range or a security group, and a port."
  type = map(object({
    port              = number
    cidr              = optional(string)
    security_group_id = optional(string)
  }))
  default  = {}
  nullable = false
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed key for the log group."
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
