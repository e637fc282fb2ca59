module "service" {
  source = "../service"

  name               = var.name
  cluster            = var.cluster
  compute            = var.compute
  placement          = var.placement
  image              = var.image
  secrets            = { TWINGATE_ACCESS_TOKEN = var.token_arns.access, TWINGATE_REFRESH_TOKEN = var.token_arns.refresh }
  secret_key_arns    = var.token_arns.key_arns
  kms_key_arn        = var.kms_key_arn
  log_retention_days = var.log_retention_days

  environment = {
    TWINGATE_NETWORK          = var.network
    TWINGATE_LABEL_DEPLOYEDBY = "terraform"
    TWINGATE_LOG_ANALYTICS    = "v2"
  }

  # To Twingate's relays over HTTPS and its peer-to-peer ports, and to what people may reach.
  egress = merge(
    { https = { port = 443, cidr = "0.0.0.0/0" } },
    { for name, r in var.reach : name => { port = r.port, cidr = r.cidr, security_group_id = r.security_group_id } },
  )

  # A token is one connector's: the old task goes before the new one comes.
  tasks = { count = 1, min_percent = 0, max_percent = 100 }
}

# Into what people may reach, where that is a group of ours.
resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = { for name, r in var.reach : name => r if r.cidr == null }

  security_group_id            = each.value.security_group_id
  description                  = "People through ${var.name}: ${each.key}."
  referenced_security_group_id = module.service.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}
