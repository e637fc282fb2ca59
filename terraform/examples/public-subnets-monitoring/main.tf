provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = var.name, Root = "public-subnets-monitoring" }
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

# No NAT: tasks have public addresses, and security groups that let nobody in but the load balancer.
module "network" {
  source = "../../modules/network"

  name        = var.name
  egress      = "public"
  namespace   = "ops.internal"
  kms_key_arn = module.logs_key.arn
}

# One load balancer for both: the host name tells Grafana from the API.
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

  routes = {
    api     = { port = 8080 }
    grafana = { port = 3000, hosts = [var.grafana_domain_name], priority = 10, health_path = "/api/health" }
  }
}

# ---- cluster and system ----

module "cluster" {
  source = "../../modules/cluster"

  name        = var.name
  fargate     = { base = 1, weight = 1, spot_weight = 3 }
  kms_key_arn = module.logs_key.arn
}

module "stack" {
  source = "../../modules/stack"

  name         = var.name
  placement    = module.network.placement
  cluster      = module.cluster.cluster
  compute      = module.cluster.fargate
  namespace    = module.network.namespace
  entry        = module.edge.entries["api"]
  images       = var.images
  data_key_arn = module.data_key.arn
  logs_key_arn = module.logs_key.arn
  bucket       = { access_log = { bucket = module.access_logs.name } }
  alarms       = { subscriptions = { duty = { protocol = "email", endpoint = var.alarm_email } } }
}

# ---- monitoring ----

module "monitoring" {
  source = "../../modules/monitoring"

  name             = "${var.name}-mon"
  cluster          = module.cluster.cluster
  placement        = module.network.placement
  namespace        = module.network.namespace
  targets          = module.stack.scrape_targets
  grafana_entry    = module.edge.entries["grafana"]
  grafana_password = var.grafana_password
  topic            = module.stack.topic
  kms_key_arn      = module.logs_key.arn
}
