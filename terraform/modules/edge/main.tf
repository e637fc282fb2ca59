locals {
  https    = !var.http_only
  scheme   = local.https ? "https" : "http"
  hostname = coalesce(var.domain_name, aws_lb.this.dns_name)
  url      = "${local.scheme}://${local.hostname}"

  # The first host of a route names it; one with paths only has the load balancer's own name.
  urls = { for name, route in var.routes : name => "${local.scheme}://${try(route.hosts[0], local.hostname)}" }

  # Entry without hosts and paths; at most one, says the validation.
  default_route = one([for name, route in var.routes : name if length(route.hosts) + length(route.paths) == 0])
  rules         = { for name, route in var.routes : name => route if name != local.default_route }

  # What would replace a target group gives it another name: a listener holds the old one until the new one is there.
  target_groups = { for name, route in var.routes : name => join("-", [
    trim(substr("${var.name}-${name}", 0, 25), "-"),
    substr(sha1(jsonencode([name, route.port, route.target_type, route.protocol_version, var.vpc_id])), 0, 6),
  ]) }

  # What the kind of a route asks when nothing else is said.
  health = { for name, route in var.routes : name => {
    path    = coalesce(route.health_path, route.protocol_version == "GRPC" ? "/grpc.health.v1.Health/Check" : "/health")
    matcher = coalesce(route.health_matcher, route.protocol_version == "GRPC" ? "0" : "200")
  } }
}

resource "aws_lb" "this" {
  name               = var.name
  load_balancer_type = "application"
  internal           = var.internal
  subnets            = var.subnet_ids
  security_groups    = [aws_security_group.this.id]

  enable_deletion_protection       = var.deletion_protection
  enable_cross_zone_load_balancing = true
  enable_http2                     = true
  drop_invalid_header_fields       = true
  desync_mitigation_mode           = "defensive"
  xff_header_processing_mode       = "append"
  idle_timeout                     = var.idle_timeout_s

  access_logs {
    bucket  = var.access_log_bucket
    prefix  = var.name
    enabled = true
  }
}

# Behind it all is plain HTTP inside the VPC: the tasks have no certificates.
resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378:TLS ends at the load balancer, tasks are reached inside the VPC only
  for_each = var.routes

  name                 = local.target_groups[each.key]
  vpc_id               = var.vpc_id
  target_type          = each.value.target_type
  port                 = each.value.port
  protocol             = "HTTP"
  protocol_version     = each.value.protocol_version
  deregistration_delay = each.value.deregistration_delay_s

  health_check {
    path                = local.health[each.key].path
    matcher             = local.health[each.key].matcher
    interval            = each.value.health_interval_s
    timeout             = min(5, each.value.health_interval_s - 1)
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  tags = { Name = "${var.name}-${each.key}" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "main" {
  load_balancer_arn = aws_lb.this.arn
  port              = local.https ? 443 : 80
  protocol          = local.https ? "HTTPS" : "HTTP"
  ssl_policy        = local.https ? var.ssl_policy : null
  certificate_arn   = local.certificate_arn

  # What no rule knows goes to the default route, if there is one.
  default_action {
    type             = local.default_route == null ? "fixed-response" : "forward"
    target_group_arn = local.default_route == null ? null : aws_lb_target_group.this[local.default_route].arn

    dynamic "fixed_response" {
      for_each = local.default_route == null ? ["Nothing is served here."] : []
      content {
        content_type = "text/plain"
        message_body = fixed_response.value
        status_code  = "404"
      }
    }
  }
}

resource "aws_lb_listener" "redirect" {
  count = local.https ? 1 : 0

  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  # For people who type the name. It has no 308, after which a POST would stay a POST: programs are given the URL with https.
  default_action {
    type = "redirect"

    redirect {
      protocol    = "HTTPS"
      port        = "443"
      status_code = "HTTP_301"
    }
  }
}

resource "aws_lb_listener_rule" "this" {
  for_each = local.rules

  listener_arn = aws_lb_listener.main.arn
  priority     = each.value.priority

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }

  dynamic "condition" {
    for_each = length(each.value.hosts) > 0 ? [each.value.hosts] : []
    content {
      host_header {
        values = condition.value
      }
    }
  }

  dynamic "condition" {
    for_each = length(each.value.paths) > 0 ? [each.value.paths] : []
    content {
      path_pattern {
        values = condition.value
      }
    }
  }

  tags = { Name = each.key }
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-alb-"
  description = "Load balancer ${var.name}. Services add their own way out."
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-alb" }

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  listening = merge({ http = 80 }, local.https ? { https = 443 } : {})
  ingress = { for pair in setproduct(keys(local.listening), var.allowed_cidrs) :
    "${pair[0]} ${pair[1]}" => { port = local.listening[pair[0]], cidr = pair[1] }
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
