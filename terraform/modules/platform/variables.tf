variable "name" {
  description = "Name of the system, such as ops-prod, before the names of all its parts."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 20 lower-case letters, digits and hyphens, and begin with a letter."
  }

  validation {
    condition     = var.domains.grafana == null || length(var.name) <= 12
    error_message = "name must have at most 12 characters where there is monitoring (domains.grafana), whose parts are called <name>-mon-..."
  }
}

variable "environment" {
  description = "Name of the environment on GitHub, whose approval guards deployments."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*$", var.environment))
    error_message = "environment must be lower-case letters, digits and hyphens."
  }
}

variable "domains" {
  description = "Public names: of the API, and of Grafana; null: no monitoring behind this load balancer."
  type = object({
    api     = string
    grafana = optional(string)
  })
  nullable = false
}

variable "zone_id" {
  description = "Public Route 53 zone of the names."
  type        = string
  nullable    = false
}

variable "network" {
  description = "Range of the VPC, number of zones, and the way out, as the module network has them."
  type = object({
    cidr       = optional(string, "10.0.0.0/16")
    zone_count = optional(number, 2)
    egress     = optional(string, "nat_per_az")
  })
  default  = {}
  nullable = false
}

variable "waf" {
  description = "Web ACL before the API, as the module edge has it; null: none."
  type = object({
    rate_limit = optional(number, 100000)
  })
  default = {}
}

variable "spot_weight" {
  description = "Share of the worker's tasks on Fargate Spot, for each on Fargate: a worker can stop at any moment. 0: none."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.spot_weight >= 0 && var.spot_weight <= 1000
    error_message = "spot_weight must be 0 to 1000."
  }
}

variable "images" {
  description = "Images of ops-api and ops-worker, by digest, for the first apply; from then on deployments say which."
  type = object({
    api    = string
    worker = string
  })
  nullable = false

  validation {
    condition     = alltrue([for i in values(var.images) : can(regex("^[^\\s@]+@sha256:[0-9a-f]{64}$", i))])
    error_message = "images must be given by digest: repository@sha256:<64 hex digits>."
  }
}

variable "api" {
  description = "ops-api: tasks at least and at most (8 can be monitored), size, and further settings."
  type = object({
    min        = optional(number, 2)
    max        = optional(number, 8)
    cpu        = optional(number, 256)
    memory_mib = optional(number, 512)
    settings   = optional(map(string), {})
  })
  default  = {}
  nullable = false
}

variable "worker" {
  description = "ops-worker: the same."
  type = object({
    min        = optional(number, 1)
    max        = optional(number, 8)
    cpu        = optional(number, 256)
    memory_mib = optional(number, 512)
    settings   = optional(map(string), {})
  })
  default  = {}
  nullable = false
}

variable "alarm_subscriptions" {
  description = "Who is told: name -> protocol and endpoint, as the module alarms has them."
  type = map(object({
    protocol = string
    endpoint = string
  }))
  nullable = false
}

variable "github" {
  description = "Repository on GitHub (owner/name; and the ids of both, if its tokens have them, see the module github_oidc) whose workflows deploy here, and the account's OIDC provider (output of bootstrap); null: nobody deploys from GitHub."
  type = object({
    repository   = string
    provider_arn = string
    repository_ids = optional(object({
      owner      = number
      repository = number
    }))
  })
  default = null
}

variable "is_disposable" {
  description = "Whether destroy may take everything with it: load balancer and objects. For development."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_retention_days" {
  description = "How long log events are kept."
  type        = number
  default     = 365
  nullable    = false
}
