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
  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-central-1:123456789012:ops-test"
      url = "https://sqs.eu-central-1.amazonaws.com/123456789012/ops-test"
    }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::ops-test-data-123456789012" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:ops-test-alarms" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/ops-test:1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/ops-test" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/ops-test" }
  }
}

variables {
  name      = "ops-test"
  placement = { vpc_id = "vpc-0123456789abcdef0", subnet_ids = ["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"] }
  cluster   = { name = "ops-test", arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/ops-test" }
  namespace = { id = "ns-0123456789abcdef", name = "ops.internal" }
  entry = {
    url               = "https://intake.example.com"
    security_group_id = "sg-0bbbbbbbbbbbbbbbb"
    target_group_arn  = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/api/0123456789abcdef"
    target_group      = "targetgroup/api/0123456789abcdef"
    load_balancer     = "app/ops-test/0123456789abcdef"
  }
  images = {
    api    = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/ops-api@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    worker = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/ops-worker@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
  }
  token        = "sentinel-of-the-test-5f1c"
  alarms       = { subscriptions = { duty = { protocol = "email", endpoint = "duty@example.com" } } }
  data_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  logs_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/66666666-7777-8888-9999-000000000000"
}

run "the_programs_are_told_where" {
  assert {
    condition = { for e in jsondecode(module.api.container_definitions)[0].environment : e.name => e.value } == {
      AWS_REGION          = "eu-central-1"
      OPS_LISTEN          = "0.0.0.0:8080"
      OPS_ADMIN_LISTEN    = "0.0.0.0:9090"
      OPS_SECRET          = "ssm:/ops-test/token"
      OPS_QUEUE           = "https://sqs.eu-central-1.amazonaws.com/123456789012/ops-test"
      OPS_DRAIN_TIMEOUT_S = "25"
    }
    error_message = "ops-api must be told its settings and nothing else."
  }

  assert {
    condition = { for e in jsondecode(module.worker.container_definitions)[0].environment : e.name => e.value } == {
      AWS_REGION               = "eu-central-1"
      OPS_ADMIN_LISTEN         = "0.0.0.0:9091"
      OPS_QUEUE                = "https://sqs.eu-central-1.amazonaws.com/123456789012/ops-test"
      OPS_STORE                = "s3://ops-test-data-123456789012/in/"
      OPS_VISIBILITY_TIMEOUT_S = "60"
      OPS_DRAIN_TIMEOUT_S      = "25"
    }
    error_message = "ops-worker must be told its settings and nothing else."
  }

  assert {
    condition     = output.api_url == "https://intake.example.com" && output.token_parameter_name == "/ops-test/token" && output.alarm_prefix == "ops-test-" && output.account_id == "123456789012"
    error_message = "opsctl must be told where the system is."
  }

  assert {
    condition     = output.services.api.probe == "https://intake.example.com/health" && output.services.worker.probe == null
    error_message = "The API must be probed by its health."
  }

  assert {
    condition     = output.scrape_targets["ops-api"].dns_name == "ops-test-api.ops.internal" && output.scrape_targets["ops-worker"].port == 9091
    error_message = "Prometheus must find both by name."
  }
}

run "each_program_does_its_own_work_only" {
  assert {
    condition = toset(flatten([for s in jsondecode(output.task_policies.api).Statement : s.Action])) == toset([
    "sqs:SendMessage", "sqs:GetQueueAttributes", "kms:GenerateDataKey", "kms:Decrypt", "ssm:GetParameter"])
    error_message = "The API must send, and read the token; it must neither receive nor delete."
  }

  assert {
    condition = toset(flatten([for s in jsondecode(output.task_policies.worker).Statement : s.Action])) == toset([
      "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "kms:Decrypt", "kms:GenerateDataKey",
    "cloudwatch:GetMetricData", "s3:PutObject", "s3:GetObject", "s3:ListBucket", "ecs:UpdateTaskProtection"])
    error_message = "The worker must take, store and count; it must not read the token nor delete objects."
  }

  assert {
    condition     = !strcontains(output.task_policies.worker, "ssm:")
    error_message = "The worker must not read the token."
  }

  assert {
    condition     = alltrue([for p in [output.task_policies.api, output.task_policies.worker] : alltrue([for s in jsondecode(p).Statement : s.Resource != ["*"] || s.Action == ["cloudwatch:GetMetricData"]])])
    error_message = "Everything that has a resource must be held to it."
  }

  assert {
    condition     = !strcontains(output.probe_policy, "Delete") && !strcontains(output.probe_policy, "Put") && !strcontains(output.probe_policy, "Send")
    error_message = "Who probes must change nothing by IAM."
  }

  assert {
    condition = length(setsubtract(["cloudwatch:DescribeAlarms", "elasticloadbalancing:DescribeTargetHealth", "logs:FilterLogEvents"],
    flatten([for s in jsondecode(output.probe_policy).Statement : s.Action]))) == 0
    error_message = "Who probes must see alarms, targets and why tasks stopped: what it cannot see, health calls healthy."
  }
}

run "a_worker_that_sleeps_while_nothing_comes" {
  variables {
    worker = { min = 0, max = 4 }
  }

  assert {
    condition     = module.worker_scaling.backlog_per_task == 600
    error_message = "It must start again by the backlog."
  }
}

run "a_token_that_terraform_writes" {
  variables {
    token_external = false
  }

  assert {
    condition     = output.token_parameter_name == "/ops-test/token"
    error_message = "The parameter must be named after the system."
  }
}

run "settings_that_follow_from_inputs" {
  command = plan

  variables {
    api = { settings = { OPS_QUEUE = "sqlite:/tmp/q" } }
  }

  expect_failures = [var.api]
}

run "a_setting_of_another_kind" {
  command = plan

  variables {
    worker = { settings = { PATH = "/bin" } }
  }

  expect_failures = [var.worker]
}

run "tasks_that_nobody_counts" {
  command = plan

  variables {
    cluster = { name = "ops-test", arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/ops-test", container_insights = "disabled" }
  }

  expect_failures = [var.cluster]
}

run "more_tasks_than_monitoring_sees" {
  command = plan

  variables {
    api = { max = 9 }
  }

  expect_failures = [var.namespace]
}

run "tags_instead_of_digests" {
  command = plan

  variables {
    images = { api = "ops-api:latest", worker = "ops-worker:latest" }
  }

  expect_failures = [var.images]
}
