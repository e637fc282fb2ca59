locals {
  # To Twingate (https://www.twingate.com/docs/firewall-failures): its controller over HTTPS, its relays, and people's
  # own machines, wherever they are, over UDP; and to what people may reach.
  egress = merge(
    {
      https  = { port = 443, to_port = 443, protocol = "tcp", cidr = "0.0.0.0/0", security_group_id = null }
      relays = { port = 30000, to_port = 31000, protocol = "tcp", cidr = "0.0.0.0/0", security_group_id = null }
      peers  = { port = 1, to_port = 65535, protocol = "udp", cidr = "0.0.0.0/0", security_group_id = null }
    },
    { for name, r in var.reach : "reach-${name}" => { port = r.port, to_port = r.port, protocol = "tcp", cidr = r.cidr, security_group_id = r.security_group_id } },
  )
}

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

  egress = local.egress

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
