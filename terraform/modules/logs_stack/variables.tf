variable "name" {
  description = "Name before those of the services."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 20 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "engine" {
  description = "loki (Loki on a bucket, read in Grafana) or elk (Elasticsearch, Logstash, Kibana)."
  type        = string
  default     = "loki"
  nullable    = false

  validation {
    condition     = contains(["loki", "elk"], var.engine)
    error_message = "engine must be loki or elk."
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
  description = "Where the stack runs: output `placement` of the module network."
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

variable "namespace" {
  description = "Cloud Map namespace for its services: output `namespace` of the module network."
  type = object({
    id   = string
    name = string
  })
  nullable = false
}

variable "images" {
  description = "Images by digest: loki; or elasticsearch, logstash and kibana. Loki 3.4.2 it is, since its configuration is unpacked by a shell, which images have until 3.5 (grafana/loki#19502)."
  type = object({
    loki          = optional(string, "grafana/loki@sha256:58a6c186ce78ba04d58bfe2a927eff296ba733a430df09645d56cdc158f3ba08")
    elasticsearch = optional(string)
    logstash      = optional(string)
    kibana        = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.engine != "elk" || alltrue([for name in ["elasticsearch", "logstash", "kibana"] : var.images[name] != null])
    error_message = "images must be elasticsearch, logstash and kibana with engine = elk."
  }

  validation {
    condition     = alltrue([for i in values(var.images) : can(regex("^[^\\s@]+@sha256:[0-9a-f]{64}$", i)) if i != null])
    error_message = "images must be given by digest: repository@sha256:<64 hex digits>."
  }
}

variable "bucket" {
  description = "Bucket in which Loki keeps chunks and index (module bucket); required with engine = loki."
  type = object({
    name        = string
    arn         = string
    kms_key_arn = string
  })
  default = null

  validation {
    condition     = var.engine != "loki" || var.bucket != null
    error_message = "bucket is required with engine = loki."
  }
}

variable "retention_days" {
  description = "Days for which logs are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.retention_days >= 1
    error_message = "retention_days must be at least 1."
  }
}

variable "clients" {
  description = "Who may connect: name -> security group."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "entry" {
  description = "Load balancer that leads to Kibana (port 5601): output `entries[...]` of the module edge; null: none. Loki is read through Grafana."
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

variable "kms_key_arn" {
  description = "ARN of the customer-managed key for log groups and data."
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
