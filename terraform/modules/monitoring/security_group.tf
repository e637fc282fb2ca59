locals {
  # Who connects to whom, beside the load balancer to Grafana: from, to, and the port.
  connections = merge(
    {
      alerts     = { from = module.service["prometheus"].security_group_id, to = module.service["alertmanager"].security_group_id, port = local.ports.alertmanager }
      dashboards = { from = module.service["grafana"].security_group_id, to = module.service["prometheus"].security_group_id, port = local.ports.prometheus }
    },
    { for job, t in var.targets : job => { from = module.service["prometheus"].security_group_id, to = t.security_group_id, port = t.port } },
  )
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = local.connections

  security_group_id            = each.value.from
  description                  = "Monitoring: ${each.key}."
  referenced_security_group_id = each.value.to
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = local.connections

  security_group_id            = each.value.to
  description                  = "Monitoring: ${each.key}."
  referenced_security_group_id = each.value.from
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}
