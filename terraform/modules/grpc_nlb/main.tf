locals {
  target_ports = { for name, l in var.listeners : name => coalesce(l.target_port, l.port) }

  # What would replace a target group gives it another name: a listener holds the old one until the new one is there.
  target_groups = { for name, port in local.target_ports : name => join("-", [
    trim(substr("${var.name}-${name}", 0, 25), "-"),
    substr(sha1(jsonencode([name, port, var.vpc_id])), 0, 6),
  ]) }

  schemes = { for name, l in var.listeners : name => l.protocol == "TLS" ? "grpcs" : "grpc" }
  hosts   = { for name, l in var.listeners : name => var.zone == null ? aws_lb.this.dns_name : "${name}.${var.zone.name}" }
  urls    = { for name, l in var.listeners : name => "${local.schemes[name]}://${local.hosts[name]}:${l.port}" }

  ingress = { for pair in setproduct(keys(var.listeners), var.allowed_cidrs) :
    "${pair[0]} ${pair[1]}" => { port = var.listeners[pair[0]].port, cidr = pair[1] }
  }
}

resource "aws_lb" "this" {
  name               = var.name
  load_balancer_type = "network"
  internal           = true
  subnets            = var.subnet_ids
  security_groups    = [aws_security_group.this.id]

  enable_deletion_protection       = var.deletion_protection
  enable_cross_zone_load_balancing = true

  # It writes a line for each TLS connection; TCP ones are seen in the flow logs.
  access_logs {
    bucket  = var.access_log_bucket
    prefix  = var.name
    enabled = true
  }
}

resource "aws_lb_target_group" "this" {
  for_each = var.listeners

  name                   = local.target_groups[each.key]
  vpc_id                 = var.vpc_id
  target_type            = "ip"
  port                   = local.target_ports[each.key]
  protocol               = "TCP"
  deregistration_delay   = each.value.deregistration_delay_s
  connection_termination = true # gRPC keeps connections for days: they must not outlive their task

  # With the addresses of clients kept, a task could not call its own service through the load balancer.
  preserve_client_ip = false

  health_check {
    protocol            = each.value.health_protocol
    port                = each.value.health_port == null ? "traffic-port" : tostring(each.value.health_port)
    path                = each.value.health_protocol == "TCP" ? null : each.value.health_path
    matcher             = each.value.health_protocol == "TCP" ? null : "200"
    interval            = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }

  tags = { Name = "${var.name}-${each.key}" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "tcp" {
  for_each = { for name, l in var.listeners : name => l if l.protocol == "TCP" }

  load_balancer_arn = aws_lb.this.arn
  port              = each.value.port
  protocol          = "TCP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }
}

resource "aws_lb_listener" "tls" {
  for_each = { for name, l in var.listeners : name => l if l.protocol == "TLS" }

  load_balancer_arn = aws_lb.this.arn
  port              = each.value.port
  protocol          = "TLS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
  certificate_arn   = one(var.certificate[*].arn)
  alpn_policy       = "HTTP2Only"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-nlb-"
  description = "Load balancer ${var.name}. Services add their own way out."
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-nlb" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = local.ingress

  security_group_id = aws_security_group.this.id
  description       = "Clients: ${each.key}."
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_route53_record" "this" {
  for_each = var.zone == null ? {} : var.listeners

  zone_id = var.zone.id
  name    = "${each.key}.${var.zone.name}"
  type    = "A"

  alias {
    name                   = aws_lb.this.dns_name
    zone_id                = aws_lb.this.zone_id
    evaluate_target_health = true
  }
}
