# What the programs are told: their own settings, by the names that they have.
locals {
  # ECS kills at the stop timeout; the programs give up what hangs five seconds before.
  drain_s = {
    api    = max(1, var.api.stop_timeout_s - 5)
    worker = max(1, var.worker.stop_timeout_s - 5)
  }

  environment = {
    api = merge(var.api.settings, {
      AWS_REGION          = local.region
      OPS_LISTEN          = "0.0.0.0:${var.api.port}"
      OPS_ADMIN_LISTEN    = "0.0.0.0:${local.admin_ports.api}"
      OPS_SECRET          = module.token.url
      OPS_QUEUE           = module.queue.url
      OPS_DRAIN_TIMEOUT_S = tostring(local.drain_s.api)
    })
    worker = merge(var.worker.settings, {
      AWS_REGION               = local.region
      OPS_ADMIN_LISTEN         = "0.0.0.0:${local.admin_ports.worker}"
      OPS_QUEUE                = module.queue.url
      OPS_STORE                = "s3://${module.bucket.name}/in/"
      OPS_VISIBILITY_TIMEOUT_S = tostring(module.queue.visibility_timeout_s)
      OPS_DRAIN_TIMEOUT_S      = tostring(local.drain_s.worker)
    })
  }

  # Jobs have the names that rules and dashboards ask for.
  scrape_targets = var.namespace == null ? {} : {
    ops-api = {
      dns_name          = module.api.dns_name
      record            = var.compute.network_mode == "bridge" ? "SRV" : "A"
      port              = local.admin_ports.api
      security_group_id = module.api.security_group_id
      min_tasks         = var.api.min
    }
    ops-worker = {
      dns_name          = module.worker.dns_name
      record            = local.worker_compute.network_mode == "bridge" ? "SRV" : "A"
      port              = local.admin_ports.worker
      security_group_id = module.worker.security_group_id
      min_tasks         = var.worker.min
    }
  }
}
