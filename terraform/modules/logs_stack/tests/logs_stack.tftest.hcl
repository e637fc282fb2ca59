mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/ops:1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/ops" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/ops" }
  }
}

variables {
  name        = "ops-logs"
  cluster     = { name = "ops-test", arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/ops-test" }
  placement   = { vpc_id = "vpc-0123456789abcdef0", subnet_ids = ["subnet-0aaaaaaaaaaaaaaaa"] }
  namespace   = { id = "ns-0123456789abcdef", name = "ops.internal" }
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  bucket      = { name = "ops-logs-123456789012", arn = "arn:aws:s3:::ops-logs-123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  clients     = { api = "sg-0aaaaaaaaaaaaaaaa" }
}

run "loki_on_a_bucket" {
  assert {
    condition     = keys(module.service) == ["loki"]
    error_message = "Loki must be one service."
  }

  assert {
    condition     = strcontains(module.service["loki"].container_definitions, "grafana/loki@sha256:58a6c186ce78") && strcontains(local.programs.loki.command[0], "exec /usr/bin/loki")
    error_message = "It must be a version whose image has the shell that writes its file."
  }

  assert {
    condition     = yamldecode(local.loki_yml).common.storage.s3.bucketnames == "ops-logs-123456789012" && yamldecode(local.loki_yml).limits_config.retention_period == "720h"
    error_message = "Chunks must be in the bucket, for 30 days."
  }

  assert {
    condition     = jsondecode(local.loki_policy).Statement[0].Resource == ["arn:aws:s3:::ops-logs-123456789012/*"]
    error_message = "Loki must write to its bucket alone."
  }

  assert {
    condition     = output.push_url == "http://ops-logs-loki.ops.internal:3100/loki/api/v1/push"
    error_message = "Events must have somewhere to go."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.this["client-api"].from_port == 3100
    error_message = "Clients must reach it."
  }
}

run "elk_for_people_who_have_it" {
  variables {
    engine = "elk"
    images = { elasticsearch = "elastic/elasticsearch@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", logstash = "elastic/logstash@sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", kibana = "elastic/kibana@sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd" }
    bucket = null
  }

  assert {
    condition     = keys(module.service) == ["elasticsearch", "kibana", "logstash"]
    error_message = "Three services must stand."
  }

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.this) == ["client-api", "index", "read"]
    error_message = "Only Logstash and Kibana may reach Elasticsearch, and clients only Logstash."
  }

  assert {
    condition     = strcontains(module.service["logstash"].container_definitions, "ops-%%{+YYYY.MM.dd}")
    error_message = "Each day must have its index."
  }
}

run "loki_without_a_bucket" {
  command = plan

  variables {
    bucket = null
  }

  expect_failures = [var.bucket]
}

run "the_images_of_another_engine" {
  command = plan

  variables {
    engine = "elk"
  }

  expect_failures = [var.images]
}

run "a_tag_instead_of_a_digest" {
  command = plan

  variables {
    images = { loki = "grafana/loki:latest" }
  }

  expect_failures = [var.images]
}

run "an_engine_of_another_kind" {
  command = plan

  variables {
    engine = "splunk"
    images = { elasticsearch = "elastic/elasticsearch@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", logstash = "elastic/logstash@sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", kibana = "elastic/kibana@sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd" }
  }

  expect_failures = [var.engine]
}

