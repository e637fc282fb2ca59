mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/ops-mon:1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/ops-mon" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/ops-mon" }
  }
  mock_resource "aws_ssm_parameter" {
    defaults = { arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/ops-mon/grafana/password" }
  }
}

variables {
  name      = "ops-mon"
  cluster   = { name = "ops-test", arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/ops-test" }
  placement = { vpc_id = "vpc-0123456789abcdef0", subnet_ids = ["subnet-0aaaaaaaaaaaaaaaa"] }
  namespace = { id = "ns-0123456789abcdef", name = "ops.internal" }
  images = {
    prometheus   = "prom/prometheus@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    alertmanager = "prom/alertmanager@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    grafana      = "grafana/grafana@sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
  }
  targets = {
    ops-api    = { dns_name = "ops-test-api.ops.internal", port = 9090, security_group_id = "sg-0aaaaaaaaaaaaaaaa" }
    ops-worker = { dns_name = "ops-test-worker.ops.internal", record = "SRV", port = 9091, security_group_id = "sg-0bbbbbbbbbbbbbbbb" }
  }
  grafana_entry = {
    url               = "https://grafana.example.com"
    security_group_id = "sg-0cccccccccccccccc"
    target_group_arn  = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/grafana/0123456789abcdef"
    target_group      = "targetgroup/grafana/0123456789abcdef"
    load_balancer     = "app/ops-test/0123456789abcdef"
  }
  grafana_password = "sentinel-of-the-test-5f1c"
  topic            = { arn = "arn:aws:sns:eu-central-1:123456789012:ops-test-alarms", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/66666666-7777-8888-9999-000000000000" }
  kms_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/66666666-7777-8888-9999-000000000000"
}

run "everything_is_there_at_the_first_start" {
  assert {
    condition     = [for c in yamldecode(local.prometheus_yml).scrape_configs : c.job_name] == ["ops-api", "ops-worker", "prometheus"]
    error_message = "The jobs must have the names that rules and dashboards ask for."
  }

  assert {
    condition     = yamldecode(local.prometheus_yml).scrape_configs[0].dns_sd_configs[0].port == 9090 && !can(yamldecode(local.prometheus_yml).scrape_configs[1].dns_sd_configs[0].port)
    error_message = "A records need a port, SRV records have it."
  }

  assert {
    condition     = yamldecode(local.prometheus_yml).rule_files == ["rules/*.yml"]
    error_message = "The rules must be read."
  }

  assert {
    condition     = alltrue([for r in yamldecode(local.alertmanager_yml).receivers : r.sns_configs[0].topic_arn == var.topic.arn])
    error_message = "Every receiver must be the topic."
  }

  assert {
    condition     = yamldecode(local.datasources_yml).datasources[0].url == "http://ops-mon-prometheus.ops.internal:9090"
    error_message = "Grafana must find Prometheus by name."
  }

  assert {
    condition     = length([for path in keys(local.files.grafana) : path if startswith(path, "dashboards/")]) == 3
    error_message = "The three dashboards must be provisioned."
  }

  assert {
    condition     = strcontains(local.alerts_yml, "absent(up{job=\\\"ops-api\\\"} == 1)") && strcontains(local.alerts_yml, "absent(up{job=\\\"ops-worker\\\"} == 1)")
    error_message = "It must be told when a service is not there."
  }

  assert {
    condition     = sort(keys(local.files.prometheus)) == tolist(["prometheus.yml", "rules/alerts.yml", "rules/recording.yml"])
    error_message = "Rules must be those that are shipped."
  }

  assert {
    condition     = local.programs.grafana.size.cpu >= 512
    error_message = "A quarter of a core takes longer for Grafana's database than the load balancer waits."
  }

  assert {
    condition     = alltrue([for s in module.service : length(s.container_definitions) < 60000])
    error_message = "A task definition must be shorter than 64 KiB."
  }

  assert {
    condition     = alltrue([for s in module.service : !strcontains(s.container_definitions, "sentinel-of-the-test")])
    error_message = "The password must not stand in a task definition."
  }

  assert {
    condition     = jsondecode(module.service["grafana"].container_definitions)[0].secrets[0].name == "GF_SECURITY_ADMIN_PASSWORD"
    error_message = "ECS must give Grafana its password."
  }
}

run "who_connects_to_whom" {
  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.this) == ["alerts", "dashboards", "instances", "ops-api"]
    error_message = "Each connection must be let in."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.this["instances"].security_group_id == "sg-0bbbbbbbbbbbbbbbb" && aws_vpc_security_group_ingress_rule.this["instances"].from_port == 32768 && aws_vpc_security_group_egress_rule.this["instances"].to_port == 65535
    error_message = "In bridge mode a task is met at a free port of its instance."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.this["ops-api"].security_group_id == "sg-0aaaaaaaaaaaaaaaa" && aws_vpc_security_group_ingress_rule.this["ops-api"].from_port == 9090
    error_message = "Prometheus must reach the metrics, and no other port."
  }

  assert {
    condition     = jsondecode(local.tell_policy).Statement[0].Resource == [var.topic.arn]
    error_message = "Alertmanager must tell this topic and no other."
  }
}

run "other_services_than_ours" {
  variables {
    loki_url = "http://ops-logs-loki.ops.internal:3100"
    targets  = { shop = { dns_name = "shop.ops.internal", port = 9000, security_group_id = "sg-0aaaaaaaaaaaaaaaa" } }
  }

  assert {
    condition     = !anytrue([for text in values(local.files.prometheus) : strcontains(text, "job=\"ops-")]) && sort(keys(local.files.prometheus)) == tolist(["prometheus.yml", "rules/targets.yml"])
    error_message = "Nobody must be woken for services that there are none of."
  }

  assert {
    condition     = [for r in yamldecode(local.targets_yml).groups[0].rules : r.alert] == ["TargetsMayBeMissing", "TargetDown"]
    error_message = "It must be told when a task does not answer."
  }

  assert {
    condition     = sort(keys(local.files.grafana)) == tolist(["provisioning/datasources/loki.yml", "provisioning/datasources/prometheus.yml"])
    error_message = "Grafana must read Loki, and have no dashboard of what nobody exports."
  }
}

run "a_worker_at_rest" {
  variables {
    targets = {
      ops-api    = { dns_name = "ops-test-api.ops.internal", port = 9090, security_group_id = "sg-0aaaaaaaaaaaaaaaa" }
      ops-worker = { dns_name = "ops-test-worker.ops.internal", port = 9091, security_group_id = "sg-0bbbbbbbbbbbbbbbb", min_tasks = 0 }
    }
  }

  assert {
    condition     = !strcontains(local.alerts_yml, "OpsWorkerDown") && strcontains(local.alerts_yml, "OpsApiDown") && strcontains(local.alerts_yml, "OpsQueueOld")
    error_message = "A worker that has scaled to zero must wake nobody, a queue that grows old must."
  }
}

run "another_promise" {
  variables {
    slo = { availability_percent = 99.5, latency_s = 0.25 }
  }

  assert {
    condition     = strcontains(local.alerts_yml, "> 14.4 * 0.005") && !strcontains(local.alerts_yml, "* 0.001")
    error_message = "The burn rates must be those of the promise."
  }

  assert {
    condition     = strcontains(local.alerts_yml, "ops:submit_duration_seconds:p99_5m > 0.25 and")
    error_message = "The latency must be that of the promise."
  }
}

run "bridge" {
  command = plan

  variables {
    compute = { launch = "ec2", network_mode = "bridge", instance_security_group_id = "sg-0cccccccccccccccc" }
  }

  expect_failures = [var.compute]
}

run "a_tag_instead_of_a_digest" {
  command = plan

  variables {
    images = { prometheus = "prom/prometheus:latest", alertmanager = "prom/alertmanager:latest", grafana = "grafana/grafana:latest" }
  }

  expect_failures = [var.images]
}

run "a_password_that_can_be_guessed" {
  command = plan

  variables {
    grafana_password = "admin"
  }

  expect_failures = [var.grafana_password]
}

run "all_of_it_cannot_be_promised" {
  command = plan

  variables {
    slo = { availability_percent = 100 }
  }

  expect_failures = [var.slo]
}

run "two_services_on_the_same_instances" {
  variables {
    targets = {
      ops-api    = { dns_name = "ops-test-api.ops.internal", record = "SRV", port = 9090, security_group_id = "sg-0bbbbbbbbbbbbbbbb" }
      ops-worker = { dns_name = "ops-test-worker.ops.internal", record = "SRV", port = 9091, security_group_id = "sg-0bbbbbbbbbbbbbbbb" }
    }
  }

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.this) == ["alerts", "dashboards", "instances"]
    error_message = "Two equal rules are refused."
  }
}
