variable "name" {
  description = "Name of the load balancer, before the names of its target groups."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 20 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "vpc_id" {
  description = "VPC of the load balancer."
  type        = string
  nullable    = false
}

variable "subnet_ids" {
  description = "Subnets of the load balancer, one in each zone: the private ones."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must be in at least two zones."
  }
}

variable "listeners" {
  description = "Name -> a port of the load balancer and the target group behind it. protocol TCP carries gRPC as it comes (h2c, or TLS of the task's own), TLS ends TLS here and needs `certificate`. The health check is a connection (TCP) or a request (HTTP, HTTPS) to health_port; gRPC's own health method is asked by the container's check and by opsctl, since a network load balancer cannot."
  type = map(object({
    port                   = number
    target_port            = optional(number)
    protocol               = optional(string, "TCP")
    health_protocol        = optional(string, "TCP")
    health_port            = optional(number)
    health_path            = optional(string, "/livez")
    deregistration_delay_s = optional(number, 30)
    method                 = optional(string, "grpc.health.v1.Health/Check")
  }))
  nullable = false

  validation {
    condition     = length(var.listeners) > 0 && length(distinct([for l in var.listeners : l.port])) == length(var.listeners)
    error_message = "listeners: at least one, each with a port of its own."
  }

  validation {
    condition     = alltrue([for l in var.listeners : contains(["TCP", "TLS"], l.protocol) && contains(["TCP", "HTTP", "HTTPS"], l.health_protocol)])
    error_message = "listeners: protocol must be TCP or TLS, health_protocol TCP, HTTP or HTTPS."
  }

  validation {
    condition     = var.certificate != null || alltrue([for l in var.listeners : l.protocol == "TCP"])
    error_message = "listeners: TLS needs certificate."
  }

  validation {
    condition     = alltrue([for k in keys(var.listeners) : can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", k))])
    error_message = "listeners: names are lower-case letters, digits and hyphens."
  }

  validation {
    condition     = alltrue([for l in var.listeners : can(regex("^[A-Za-z0-9_.]+/[A-Za-z0-9_]+$", l.method))])
    error_message = "listeners: method must be package.Service/Method."
  }
}

variable "allowed_cidrs" {
  description = "IPv4 ranges that may connect."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for c in var.allowed_cidrs : can(cidrnetmask(c))])
    error_message = "allowed_cidrs must be IPv4 ranges."
  }
}

variable "certificate" {
  description = "Certificate of ACM for listeners with TLS; null: none."
  type = object({
    arn = string
  })
  default = null
}

variable "zone" {
  description = "Private Route 53 zone in which `<listener>.<name of the zone>` leads here; null: the load balancer's own name in AWS is used."
  type = object({
    id   = string
    name = string
  })
  default = null
}

variable "access_log_bucket" {
  description = "Bucket of the access logs: module bucket, with this kind of load balancer among its log_writers."
  type        = string
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the load balancer. Switch it off, apply, then destroy."
  type        = bool
  default     = true
  nullable    = false
}
