variable "name" {
  description = "Name of the cluster."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 32 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed key for the logs of ECS Exec."
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

variable "container_insights" {
  description = "Container Insights: enhanced, enabled or disabled. Scaling on the backlog of a queue and alarms of missing tasks need it."
  type        = string
  default     = "enhanced"
  nullable    = false

  validation {
    condition     = contains(["enhanced", "enabled", "disabled"], var.container_insights)
    error_message = "container_insights must be enhanced, enabled or disabled."
  }
}

variable "fargate" {
  description = "Shares of Fargate and Fargate Spot in what `fargate` puts out: base tasks always on Fargate, then by weight; null: no Fargate."
  type = object({
    base         = optional(number, 1)
    weight       = optional(number, 1)
    spot_weight  = optional(number, 0)
    architecture = optional(string, "X86_64")
  })
  default = {}

  validation {
    condition     = var.fargate == null || try(var.fargate.weight + var.fargate.spot_weight, 0) > 0
    error_message = "fargate.weight and fargate.spot_weight must not both be 0."
  }
}

variable "ec2" {
  description = "Instances of our own in an auto-scaling group; null: none. managed: ECS sizes the group and drains instances by a capacity provider; without it min_size instances stay, which is the only way for services behind a Classic ELB. network_mode is what tasks on them use: bridge or awsvpc. image_parameter names the SSM parameter of the machine image; the default changes with each image of AWS, one that ends in /<version>/image_id never. balancers: name -> security group of a load balancer that leads to free ports of tasks in bridge mode."
  type = object({
    vpc_id                 = string
    subnet_ids             = list(string)
    managed                = optional(bool, true)
    instance_type          = optional(string, "t3.small")
    architecture           = optional(string, "X86_64")
    network_mode           = optional(string, "bridge")
    min_size               = optional(number, 1)
    max_size               = optional(number, 4)
    target_capacity        = optional(number, 100)
    image_parameter        = optional(string)
    volume_gib             = optional(number, 30)
    termination_protection = optional(bool, true)
    force_delete           = optional(bool, false)
    balancers              = optional(map(string), {})
  })
  default = null

  validation {
    condition     = var.ec2 == null || try(var.ec2.min_size >= 0 && var.ec2.max_size >= var.ec2.min_size && var.ec2.max_size > 0, false)
    error_message = "ec2.min_size must be at least 0 and ec2.max_size at least that, and 1."
  }

  validation {
    condition     = !try(var.ec2.managed, false) || !can(regex("^(aws|ecs|fargate)", var.name))
    error_message = "name must not begin with aws, ecs or fargate: no capacity provider of ours may be called so."
  }

  validation {
    condition     = var.ec2 == null || try(var.ec2.target_capacity >= 1 && var.ec2.target_capacity <= 100, false)
    error_message = "ec2.target_capacity must be 1 to 100 per cent."
  }

  validation {
    condition     = var.ec2 == null || contains(["bridge", "awsvpc"], try(var.ec2.network_mode, ""))
    error_message = "ec2.network_mode must be bridge or awsvpc."
  }

  validation {
    condition     = var.ec2 == null || contains(["X86_64", "ARM64"], try(var.ec2.architecture, ""))
    error_message = "ec2.architecture must be X86_64 or ARM64."
  }

  validation {
    condition     = var.ec2 != null || var.fargate != null
    error_message = "A cluster needs fargate, ec2, or both."
  }
}
