provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = var.name, Root = "ec2-bridge-alb" }
  }
}

data "aws_caller_identity" "current" {}

# ---- keys and logs ----

module "data_key" {
  source = "../../modules/key"

  name        = "${var.name}-data"
  description = "Queue, objects and token of ${var.name}."
}

module "logs_key" {
  source = "../../modules/key"

  name        = "${var.name}-logs"
  description = "Logs and alarms of ${var.name}."
  services    = ["logs", "cloudwatch", "events"]
}

module "access_logs" {
  source = "../../modules/bucket"

  name        = "${var.name}-logs-${data.aws_caller_identity.current.account_id}"
  log_writers = ["alb", "s3"]
  expire_days = 400
}

# ---- network and load balancer ----

module "network" {
  source = "../../modules/network"

  name        = var.name
  egress      = "single_nat"
  namespace   = "ops.internal"
  kms_key_arn = module.logs_key.arn
}

module "edge" {
  source = "../../modules/edge"

  name              = var.name
  vpc_id            = module.network.vpc_id
  subnet_ids        = module.network.public_subnet_ids
  domain_name       = var.domain_name
  zone              = { id = var.zone_id }
  waf               = {}
  access_log_bucket = module.access_logs.name
  kms_key_arn       = module.logs_key.arn

  # Bridge mode: the load balancer follows the free port that each task got.
  routes = { api = { port = 8080, target_type = "instance" } }
}

# ---- cluster and system ----

module "cluster" {
  source = "../../modules/cluster"

  name        = var.name
  fargate     = null
  kms_key_arn = module.logs_key.arn

  ec2 = {
    vpc_id        = module.network.vpc_id
    subnet_ids    = module.network.private_subnet_ids
    instance_type = "t3.medium"
    min_size      = 2
    max_size      = 6
    balancers     = { edge = module.edge.security_group_id }
  }
}

module "stack" {
  source = "../../modules/stack"

  name         = var.name
  placement    = module.network.placement
  cluster      = module.cluster.cluster
  compute      = module.cluster.ec2
  namespace    = module.network.namespace
  entry        = module.edge.entries["api"]
  images       = var.images
  data_key_arn = module.data_key.arn
  logs_key_arn = module.logs_key.arn
  bucket       = { access_log = { bucket = module.access_logs.name } }
  alarms       = { subscriptions = { duty = { protocol = "email", endpoint = var.alarm_email } } }
  exec         = var.exec

  api    = { cpu_percent = 60, memory_percent = 75 }
  worker = { acceptable_latency_s = 60, processing_time_s = 0.1 }
}
