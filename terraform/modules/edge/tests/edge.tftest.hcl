mock_provider "aws" {
  mock_resource "aws_lb" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/ops-test/50dc6c495c0c9188"
      arn_suffix = "app/ops-test/50dc6c495c0c9188"
      dns_name   = "ops-test-1.eu-central-1.elb.amazonaws.com"
    }
  }
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      domain_validation_options = [
        { domain_name = "intake.example.com", resource_record_name = "_a.intake.example.com.", resource_record_type = "CNAME", resource_record_value = "_b.acm-validations.aws." },
        { domain_name = "grafana.example.com", resource_record_name = "_c.grafana.example.com.", resource_record_type = "CNAME", resource_record_value = "_d.acm-validations.aws." },
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
  kms_key_arn       = "arn:aws:kms:eu-central-1:123456789012:key/7c0a1f3e-0000-4000-8000-000000000000"

  routes = {
    api     = { port = 8080 }
    grafana = { port = 3000, hosts = ["grafana.example.com"], priority = 10, health_path = "/api/health" }
  }
}

run "https_with_a_certificate_of_its_own" {
  assert {
    condition     = aws_lb_listener.redirect[0].default_action[0].type == "redirect" && aws_lb_listener.redirect[0].default_action[0].redirect[0].protocol == "HTTPS"
    error_message = "Port 80 must send to HTTPS."
  }

  assert {
    condition     = aws_lb_listener.redirect[0].default_action[0].redirect[0].status_code == "HTTP_301"
    error_message = "A load balancer answers 301 or 302, no other."
  }

  assert {
    condition     = startswith(aws_lb_listener.main.ssl_policy, "ELBSecurityPolicy-TLS13")
    error_message = "TLS must be 1.2 at least."
  }

  assert {
    condition     = aws_acm_certificate.this[0].domain_name == "intake.example.com" && aws_acm_certificate.this[0].subject_alternative_names == toset(["grafana.example.com"])
    error_message = "The certificate must cover the domain and every host."
  }

  assert {
    condition     = toset(keys(aws_route53_record.proof)) == toset(["intake.example.com", "grafana.example.com"])
    error_message = "Each name must be proven in DNS."
  }

  assert {
    condition     = toset(keys(aws_route53_record.alias)) == toset(["intake.example.com", "grafana.example.com"])
    error_message = "Each name must lead to the load balancer."
  }

  assert {
    condition     = output.entries["api"].url == "https://intake.example.com" && output.entries["grafana"].url == "https://grafana.example.com"
    error_message = "Each entry must know its URL."
  }

  assert {
    condition     = output.entries["api"].shared
    error_message = "Alarms must know that others are behind the load balancer."
  }

  assert {
    condition     = aws_lb_listener.main.default_action[0].target_group_arn == aws_lb_target_group.this["api"].arn
    error_message = "The route without hosts must be the default."
  }

  assert {
    condition     = keys(aws_lb_listener_rule.this) == ["grafana"] && one(aws_lb_listener_rule.this["grafana"].condition).host_header[0].values == toset(["grafana.example.com"])
    error_message = "Every other route must have a rule for its hosts."
  }

  assert {
    condition     = toset([for r in aws_vpc_security_group_ingress_rule.this : r.from_port]) == toset([80, 443])
    error_message = "Ports 80 and 443 must be open, no other."
  }
}

run "kept_safe" {
  assert {
    condition     = aws_lb.this.enable_deletion_protection && aws_lb.this.drop_invalid_header_fields && aws_lb.this.desync_mitigation_mode == "defensive"
    error_message = "The load balancer must be protected from deletion, and drop what is ambiguous."
  }

  assert {
    condition     = aws_lb.this.access_logs[0].enabled && aws_lb.this.access_logs[0].bucket == "ops-test-logs"
    error_message = "There must be access logs."
  }

  assert {
    condition     = startswith(aws_lb_target_group.this["api"].name, "ops-test-api-") && aws_lb_target_group.this["api"].name == "ops-test-api-${substr(sha1(jsonencode(["api", 8080, "ip", "HTTP1", "vpc-1"])), 0, 6)}"
    error_message = "A target group that is replaced must get another name."
  }

  assert {
    condition     = aws_security_group.this.name_prefix == "ops-test-alb-"
    error_message = "A security group that is replaced must get another name."
  }

  assert {
    condition     = aws_lb_target_group.this["api"].target_type == "ip" && aws_lb_target_group.this["api"].health_check[0].path == "/health"
    error_message = "Targets must be addresses of tasks, asked for /health."
  }

  assert {
    condition     = length(aws_wafv2_web_acl.this) == 0 && output.web_acl_arn == null
    error_message = "There is no web ACL unless it is asked for."
  }
}

run "a_given_certificate" {
  variables {
    certificate = { arn = "arn:aws:acm:eu-central-1:123456789012:certificate/2" }
    zone        = null
  }

  assert {
    condition     = length(aws_acm_certificate.this) == 0 && aws_lb_listener.main.certificate_arn == "arn:aws:acm:eu-central-1:123456789012:certificate/2"
    error_message = "The given certificate must be used, and no other made."
  }

  assert {
    condition     = length(aws_route53_record.alias) == 0 && length(aws_route53_record.proof) == 0
    error_message = "Without a zone no record can be made."
  }
}

run "plain_http_on_request" {
  variables {
    http_only   = true
    domain_name = null
    zone        = null
    routes      = { api = { port = 8080, target_type = "instance" } }
  }

  assert {
    condition     = aws_lb_listener.main.protocol == "HTTP" && length(aws_lb_listener.redirect) == 0 && output.certificate_arn == null
    error_message = "There must be no HTTPS listener."
  }

  assert {
    condition     = aws_lb_listener.main.default_action[0].type == "forward" && output.url == "http://ops-test-1.eu-central-1.elb.amazonaws.com"
    error_message = "Port 80 must serve, under the load balancer's own name."
  }

  assert {
    condition     = [for r in aws_vpc_security_group_ingress_rule.this : r.from_port] == [80]
    error_message = "Port 443 must be closed."
  }
}

run "no_default_route" {
  variables {
    routes = {
      api = { port = 8080, hosts = ["intake.example.com"], paths = ["/submit", "/health"], priority = 1 }
    }
  }

  assert {
    condition     = aws_lb_listener.main.default_action[0].type == "fixed-response" && aws_lb_listener.main.default_action[0].fixed_response[0].status_code == "404"
    error_message = "What no rule knows must be 404."
  }

  assert {
    condition     = keys(aws_route53_record.alias) == ["intake.example.com"]
    error_message = "The route's own host must lead here."
  }

  assert {
    condition     = length(aws_lb_listener_rule.this["api"].condition) == 2
    error_message = "Host and path must both have to match."
  }
}

run "a_domain_that_nothing_is_served_under" {
  variables {
    domain_name = "example.com"
    certificate = { arn = "arn:aws:acm:eu-central-1:123456789012:certificate/2" }
    routes      = { api = { port = 8080, hosts = ["intake.example.com"], priority = 1 } }
  }

  assert {
    condition     = keys(aws_route53_record.alias) == ["intake.example.com"]
    error_message = "A domain that only names the certificate must be left to whoever has it."
  }
}

run "paths_under_the_domain" {
  variables {
    certificate = { arn = "arn:aws:acm:eu-central-1:123456789012:certificate/2" }
    routes = {
      api                         = { port = 8080, paths = ["/submit"], priority = 1 }
      a-very-long-name-of-a-route = { port = 8081, hosts = ["long.example.com"], priority = 2 }
    }
  }

  assert {
    condition     = keys(aws_route53_record.alias) == ["intake.example.com", "long.example.com"]
    error_message = "Paths without hosts are served under the domain."
  }

  assert {
    condition     = length(aws_lb_target_group.this["a-very-long-name-of-a-route"].name) <= 32
    error_message = "The name of a target group must fit."
  }
}

run "grpc_with_the_health_method_of_all" {
  variables {
    certificate = { arn = "arn:aws:acm:eu-central-1:123456789012:certificate/2" }
    routes      = { user = { port = 5000, hosts = ["user.example.com"], priority = 1, protocol_version = "GRPC" } }
  }

  assert {
    condition     = aws_lb_target_group.this["user"].health_check[0].path == "/grpc.health.v1.Health/Check" && aws_lb_target_group.this["user"].health_check[0].matcher == "0"
    error_message = "gRPC has neither /health nor 200."
  }
}

run "grpc_route" {
  variables {
    routes = {
      user = { port = 5000, hosts = ["user.example.com"], priority = 1, protocol_version = "GRPC", health_path = "/user.UserService/Check", health_matcher = "0" }
    }
    certificate = { arn = "arn:aws:acm:eu-central-1:123456789012:certificate/2" }
  }

  assert {
    condition     = aws_lb_target_group.this["user"].protocol_version == "GRPC" && aws_lb_target_group.this["user"].health_check[0].matcher == "0"
    error_message = "gRPC must be asked for its own status."
  }
}

run "web_acl" {
  variables {
    waf = { rate_limit = 500 }
  }

  assert {
    condition     = toset([for r in aws_wafv2_web_acl.this[0].rule : r.name]) == toset(["rate", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesAnonymousIpList", "AWSManagedRulesCommonRuleSet"])
    error_message = "The limit and the four groups of AWS must be there."
  }

  assert {
    condition     = length(distinct([for r in aws_wafv2_web_acl.this[0].rule : r.priority])) == 5
    error_message = "Each rule must have a place of its own."
  }

  assert {
    condition     = [for r in aws_wafv2_web_acl.this[0].rule : length(r.statement[0].managed_rule_group_statement[0].rule_action_override) if r.name == "AWSManagedRulesCommonRuleSet"] == [length(local.counted_rules)]
    error_message = "Payloads with HTML, or longer than 8 KiB, must come through."
  }

  assert {
    condition     = startswith(aws_cloudwatch_log_group.waf[0].name, "aws-waf-logs-") && aws_cloudwatch_log_group.waf[0].kms_key_id == var.kms_key_arn
    error_message = "Its log group must be named as WAF wants it, and encrypted."
  }

  assert {
    condition     = aws_wafv2_web_acl_logging_configuration.this[0].logging_filter[0].default_behavior == "DROP" && toset([for c in one(aws_wafv2_web_acl_logging_configuration.this[0].logging_filter[0].filter).condition : c.action_condition[0].action]) == toset(["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"])
    error_message = "What came through must not be logged a second time: it costs more than to serve it."
  }

  assert {
    condition     = toset([for f in aws_wafv2_web_acl_logging_configuration.this[0].redacted_fields : f.single_header[0].name]) == toset(["authorization", "webhook-signature"])
    error_message = "Credentials must not be logged."
  }
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

run "old_tls" {
  command = plan
  variables {
    ssl_policy = "ELBSecurityPolicy-TLS-1-1-2017-01"
  }
  expect_failures = [var.ssl_policy]
}

run "two_defaults" {
  command = plan
  variables {
    routes = { a = { port = 8080 }, b = { port = 8081 } }
  }
  expect_failures = [var.routes]
}

run "rule_without_priority" {
  command = plan
  variables {
    routes = { a = { port = 8080, paths = ["/a"] } }
  }
  expect_failures = [var.routes]
}

run "two_rules_of_one_priority" {
  command = plan
  variables {
    routes = { a = { port = 8080, paths = ["/a"], priority = 1 }, b = { port = 8081, paths = ["/b"], priority = 1 } }
  }
  expect_failures = [var.routes]
}

run "grpc_without_tls" {
  command = plan
  variables {
    http_only = true
    routes    = { a = { port = 5000, protocol_version = "GRPC" } }
  }
  expect_failures = [var.routes]
}

run "bad_name_of_a_route" {
  command = plan
  variables {
    routes = { API = { port = 8080 } }
  }
  expect_failures = [var.routes]
}

run "grpc_asked_for_a_page" {
  command = plan
  variables {
    routes = { user = { port = 5000, protocol_version = "GRPC", health_path = "/health" } }
  }
  expect_failures = [var.routes]
}

run "grpc_asked_for_an_http_status" {
  command = plan
  variables {
    routes = { user = { port = 5000, protocol_version = "GRPC", health_matcher = "200" } }
  }
  expect_failures = [var.routes]
}

run "http_asked_for_a_grpc_status" {
  command = plan
  variables {
    routes = { api = { port = 8080, health_matcher = "0" } }
  }
  expect_failures = [var.routes]
}

run "unknown_target_type" {
  command = plan
  variables {
    routes = { a = { port = 8080, target_type = "lambda" } }
  }
  expect_failures = [var.routes]
}

run "drains_too_long" {
  command = plan
  variables {
    routes = { a = { port = 8080, deregistration_delay_s = 3601 } }
  }
  expect_failures = [var.routes]
}

run "one_subnet" {
  command = plan
  variables {
    subnet_ids = ["subnet-1"]
  }
  expect_failures = [var.subnet_ids]
}

run "not_a_range" {
  command = plan
  variables {
    allowed_cidrs = ["10.0.0.0"]
  }
  expect_failures = [var.allowed_cidrs]
}

run "closes_after_the_service" {
  command = plan
  variables {
    idle_timeout_s = 75
  }
  expect_failures = [var.idle_timeout_s]
}

run "a_sender_with_many_users" {
  variables {
    waf = {}
  }

  assert {
    condition     = one([for r in aws_wafv2_web_acl.this[0].rule : r.statement[0].rate_based_statement[0].limit if r.name == "rate"]) >= 100000
    error_message = "300 requests a second from one address are one busy sender."
  }

  assert {
    condition     = one(one([for r in aws_wafv2_web_acl.this[0].rule : r.action[0].block[0].custom_response[0].response_header if r.name == "rate"])).name == "Retry-After"
    error_message = "Who is sent away must be told for how long."
  }
}

run "limit_too_low" {
  command = plan
  variables {
    waf = { rate_limit = 99 }
  }
  expect_failures = [var.waf]
}
