data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region

  names = {
    api    = "${var.name}-api"
    worker = "${var.name}-worker"
  }
  admin_ports = {
    api    = 9090
    worker = 9091
  }
  worker_compute = var.worker_compute == null ? var.compute : var.worker_compute
}

module "token" {
  source = "../secret"

  name          = coalesce(var.token_parameter_name, "/${var.name}/token")
  description   = "Token of ${var.name}: signs and authorizes what is submitted."
  external      = var.token_external
  value         = var.token
  value_version = var.token_version
  kms_key_arn   = var.data_key_arn
}

module "queue" {
  source = "../queue"

  name                    = var.name
  visibility_timeout_s    = var.queue.visibility_timeout_s
  work_timeout_s          = var.queue.work_timeout_s
  retention_s             = var.queue.retention_s
  dead_letter_retention_s = var.queue.dead_letter_retention_s
  max_receive_count       = var.queue.max_receive_count
  kms_key_arn             = var.data_key_arn
}

module "bucket" {
  source = "../bucket"

  name            = coalesce(var.bucket.name, "${var.name}-data-${local.account}")
  kms_key         = { arn = var.data_key_arn }
  access_log      = var.bucket.access_log
  expire_days     = var.bucket.expire_days
  noncurrent_days = var.bucket.noncurrent_days
  transitions     = var.bucket.transitions
  force_destroy   = var.bucket.force_destroy
}

module "api" {
  source = "../service"

  name               = local.names.api
  cluster            = var.cluster
  compute            = var.compute
  placement          = var.placement
  image              = var.images.api
  environment        = local.environment.api
  policies           = { work = local.task_policies.api }
  namespace          = var.namespace
  entries            = { http = var.entry }
  probe              = "${var.entry.url}/health"
  exec               = var.exec
  kms_key_arn        = var.logs_key_arn
  log_retention_days = var.log_retention_days

  container = {
    cpu            = var.api.cpu
    memory_mib     = var.api.memory_mib
    writable_root  = var.exec
    stop_timeout_s = var.api.stop_timeout_s
    # ECS has none behind a Classic ELB, which asks by itself.
    health_command = var.entry.kind == "classic" ? null : ["/ops-api", "--healthcheck"]
  }

  # The first by name is the one that the namespace tells of in bridge mode: that of the metrics.
  ports = {
    admin = { port = local.admin_ports.api }
    http  = { port = var.api.port, host_port = var.api.host_port }
  }

  tasks = {
    count       = var.api.min
    min_percent = var.api.min_percent
    max_percent = var.api.max_percent
  }

  deployment = {
    alarm_names = module.alarms.deployment_alarm_names["api"]
    wait        = var.wait
  }
}

module "worker" {
  source = "../service"

  name               = local.names.worker
  cluster            = var.cluster
  compute            = local.worker_compute
  placement          = var.placement
  image              = var.images.worker
  environment        = local.environment.worker
  policies           = { work = local.task_policies.worker }
  namespace          = var.namespace
  ports              = { admin = { port = local.admin_ports.worker } }
  tasks              = { count = var.worker.min }
  deployment         = { wait = var.wait }
  exec               = var.exec
  kms_key_arn        = var.logs_key_arn
  log_retention_days = var.log_retention_days

  container = {
    cpu            = var.worker.cpu
    memory_mib     = var.worker.memory_mib
    writable_root  = var.exec
    stop_timeout_s = var.worker.stop_timeout_s
    health_command = ["/ops-worker", "--healthcheck"]
  }
}

module "api_scaling" {
  source = "../autoscaling"

  name           = local.names.api
  cluster_name   = var.cluster.name
  service_name   = module.api.name
  tasks          = { min = var.api.min, max = var.api.max }
  cpu_percent    = var.api.cpu_percent
  memory_percent = var.api.memory_percent

  requests = var.api.requests_per_minute == null ? null : {
    load_balancer = var.entry.load_balancer
    target_group  = var.entry.target_group
    per_minute    = var.api.requests_per_minute
  }
}

module "worker_scaling" {
  source = "../autoscaling"

  name           = local.names.worker
  cluster_name   = var.cluster.name
  service_name   = module.worker.name
  tasks          = { min = var.worker.min, max = var.worker.max }
  cpu_percent    = var.worker.cpu_percent
  memory_percent = var.worker.memory_percent

  backlog = var.worker.scale_on_backlog ? {
    queue_name           = var.name
    acceptable_latency_s = var.worker.acceptable_latency_s
    processing_time_s    = var.worker.processing_time_s
  } : null
}

module "alarms" {
  source = "../alarms"

  name          = var.name
  subscriptions = var.alarms.subscriptions
  cluster       = var.cluster
  thresholds    = var.alarms.thresholds
  runbook_url   = var.alarms.runbook_url
  dashboard     = var.alarms.dashboard
  kms_key_arn   = var.logs_key_arn

  # Names as texts: the services depend on their alarms.
  queue = { name = var.name, dead_letter_name = "${var.name}-dlq" }
  services = {
    api = {
      ecs_service = local.names.api
      min_running = var.api.min
      entry       = var.entry
    }
    worker = {
      ecs_service = local.names.worker
      min_running = var.worker.min
    }
  }
}
