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
  name        = "pulsar"
  placement   = { vpc_id = "vpc-0123456789abcdef0", subnet_ids = ["subnet-0aaaaaaaaaaaaaaaa"] }
  namespace   = { id = "ns-0123456789abcdef", name = "ops.internal" }
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  image       = "apachepulsar/pulsar@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  clients     = { user = "sg-0aaaaaaaaaaaaaaaa" }
}

run "a_private_broker_with_a_name" {
  assert {
    condition     = output.service_url == "pulsar://pulsar.ops.internal:6650" && output.admin_url == "http://pulsar.ops.internal:8080"
    error_message = "It must be found by its name."
  }

  assert {
    condition     = strcontains(module.host.user_data, "--advertised-address pulsar.ops.internal")
    error_message = "It must tell clients the name that they reach it by."
  }

  assert {
    condition     = strcontains(module.host.user_data, "--publish 6650:6650")
    error_message = "Clients must reach it."
  }
}

run "a_tag_instead_of_a_digest" {
  command = plan

  variables {
    image = "apachepulsar/pulsar:latest"
  }

  expect_failures = [var.image]
}

run "a_public_address" {
  command = plan

  variables {
    placement = { vpc_id = "vpc-0123456789abcdef0", subnet_ids = ["subnet-0aaaaaaaaaaaaaaaa"], assign_public_ip = true }
  }

  expect_failures = [var.placement]
}

run "an_image_behind_a_login" {
  command = plan

  variables {
    image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/ci@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  }

  expect_failures = [var.image]
}
