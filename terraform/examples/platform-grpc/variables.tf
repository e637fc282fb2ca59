variable "name" {
  description = "Name of the platform, before the names of all its parts."
  type        = string
  default     = "platform"
  nullable    = false
}

variable "region" {
  description = "Region."
  type        = string
  default     = "eu-central-1"
  nullable    = false
}

variable "services" {
  description = "The services: name -> image by digest, port, how it is reached (grpc: behind the NLB; http: on the ALB under `host`), how gRPC or HTTP is asked for its health, the port of /metrics, if it has one, and where else it connects to."
  type = map(object({
    image        = string
    port         = number
    protocol     = string
    host         = optional(string)
    method       = optional(string, "grpc.health.v1.Health/Check")
    health_path  = optional(string, "/health")
    metrics_port = optional(number)
    cpu          = optional(number, 256)
    memory_mib   = optional(number, 512)
    min          = optional(number, 2)
    max          = optional(number, 6)
    environment  = optional(map(string), {})
    egress       = optional(map(object({ port = number, cidr = string })), {})
  }))
  nullable = false

  validation {
    condition     = alltrue([for s in var.services : contains(["grpc", "http"], s.protocol) && (s.protocol == "grpc" || s.host != null)])
    error_message = "services: protocol must be grpc, or http with a host."
  }

  validation {
    condition     = length(distinct([for s in var.services : s.port if s.protocol == "grpc"])) == length([for s in var.services : s.port if s.protocol == "grpc"])
    error_message = "services: gRPC services need a port each, since they share a load balancer."
  }
}

variable "domain_name" {
  description = "Public name below which the platform's are; a certificate is made for it and for the hosts of services."
  type        = string
  nullable    = false
}

variable "zone_id" {
  description = "Public Route 53 zone of the names."
  type        = string
  nullable    = false
}

variable "private_domain_name" {
  description = "Name of a private zone that is made, in which `<service>.<name>` leads to a gRPC service; null: none, the load balancer's own name does."
  type        = string
  default     = null
}

variable "alarm_email" {
  description = "Who is told when something is wrong."
  type        = string
  nullable    = false
}

variable "images" {
  description = "Images of the broker, the CI and the VPN, by digest; those of logs and metrics are their modules' own."
  type = object({
    pulsar   = string
    jenkins  = string
    twingate = string
  })
  nullable = false
}

variable "vpn" {
  description = "The Twingate network, and the parameters that hold the connector's tokens."
  type = object({
    network = string
    access  = string
    refresh = string
  })
  nullable = false
}

variable "database_rotation" {
  description = "Function that Secrets Manager calls to change the database's password; null: none."
  type = object({
    lambda_arn = string
    days       = optional(number, 30)
  })
  default = null
}

variable "grafana_password" {
  description = "Password of Grafana's admin: written, never kept in state or plan."
  type        = string
  ephemeral   = true
  sensitive   = true
  nullable    = false
}

variable "database_password" {
  description = "First password of the database: written, never kept in state or plan."
  type        = string
  ephemeral   = true
  sensitive   = true
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
