variable "region" {
  description = "Region."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be one of AWS, such as eu-central-1."
  }
}

variable "domains" {
  description = "Public names of the API and of Grafana."
  type = object({
    api     = string
    grafana = string
  })
  nullable = false

  validation {
    condition     = alltrue([for name in values(var.domains) : can(regex("^([a-z0-9-]+[.])+[a-z]{2,}$", name))])
    error_message = "domains must be names such as intake.example.com: no scheme, no path."
  }
}

variable "zone_id" {
  description = "Id of the public Route 53 zone of the names."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^Z[A-Z0-9]+$", var.zone_id))
    error_message = "zone_id must be the id of a zone, such as Z0123456789ABCDEFGHIJ, and not its name."
  }
}

variable "alarm_subscriptions" {
  description = "Who is told: name -> protocol and endpoint."
  type = map(object({
    protocol = string
    endpoint = string
  }))
  nullable = false

  validation {
    condition     = alltrue([for s in values(var.alarm_subscriptions) : s.protocol != "email" || can(regex("^[^@ ]+@[^@ ]+$", s.endpoint))])
    error_message = "alarm_subscriptions: the endpoint of an email must be an address."
  }
}

variable "github" {
  description = "Repository on GitHub, with its ids and its owner's if its tokens have them (module github_oidc), and the account's OIDC provider (output of bootstrap); null: nobody deploys from GitHub."
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

variable "images" {
  description = "Images of ops-api and ops-worker, by digest, for the first apply."
  type = object({
    api    = string
    worker = string
  })
  nullable = false

  validation {
    condition     = alltrue([for i in values(var.images) : can(regex("^[^\\s@]+@sha256:[0-9a-f]{64}$", i))])
    error_message = "images must be given by digest, as each push prints it: repository@sha256:<64 hex digits>."
  }
}
