# Pulsar standalone: broker, storage and metadata in one process, which is what a host of its own is for.
module "host" {
  source = "../host"

  name               = var.name
  placement          = var.placement
  namespace          = var.namespace
  image              = var.image
  instance           = var.instance
  clients            = var.clients
  snapshots_kept     = var.snapshots_kept
  kms_key_arn        = var.kms_key_arn
  log_retention_days = var.log_retention_days

  ports = {
    admin  = 8080
    broker = 6650
  }

  container = {
    user      = 10000
    data_path = "/pulsar/data"
    command   = ["/bin/sh", "-c", "exec bin/pulsar standalone --no-functions-worker --advertised-address ${local.dns_name}"]
  }
}

locals {
  dns_name = "${var.name}.${var.namespace.name}"
}
