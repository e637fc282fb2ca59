# The stack with ARNs that tell its parts apart, for iam.py: the mocks of the module's own tests give
# the same ARN to all resources of a type.
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
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:ops-alarms" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/ops:1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/ops" }
  }
}

override_resource {
  target = module.queue.aws_sqs_queue.this
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:ops"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/ops"
  }
}

override_resource {
  target = module.queue.aws_sqs_queue.dead_letter
  values = {
    arn = "arn:aws:sqs:eu-central-1:123456789012:ops-dlq"
    url = "https://sqs.eu-central-1.amazonaws.com/123456789012/ops-dlq"
  }
}

override_resource {
  target = module.bucket.aws_s3_bucket.this
  values = { arn = "arn:aws:s3:::ops-data" }
}

override_resource {
  target = module.api.aws_cloudwatch_log_group.this
  values = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/ops-api" }
}

override_resource {
  target = module.worker.aws_cloudwatch_log_group.this
  values = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/ops-worker" }
}

variables {
  name      = "ops"
  placement = { vpc_id = "vpc-0123456789abcdef0", subnet_ids = ["subnet-0aaaaaaaaaaaaaaaa"] }
  cluster   = { name = "ops", arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/ops" }
  entry = {
    url               = "https://intake.example.com"
    security_group_id = "sg-0bbbbbbbbbbbbbbbb"
    target_group_arn  = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/api/0123456789abcdef"
    target_group      = "targetgroup/api/0123456789abcdef"
    load_balancer     = "app/ops/0123456789abcdef"
  }
  images = {
    api    = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/ops-api@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    worker = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/ops-worker@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
  }
  alarms       = { subscriptions = { duty = { protocol = "email", endpoint = "duty@example.com" } } }
  token        = "sentinel-of-the-test-5f1c"
  data_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  logs_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/66666666-7777-8888-9999-000000000000"
}

run "roles" {}
