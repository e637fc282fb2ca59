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
  name        = "ci"
  placement   = { vpc_id = "vpc-0123456789abcdef0", subnet_ids = ["subnet-0aaaaaaaaaaaaaaaa"] }
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  image       = "jenkins/jenkins@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  url         = "https://ci.example.com"
  clients     = { vpn = "sg-0aaaaaaaaaaaaaaaa" }
  policies    = { deploy = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
}

run "a_private_host_without_keys" {
  assert {
    condition     = output.url == "https://ci.example.com"
    error_message = "People must be told where it is."
  }

  assert {
    condition     = strcontains(module.host.user_data, "JENKINS_URL=https://ci.example.com") && strcontains(module.host.user_data, "slaveAgentPort=-1")
    error_message = "It must know its URL and open no agent port."
  }

  assert {
    condition     = !strcontains(module.host.user_data, "AWS_SECRET")
    error_message = "No key may lie on it."
  }
}

run "a_tag_instead_of_a_digest" {
  command = plan

  variables {
    image = "jenkins/jenkins:lts"
  }

  expect_failures = [var.image]
}

run "a_name_in_the_namespace" {
  variables {
    url       = null
    namespace = { id = "ns-0123456789abcdef", name = "ops.internal" }
  }

  assert {
    condition     = output.url == "http://ci.ops.internal:8080" && strcontains(module.host.user_data, "JENKINS_URL=http://ci.ops.internal:8080") && module.host.dns_name == "ci.ops.internal"
    error_message = "People must find it by a name that is made."
  }
}

run "neither_url_nor_name" {
  command = plan

  variables {
    url = null
  }

  expect_failures = [var.url]
}

run "a_url_without_a_scheme" {
  command = plan

  variables {
    url = "ci.example.com"
  }

  expect_failures = [var.url]
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
