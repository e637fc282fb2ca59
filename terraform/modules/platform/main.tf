data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id

  routes = merge(
    { api = { port = 8080 } },
    { for host in [var.domains.grafana] : "grafana" => { port = 3000, hosts = [host], priority = 10, health_path = "/api/health" } if host != null },
  )
}

# ---- keys and logs ----

module "data_key" {
  source = "../key"

  name        = "${var.name}-data"
  description = "Queue, objects and token of ${var.name}."
}

module "logs_key" {
  source = "../key"

  name        = "${var.name}-logs"
  description = "Logs and alarms of ${var.name}."
  services    = ["logs", "cloudwatch", "events"]
}

module "access_logs" {
  source = "../bucket"

  name          = "${var.name}-logs-${local.account}"
  log_writers   = ["alb", "s3"]
  expire_days   = 400
  force_destroy = var.is_disposable
}

# ---- network, load balancer, cluster ----

module "network" {
  source = "../network"

  name               = var.name
  cidr               = var.network.cidr
  zone_count         = var.network.zone_count
  egress             = var.network.egress
  namespace          = "${var.name}.internal"
  kms_key_arn        = module.logs_key.arn
  log_retention_days = var.log_retention_days
}

module "edge" {
  source = "../edge"

  name                = var.name
  vpc_id              = module.network.vpc_id
  subnet_ids          = module.network.public_subnet_ids
  routes              = local.routes
  domain_name         = var.domains.api
  zone                = { id = var.zone_id }
  waf                 = var.waf
  access_log_bucket   = module.access_logs.name
  deletion_protection = var.is_disposable ? false : true # checkov follows this, and no "!"
  kms_key_arn         = module.logs_key.arn
  log_retention_days  = var.log_retention_days
}

module "cluster" {
  source = "../cluster"

  name               = var.name
  kms_key_arn        = module.logs_key.arn
  log_retention_days = var.log_retention_days
}

# ---- the system ----

# The digests that run: what a deployment wrote.
resource "aws_ssm_parameter" "image" {
  #checkov:skip=CKV2_AWS_34:the digest of an image is no secret
  #checkov:skip=CKV_AWS_337:the digest of an image is no secret
  for_each = var.images

  name           = "/${var.name}/images/${each.key}"
  description    = "Image of ${each.key} that runs: what the last deployment wrote."
  type           = "String"
  insecure_value = each.value

  lifecycle {
    ignore_changes = [insecure_value, description] # both are the deployment's
  }
}

module "stack" {
  source = "../stack"

  name               = var.name
  placement          = module.network.placement
  cluster            = module.cluster.cluster
  compute            = module.cluster.fargate
  worker_compute     = local.worker_compute
  namespace          = module.network.namespace
  entry              = module.edge.entries["api"]
  images             = { for name, p in aws_ssm_parameter.image : name => p.insecure_value }
  api                = var.api
  worker             = var.worker
  data_key_arn       = module.data_key.arn
  logs_key_arn       = module.logs_key.arn
  log_retention_days = var.log_retention_days
  alarms             = { subscriptions = var.alarm_subscriptions }

  bucket = {
    access_log    = { bucket = module.access_logs.name }
    force_destroy = var.is_disposable
  }
}

locals {
  worker_compute = var.spot_weight == 0 ? null : merge(module.cluster.fargate, {
    capacity_providers = [{ name = "FARGATE", weight = 1, base = 1 }, { name = "FARGATE_SPOT", weight = var.spot_weight, base = 0 }]
  })
}

# ---- who deploys ----

module "github_oidc" {
  source = "../github_oidc"
  count  = var.github == null ? 0 : 1

  name           = var.name
  repository     = var.github.repository
  repository_ids = var.github.repository_ids
  provider_arn   = var.github.provider_arn

  deploy = { (var.environment) = merge(module.stack.deploy, { image_parameter_arns = values(aws_ssm_parameter.image)[*].arn }) }
}
