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
        { domain_name = "grafana.platform.example.com", resource_record_name = "_1.grafana.platform.example.com.", resource_record_type = "CNAME", resource_record_value = "_1.acm-validations.aws." },
        { domain_name = "api.platform.example.com", resource_record_name = "_2.api.platform.example.com.", resource_record_type = "CNAME", resource_record_value = "_2.acm-validations.aws." },
        { domain_name = "platform.example.com", resource_record_name = "_9.example.com.", resource_record_type = "CNAME", resource_record_value = "_9.acm-validations.aws." },
        { domain_name = "app.platform.example.com", resource_record_name = "_3.app.platform.example.com.", resource_record_type = "CNAME", resource_record_value = "_3.acm-validations.aws." },
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
  zone_id             = "Z0123456789ABCDEFGHIJ"
  alarm_email         = "duty@example.com"
  domain_name         = "platform.example.com"
  private_domain_name = "internal.example.com"
  repository          = "example/platform"
  services = {
    user     = { image = "example/user@sha256:1111111111111111111111111111111111111111111111111111111111111111", port = 5000, protocol = "grpc", method = "user.UserService/Check" }
    expense  = { image = "example/expense@sha256:2222222222222222222222222222222222222222222222222222222222222222", port = 5001, protocol = "grpc" }
    notify   = { image = "example/notify@sha256:3333333333333333333333333333333333333333333333333333333333333333", port = 5002, protocol = "grpc" }
    api      = { image = "example/api@sha256:4444444444444444444444444444444444444444444444444444444444444444", port = 5003, protocol = "http", host = "api.platform.example.com", metrics_port = 9090 }
    frontend = { image = "example/frontend@sha256:5555555555555555555555555555555555555555555555555555555555555555", port = 4201, protocol = "http", host = "app.platform.example.com", health_path = "/", egress = { database = { port = 5432, cidr = "10.20.0.0/16" } } }
  }
  images = {
    pulsar   = "apachepulsar/pulsar@sha256:6666666666666666666666666666666666666666666666666666666666666666"
    jenkins  = "jenkins/jenkins@sha256:7777777777777777777777777777777777777777777777777777777777777777"
    twingate = "twingate/connector@sha256:8888888888888888888888888888888888888888888888888888888888888888"
  }
  vpn               = { network = "example", access = "arn:aws:ssm:eu-central-1:123456789012:parameter/vpn/access", refresh = "arn:aws:ssm:eu-central-1:123456789012:parameter/vpn/refresh" }
  grafana_password  = "sentinel-of-the-test-5f1c"
  database_password = "sentinel-of-the-test-7a2b"
}

run "five_services_and_what_they_need" {
  assert {
    condition     = output.services.user.probe == "grpc://user.internal.example.com:5000/user.UserService/Check"
    error_message = "A gRPC service must be asked by its own method."
  }

  assert {
    condition     = output.services.notify.probe == "grpc://notify.internal.example.com:5002/grpc.health.v1.Health/Check"
    error_message = "A gRPC service must be asked for its health."
  }

  assert {
    condition     = output.services.api.probe == "https://api.platform.example.com/health" && output.services.frontend.probe == "https://app.platform.example.com/"
    error_message = "Each host name must lead to its service, and each be asked at its path."
  }

  assert {
    condition     = aws_route53_zone.private[0].vpc != null && one(aws_route53_zone.private[0].vpc).vpc_id == module.network.vpc_id
    error_message = "The names of gRPC services must be known in this network."
  }

  assert {
    condition     = output.ci_url == "http://platform-ci.platform.internal:8080"
    error_message = "Jenkins must have a name that is made."
  }

  assert {
    condition     = contains([for e in jsondecode(module.service["user"].container_definitions)[0].environment : e.value], module.logs_stack.push_url)
    error_message = "Services must be told where their events go."
  }

  assert {
    condition     = length(setsubtract(["user", "expense", "notify", "api", "frontend", "prometheus", "alertmanager", "grafana", "loki", "vpn"], keys(output.services))) == 0
    error_message = "opsctl must know of everything that runs on ECS."
  }

  assert {
    condition     = output.broker_url == "pulsar://pulsar.platform.internal:6650"
    error_message = "Services must find the broker by its name."
  }

  assert {
    condition     = jsondecode(module.service["user"].container_definitions)[0].secrets[0].name == "DATABASE_PASSWORD"
    error_message = "The password must come from Secrets Manager."
  }

  assert {
    condition     = output.services.user.image_parameter == "/platform/images/user"
    error_message = "opsctl must note what it deploys where the next plan reads it."
  }

  assert {
    condition     = alltrue([for name, s in module.service : jsondecode(s.container_definitions)[0].image == aws_ssm_parameter.image[name].insecure_value])
    error_message = "What a deployment wrote must be what the next plan reads."
  }

  assert {
    condition     = !strcontains(local.push_policy, "\"ecr:*\"") && length(jsondecode(local.push_policy).Statement[1].Resource) == 5
    error_message = "CI must push to the five repositories and no others."
  }
}

run "an_account_with_a_provider" {
  command = plan

  variables {
    provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = module.github_oidc.provider_arn == var.provider_arn
    error_message = "An account has one provider for each issuer: that of bootstrap must be taken."
  }
}

run "grpc_services_on_one_port" {
  command = plan

  variables {
    services = { a = { image = "x/a@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", port = 5000, protocol = "grpc" }, b = { image = "x/b@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", port = 5000, protocol = "grpc" } }
  }

  expect_failures = [var.services]
}
