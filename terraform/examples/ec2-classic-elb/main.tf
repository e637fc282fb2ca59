provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = var.name, Root = "ec2-classic-elb" }
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
  log_writers = ["classic_elb", "s3"]
  expire_days = 400
}

# ---- network and load balancer ----

module "network" {
  source = "../../modules/network"

  name        = var.name
  egress      = "single_nat"
  kms_key_arn = module.logs_key.arn
}

module "classic_elb" {
  source = "../../modules/classic_elb"

  name              = var.name
  vpc_id            = module.network.vpc_id
  subnet_ids        = module.network.public_subnet_ids
  tasks             = { host_port = 8080, max_count = var.api_tasks, instances = var.instances }
  domain_name       = var.domain_name
  zone              = { id = var.zone_id }
  access_log_bucket = module.access_logs.name
}

# ---- cluster and system ----

# A Classic ELB needs the launch type: no capacity provider, and as many instances as there are.
module "cluster" {
  source = "../../modules/cluster"

  name        = var.name
  fargate     = null
  kms_key_arn = module.logs_key.arn

  ec2 = {
    vpc_id        = module.network.vpc_id
    subnet_ids    = module.network.private_subnet_ids
    managed       = false
    instance_type = "t3.small"
    min_size      = var.instances
    max_size      = var.instances + 1
  }
}

locals {
  one_more_percent = 100 + ceil(100 / var.api_tasks)
}

module "stack" {
  source = "../../modules/stack"

  name         = var.name
  placement    = module.network.placement
  cluster      = module.cluster.cluster
  compute      = module.cluster.ec2
  entry        = module.classic_elb.entry
  images       = { for name, p in aws_ssm_parameter.image : name => p.insecure_value }
  data_key_arn = module.data_key.arn
  logs_key_arn = module.logs_key.arn
  bucket       = { access_log = { bucket = module.access_logs.name } }
  alarms       = { subscriptions = { duty = { protocol = "email", endpoint = var.alarm_email } } }

  # A fixed port: one task on an instance. A deployment begins on the free one, and never has fewer tasks than before.
  api = { host_port = 8080, min = var.api_tasks, max = var.api_tasks, min_percent = 100, max_percent = local.one_more_percent }
}

# ---- releases ----

module "registry" {
  source = "../../modules/registry"

  name        = var.name
  kms_key_arn = module.data_key.arn
}

# The digests that run, by service: what a deployment writes, and the next plan reads.
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

module "github_oidc" {
  source = "../../modules/github_oidc"

  name           = var.name
  repository     = var.repository
  repository_ids = var.repository_ids
  provider_arn   = var.provider_arn
  push           = { subjects = ["environment:release"], repository_arns = values(module.registry.arns) }

  deploy = { prod = merge(module.stack.deploy, { image_parameter_arns = values(aws_ssm_parameter.image)[*].arn }) }
}
