locals {
  # Everyone who may come, to each port.
  clients = merge(var.clients, var.entry == null ? {} : { balancer = try(var.entry.security_group_id, null) })
  ways    = merge([for who in keys(local.clients) : { for port in keys(var.ports) : "${who}-${port}" => { who = who, port = var.ports[port] } }]...)
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-host-"
  description = "The host ${var.name}."
  vpc_id      = var.placement.vpc_id
  tags        = { Name = "${var.name}-host" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = local.ways

  security_group_id            = aws_security_group.this.id
  description                  = "${each.value.who} to ${var.name}."
  referenced_security_group_id = local.clients[each.value.who]
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

# The way out of the clients' own groups, which let nothing out by themselves.
resource "aws_vpc_security_group_egress_rule" "client" {
  for_each = local.ways

  security_group_id            = local.clients[each.value.who]
  description                  = "To ${var.name}."
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.this.id
  description       = "HTTPS: packages, images, AWS."
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
