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
  name        = "ops-vpn"
  cluster     = { name = "ops-test", arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/ops-test" }
  placement   = { vpc_id = "vpc-0123456789abcdef0", subnet_ids = ["subnet-0aaaaaaaaaaaaaaaa"] }
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  image       = "twingate/connector@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  network     = "example"
  token_arns  = { access = "arn:aws:ssm:eu-central-1:123456789012:parameter/vpn/access", refresh = "arn:aws:ssm:eu-central-1:123456789012:parameter/vpn/refresh" }
  reach       = { ci = { port = 8080, security_group_id = "sg-0aaaaaaaaaaaaaaaa" }, intranet = { port = 443, cidr = "10.10.0.0/16" } }
}

run "nothing_is_open_to_the_internet" {
  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.this) == ["ci"]
    error_message = "People must get into what is named."
  }

  assert {
    condition     = local.egress.relays.port == 30000 && local.egress.relays.to_port == 31000 && local.egress.peers.protocol == "udp" && local.egress["reach-ci"].port == 8080
    error_message = "It must reach Twingate's relays and people's machines, else it connects and no byte passes."
  }

  assert {
    condition     = length(jsondecode(module.service.container_definitions)[0].portMappings) == 0
    error_message = "The connector must have no port."
  }

  assert {
    condition     = [for s in jsondecode(module.service.container_definitions)[0].secrets : s.name] == ["TWINGATE_ACCESS_TOKEN", "TWINGATE_REFRESH_TOKEN"]
    error_message = "ECS must give it its tokens."
  }
}

run "a_tag_instead_of_a_digest" {
  command = plan

  variables {
    image = "twingate/connector:1"
  }

  expect_failures = [var.image]
}

run "the_whole_name_of_the_network" {
  command = plan

  variables {
    network = "example.twingate.com"
  }

  expect_failures = [var.network]
}

