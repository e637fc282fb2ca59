variable "name" {
  description = "Name of the load balancer."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 32 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "vpc_id" {
  description = "VPC of the load balancer."
  type        = string
  nullable    = false
}

variable "subnet_ids" {
  description = "Subnets of the load balancer, one in each zone: the public ones."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must be in at least two zones."
  }
}

variable "internal" {
  description = "Whether the load balancer has private addresses only."
  type        = bool
  default     = false
  nullable    = false
}

variable "tasks" {
  description = "The tasks behind it. A Classic ELB knows instances and one fixed port of each: so EC2 only, host_port not 0, and never more tasks (max_count) than instances at the least (instances)."
  type = object({
    launch    = optional(string, "ec2")
    host_port = number
    max_count = number
    instances = number
  })
  nullable = false

  validation {
    condition     = var.tasks.launch == "ec2"
    error_message = "tasks.launch must be ec2: a Classic ELB cannot reach tasks on Fargate."
  }

  validation {
    condition     = var.tasks.host_port >= 1 && var.tasks.host_port <= 65535
    error_message = "tasks.host_port must be 1 to 65535: a Classic ELB cannot follow dynamic ports."
  }

  validation {
    condition     = var.tasks.max_count <= var.tasks.instances
    error_message = "tasks.max_count must not be more than tasks.instances: each task needs host_port on an instance of its own."
  }
}

variable "health_path" {
  description = "Path that answers 200 when the task is well."
  type        = string
  default     = "/health"
  nullable    = false

  validation {
    condition     = startswith(var.health_path, "/")
    error_message = "health_path must begin with a slash."
  }
}

variable "drain_s" {
  description = "How long a connection to a leaving instance is kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.drain_s >= 1 && var.drain_s <= 3600
    error_message = "drain_s must be 1 to 3600."
  }
}

variable "allowed_cidrs" {
  description = "IPv4 ranges that may connect."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  nullable    = false

  validation {
    condition     = alltrue([for c in var.allowed_cidrs : can(cidrnetmask(c))])
    error_message = "allowed_cidrs must be IPv4 ranges."
  }
}

variable "domain_name" {
  description = "Public name of the load balancer; null: its own name in AWS, which no certificate covers."
  type        = string
  default     = null

  validation {
    condition     = var.http_only || var.domain_name != null
    error_message = "domain_name is required, unless http_only is true."
  }
}

variable "certificate" {
  description = "A certificate of ACM that is there already; null: one is made and validated in `zone`."
  type = object({
    arn = string
  })
  default = null

  validation {
    condition     = var.http_only || var.certificate != null || var.zone != null
    error_message = "TLS needs a certificate, or a zone to validate one in; http_only = true does without."
  }
}

variable "zone" {
  description = "Public Route 53 zone in which the names are made and a certificate is validated; null: neither."
  type = object({
    id = string
  })
  default = null
}

variable "http_only" {
  description = "Serve plain HTTP on port 80 and nothing else: credentials and payloads can be read on the way. For a try-out."
  type        = bool
  default     = false
  nullable    = false
}

variable "access_log_bucket" {
  description = "Bucket of the access logs: module bucket, with classic_elb among its log_writers."
  type        = string
  nullable    = false
}
