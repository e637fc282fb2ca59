locals {
  # Tasks in bridge mode listen on any free port of their instances, and share the instances' group: one rule for all.
  by_instance = [for job in sort(keys(var.targets)) : job if var.targets[job].record == "SRV"]
  free_ports  = [32768, 65535]

  # Who connects to whom, beside the load balancer to Grafana: from, to, and the ports, first and last.
  connections = merge(
    {
      alerts     = { from = module.service["prometheus"].security_group_id, to = module.service["alertmanager"].security_group_id, ports = [local.ports.alertmanager, local.ports.alertmanager] }
      dashboards = { from = module.service["grafana"].security_group_id, to = module.service["prometheus"].security_group_id, ports = [local.ports.prometheus, local.ports.prometheus] }
    },
    { for job, t in var.targets : job => { from = module.service["prometheus"].security_group_id, to = t.security_group_id, ports = [t.port, t.port] } if t.record == "A" },
    { for i, job in local.by_instance : "instances" => { from = module.service["prometheus"].security_group_id, to = var.targets[job].security_group_id, ports = local.free_ports } if i == 0 },
  )
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = local.connections

  security_group_id            = each.value.from
  description                  = "Monitoring: ${each.key}."
  referenced_security_group_id = each.value.to
  ip_protocol                  = "tcp"
  from_port                    = each.value.ports[0]
  to_port                      = each.value.ports[1]
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = local.connections

  security_group_id            = each.value.to
  description                  = "Monitoring: ${each.key}."
  referenced_security_group_id = each.value.from
  ip_protocol                  = "tcp"
  from_port                    = each.value.ports[0]
  to_port                      = each.value.ports[1]
}
