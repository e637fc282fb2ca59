mock_provider "aws" {
  mock_resource "aws_elb" {
    defaults = { dns_name = "ops-test-1.eu-central-1.elb.amazonaws.com" }
  }
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      domain_validation_options = [
        { domain_name = "intake.example.com", resource_record_name = "_a.intake.example.com.", resource_record_type = "CNAME", resource_record_value = "_b.acm-validations.aws." },
      ]
    }
  }
}

variables {
  name              = "ops-test"
  vpc_id            = "vpc-1"
  subnet_ids        = ["subnet-1", "subnet-2"]
  domain_name       = "intake.example.com"
  zone              = { id = "Z1" }
  access_log_bucket = "ops-test-logs"
  tasks             = { host_port = 8080, max_count = 2, instances = 2 }
}

run "tls_and_a_fixed_port" {
  assert {
    condition     = aws_security_group.this.name_prefix == "${var.name}-elb-"
    error_message = "A security group that is replaced must get another name."
  }

  assert {
    condition     = one(aws_elb.this.listener).lb_port == 443 && one(aws_elb.this.listener).lb_protocol == "https" && one(aws_elb.this.listener).instance_port == 8080
    error_message = "Port 443 must lead to the fixed port."
  }

  assert {
    condition     = one(aws_load_balancer_policy.tls[0].policy_attribute).value == "ELBSecurityPolicy-TLS-1-2-2017-01"
    error_message = "TLS must be 1.2."
  }

  assert {
    condition     = aws_elb.this.health_check[0].target == "HTTP:8080/health"
    error_message = "The service must be asked for /health."
  }

  assert {
    condition     = aws_elb.this.cross_zone_load_balancing && aws_elb.this.connection_draining && aws_elb.this.access_logs[0].enabled
    error_message = "Zones must be balanced, connections drained, accesses logged."
  }

  assert {
    condition     = output.entry.kind == "classic" && output.entry.elb_name == "ops-test" && output.entry.url == "https://intake.example.com"
    error_message = "The entry must be that of a Classic ELB."
  }

  assert {
    condition     = aws_route53_record.alias[0].name == "intake.example.com" && aws_route53_record.proof[0].name == "_a.intake.example.com."
    error_message = "The name must be proven and lead here."
  }

  assert {
    condition     = [for r in aws_vpc_security_group_ingress_rule.this : r.from_port] == [443]
    error_message = "No port but 443 may be open: it could not redirect."
  }
}

run "plain_http_on_request" {
  variables {
    http_only   = true
    domain_name = null
    zone        = null
  }

  assert {
    condition     = one(aws_elb.this.listener).lb_port == 80 && length(aws_load_balancer_policy.tls) == 0
    error_message = "Port 80 must serve, without TLS."
  }

  assert {
    condition     = output.url == "http://ops-test-1.eu-central-1.elb.amazonaws.com" && output.certificate_arn == null
    error_message = "The URL must be the load balancer's own."
  }
}

run "a_given_certificate" {
  variables {
    certificate = { arn = "arn:aws:acm:eu-central-1:123456789012:certificate/2" }
    zone        = null
  }

  assert {
    condition     = one(aws_elb.this.listener).ssl_certificate_id == "arn:aws:acm:eu-central-1:123456789012:certificate/2" && length(aws_acm_certificate.this) == 0
    error_message = "The given certificate must be used, and no other made."
  }
}

run "fargate_behind_it" {
  command = plan
  variables {
    tasks = { launch = "fargate", host_port = 8080, max_count = 1, instances = 2 }
  }
  expect_failures = [var.tasks]
}

run "dynamic_port" {
  command = plan
  variables {
    tasks = { host_port = 0, max_count = 1, instances = 2 }
  }
  expect_failures = [var.tasks]
}

run "more_tasks_than_instances" {
  command = plan
  variables {
    tasks = { host_port = 8080, max_count = 3, instances = 2 }
  }
  expect_failures = [var.tasks]
}

run "path_without_slash" {
  command = plan
  variables {
    health_path = "health"
  }
  expect_failures = [var.health_path]
}

run "drains_too_long" {
  command = plan
  variables {
    drain_s = 3601
  }
  expect_failures = [var.drain_s]
}

run "tls_without_certificate" {
  command = plan
  variables {
    zone = null
  }
  expect_failures = [var.certificate]
}

run "tls_without_name" {
  command = plan
  variables {
    domain_name = null
  }
  expect_failures = [var.domain_name]
}

run "not_a_range" {
  command = plan
  variables {
    allowed_cidrs = ["everywhere"]
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
