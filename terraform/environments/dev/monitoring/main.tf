module "monitoring" {
  source = "../../../modules/monitoring"

  name             = "${var.platform.name}-mon"
  cluster          = var.platform.cluster
  compute          = var.platform.compute
  placement        = var.platform.placement
  namespace        = var.platform.namespace
  targets          = var.platform.targets
  grafana_entry    = var.platform.grafana_entry
  topic            = var.platform.topic
  kms_key_arn      = var.platform.kms_key_arn
  grafana_password = var.grafana_password
}
