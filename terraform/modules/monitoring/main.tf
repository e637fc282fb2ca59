data "aws_region" "current" {}

locals {
  region = data.aws_region.current.region
  ports  = { prometheus = 9090, alertmanager = 9093, grafana = 3000 }
  hosts  = { for name in keys(local.ports) : name => "${var.name}-${name}.${var.namespace.name}" }

  prometheus_url = "http://${local.hosts.prometheus}:${local.ports.prometheus}"

  # The images make their data directories for these users, so that they can write there. Grafana's is no volume of
  # its image: on Fargate an empty one would be root's, so its root file system is the one that can be written.
  programs = {
    prometheus = {
      user          = "65534:65534"
      writable      = ["/prometheus"]
      writable_root = false
      size          = var.prometheus
      health        = ["/bin/promtool", "check", "healthy"]
      secrets       = {}
      policies      = {}
      environment   = {}
      entries       = {}
    }
    alertmanager = {
      user          = "65534:65534"
      writable      = ["/alertmanager"]
      writable_root = false
      size          = { cpu = 256, memory_mib = 512, storage_gib = 20 }
      health        = ["/bin/wget", "-q", "-O", "/dev/null", "http://localhost:9093/-/healthy"]
      secrets       = {}
      policies      = { tell = local.tell_policy }
      environment   = {}
      entries       = {}
    }
    grafana = {
      user          = "472:0"
      writable      = []
      writable_root = true
      size          = { cpu = 512, memory_mib = 1024, storage_gib = 20 }
      health        = null # the load balancer asks
      secrets       = { GF_SECURITY_ADMIN_PASSWORD = module.grafana_password.arn }
      policies      = {}
      environment = {
        GF_SERVER_ROOT_URL             = var.grafana_entry.url
        GF_ANALYTICS_REPORTING_ENABLED = "false"
        GF_ANALYTICS_CHECK_FOR_UPDATES = "false"
        GF_USERS_ALLOW_SIGN_UP         = "false"
        GF_SECURITY_COOKIE_SECURE      = tostring(startswith(var.grafana_entry.url, "https://"))
      }
      entries = { http = var.grafana_entry }
    }
  }

  tell_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "TellTopic"
        Effect   = "Allow"
        Action   = ["sns:Publish"]
        Resource = [var.topic.arn]
      },
      {
        Sid       = "EncryptForTopic"
        Effect    = "Allow"
        Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource  = [var.topic.kms_key_arn]
        Condition = { StringLike = { "kms:ViaService" = "sns.${local.region}.amazonaws.com*" } }
      },
    ]
  })
}

module "grafana_password" {
  source = "../secret"

  name          = "/${var.name}/grafana/password"
  description   = "Password of Grafana's admin."
  value         = var.grafana_password
  value_version = var.grafana_password_version
  kms_key_arn   = var.kms_key_arn
}

module "service" {
  source   = "../service"
  for_each = local.programs

  name               = "${var.name}-${each.key}"
  cluster            = var.cluster
  compute            = var.compute
  placement          = var.placement
  image              = var.images[each.key]
  ports              = { http = { port = local.ports[each.key] } }
  entries            = each.value.entries
  environment        = merge(each.value.environment, local.file_variables[each.key])
  secrets            = each.value.secrets
  secret_key_arns    = length(each.value.secrets) > 0 ? [var.kms_key_arn] : []
  policies           = each.value.policies
  namespace          = var.namespace
  kms_key_arn        = var.kms_key_arn
  log_retention_days = var.log_retention_days

  # One of each: two Prometheus would scrape and alert twice. The old one goes before the new one comes.
  tasks = { count = 1, min_percent = 0, max_percent = 100 }

  # Grafana makes its database before it answers.
  deployment = { grace_period_s = 180 }

  container = {
    cpu            = each.value.size.cpu
    memory_mib     = each.value.size.memory_mib
    storage_gib    = each.value.size.storage_gib
    user           = each.value.user
    writable_paths = each.value.writable
    writable_root  = each.value.writable_root
    health_command = each.value.health
    entry_point    = ["/bin/sh", "-c"]
    command        = [local.scripts[each.key]]
  }
}
