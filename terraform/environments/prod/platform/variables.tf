variable "region" {
  description = "Region."
  type        = string
  default     = "eu-central-1"
  nullable    = false
}

variable "domains" {
  description = "Public names of the API and of Grafana."
  type = object({
    api     = string
    grafana = string
  })
  nullable = false
}

variable "zone_id" {
  description = "Public Route 53 zone of the names."
  type        = string
  nullable    = false
}

variable "alarm_subscriptions" {
  description = "Who is told: name -> protocol and endpoint."
  type = map(object({
    protocol = string
    endpoint = string
  }))
  nullable = false
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
}
