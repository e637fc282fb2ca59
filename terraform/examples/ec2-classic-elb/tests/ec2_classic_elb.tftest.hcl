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
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }
  mock_data "aws_elb_service_account" {
    defaults = { arn = "arn:aws:iam::054676820928:root" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-central-1:123456789012:ops-example"
      url = "https://sqs.eu-central-1.amazonaws.com/123456789012/ops-example"
    }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::ops-example-data-123456789012" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:ops-example-alarms" }
  }
  mock_resource "aws_ecs_cluster" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/ops-example" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/ops-example:1" }
  }
  mock_resource "aws_ecs_service" {
    defaults = { id = "arn:aws:ecs:eu-central-1:123456789012:service/ops-example/ops-example-api" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/ops-example" }
  }
  mock_resource "aws_iam_instance_profile" {
    defaults = { arn = "arn:aws:iam::123456789012:instance-profile/ops-example" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/ops-example" }
  }
  mock_resource "aws_lb" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/ops-example/0123456789abcdef"
      arn_suffix = "app/ops-example/0123456789abcdef"
      dns_name   = "ops-example-1234567890.eu-central-1.elb.amazonaws.com"
    }
  }
  mock_resource "aws_lb_target_group" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/ops-example-api/fedcba9876543210"
      arn_suffix = "targetgroup/ops-example-api/fedcba9876543210"
    }
  }
  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/ops-example/0123456789abcdef/1111111111111111" }
  }
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-central-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
      domain_validation_options = [
        { domain_name = "intake.example.com", resource_record_name = "_0.intake.example.com.", resource_record_type = "CNAME", resource_record_value = "_0.acm-validations.aws." },
      ]
    }
  }
  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/ops-example/11111111-2222-3333-4444-555555555555" }
  }
  mock_resource "aws_autoscaling_group" {
    defaults = { arn = "arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:11111111-2222-3333-4444-555555555555:autoScalingGroupName/ops-example" }
  }
  mock_resource "aws_elb" {
    defaults = { dns_name = "ops-example-1234567890.eu-central-1.elb.amazonaws.com" }
  }
  mock_resource "aws_ssm_parameter" {
    defaults = { arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/ops-example" }
  }
}

variables {
  images = {
    api    = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/ops/api@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    worker = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/ops/worker@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
  }
  domain_name = "intake.example.com"
  zone_id     = "Z0123456789ABCDEFGHIJ"
  alarm_email = "duty@example.com"
  repository  = "example/ops"
}

run "static_ports_behind_a_classic_elb" {
  assert {
    condition     = output.services.api.elb == "ops-example" && length(output.services.api.target_group_arns) == 0
    error_message = "opsctl must look at the Classic ELB."
  }

  assert {
    condition     = jsondecode(module.stack.container_definitions.api)[0].portMappings[1].hostPort == 8080
    error_message = "The port must be fixed."
  }

  assert {
    condition     = output.services.worker.image_parameter == "/ops-example/images/worker"
    error_message = "opsctl must note what it deploys where the next plan reads it."
  }

  assert {
    condition     = floor(var.api_tasks * local.one_more_percent / 100) == 3
    error_message = "A deployment must begin on the free instance."
  }

  assert {
    condition     = output.api_url == "https://intake.example.com"
    error_message = "The API must be served over TLS under its name."
  }
}

run "a_provider_that_is_there" {
  command = plan

  variables {
    provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = module.github_oidc.provider_arn == var.provider_arn
    error_message = "An account has one provider for each issuer: that of bootstrap must be taken."
  }
}

run "no_room_for_a_deployment" {
  command = plan

  variables {
    instances = 3
    api_tasks = 3
  }

  expect_failures = [var.api_tasks]
}
