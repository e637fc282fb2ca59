variable "name" {
  description = "Name of the service, its task family, its container and its roles."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 32 lower-case letters, digits and hyphens, and begin with a letter."
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
  description = "What the tasks run on: output `fargate` or `ec2` of the module cluster, or an object like it. balancer_group_ids: load balancers that reach free ports of the instances already; null: rules for it are made here, which only one service behind a load balancer can have."
  type = object({
    launch                     = optional(string, "fargate")
    network_mode               = optional(string, "awsvpc")
    architecture               = optional(string, "X86_64")
    instance_security_group_id = optional(string)
    balancer_group_ids         = optional(list(string))
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
    condition     = contains(["X86_64", "ARM64"], var.compute.architecture)
    error_message = "compute.architecture must be X86_64 or ARM64."
  }

  validation {
    condition     = contains(["awsvpc", "bridge"], var.compute.network_mode) && (var.compute.launch == "ec2" || var.compute.network_mode == "awsvpc")
    error_message = "compute.network_mode must be awsvpc, or bridge on EC2: Fargate gives each task an interface of its own."
  }

  validation {
    condition     = var.compute.network_mode == "awsvpc" || var.compute.instance_security_group_id != null
    error_message = "compute.instance_security_group_id is required with bridge: the tasks share the group of their instances."
  }
}

variable "placement" {
  description = "Where the service runs: output `placement` of the module network."
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

variable "image" {
  description = "Container image by digest: repository@sha256:... A tag can change under a running system."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^\\s@]+@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must be given by digest: repository@sha256:<64 hex digits>."
  }
}

variable "container" {
  description = "How the container runs. entry_point and command: null keeps the image's own. writable_paths are empty volumes of the task, gone with it; the root file system is read-only unless writable_root says otherwise (ECS Exec needs that). health_command is run in the container, as a list: no shell is needed; null: no check. stop_timeout_s is the time between SIGTERM and SIGKILL."
  type = object({
    cpu                   = optional(number, 256)
    memory_mib            = optional(number, 512)
    storage_gib           = optional(number, 20)
    entry_point           = optional(list(string))
    command               = optional(list(string))
    user                  = optional(string, "65532:65532")
    writable_paths        = optional(list(string), [])
    writable_root         = optional(bool, false)
    health_command        = optional(list(string))
    health_interval_s     = optional(number, 10)
    health_timeout_s      = optional(number, 3)
    health_retries        = optional(number, 3)
    health_start_period_s = optional(number, 15)
    stop_timeout_s        = optional(number, 30)
  })
  default  = {}
  nullable = false

  validation {
    condition     = !can(regex("^(0|root)(:|$)", var.container.user)) && var.container.user != ""
    error_message = "container.user must not be root."
  }

  validation {
    condition     = var.container.stop_timeout_s >= 2 && var.container.stop_timeout_s <= 120
    error_message = "container.stop_timeout_s must be 2 to 120."
  }

  validation {
    condition     = try(!contains(["CMD", "CMD-SHELL"], var.container.health_command[0]), true)
    error_message = "container.health_command is the program and its arguments: CMD is put before it here, and there is no shell."
  }

  validation {
    condition     = var.container.storage_gib >= 20 && var.container.storage_gib <= 200
    error_message = "container.storage_gib must be 20 to 200."
  }

  validation {
    condition     = var.compute.launch == "ec2" || contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.container.cpu)
    error_message = "container.cpu of Fargate must be 256, 512, 1024, 2048, 4096, 8192 or 16384."
  }

  validation {
    condition     = var.compute.launch == "ec2" || (var.container.memory_mib >= 2 * var.container.cpu && var.container.memory_mib <= 8 * var.container.cpu)
    error_message = "container.memory_mib of Fargate must be 2 to 8 times container.cpu."
  }
}

variable "ports" {
  description = "Name -> port of the container. host_port is for bridge mode: 0 is a free one each time, else a fixed one (a Classic ELB needs that)."
  type = map(object({
    port      = number
    host_port = optional(number, 0)
    protocol  = optional(string, "tcp")
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for p in var.ports : p.port >= 1024 && p.port <= 65535 && p.host_port >= 0 && p.host_port <= 65535])
    error_message = "ports: port must be 1024 to 65535, since no capability is left to bind a lower one, and host_port 0 to 65535."
  }

  validation {
    condition     = var.compute.network_mode == "bridge" || alltrue([for p in var.ports : p.host_port == 0])
    error_message = "ports: host_port is for compute.network_mode = bridge."
  }
}

variable "environment" {
  description = "Environment variables. Nothing secret: they stand in the task definition."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "secrets" {
  description = "Environment variables that ECS fills: name -> ARN of a parameter or secret. Those who read secrets by themselves, as ops-api does, need none."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "entries" {
  description = "Load balancers that lead here: port's name -> output `entries[...]` of edge or grpc_nlb, or `entry` of classic_elb."
  type = map(object({
    kind              = optional(string, "target_group")
    url               = optional(string)
    security_group_id = string
    target_group_arn  = optional(string)
    target_group      = optional(string)
    load_balancer     = optional(string)
    elb_name          = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for k in keys(var.entries) : contains(keys(var.ports), k)])
    error_message = "entries: each name must be one of ports."
  }

  validation {
    condition     = alltrue([for e in var.entries : contains(["target_group", "classic"], e.kind)])
    error_message = "entries: kind must be target_group or classic."
  }

  validation {
    condition     = var.compute.balancer_group_ids == null || var.compute.network_mode == "awsvpc" ? true : alltrue([for k, e in var.entries : try(var.ports[k].host_port, 0) > 0 || contains(var.compute.balancer_group_ids, e.security_group_id)])
    error_message = "entries: the load balancer does not reach free ports of the instances: put its security group into ec2.balancers of the module cluster."
  }

  validation {
    condition     = alltrue([for e in var.entries : e.kind != "classic" || (var.compute.launch == "ec2" && var.compute.network_mode == "bridge")])
    error_message = "entries: a Classic ELB reaches tasks on EC2 in bridge mode only."
  }

  validation {
    condition     = alltrue([for e in var.entries : e.kind != "classic" || length(var.compute.capacity_providers) == 0])
    error_message = "entries: ECS has no capacity providers behind a Classic ELB: use instances with managed = false (module cluster)."
  }

  validation {
    condition     = alltrue([for k, e in var.entries : e.kind != "classic" || try(var.ports[k].host_port, 0) > 0])
    error_message = "entries: a Classic ELB needs a fixed host_port."
  }

  validation {
    condition     = alltrue([for e in var.entries : e.kind != "classic" || var.container.health_command == null])
    error_message = "entries: ECS has no container health check behind a Classic ELB: leave container.health_command out."
  }
}

variable "ingress" {
  description = "Who else may connect: name -> a security group or an IPv4 range, and the name of a port."
  type = map(object({
    port              = string
    security_group_id = optional(string)
    cidr              = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for i in var.ingress : contains(keys(var.ports), i.port)])
    error_message = "ingress: port must be the name of one of ports."
  }

  validation {
    condition     = alltrue([for i in var.ingress : i.cidr == null || can(cidrnetmask(i.cidr))])
    error_message = "ingress: cidr must be an IPv4 range."
  }
}

variable "egress" {
  description = "Where tasks with a network interface of their own may connect: name -> an IPv4 range, a security group or a prefix list, and a port, or those from port to to_port."
  type = map(object({
    port              = number
    to_port           = optional(number)
    protocol          = optional(string, "tcp")
    cidr              = optional(string)
    security_group_id = optional(string)
    prefix_list_id    = optional(string)
  }))
  default = {
    https = { port = 443, cidr = "0.0.0.0/0" }
  }
  nullable = false

  validation {
    condition     = alltrue([for e in var.egress : contains(["tcp", "udp"], e.protocol) && coalesce(e.to_port, e.port) >= e.port])
    error_message = "egress: protocol must be tcp or udp, and to_port not less than port."
  }
}

variable "policies" {
  description = "What the program may do: name -> IAM policy document as JSON, for the task role. The names are fixed in the code, the documents may be known after apply."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "secret_key_arns" {
  description = "KMS keys under which `secrets` stand."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "tasks" {
  description = "How many tasks: at the start (from then on the number belongs to autoscaling or to the operator), and, while a deployment runs, at least and at most, in per cent. Fixed host ports need room: max_percent 100 with min_percent below it."
  type = object({
    count       = optional(number, 1)
    min_percent = optional(number, 100)
    max_percent = optional(number, 200)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.tasks.count >= 0 && var.tasks.min_percent >= 0 && var.tasks.max_percent > var.tasks.min_percent
    error_message = "tasks: count and min_percent must be at least 0, and max_percent more than min_percent: else no deployment can begin."
  }
}

variable "deployment" {
  description = "The circuit breaker rolls back by itself; alarm_names are CloudWatch alarms that make it too. With wait, apply ends when the new tasks are steady, and fails when they were rolled back."
  type = object({
    alarm_names    = optional(list(string), [])
    wait           = optional(bool, true)
    grace_period_s = optional(number, 30)
    az_rebalancing = optional(bool, true)
  })
  default  = {}
  nullable = false
}

variable "namespace" {
  description = "Cloud Map namespace in which `<name>.<namespace>` finds the tasks: A records (awsvpc), SRV records (bridge), of eight tasks at a time; null: none."
  type = object({
    id   = string
    name = string
  })
  default = null
}

variable "exec" {
  description = "Allow ECS Exec. It runs as root and writes, so container.writable_root must be true."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.exec || var.container.writable_root
    error_message = "exec needs container.writable_root = true."
  }
}

variable "probe" {
  description = "How opsctl asks the service: http(s)://..., or grpc(s)://host:port/package.Service/Method; null: not at all."
  type        = string
  default     = null

  validation {
    condition     = var.probe == null || can(regex("^(http|grpc)s?://", var.probe))
    error_message = "probe must begin with http://, https://, grpc:// or grpcs://."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer-managed key for the log group, and ECS Exec."
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
