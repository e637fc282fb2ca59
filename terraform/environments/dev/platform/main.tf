module "platform" {
  source = "../../../modules/platform"

  name                = "ops-dev"
  environment         = "dev"
  domains             = var.domains
  zone_id             = var.zone_id
  images              = var.images
  alarm_subscriptions = var.alarm_subscriptions
  github              = var.github
  network             = { cidr = "10.1.0.0/16", egress = "single_nat" }
  waf                 = null
  api                 = { min = 1, max = 2 }
  worker              = { min = 1, max = 2 }
  spot_weight         = 3
  is_disposable       = true
  log_retention_days  = 30
}
