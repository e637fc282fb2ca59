variable "name" {
  description = "Name of the load balancer, before the names of its target groups."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,22}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 24 lower-case letters, digits and hyphens, and begin with a letter."
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

variable "routes" {
  description = "What is served: name -> the host names and paths that lead to it (with neither it is the default, of which there is one at most; without a default all else is 404), its place among the rules, and its target group. protocol_version is HTTP1, HTTP2 or GRPC; target_type ip (awsvpc) or instance (bridge). health_path and health_matcher null: /health and 200, or for GRPC /grpc.health.v1.Health/Check and 0; of GRPC they are /package.Service/Method and gRPC's codes, 0 to 99."
  type = map(object({
    hosts                  = optional(list(string), [])
    paths                  = optional(list(string), [])
    priority               = optional(number)
    port                   = number
    target_type            = optional(string, "ip")
    protocol_version       = optional(string, "HTTP1")
    health_path            = optional(string)
    health_matcher         = optional(string)
    health_interval_s      = optional(number, 10)
    deregistration_delay_s = optional(number, 30)
  }))
  nullable = false

  validation {
    condition     = length([for r in var.routes : r if length(r.hosts) + length(r.paths) == 0]) <= 1
    error_message = "routes may have one entry without hosts and paths: the default."
  }

  validation {
    condition     = alltrue([for r in var.routes : r.priority != null if length(r.hosts) + length(r.paths) > 0]) && length(distinct([for r in var.routes : r.priority if r.priority != null])) == length([for r in var.routes : r if r.priority != null])
    error_message = "routes: every entry with hosts or paths needs a priority of its own."
  }

  validation {
    condition     = alltrue([for r in var.routes : contains(["ip", "instance"], r.target_type) && contains(["HTTP1", "HTTP2", "GRPC"], r.protocol_version)])
    error_message = "routes: target_type must be ip or instance, protocol_version HTTP1, HTTP2 or GRPC."
  }

  validation {
    condition     = !var.http_only || alltrue([for r in var.routes : r.protocol_version == "HTTP1"])
    error_message = "routes: HTTP2 and GRPC need TLS, so http_only must be false."
  }

  validation {
    condition     = alltrue([for k in keys(var.routes) : can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", k))])
    error_message = "routes: names are lower-case letters, digits and hyphens."
  }

  validation {
    condition     = alltrue([for r in var.routes : r.health_path == null || can(regex(r.protocol_version == "GRPC" ? "^/[A-Za-z0-9_.]+/[A-Za-z0-9_]+$" : "^/", r.health_path))])
    error_message = "routes: health_path must begin with a slash, and be /package.Service/Method of GRPC."
  }

  validation {
    condition     = alltrue([for r in var.routes : r.health_matcher == null || can(regex(r.protocol_version == "GRPC" ? "^[0-9]{1,2}([,-][0-9]{1,2})*$" : "^[2-4][0-9]{2}([,-][2-4][0-9]{2})*$", r.health_matcher))])
    error_message = "routes: health_matcher must be of the codes 200 to 499, or of gRPC's 0 to 99: 200, 200-399 or 0,12."
  }

  validation {
    condition     = alltrue([for r in var.routes : r.deregistration_delay_s >= 0 && r.deregistration_delay_s <= 3600 && r.health_interval_s >= 5 && r.health_interval_s <= 300])
    error_message = "routes: deregistration_delay_s must be 0 to 3600, health_interval_s 5 to 300."
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

variable "ssl_policy" {
  description = "Security policy of the HTTPS listener: TLS 1.2 and 1.3, or 1.3 alone."
  type        = string
  default     = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
  nullable    = false

  validation {
    condition     = can(regex("^ELBSecurityPolicy-TLS13-1-[23](-Res)?(-PQ)?-20[0-9]{2}-[0-9]{2}$", var.ssl_policy))
    error_message = "ssl_policy must be one of the policies TLS13-1-2, TLS13-1-2-Res or TLS13-1-3."
  }
}

variable "idle_timeout_s" {
  description = "How long an idle connection is kept: less than the 75 s of ops-api, so that the load balancer is the first to close."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.idle_timeout_s >= 1 && var.idle_timeout_s < 75
    error_message = "idle_timeout_s must be 1 to 74."
  }
}

variable "waf" {
  description = "A web ACL with AWS's rules for known bad inputs (Log4j among them), common attacks and bad addresses, and a limit of requests from one address in five minutes, which a sender with many users behind one address must not reach; null: none."
  type = object({
    rate_limit = optional(number, 100000)
  })
  default = null

  validation {
    condition     = var.waf == null || try(var.waf.rate_limit >= 100, false)
    error_message = "waf.rate_limit must be at least 100."
  }
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

variable "kms_key_arn" {
  description = "ARN of the customer-managed key for the log of the web ACL."
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
