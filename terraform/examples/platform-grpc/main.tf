provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = var.name, Root = "platform-grpc" }
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
  log_writers = ["alb", "nlb", "s3"]
  expire_days = 400
}

# ---- network and load balancers ----

locals {
  grpc = { for name, s in var.services : name => s if s.protocol == "grpc" }
  http = { for name, s in var.services : name => s if s.protocol == "http" }

  grafana_host = "grafana.${var.domain_name}"
}

module "network" {
  source = "../../modules/network"

  name        = var.name
  cidr        = "10.10.0.0/16"
  egress      = "single_nat"
  namespace   = "${var.name}.internal"
  kms_key_arn = module.logs_key.arn
}

# What people see, each under its host name.
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

  routes = merge(
    { for i, name in sort(keys(local.http)) : name => { port = local.http[name].port, hosts = [local.http[name].host], health_path = local.http[name].health_path, priority = 10 + i } },
    { grafana = { port = 3000, hosts = [local.grafana_host], priority = 1, health_path = "/api/health" } },
  )
}

# Names of gRPC services, in this network only.
resource "aws_route53_zone" "private" {
  count = var.private_domain_name == null ? 0 : 1

  name    = var.private_domain_name
  comment = "gRPC services of ${var.name}."

  vpc {
    vpc_id = module.network.vpc_id
  }
}

# What services see of one another.
module "grpc_nlb" {
  source = "../../modules/grpc_nlb"

  name              = "${var.name}-grpc"
  vpc_id            = module.network.vpc_id
  subnet_ids        = module.network.private_subnet_ids
  listeners         = { for name, s in local.grpc : name => { port = s.port, method = s.method } }
  allowed_cidrs     = [module.network.cidr]
  zone              = var.private_domain_name == null ? null : { id = aws_route53_zone.private[0].zone_id, name = var.private_domain_name }
  access_log_bucket = module.access_logs.name
}

# ---- cluster and services ----

module "cluster" {
  source = "../../modules/cluster"

  name        = var.name
  kms_key_arn = module.logs_key.arn
}

module "service" {
  source   = "../../modules/service"
  for_each = var.services

  name            = "${var.name}-${each.key}"
  cluster         = module.cluster.cluster
  compute         = module.cluster.fargate
  placement       = module.network.placement
  namespace       = module.network.namespace
  image           = aws_ssm_parameter.image[each.key].insecure_value
  environment     = merge({ PULSAR_URL = module.broker.service_url, LOKI_PUSH_URL = module.logs_stack.push_url }, each.value.environment)
  secrets         = { DATABASE_PASSWORD = module.database_password.arn }
  secret_key_arns = [module.data_key.arn]
  entries         = { main = each.value.protocol == "grpc" ? module.grpc_nlb.entries[each.key] : module.edge.entries[each.key] }
  probe           = each.value.protocol == "grpc" ? module.grpc_nlb.probes[each.key] : "${module.edge.entries[each.key].url}${each.value.health_path}"
  kms_key_arn     = module.logs_key.arn

  ports = merge(
    { main = { port = each.value.port } },
    { for port in [each.value.metrics_port] : "metrics" => { port = port } if port != null && port != each.value.port },
  )

  container = { cpu = each.value.cpu, memory_mib = each.value.memory_mib }
  tasks     = { count = each.value.min }

  # To one another over the NLB, to AWS, and to what is theirs, such as a database. The ways to the broker and to Loki
  # are made beside these.
  egress = merge(
    { https = { port = 443, cidr = "0.0.0.0/0" } },
    { for name, s in local.grpc : name => { port = s.port, cidr = module.network.cidr } },
    { for name, e in each.value.egress : "own-${name}" => e },
  )
}

module "scaling" {
  source   = "../../modules/autoscaling"
  for_each = var.services

  name         = "${var.name}-${each.key}"
  cluster_name = module.cluster.cluster.name
  service_name = module.service[each.key].name
  tasks        = { min = each.value.min, max = each.value.max }
  cpu_percent  = 60
}

module "database_password" {
  source = "../../modules/secret"

  name        = "${var.name}/database/password"
  backend     = "secretsmanager"
  description = "Password of the database."
  value       = var.database_password
  rotation    = var.database_rotation
  kms_key_arn = module.data_key.arn
}

# ---- broker, CI, VPN ----

module "broker" {
  source = "../../modules/broker"

  name        = "pulsar"
  placement   = module.network.placement
  namespace   = module.network.namespace
  image       = var.images.pulsar
  clients     = { vpn = module.vpn.security_group_id }
  kms_key_arn = module.data_key.arn
}

# Services reach the broker; said here and not as its clients, because they are told its name.
resource "aws_vpc_security_group_ingress_rule" "broker" {
  for_each = var.services

  security_group_id            = module.broker.security_group_id
  description                  = "${each.key} to Pulsar."
  referenced_security_group_id = module.service[each.key].security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 6650
  to_port                      = 6650
}

resource "aws_vpc_security_group_egress_rule" "broker" {
  for_each = var.services

  security_group_id            = module.service[each.key].security_group_id
  description                  = "To Pulsar."
  referenced_security_group_id = module.broker.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 6650
  to_port                      = 6650
}

module "ci_host" {
  source = "../../modules/ci_host"

  name        = "${var.name}-ci"
  placement   = module.network.placement
  namespace   = module.network.namespace
  image       = var.images.jenkins
  clients     = { vpn = module.vpn.security_group_id }
  policies    = { push = local.push_policy }
  kms_key_arn = module.data_key.arn
}

module "vpn" {
  source = "../../modules/vpn"

  name        = "${var.name}-vpn"
  cluster     = module.cluster.cluster
  placement   = module.network.placement
  image       = var.images.twingate
  network     = var.vpn.network
  token_arns  = { access = var.vpn.access, refresh = var.vpn.refresh, key_arns = [module.data_key.arn] }
  kms_key_arn = module.logs_key.arn

  # Jenkins lets it in by itself (clients); this is the gRPC services, so that `opsctl health user` works from outside.
  reach = merge(
    { inside = { port = 443, cidr = module.network.cidr } },
    { for name, s in local.grpc : name => { port = s.port, cidr = module.network.cidr } },
  )
}

# ---- logs, metrics, alarms ----

module "log_chunks" {
  source = "../../modules/bucket"

  name        = "${var.name}-chunks-${data.aws_caller_identity.current.account_id}"
  kms_key     = { arn = module.data_key.arn }
  access_log  = { bucket = module.access_logs.name }
  expire_days = 60
}

module "logs_stack" {
  source = "../../modules/logs_stack"

  name        = "${var.name}-logs"
  cluster     = module.cluster.cluster
  placement   = module.network.placement
  namespace   = module.network.namespace
  bucket      = { name = module.log_chunks.name, arn = module.log_chunks.arn, kms_key_arn = module.data_key.arn }
  clients     = merge({ grafana = module.monitoring.security_group_ids["grafana"] }, { for name, s in module.service : name => s.security_group_id })
  kms_key_arn = module.logs_key.arn
}

module "monitoring" {
  source = "../../modules/monitoring"

  name             = "${var.name}-mon"
  cluster          = module.cluster.cluster
  placement        = module.network.placement
  namespace        = module.network.namespace
  loki_url         = module.logs_stack.query_url
  grafana_entry    = module.edge.entries["grafana"]
  grafana_password = var.grafana_password
  topic            = module.alarms.topic
  kms_key_arn      = module.logs_key.arn

  targets = { for name, s in var.services : name => {
    dns_name          = module.service[name].dns_name
    port              = s.metrics_port
    security_group_id = module.service[name].security_group_id
  } if s.metrics_port != null }
}

module "alarms" {
  source = "../../modules/alarms"

  name          = var.name
  subscriptions = { duty = { protocol = "email", endpoint = var.alarm_email } }
  cluster       = module.cluster.cluster
  kms_key_arn   = module.logs_key.arn

  services = { for name, s in var.services : name => {
    ecs_service = "${var.name}-${name}"
    min_running = s.min
    http        = s.protocol == "http"
    entry       = s.protocol == "grpc" ? module.grpc_nlb.entries[name] : module.edge.entries[name]
  } }
}
