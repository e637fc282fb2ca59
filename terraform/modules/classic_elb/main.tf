locals {
  https    = !var.http_only
  scheme   = local.https ? "https" : "http"
  port     = local.https ? 443 : 80
  hostname = coalesce(var.domain_name, aws_elb.this.dns_name)
  url      = "${local.scheme}://${local.hostname}"
}

# It cannot redirect: with TLS, port 80 is closed.
resource "aws_elb" "this" {
  #checkov:skip=CKV_AWS_376:TLS ends at the load balancer, instances are reached inside the VPC only
  name            = var.name
  internal        = var.internal
  subnets         = var.subnet_ids
  security_groups = [aws_security_group.this.id]

  cross_zone_load_balancing   = true
  idle_timeout                = 60
  connection_draining         = true
  connection_draining_timeout = var.drain_s
  desync_mitigation_mode      = "defensive"

  listener {
    lb_port            = local.port
    lb_protocol        = local.scheme
    instance_port      = var.tasks.host_port
    instance_protocol  = "http"
    ssl_certificate_id = local.certificate_arn
  }

  health_check {
    target              = "HTTP:${var.tasks.host_port}${var.health_path}"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  access_logs {
    bucket        = var.access_log_bucket
    bucket_prefix = var.name
    interval      = 5
    enabled       = true
  }
}

# TLS 1.2 is the newest that it speaks.
resource "aws_load_balancer_policy" "tls" {
  count = local.https ? 1 : 0

  load_balancer_name = aws_elb.this.name
  policy_name        = "tls-1-2"
  policy_type_name   = "SSLNegotiationPolicyType"

  policy_attribute {
    name  = "Reference-Security-Policy"
    value = "ELBSecurityPolicy-TLS-1-2-2017-01"
  }
}

resource "aws_load_balancer_listener_policy" "tls" {
  count = local.https ? 1 : 0

  load_balancer_name = aws_elb.this.name
  load_balancer_port = local.port
  policy_names       = aws_load_balancer_policy.tls[*].policy_name
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-elb-"
  description = "Load balancer ${var.name}. Services add their own way out."
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-elb" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = toset(var.allowed_cidrs)

  security_group_id = aws_security_group.this.id
  description       = "Clients: ${each.key}."
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = local.port
  to_port           = local.port
}
