variable "name" {
  description = "Name of the system, such as ops-prod, before the names of all its parts."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 20 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "placement" {
  description = "Where the services runs: output `placement` of the module network."
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

variable "cluster" {
  description = "The ECS cluster: output `cluster` of the module cluster."
  type = object({
    name               = string
    arn                = string
    container_insights = optional(string, "enhanced")
  })
  nullable = false

  validation {
    condition     = var.cluster.container_insights != "disabled" || !var.worker.scale_on_backlog
    error_message = "cluster: without Container Insights nobody counts tasks: set it, or worker.scale_on_backlog = false."
  }
}

variable "compute" {
  description = "What the tasks run on: output `fargate` or `ec2` of the module cluster, or an object like it."
  type = object({
    launch                     = optional(string, "fargate")
    network_mode               = optional(string, "awsvpc")
    architecture               = optional(string, "X86_64")
    instance_security_group_id = optional(string)
    balancer_group_ids         = optional(list(string))
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

variable "worker_compute" {
  description = "What the worker's tasks run on, when it is not what the API's do: on Fargate Spot, for one, since a worker can stop at any moment; null: the same."
  type = object({
    launch                     = optional(string, "fargate")
    network_mode               = optional(string, "awsvpc")
    architecture               = optional(string, "X86_64")
    instance_security_group_id = optional(string)
    balancer_group_ids         = optional(list(string))
    capacity_providers = optional(list(object({
      name   = string
      weight = optional(number, 1)
      base   = optional(number, 0)
    })), [])
  })
  default = null
}

variable "entry" {
  description = "Load balancer that leads to the API: output `entries[...]` of the module edge, or `entry` of classic_elb."
  type = object({
    kind              = optional(string, "target_group")
    url               = optional(string)
    security_group_id = string
    target_group_arn  = optional(string)
    target_group      = optional(string)
    load_balancer     = optional(string)
    elb_name          = optional(string)
    shared            = optional(bool, false)
  })
  nullable = false

  validation {
    condition     = var.entry.url != null
    error_message = "entry.url is required: it is what clients and opsctl are told."
  }
}

variable "namespace" {
  description = "Cloud Map namespace in which monitoring finds the tasks: output `namespace` of the module network; null: none. Its DNS tells of eight tasks of a service at most, changing ones."
  type = object({
    id   = string
    name = string
  })
  default = null

  validation {
    condition     = var.namespace == null || max(var.api.max, var.worker.max) <= 8
    error_message = "namespace: DNS tells of eight tasks at most, so Prometheus would miss others and add up wrong sums: api.max and worker.max must be at most 8 (make tasks bigger), or namespace null."
  }
}

variable "images" {
  description = "Images of ops-api and ops-worker, by digest."
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
  description = "ops-api: size, tasks at least and at most, what they are scaled by, its port (host_port: bridge mode, 0 is a free one), and further settings by their OPS_ names. With fixed host ports a deployment needs room: max_percent 100 and min_percent below."
  type = object({
    cpu                 = optional(number, 256)
    memory_mib          = optional(number, 512)
    min                 = optional(number, 2)
    max                 = optional(number, 8)
    min_percent         = optional(number, 100)
    max_percent         = optional(number, 200)
    port                = optional(number, 8080)
    host_port           = optional(number, 0)
    stop_timeout_s      = optional(number, 30)
    cpu_percent         = optional(number, 60)
    memory_percent      = optional(number)
    requests_per_minute = optional(number)
    settings            = optional(map(string), {})
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for k in keys(var.api.settings) : can(regex("^OPS_[A-Z_]+$", k))])
    error_message = "api.settings are named OPS_..."
  }

  validation {
    condition     = length(setintersection(keys(var.api.settings), ["OPS_QUEUE", "OPS_SECRET", "OPS_LISTEN", "OPS_ADMIN_LISTEN", "OPS_DRAIN_TIMEOUT_S"])) == 0
    error_message = "api.settings: OPS_QUEUE, OPS_SECRET, OPS_LISTEN, OPS_ADMIN_LISTEN and OPS_DRAIN_TIMEOUT_S follow from other inputs."
  }

  validation {
    condition     = var.api.requests_per_minute == null || var.entry.kind == "target_group"
    error_message = "api.requests_per_minute: a Classic ELB does not count requests for each target."
  }
}

variable "worker" {
  description = "ops-worker: size, tasks at least (0: none while the queue is empty; needs Container Insights) and at most, what they are scaled by, and further settings by their OPS_ names."
  type = object({
    cpu                  = optional(number, 256)
    memory_mib           = optional(number, 512)
    min                  = optional(number, 1)
    max                  = optional(number, 8)
    stop_timeout_s       = optional(number, 30)
    cpu_percent          = optional(number)
    memory_percent       = optional(number)
    scale_on_backlog     = optional(bool, true)
    acceptable_latency_s = optional(number, 60)
    processing_time_s    = optional(number, 0.1)
    settings             = optional(map(string), {})
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for k in keys(var.worker.settings) : can(regex("^OPS_[A-Z_]+$", k))])
    error_message = "worker.settings are named OPS_..."
  }

  validation {
    condition     = length(setintersection(keys(var.worker.settings), ["OPS_QUEUE", "OPS_STORE", "OPS_ADMIN_LISTEN", "OPS_VISIBILITY_TIMEOUT_S", "OPS_DRAIN_TIMEOUT_S"])) == 0
    error_message = "worker.settings: OPS_QUEUE, OPS_STORE, OPS_ADMIN_LISTEN, OPS_VISIBILITY_TIMEOUT_S and OPS_DRAIN_TIMEOUT_S follow from other inputs."
  }
}

variable "queue" {
  description = "The queue, as the module queue has it."
  type = object({
    visibility_timeout_s    = optional(number, 60)
    work_timeout_s          = optional(number, 10)
    retention_s             = optional(number, 864000)
    dead_letter_retention_s = optional(number, 1209600)
    max_receive_count       = optional(number, 5)
  })
  default  = {}
  nullable = false
}

variable "bucket" {
  description = "The bucket of the objects, as the module bucket has it; name null: `<name>-data-<account id>`."
  type = object({
    name            = optional(string)
    expire_days     = optional(number, 0)
    noncurrent_days = optional(number, 30)
    transitions     = optional(map(number), {})
    force_destroy   = optional(bool, false)
    access_log = optional(object({
      bucket = string
      prefix = optional(string)
    }))
  })
  default  = {}
  nullable = false
}

variable "token_parameter_name" {
  description = "Parameter of SSM that holds the token; null: `/<name>/token`."
  type        = string
  default     = null
}

variable "token_external" {
  description = "The parameter is made and changed outside of Terraform (opsctl token rotate): then no run of Terraform ever reads it."
  type        = bool
  default     = true
  nullable    = false
}

variable "token" {
  description = "The token, when Terraform makes the parameter: written, never kept in state or plan."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true
}

variable "token_version" {
  description = "Raise it to write `token` again."
  type        = number
  default     = 1
  nullable    = false
}

variable "alarms" {
  description = "Who is told (name -> protocol and endpoint), where they look, and the thresholds, as the module alarms has them."
  type = object({
    subscriptions = map(object({
      protocol = string
      endpoint = string
    }))
    runbook_url = optional(string)
    dashboard   = optional(bool, true)
    thresholds = optional(object({
      error_percent    = optional(number, 1)
      latency_s        = optional(number, 1)
      oldest_age_s     = optional(number, 300)
      cpu_percent      = optional(number, 90)
      memory_percent   = optional(number, 90)
      dead_letters     = optional(number, 0)
      evaluate_periods = optional(number, 3)
    }), {})
  })
  nullable = false
}

variable "exec" {
  description = "Allow ECS Exec, which makes the root file systems writable. Not for production."
  type        = bool
  default     = false
  nullable    = false
}

variable "wait" {
  description = "Whether apply ends only when the new tasks are steady, and fails when they were rolled back."
  type        = bool
  default     = true
  nullable    = false
}

variable "profile" {
  description = "Profile in the AWS configuration files of those who operate the system, for `opsctl context import`; null: theirs to choose."
  type        = string
  default     = null
}

variable "data_key_arn" {
  description = "ARN of the customer-managed key for queue, bucket and token."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/", var.data_key_arn))
    error_message = "data_key_arn must be the ARN of a key, not of an alias."
  }
}

variable "logs_key_arn" {
  description = "ARN of the customer-managed key for log groups and the alarms' topic; its services must be logs, cloudwatch and events (module key)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/", var.logs_key_arn))
    error_message = "logs_key_arn must be the ARN of a key, not of an alias."
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
