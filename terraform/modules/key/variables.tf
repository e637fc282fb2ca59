variable "name" {
  description = "Name of the key; its alias is `alias/<name>`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 32 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "description" {
  description = "What the key encrypts."
  type        = string
  nullable    = false
}

variable "services" {
  description = "AWS services that use the key by themselves: logs, cloudwatch (alarms to SNS), events (EventBridge to SNS), sns. What is called with a role's own permissions needs no entry."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.services, ["logs", "cloudwatch", "events", "sns"])) == 0
    error_message = "services must be among logs, cloudwatch, events, sns."
  }
}

variable "deletion_window_days" {
  description = "Days between the deletion of the key and its end, in which it can be had back."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "deletion_window_days must be 7 to 30."
  }
}
