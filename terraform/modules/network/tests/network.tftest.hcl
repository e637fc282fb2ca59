mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
}

variables {
  name        = "ops-test"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/7c0a1f3e-0000-4000-8000-000000000000"
}

run "one_nat_for_all_zones" {
  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.private) == 2
    error_message = "single_nat must have one gateway, and a route to it from each private subnet."
  }

  assert {
    condition     = length(local.nat_zone_of) == 2 && alltrue([for of, by in local.nat_zone_of : by == "eu-central-1a"])
    error_message = "Both private subnets must go out by the one gateway."
  }

  assert {
    condition     = tolist(output.placement.subnet_ids) == tolist(output.private_subnet_ids) && !output.placement.assign_public_ip
    error_message = "Tasks belong into the private subnets, without public addresses."
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0
    error_message = "Interface endpoints are paid by the hour: only with egress = endpoints."
  }

  assert {
    condition     = output.namespace == null
    error_message = "There is no namespace unless one is asked for."
  }
}

run "subnets_do_not_overlap" {
  variables {
    zone_count = 3
  }

  assert {
    condition     = values(aws_subnet.public)[*].cidr_block == ["10.0.0.0/19", "10.0.32.0/19", "10.0.64.0/19"]
    error_message = "Public subnets must be the first eighths of the range."
  }

  assert {
    condition     = values(aws_subnet.private)[*].cidr_block == ["10.0.128.0/19", "10.0.160.0/19", "10.0.192.0/19"]
    error_message = "Private subnets must be the eighths from the fifth on."
  }
}

run "a_nat_in_each_zone" {
  variables {
    egress     = "nat_per_az"
    zone_count = 3
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3 && alltrue([for of, by in local.nat_zone_of : of == by])
    error_message = "Each private subnet must go out by the gateway of its own zone."
  }

  assert {
    condition     = length(output.nat_addresses) == 3
    error_message = "Their addresses must be put out."
  }
}

run "endpoints_and_no_way_out" {
  variables {
    egress              = "endpoints"
    interface_endpoints = ["ecr.api", "ecr.dkr", "logs", "sqs"]
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_route.private) == 0
    error_message = "There must be no way to the internet."
  }

  assert {
    condition     = toset(keys(aws_vpc_endpoint.interface)) == toset(["ecr.api", "ecr.dkr", "logs", "sqs"])
    error_message = "Each service named must have its endpoint."
  }

  assert {
    condition     = alltrue([for e in aws_vpc_endpoint.interface : jsondecode(e.policy).Statement[0].Condition.StringEquals["aws:PrincipalAccount"] == "123456789012"])
    error_message = "Endpoints must serve this account only."
  }

  assert {
    condition     = aws_security_group.endpoints[0].name_prefix == "ops-test-endpoints-"
    error_message = "A security group that is replaced must get another name."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints[0].cidr_ipv4 == "10.0.0.0/16" && aws_vpc_security_group_ingress_rule.endpoints[0].from_port == 443
    error_message = "Endpoints must be reached by HTTPS from the VPC alone."
  }
}

run "public_subnets_without_nat" {
  variables {
    egress = "public"
  }

  assert {
    condition     = length(aws_subnet.private) == 0 && length(aws_nat_gateway.this) == 0
    error_message = "There must be neither private subnets nor a NAT."
  }

  assert {
    condition     = output.placement.assign_public_ip && tolist(output.placement.subnet_ids) == tolist(output.public_subnet_ids)
    error_message = "Tasks must get public addresses in the public subnets."
  }

  assert {
    condition     = alltrue([for s in aws_subnet.public : !s.map_public_ip_on_launch])
    error_message = "A subnet must not hand out public addresses by itself."
  }
}

run "always" {
  variables {
    cidr      = "10.10.0.0/16"
    namespace = "ops.internal"
  }

  assert {
    condition     = length(aws_default_security_group.closed.ingress) == 0 && length(aws_default_security_group.closed.egress) == 0
    error_message = "The default security group must let nothing through."
  }

  assert {
    condition     = toset(flatten([for s in jsondecode(aws_iam_role_policy.flow.policy).Statement : s.Action])) == toset(["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams", "logs:DescribeLogGroups"])
    error_message = "Flow logs must find and write their log group."
  }

  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow.kms_key_id == var.kms_key_arn
    error_message = "Flow logs must be on and encrypted."
  }

  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && toset(aws_vpc_endpoint.s3.route_table_ids) == toset(concat([aws_route_table.public.id], values(aws_route_table.private)[*].id))
    error_message = "S3 must go through its gateway from every route table."
  }

  assert {
    condition     = output.namespace.name == "ops.internal"
    error_message = "The namespace must be put out."
  }

  assert {
    condition     = jsondecode(aws_iam_role.flow.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "Flow logs of other accounts must not take the role."
  }
}

run "range_too_small" {
  command = plan
  variables {
    cidr = "10.0.0.0/23"
  }
  expect_failures = [var.cidr]
}

run "range_too_large" {
  command = plan
  variables {
    cidr = "10.0.0.0/15"
  }
  expect_failures = [var.cidr]
}

run "not_a_range" {
  command = plan
  variables {
    cidr = "10.0.0.0"
  }
  expect_failures = [var.cidr]
}

run "one_zone" {
  command = plan
  variables {
    zone_count = 1
  }
  expect_failures = [var.zone_count]
}

run "unknown_egress" {
  command = plan
  variables {
    egress = "nat"
  }
  expect_failures = [var.egress]
}

run "namespace_of_one_label" {
  command = plan
  variables {
    namespace = "internal"
  }
  expect_failures = [var.namespace]
}

run "key_by_alias" {
  command = plan
  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/logs"
  }
  expect_failures = [var.kms_key_arn]
}

run "no_such_retention" {
  command = plan
  variables {
    log_retention_days = 364
  }
  expect_failures = [var.log_retention_days]
}
