variable "name" {
  description = "Name of the system, before the names of all its parts."
  type        = string
  default     = "ops-example"
  nullable    = false
}

variable "region" {
  description = "Region."
  type        = string
  default     = "eu-central-1"
  nullable    = false
}

variable "images" {
  description = "Images of ops-api and ops-worker, by digest: what the release pipeline printed."
  type = object({
    api    = string
    worker = string
  })
  nullable = false
}

variable "domain_name" {
  description = "Public name of the API."
  type        = string
  nullable    = false
}

variable "zone_id" {
  description = "Public Route 53 zone that the name is in."
  type        = string
  nullable    = false
}

variable "alarm_email" {
  description = "Who is told when something is wrong."
  type        = string
  nullable    = false
}

variable "repository" {
  description = "Repository on GitHub, owner/name, whose workflows push images and deploy."
  type        = string
  nullable    = false
}

variable "repository_ids" {
  description = "Its id and its owner's, if its tokens have them: repositories made since July 2026 (module github_oidc); null: names only."
  type = object({
    owner      = number
    repository = number
  })
  default = null
}

variable "provider_arn" {
  description = "The account's OIDC provider of GitHub, if it has one: output `provider_arn` of terraform/bootstrap; null: it is made here."
  type        = string
  default     = null
}

variable "instances" {
  description = "How many instances there are at the least: each carries one task of the API on its fixed port."
  type        = number
  default     = 3
  nullable    = false
}

variable "api_tasks" {
  description = "How many tasks of the API there are: fewer than instances, so that a deployment has room."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.api_tasks >= 1 && var.api_tasks < var.instances
    error_message = "api_tasks must be fewer than instances: a deployment begins on the one that is free."
  }
}
