locals {
  # Where each port is met. Bridge mode takes free ports from a range that Linux has for them.
  is_free = { for key, p in var.ports : key => !local.is_awsvpc && p.host_port == 0 }
  met_at = { for key, p in var.ports : key => {
    from     = local.is_free[key] ? 32768 : local.is_awsvpc ? p.port : p.host_port
    to       = local.is_free[key] ? 65535 : local.is_awsvpc ? p.port : p.host_port
    protocol = p.protocol
  } }

  # From the load balancer's group into ours and out of its own. To free ports the cluster has opened the way, once for
  # all services on its instances.
  from_balancers = { for key, e in var.entries : key => merge(local.met_at[key], { security_group_id = e.security_group_id })
    if !(local.is_free[key] && var.compute.balancer_group_ids != null)
  }
}

resource "aws_security_group" "this" {
  count = local.is_awsvpc ? 1 : 0

  name_prefix = "${var.name}-tasks-"
  description = "Tasks of ${var.name}."
  vpc_id      = var.placement.vpc_id
  tags        = { Name = "${var.name}-tasks" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "balancer" {
  for_each = local.from_balancers

  security_group_id            = local.security_group_id
  description                  = "Load balancer to port ${each.key} of ${var.name}."
  referenced_security_group_id = each.value.security_group_id
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.from
  to_port                      = each.value.to
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  for_each = local.from_balancers

  security_group_id            = each.value.security_group_id
  description                  = "To port ${each.key} of ${var.name}."
  referenced_security_group_id = local.security_group_id
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.from
  to_port                      = each.value.to
}

resource "aws_vpc_security_group_ingress_rule" "other" {
  for_each = var.ingress

  security_group_id            = local.security_group_id
  description                  = "${each.key} to port ${each.value.port} of ${var.name}."
  referenced_security_group_id = each.value.security_group_id
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = local.met_at[each.value.port].protocol
  from_port                    = local.met_at[each.value.port].from
  to_port                      = local.met_at[each.value.port].to
}

resource "aws_vpc_security_group_egress_rule" "other" {
  for_each = local.is_awsvpc ? var.egress : {}

  security_group_id            = local.security_group_id
  description                  = "${var.name} to ${each.key}."
  cidr_ipv4                    = each.value.cidr
  referenced_security_group_id = each.value.security_group_id
  prefix_list_id               = each.value.prefix_list_id
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = coalesce(each.value.to_port, each.value.port)
}
