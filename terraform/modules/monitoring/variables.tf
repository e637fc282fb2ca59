variable "name" {
  description = "Name before those of the three services: `<name>-prometheus`, `<name>-alertmanager`, `<name>-grafana`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,14}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 16 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "cluster" {
  description = "The ECS cluster: output `cluster` of the module cluster."
  type = object({
    name = string
    arn  = string
  })
  nullable = false
}

variable "compute" {
  description = "What the tasks run on: output `fargate` or `ec2` of the module cluster, or an object like it."
  type = object({
    launch                     = optional(string, "fargate")
    network_mode               = optional(string, "awsvpc")
    architecture               = optional(string, "X86_64")
    instance_security_group_id = optional(string)
    capacity_providers = optional(list(object({
      name   = string
      weight = optional(number, 1)
      base   = optional(number, 0)
    })), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["fargate", "ec2"], var.compute.launch)
    error_message = "compute.launch must be fargate or ec2."
  }

  validation {
    condition     = var.compute.network_mode == "awsvpc"
    error_message = "compute.network_mode must be awsvpc: the three find one another by A records and fixed ports."
  }

  validation {
    condition     = contains(["X86_64", "ARM64"], var.compute.architecture)
    error_message = "compute.architecture must be X86_64 or ARM64."
  }
}

variable "placement" {
  description = "Where monitoring runs: output `placement` of the module network."
  type = object({
    vpc_id           = string
    subnet_ids       = list(string)
    assign_public_ip = optional(bool, false)
  })
  nullable = false

  validation {
    condition     = length(var.placement.subnet_ids) > 0
    error_message = "placement needs at least one subnet."
  }
}

variable "namespace" {
  description = "Cloud Map namespace for the three services, which find one another and what they scrape by it: output `namespace` of the module network."
  type = object({
    id   = string
    name = string
  })
  nullable = false
}

variable "images" {
  description = "Images of Prometheus, Alertmanager and Grafana, by digest; 3.5.0, 0.28.1 and 12.1.1 are those that the files in packaging/monitoring were made for."
  type = object({
    prometheus   = optional(string, "prom/prometheus@sha256:63805ebb8d2b3920190daf1cb14a60871b16fd38bed42b857a3182bc621f4996")
    alertmanager = optional(string, "prom/alertmanager@sha256:27c475db5fb156cab31d5c18a4251ac7ed567746a2483ff264516437a39b15ba")
    grafana      = optional(string, "grafana/grafana@sha256:a1701c2180249361737a99a01bc770db39381640e4d631825d38ff4535efa47d")
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for i in values(var.images) : can(regex("^[^\\s@]+@sha256:[0-9a-f]{64}$", i))])
    error_message = "images must be given by digest: repository@sha256:<64 hex digits>."
  }
}

variable "targets" {
  description = "What Prometheus scrapes: job -> name in the namespace, port of /metrics, and the security group that must let it in. A records (awsvpc), or SRV records (bridge), which have the port themselves. min_tasks 0: it may rest, and nobody is told that it does. Of ops-api and ops-worker together the shipped rules and dashboards are taken; of others it is told when they do not answer."
  type = map(object({
    dns_name          = string
    record            = optional(string, "A")
    port              = number
    security_group_id = string
    min_tasks         = optional(number, 1)
  }))
  nullable = false

  validation {
    condition     = alltrue([for t in var.targets : contains(["A", "SRV"], t.record)])
    error_message = "targets: record must be A or SRV."
  }

  validation {
    condition     = length(distinct([for t in var.targets : t.security_group_id if t.record == "SRV"])) <= 1
    error_message = "targets: those with SRV records must be on instances of one security group."
  }
}

variable "loki_url" {
  description = "Loki that Grafana reads too: output `query_url` of the module logs_stack, whose `clients` must have Grafana's security group; null: none."
  type        = string
  default     = null
}

variable "grafana_entry" {
  description = "Load balancer that leads to Grafana: output `entries[...]` of the module edge, with port 3000 and health path /api/health."
  type = object({
    kind              = optional(string, "target_group")
    url               = optional(string)
    security_group_id = string
    target_group_arn  = optional(string)
    target_group      = optional(string)
    load_balancer     = optional(string)
    elb_name          = optional(string)
  })
  nullable = false
}

variable "grafana_password" {
  description = "Password of Grafana's admin: written, never kept in state or plan."
  type        = string
  ephemeral   = true
  sensitive   = true
  nullable    = false

  validation {
    condition     = length(var.grafana_password) >= 12
    error_message = "grafana_password must be at least 12 characters long."
  }
}

variable "grafana_password_version" {
  description = "Raise it to write `grafana_password` again."
  type        = number
  default     = 1
  nullable    = false
}

variable "topic" {
  description = "SNS topic that Alertmanager tells: output `topic` of the module alarms."
  type = object({
    arn         = string
    kms_key_arn = string
  })
  nullable = false
}

variable "prometheus" {
  description = "Size of Prometheus and what it keeps. Its data are the task's and go with it: rules and dashboards come from files, long history does not belong here."
  type = object({
    cpu               = optional(number, 512)
    memory_mib        = optional(number, 2048)
    storage_gib       = optional(number, 50)
    retention_days    = optional(number, 15)
    scrape_interval_s = optional(number, 15)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.prometheus.retention_days >= 1 && var.prometheus.scrape_interval_s >= 5
    error_message = "prometheus.retention_days must be at least 1, prometheus.scrape_interval_s at least 5."
  }
}

variable "slo" {
  description = "What the alerts hold the submits to: the share that is answered without a 5xx, and the time within which 99 % are."
  type = object({
    availability_percent = optional(number, 99.9)
    latency_s            = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.slo.availability_percent > 0 && var.slo.availability_percent < 100 && var.slo.latency_s > 0
    error_message = "slo: availability_percent must be between 0 and 100, latency_s more than 0."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed key for log groups and the password."
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
