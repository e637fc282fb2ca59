module "platform" {
  source = "../../../modules/platform"

  name                = "ops-prod"
  environment         = "prod"
  domains             = var.domains
  zone_id             = var.zone_id
  images              = var.images
  alarm_subscriptions = var.alarm_subscriptions
  github              = var.github
  network             = { cidr = "10.0.0.0/16", zone_count = 3, egress = "nat_per_az" }
  waf                 = {}
  api                 = { min = 3, max = 8 }
  worker              = { min = 2, max = 8 }
}
