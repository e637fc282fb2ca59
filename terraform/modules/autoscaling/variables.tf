variable "name" {
  description = "Name before those of the policies."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,38}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 40 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "cluster_name" {
  description = "Name of the cluster."
  type        = string
  nullable    = false
}

variable "service_name" {
  description = "Name of the ECS service."
  type        = string
  nullable    = false
}

variable "tasks" {
  description = "Least and most tasks. The least may be 0 for a worker with `backlog`, which starts again when messages come."
  type = object({
    min = number
    max = number
  })
  nullable = false

  validation {
    condition     = var.tasks.min >= 0 && var.tasks.max >= 1 && var.tasks.max >= var.tasks.min
    error_message = "tasks.min must be at least 0 and tasks.max at least that, and 1."
  }

  validation {
    condition     = var.tasks.min > 0 || var.backlog != null
    error_message = "tasks.min must be at least 1 without backlog: nothing else can see work that no task does."
  }
}

variable "cpu_percent" {
  description = "Average use of the CPU to hold; null: not scaled by it."
  type        = number
  default     = null

  validation {
    condition     = var.cpu_percent == null || try(var.cpu_percent >= 10 && var.cpu_percent <= 90, false)
    error_message = "cpu_percent must be 10 to 90."
  }
}

variable "memory_percent" {
  description = "Average use of the memory to hold; null: not scaled by it. For programs whose memory follows load, which ops-api's and ops-worker's hardly does."
  type        = number
  default     = null

  validation {
    condition     = var.memory_percent == null || try(var.memory_percent >= 10 && var.memory_percent <= 90, false)
    error_message = "memory_percent must be 10 to 90."
  }
}

variable "requests" {
  description = "Requests in a minute to hold for each target of an ALB's target group, given by the dimensions of both; null: not scaled by it."
  type = object({
    load_balancer = string
    target_group  = string
    per_minute    = number
  })
  default = null

  validation {
    condition     = var.requests == null || try(var.requests.per_minute > 0, false)
    error_message = "requests.per_minute must be more than 0."
  }
}

variable "backlog" {
  description = "Messages waiting for each task, held at acceptable_latency_s / processing_time_s: how old a message may get, and how long one takes a task (parallel work counted in). Needs Container Insights; null: not scaled by it."
  type = object({
    queue_name           = string
    acceptable_latency_s = optional(number, 60)
    processing_time_s    = optional(number, 0.1)
  })
  default = null

  validation {
    condition     = var.backlog == null || try(var.backlog.processing_time_s > 0 && var.backlog.acceptable_latency_s / var.backlog.processing_time_s >= 1 && var.backlog.acceptable_latency_s / var.backlog.processing_time_s <= 1000000, false)
    error_message = "backlog: acceptable_latency_s / processing_time_s must be 1 to 1000000 messages for a task."
  }
}

variable "schedule" {
  description = "Other limits at certain times: name -> when, as cron(...), rate(...) or at(...), and the limits from then on."
  type = map(object({
    when     = string
    min      = number
    max      = number
    timezone = optional(string, "UTC")
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for s in var.schedule : can(regex("^(cron|rate|at)\\(.+\\)$", s.when)) && s.min >= 0 && s.max >= s.min])
    error_message = "schedule: when must be cron(...), rate(...) or at(...), and max at least min."
  }
}

variable "cooldown_s" {
  description = "Rest after scaling out and in."
  type = object({
    out = optional(number, 30)
    in  = optional(number, 300)
  })
  default  = {}
  nullable = false
}
