variable "name" {
  description = "Name of the network, before the names of all its parts."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,22}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 24 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "cidr" {
  description = "IPv4 range of the VPC, /16 to /22."
  type        = string
  default     = "10.0.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(tonumber(split("/", var.cidr)[1]), 0) >= 16 && try(tonumber(split("/", var.cidr)[1]), 99) <= 22
    error_message = "cidr must be an IPv4 range of /16 to /22."
  }
}

variable "zone_count" {
  description = "Number of availability zones."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = contains([2, 3], var.zone_count)
    error_message = "zone_count must be 2 or 3."
  }
}

variable "egress" {
  description = "How tasks reach AWS: single_nat, nat_per_az, endpoints (no way to the internet), or public (public subnets and addresses, no NAT)."
  type        = string
  default     = "single_nat"
  nullable    = false

  validation {
    condition     = contains(["single_nat", "nat_per_az", "endpoints", "public"], var.egress)
    error_message = "egress must be single_nat, nat_per_az, endpoints or public."
  }
}

variable "interface_endpoints" {
  description = "Services that get an interface endpoint, by the end of their names; used with egress = endpoints only. EC2 instances need ecs, ecs-agent and ecs-telemetry too, ECS Exec ssmmessages, Secrets Manager secretsmanager."
  type        = set(string)
  default     = ["ecr.api", "ecr.dkr", "logs", "monitoring", "sqs", "ssm"]
  nullable    = false
}

variable "namespace" {
  description = "Name of the private Cloud Map namespace, such as ops.internal; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.namespace == null || can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.namespace))
    error_message = "namespace must be a DNS name of at least two labels."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed key for the flow logs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:kms:[^:]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, not of an alias."
  }
}

variable "log_retention_days" {
  description = "How long log events are kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of the periods that CloudWatch Logs has, such as 30, 90, 365."
  }
}
