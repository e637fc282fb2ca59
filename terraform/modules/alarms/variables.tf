variable "name" {
  description = "What the names of all alarms begin with, followed by a hyphen."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,22}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 24 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "subscriptions" {
  description = "Who is told: name -> protocol (email, https, sqs, lambda, sms) and endpoint. An alarm without a receiver helps nobody."
  type = map(object({
    protocol = string
    endpoint = string
  }))
  nullable = false

  validation {
    condition     = length(var.subscriptions) > 0
    error_message = "subscriptions: at least one receiver."
  }

  validation {
    condition     = alltrue([for s in var.subscriptions : contains(["email", "https", "sqs", "lambda", "sms"], s.protocol)])
    error_message = "subscriptions: protocol must be email, https, sqs, lambda or sms."
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
    condition     = var.cluster.container_insights != "disabled" || alltrue([for s in var.services : s.min_running == 0])
    error_message = "cluster: without Container Insights nobody counts tasks: set it, or min_running of all services to 0."
  }
}

variable "services" {
  description = "Name -> name of the ECS service as a plain text (so that the service itself can depend on its alarms), tasks that must run, and the load balancer that leads to it. The names are fixed in the code; entry: output of edge, grpc_nlb or classic_elb; http = false: no alarms of answers, for what speaks gRPC behind an NLB, which counts none. entry.shared: others are behind the load balancer too."
  type = map(object({
    ecs_service = string
    min_running = optional(number, 1)
    http        = optional(bool, true)
    entry = optional(object({
      kind          = optional(string, "target_group")
      load_balancer = string
      target_group  = optional(string)
      shared        = optional(bool, false)
    }))
  }))
  nullable = false

  validation {
    condition     = alltrue([for s in var.services : s.min_running >= 0])
    error_message = "services: min_running must be at least 0."
  }
}

variable "queue" {
  description = "The queue, by name, with its dead-letter queue; null: none."
  type = object({
    name             = string
    dead_letter_name = string
  })
  default = null
}

variable "thresholds" {
  description = "When an alarm goes off: 5xx answers in per cent of all, 99th percentile of the answer time, age of the oldest message, use of CPU and memory."
  type = object({
    error_percent    = optional(number, 1)
    latency_s        = optional(number, 1)
    oldest_age_s     = optional(number, 300)
    cpu_percent      = optional(number, 90)
    memory_percent   = optional(number, 90)
    dead_letters     = optional(number, 0)
    evaluate_periods = optional(number, 3)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.thresholds.error_percent > 0 && var.thresholds.error_percent <= 100 && var.thresholds.cpu_percent <= 100 && var.thresholds.memory_percent <= 100 && var.thresholds.latency_s > 0 && var.thresholds.oldest_age_s > 0 && var.thresholds.dead_letters >= 0 && var.thresholds.evaluate_periods >= 1
    error_message = "thresholds: percentages 0 to 100, times more than 0, evaluate_periods at least 1."
  }
}

variable "runbook_url" {
  description = "Where those who are woken look, as a URL; part of every alarm's text. null: opsctl and docs/runbook.md are named."
  type        = string
  default     = null

  validation {
    condition     = var.runbook_url == null || can(regex("^https?://", var.runbook_url))
    error_message = "runbook_url must be a URL: it is read in an e-mail."
  }
}

variable "dashboard" {
  description = "Whether there is a CloudWatch dashboard of the same metrics."
  type        = bool
  default     = true
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed key for the topic; its services must be cloudwatch and events (module key)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, not of an alias."
  }
}
