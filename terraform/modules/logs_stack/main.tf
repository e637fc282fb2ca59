data "aws_region" "current" {}

locals {
  region = data.aws_region.current.region
  host   = { for name in ["loki", "elasticsearch", "logstash", "kibana"] : name => "${var.name}-${name}.${var.namespace.name}" }

  push_url  = var.engine == "loki" ? "http://${local.host.loki}:3100/loki/api/v1/push" : "http://${local.host.logstash}:8080"
  query_url = var.engine == "loki" ? "http://${local.host.loki}:3100" : coalesce(try(var.entry.url, null), "http://${local.host.kibana}:5601")

  # The images keep their data in directories of these users, which are no volumes of theirs: on Fargate an empty one
  # would be root's. So the root file systems can be written. One process of each: this is for one system's logs, not
  # for a company's. The schema of Loki's store cannot be given by flags, so a shell writes its file.
  programs = {
    loki = {
      engine      = "loki"
      port        = 3100
      user        = "10001:10001"
      size        = { cpu = 512, memory_mib = 2048, storage_gib = 20 }
      entry_point = ["/bin/sh", "-c"]
      command     = ["printf %s \"$LOKI_YML\" | base64 -d >/loki/loki.yml && exec /usr/bin/loki -config.file=/loki/loki.yml"]
      environment = { LOKI_YML = base64encode(local.loki_yml) }
      policies    = { chunks = local.loki_policy }
      entries     = {}
    }
    elasticsearch = {
      engine      = "elk"
      port        = 9200
      user        = "1000:0"
      size        = { cpu = 2048, memory_mib = 4096, storage_gib = 100 }
      entry_point = null
      command     = null
      environment = {
        "cluster.name"           = var.name
        "discovery.type"         = "single-node"
        "xpack.security.enabled" = "false" # it listens for Logstash and Kibana alone, by security group
        ES_JAVA_OPTS             = "-Xms2g -Xmx2g"
      }
      policies = {}
      entries  = {}
    }
    logstash = {
      engine      = "elk"
      port        = 8080
      user        = "1000:0"
      size        = { cpu = 1024, memory_mib = 2048, storage_gib = 20 }
      entry_point = null
      command     = ["-e", "input { http { port => 8080 } } output { elasticsearch { hosts => [\"http://${local.host.elasticsearch}:9200\"] index => \"ops-%%{+YYYY.MM.dd}\" } }"]
      environment = { LS_JAVA_OPTS = "-Xms1g -Xmx1g", "api.http.host" = "127.0.0.1" }
      policies    = {}
      entries     = {}
    }
    kibana = {
      engine      = "elk"
      port        = 5601
      user        = "1000:0"
      size        = { cpu = 512, memory_mib = 2048, storage_gib = 20 }
      entry_point = null
      command     = null
      environment = { ELASTICSEARCH_HOSTS = "http://${local.host.elasticsearch}:9200", SERVER_PUBLICBASEURL = try(var.entry.url, "http://localhost:5601"), TELEMETRY_ENABLED = "false" }
      policies    = {}
      entries     = var.entry == null ? {} : { http = var.entry }
    }
  }
}

locals {
  # Chunks and index are in the bucket: the task can go at any time, and loses what it had not flushed.
  loki_yml = yamlencode({
    auth_enabled = false
    server       = { http_listen_port = 3100 }
    common = {
      path_prefix        = "/loki"
      replication_factor = 1
      ring               = { kvstore = { store = "inmemory" } }
      storage            = { s3 = { bucketnames = try(var.bucket.name, ""), region = local.region } }
    }
    schema_config = { configs = [{ from = "2025-01-01", store = "tsdb", object_store = "s3", schema = "v13", index = { prefix = "index_", period = "24h" } }] }
    ingester      = { chunk_idle_period = "5m", wal = { enabled = true, dir = "/loki/wal", flush_on_shutdown = true } }
    compactor     = { working_directory = "/loki/compactor", retention_enabled = true, delete_request_store = "s3" }
    limits_config = { retention_period = "${24 * var.retention_days}h" }
    analytics     = { reporting_enabled = false }
  })

  loki_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Chunks"
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject"]
        Resource = ["${try(var.bucket.arn, "")}/*"]
      },
      {
        Sid      = "ListChunks"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [try(var.bucket.arn, "")]
      },
      {
        Sid       = "EncryptChunks"
        Effect    = "Allow"
        Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource  = [try(var.bucket.kms_key_arn, "")]
        Condition = { StringLike = { "kms:ViaService" = "s3.${local.region}.amazonaws.com*" } }
      },
    ]
  })
}

module "service" {
  source   = "../service"
  for_each = { for name, p in local.programs : name => p if p.engine == var.engine }

  name               = "${var.name}-${each.key}"
  cluster            = var.cluster
  compute            = var.compute
  placement          = var.placement
  image              = var.images[each.key]
  ports              = { http = { port = each.value.port } }
  entries            = each.value.entries
  environment        = each.value.environment
  policies           = each.value.policies
  namespace          = var.namespace
  kms_key_arn        = var.kms_key_arn
  log_retention_days = var.log_retention_days
  tasks              = { count = 1, min_percent = 0, max_percent = 100 }

  # Kibana prepares its indices before it answers.
  deployment = { grace_period_s = 180 }

  container = {
    cpu           = each.value.size.cpu
    memory_mib    = each.value.size.memory_mib
    storage_gib   = each.value.size.storage_gib
    user          = each.value.user
    writable_root = true
    entry_point   = each.value.entry_point
    command       = each.value.command
  }
}

locals {
  # Within the stack, and from the clients to where events go in (Loki's is also where they are read).
  inner = var.engine == "loki" ? {} : {
    index = { from = module.service["logstash"].security_group_id, to = module.service["elasticsearch"].security_group_id, port = 9200 }
    read  = { from = module.service["kibana"].security_group_id, to = module.service["elasticsearch"].security_group_id, port = 9200 }
  }
  door = var.engine == "loki" ? { name = "loki", port = 3100 } : { name = "logstash", port = 8080 }
  connections = merge(local.inner, { for name, group in var.clients : "client-${name}" => {
    from = group
    to   = module.service[local.door.name].security_group_id
    port = local.door.port
  } })
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = local.connections

  security_group_id            = each.value.to
  description                  = "Logs: ${each.key}."
  referenced_security_group_id = each.value.from
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = local.connections

  security_group_id            = each.value.from
  description                  = "Logs: ${each.key}."
  referenced_security_group_id = each.value.to
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}
