mock_provider "aws" {
  mock_resource "aws_lb" {
    defaults = { dns_name = "ops-grpc-1.elb.eu-central-1.amazonaws.com" }
  }
}

variables {
  name              = "ops-grpc"
  vpc_id            = "vpc-1"
  subnet_ids        = ["subnet-1", "subnet-2"]
  allowed_cidrs     = ["10.10.0.0/16"]
  access_log_bucket = "ops-test-logs"

  listeners = {
    user    = { port = 5000, method = "user.UserService/Check" }
    expense = { port = 5001, target_port = 15001, health_protocol = "HTTP", health_port = 9090 }
  }
}

run "internal_and_balanced" {
  assert {
    condition     = aws_lb.this.internal && aws_lb.this.load_balancer_type == "network" && aws_lb.this.enable_cross_zone_load_balancing && aws_lb.this.enable_deletion_protection
    error_message = "It must be internal, balance zones, and be protected from deletion."
  }

  assert {
    condition     = aws_lb_target_group.this["user"].name == "ops-grpc-user-${substr(sha1(jsonencode(["user", 5000, var.vpc_id])), 0, 6)}" && aws_security_group.this.name_prefix == "ops-grpc-nlb-"
    error_message = "What is replaced must get another name."
  }

  assert {
    condition     = alltrue([for t in aws_lb_target_group.this : t.target_type == "ip" && t.connection_termination])
    error_message = "Targets must be tasks, and connections must not outlive them."
  }

  assert {
    condition     = aws_lb_target_group.this["user"].health_check[0].protocol == "TCP" && aws_lb_target_group.this["user"].health_check[0].port == "traffic-port"
    error_message = "Health is a connection to the port unless another is named."
  }

  assert {
    condition     = aws_lb_target_group.this["expense"].health_check[0].path == "/livez" && aws_lb_target_group.this["expense"].health_check[0].port == "9090"
    error_message = "Health by HTTP must ask its port and path."
  }

  assert {
    condition     = aws_lb_listener.tcp["expense"].port == 5001 && aws_lb_target_group.this["expense"].port == 15001
    error_message = "The ports of listener and task may differ."
  }

  assert {
    condition     = output.probes["user"] == "grpc://ops-grpc-1.elb.eu-central-1.amazonaws.com:5000/user.UserService/Check"
    error_message = "The probe must name host, port and method."
  }

  assert {
    condition     = output.entries["expense"].port == 15001
    error_message = "The entry must know the task's port."
  }

  assert {
    condition     = toset([for r in aws_vpc_security_group_ingress_rule.this : r.from_port]) == toset([5000, 5001])
    error_message = "The listeners' ports must be open, no other."
  }
}

run "names_in_a_private_zone" {
  variables {
    zone = { id = "Z1", name = "ops.internal" }
  }

  assert {
    condition     = aws_route53_record.this["user"].name == "user.ops.internal"
    error_message = "Each listener must have its name."
  }

  assert {
    condition     = output.probes["expense"] == "grpc://expense.ops.internal:5001/grpc.health.v1.Health/Check"
    error_message = "And be asked by it."
  }
}

run "tls_ends_here" {
  variables {
    certificate = { arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1" }
    listeners   = { user = { port = 443, target_port = 5000, protocol = "TLS" } }
  }

  assert {
    condition     = aws_lb_listener.tls["user"].alpn_policy == "HTTP2Only" && startswith(aws_lb_listener.tls["user"].ssl_policy, "ELBSecurityPolicy-TLS13")
    error_message = "TLS must be 1.2 at least and speak HTTP/2."
  }

  assert {
    condition     = startswith(output.entries["user"].url, "grpcs://")
    error_message = "The URL must say that it is TLS."
  }
}

run "tls_without_certificate" {
  command = plan
  variables {
    listeners = { user = { port = 443, protocol = "TLS" } }
  }
  expect_failures = [var.listeners]
}

run "no_listeners" {
  command = plan
  variables {
    listeners = {}
  }
  expect_failures = [var.listeners]
}

run "one_port_twice" {
  command = plan
  variables {
    listeners = { a = { port = 5000 }, b = { port = 5000 } }
  }
  expect_failures = [var.listeners]
}

run "udp" {
  command = plan
  variables {
    listeners = { a = { port = 5000, protocol = "UDP" } }
  }
  expect_failures = [var.listeners]
}

run "method_with_a_slash_before" {
  command = plan
  variables {
    listeners = { a = { port = 5000, method = "/user.UserService/Check" } }
  }
  expect_failures = [var.listeners]
}

run "long_name_of_a_listener" {
  variables {
    listeners = { a-very-long-name-of-a-listener = { port = 5000 } }
  }

  assert {
    condition     = length(one(values(aws_lb_target_group.this)).name) <= 32
    error_message = "The name of a target group must fit."
  }
}

run "bad_name_of_a_listener" {
  command = plan
  variables {
    listeners = { User = { port = 5000 } }
  }
  expect_failures = [var.listeners]
}

run "not_a_range" {
  command = plan
  variables {
    allowed_cidrs = ["sg-1"]
  }
  expect_failures = [var.allowed_cidrs]
}

run "one_subnet" {
  command = plan
  variables {
    subnet_ids = ["subnet-1"]
  }
  expect_failures = [var.subnet_ids]
}
