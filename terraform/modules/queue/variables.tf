variable "name" {
  description = "Name of the queue; its dead-letter queue is `<name>-dlq`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,74}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 76 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "visibility_timeout_s" {
  description = "How long a received message is hidden. ops-worker extends it while work is under way."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.visibility_timeout_s >= 2 && var.visibility_timeout_s <= 43200
    error_message = "visibility_timeout_s must be 2 to 43200."
  }

  validation {
    condition     = var.visibility_timeout_s >= 6 * var.work_timeout_s
    error_message = "visibility_timeout_s must be at least 6 times work_timeout_s: else a slow store brings messages back while they are being stored."
  }
}

variable "work_timeout_s" {
  description = "How long one message is worked on, at the longest."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.work_timeout_s >= 1
    error_message = "work_timeout_s must be at least 1."
  }
}

variable "retention_s" {
  description = "How long a message waits for a worker before SQS drops it: the longest outage that loses nothing."
  type        = number
  default     = 864000
  nullable    = false

  validation {
    condition     = var.retention_s >= 3600 && var.retention_s <= 1209600
    error_message = "retention_s must be 3600 (an hour) to 1209600 (14 days)."
  }
}

variable "dead_letter_retention_s" {
  description = "The same for dead letters, counted from when the message was first sent."
  type        = number
  default     = 1209600
  nullable    = false

  validation {
    condition     = var.dead_letter_retention_s <= 1209600 && var.dead_letter_retention_s >= var.retention_s + 86400
    error_message = "dead_letter_retention_s must be at most 1209600 and a day more than retention_s: it counts from the first sending."
  }
}

variable "max_receive_count" {
  description = "Receives after which a message is a dead letter. A redelivery is normal, so 3 at least."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.max_receive_count >= 3 && var.max_receive_count <= 1000
    error_message = "max_receive_count must be 3 to 1000."
  }
}

variable "max_message_bytes" {
  description = "Longest message; ops-api makes envelopes that fit."
  type        = number
  default     = 1048576
  nullable    = false

  validation {
    condition     = var.max_message_bytes >= 1024 && var.max_message_bytes <= 1048576
    error_message = "max_message_bytes must be 1024 to 1048576."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed key for both queues."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, not of an alias."
  }
}
