locals {
  # From the load balancer's group into ours and out of its own. Bridge mode with free ports opens the range that
  # Linux takes them from.
  from_balancers = { for key, e in var.entries : key => {
    security_group_id = e.security_group_id
    from              = local.is_awsvpc ? var.ports[key].port : var.ports[key].host_port > 0 ? var.ports[key].host_port : 32768
    to                = local.is_awsvpc ? var.ports[key].port : var.ports[key].host_port > 0 ? var.ports[key].host_port : 65535
    protocol          = var.ports[key].protocol
  } }
}

resource "aws_security_group" "this" {
  count = local.is_awsvpc ? 1 : 0

  name        = "${var.name}-tasks"
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
  ip_protocol                  = var.ports[each.value.port].protocol
  from_port                    = var.ports[each.value.port].port
  to_port                      = var.ports[each.value.port].port
}

resource "aws_vpc_security_group_egress_rule" "other" {
  for_each = local.is_awsvpc ? var.egress : {}

  security_group_id            = local.security_group_id
  description                  = "${var.name} to ${each.key}."
  cidr_ipv4                    = each.value.cidr
  referenced_security_group_id = each.value.security_group_id
  prefix_list_id               = each.value.prefix_list_id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}
