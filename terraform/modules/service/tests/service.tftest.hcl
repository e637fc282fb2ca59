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
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/ops-test-api:1" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/ops-test-api" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/ops-test-api" }
  }
  mock_resource "aws_security_group" {
    defaults = { id = "sg-0aaaaaaaaaaaaaaaa" }
  }
}

variables {
  name        = "ops-test-api"
  cluster     = { name = "ops-test", arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/ops-test" }
  placement   = { vpc_id = "vpc-0123456789abcdef0", subnet_ids = ["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"] }
  image       = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/ops-api@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  ports       = { http = { port = 8080 } }
  environment = { OPS_LISTEN = "0.0.0.0:8080" }
  entries = {
    http = {
      security_group_id = "sg-0bbbbbbbbbbbbbbbb"
      target_group_arn  = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/api/0123456789abcdef"
      target_group      = "targetgroup/api/0123456789abcdef"
      load_balancer     = "app/ops/0123456789abcdef"
    }
  }
  container = { health_command = ["/ops-api", "--healthcheck"] }
}

run "a_container_that_can_do_little" {
  assert {
    condition = alltrue([
      jsondecode(aws_ecs_task_definition.this.container_definitions)[0].readonlyRootFilesystem,
      !jsondecode(aws_ecs_task_definition.this.container_definitions)[0].privileged,
      jsondecode(aws_ecs_task_definition.this.container_definitions)[0].user == "65532:65532",
      jsondecode(aws_ecs_task_definition.this.container_definitions)[0].linuxParameters.capabilities.drop[0] == "ALL",
    ])
    error_message = "It must not write, not be privileged, not be root, and have no capability."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].healthCheck.command == ["CMD", "/ops-api", "--healthcheck"]
    error_message = "The health check must be the program itself: there is no shell."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].logConfiguration.options.mode == "non-blocking"
    error_message = "A slow log service must not stop the program."
  }

  assert {
    condition     = aws_ecs_service.this.deployment_circuit_breaker[0].enable && aws_ecs_service.this.deployment_circuit_breaker[0].rollback
    error_message = "A failing deployment must be rolled back."
  }

  assert {
    condition     = aws_ecs_service.this.launch_type == "FARGATE" && !aws_ecs_service.this.network_configuration[0].assign_public_ip
    error_message = "It must run on Fargate without a public address."
  }

  assert {
    condition     = aws_ecs_task_definition.this.skip_destroy
    error_message = "A revision must stay when the next one comes, or nothing can go back to it."
  }

  assert {
    condition     = !aws_ecs_service.this.force_new_deployment
    error_message = "With a launch type nothing asks for a deployment of its own."
  }

  assert {
    condition     = aws_iam_role.task.name != aws_iam_role.execution.name
    error_message = "The program and the agent must have roles of their own."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.execution.policy).Statement[1].Resource == ["arn:aws:ecr:eu-central-1:123456789012:repository/ops-api"]
    error_message = "The agent must pull this image alone."
  }

  assert {
    condition     = aws_security_group.this[0].name_prefix == "ops-test-api-tasks-"
    error_message = "A security group that is replaced must get another name."
  }

  assert {
    condition     = length(aws_iam_role_policy.task) == 0
    error_message = "Without policies the program may do nothing."
  }

  assert {
    condition     = jsondecode(aws_iam_role.task.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "ECS of another account must not take the role."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.balancer["http"].from_port == 8080 && aws_vpc_security_group_egress_rule.balancer["http"].to_port == 8080
    error_message = "The load balancer must reach the port, from its own group into ours."
  }

  assert {
    condition = alltrue([
      output.descriptor.ecs_service == "ops-test-api", output.descriptor.log_group == "/ecs/ops-test-api",
      output.descriptor.image_repository == "123456789012.dkr.ecr.eu-central-1.amazonaws.com/ops-api", output.descriptor.elb == null,
    length(output.descriptor.target_group_arns) == 1])
    error_message = "opsctl must be told where the service is."
  }
}

run "secrets_and_policies" {
  variables {
    secrets         = { KEY = "arn:aws:ssm:eu-central-1:123456789012:parameter/ops/key", DB = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-a1B2c3:password::" }
    secret_key_arns = ["arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"]
    policies        = { queue = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  assert {
    condition     = [for s in jsondecode(aws_iam_role_policy.execution.policy).Statement : s.Sid] == ["LogInToRegistry", "PullImage", "WriteLogs", "ReadParameters", "ReadSecrets", "DecryptSecrets"]
    error_message = "The agent must read what it fills in."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.execution.policy).Statement[4].Resource == ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-a1B2c3"]
    error_message = "The member of a secret is no part of its ARN."
  }

  assert {
    condition     = keys(aws_iam_role_policy.task) == ["queue"]
    error_message = "The program must have its policy."
  }
}

run "a_shell_in_the_container" {
  variables {
    exec      = true
    container = { writable_root = true }
  }

  assert {
    condition     = { for s in jsondecode(aws_iam_role_policy.task["exec"].policy).Statement : s.Sid => s.Action if strcontains(s.Sid, "Log") } == { FindSessionLog = ["logs:DescribeLogGroups"], WriteSessionLog = ["logs:DescribeLogStreams", "logs:CreateLogStream", "logs:PutLogEvents"] }
    error_message = "A session whose log cannot be found and written does not begin."
  }

  assert {
    condition     = [for s in jsondecode(aws_iam_role_policy.task["exec"].policy).Statement : s.Resource if s.Sid == "WriteSessionLog"] == [["arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/ops-test/exec:*"]]
    error_message = "The log must be the cluster's, and no other."
  }
}

run "bridge_on_instances_behind_an_alb" {
  variables {
    compute = {
      launch                     = "ec2"
      network_mode               = "bridge"
      instance_security_group_id = "sg-0cccccccccccccccc"
      capacity_providers         = [{ name = "ops-test-ec2" }]
    }
    namespace = { id = "ns-0123456789abcdef", name = "ops.internal" }
    ingress   = { prometheus = { port = "http", security_group_id = "sg-0dddddddddddddddd" } }
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].portMappings[0].hostPort == 0
    error_message = "The port must be a free one each time."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.balancer["http"].from_port == 32768 && aws_vpc_security_group_ingress_rule.balancer["http"].security_group_id == "sg-0cccccccccccccccc"
    error_message = "The range of free ports must be open to the load balancer, on the instances' group."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.other["prometheus"].from_port == 32768 && aws_vpc_security_group_ingress_rule.other["prometheus"].to_port == 65535
    error_message = "Others must reach the port where the task is met, which is a free one too."
  }

  assert {
    condition     = length(aws_security_group.this) == 0 && length(aws_ecs_service.this.network_configuration) == 0
    error_message = "Tasks in bridge mode have no interface of their own."
  }

  assert {
    condition     = one(one(aws_service_discovery_service.this[0].dns_config).dns_records).type == "SRV"
    error_message = "Changing ports need SRV records."
  }

  assert {
    condition     = aws_service_discovery_service.this[0].force_destroy
    error_message = "A task that is still listed must not hold up a destroy."
  }

  assert {
    condition     = one(aws_ecs_service.this.capacity_provider_strategy).capacity_provider == "ops-test-ec2"
    error_message = "The capacity provider must say where."
  }

  assert {
    condition     = aws_ecs_service.this.force_new_deployment
    error_message = "Other shares must come by a deployment, not by another service."
  }
}

run "instances_that_the_load_balancer_reaches" {
  variables {
    compute = {
      launch                     = "ec2"
      network_mode               = "bridge"
      instance_security_group_id = "sg-0cccccccccccccccc"
      balancer_group_ids         = ["sg-0bbbbbbbbbbbbbbbb"]
      capacity_providers         = [{ name = "ops-test-ec2" }]
    }
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.balancer) == 0 && length(aws_vpc_security_group_egress_rule.balancer) == 0
    error_message = "A second rule for the same range is refused: the cluster has it."
  }
}

run "instances_that_the_load_balancer_does_not_reach" {
  command = plan

  variables {
    compute = {
      launch                     = "ec2"
      network_mode               = "bridge"
      instance_security_group_id = "sg-0cccccccccccccccc"
      balancer_group_ids         = []
    }
  }

  expect_failures = [var.entries]
}

run "a_way_out_of_many_ports" {
  variables {
    egress = {
      https = { port = 443, cidr = "0.0.0.0/0" }
      calls = { port = 10000, to_port = 20000, protocol = "udp", cidr = "10.0.0.0/16" }
    }
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.other["calls"].ip_protocol == "udp" && aws_vpc_security_group_egress_rule.other["calls"].to_port == 20000
    error_message = "All of the ports must be let out."
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.other["https"].ip_protocol == "tcp" && aws_vpc_security_group_egress_rule.other["https"].to_port == 443
    error_message = "One port must be one port."
  }
}

run "ports_that_end_before_they_begin" {
  command = plan

  variables {
    egress = { calls = { port = 20000, to_port = 10000, cidr = "10.0.0.0/16" } }
  }

  expect_failures = [var.egress]
}

run "classic_elb_with_a_fixed_port" {
  variables {
    compute   = { launch = "ec2", network_mode = "bridge", instance_security_group_id = "sg-0cccccccccccccccc" }
    ports     = { http = { port = 8080, host_port = 8080 } }
    entries   = { http = { kind = "classic", security_group_id = "sg-0bbbbbbbbbbbbbbbb", elb_name = "ops-test", load_balancer = "ops-test" } }
    container = {}
    tasks     = { count = 2, min_percent = 50, max_percent = 100 }
  }

  assert {
    condition     = one(aws_ecs_service.this.load_balancer).elb_name == "ops-test"
    error_message = "The service must register with the Classic ELB."
  }

  assert {
    condition     = output.descriptor.elb == "ops-test" && length(output.descriptor.target_group_arns) == 0
    error_message = "opsctl must be told of the Classic ELB."
  }

  assert {
    condition     = aws_ecs_service.this.availability_zone_rebalancing == "DISABLED"
    error_message = "A Classic ELB does not go with rebalancing."
  }
}

run "a_tag_instead_of_a_digest" {
  command = plan

  variables {
    image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/ops-api:latest"
  }

  expect_failures = [var.image]
}

run "classic_elb_with_fargate" {
  command = plan

  variables {
    entries   = { http = { kind = "classic", security_group_id = "sg-0bbbbbbbbbbbbbbbb", elb_name = "ops-test", load_balancer = "ops-test" } }
    container = {}
  }

  expect_failures = [var.entries]
}

run "classic_elb_with_a_capacity_provider" {
  command = plan

  variables {
    compute   = { launch = "ec2", network_mode = "bridge", instance_security_group_id = "sg-0cccccccccccccccc", capacity_providers = [{ name = "ops-test-ec2" }] }
    ports     = { http = { port = 8080, host_port = 8080 } }
    entries   = { http = { kind = "classic", security_group_id = "sg-0bbbbbbbbbbbbbbbb", elb_name = "ops-test", load_balancer = "ops-test" } }
    container = {}
  }

  expect_failures = [var.entries]
}

run "bridge_on_fargate" {
  command = plan

  variables {
    compute = { launch = "fargate", network_mode = "bridge", instance_security_group_id = "sg-0cccccccccccccccc" }
  }

  expect_failures = [var.compute]
}

run "root" {
  command = plan

  variables {
    container = { user = "0:0" }
  }

  expect_failures = [var.container]
}

run "a_size_that_fargate_has_not" {
  command = plan

  variables {
    container = { cpu = 300 }
  }

  expect_failures = [var.container]
}

run "a_port_that_needs_a_capability" {
  command = plan

  variables {
    ports = { http = { port = 80 } }
  }

  expect_failures = [var.ports]
}

run "an_entry_without_a_port" {
  command = plan

  variables {
    ports = { other = { port = 8080 } }
  }

  expect_failures = [var.entries]
}

run "no_room_for_a_deployment" {
  command = plan

  variables {
    tasks = { count = 1, min_percent = 100, max_percent = 100 }
  }

  expect_failures = [var.tasks]
}

run "exec_on_a_read_only_root" {
  command = plan

  variables {
    exec = true
  }

  expect_failures = [var.exec]
}

run "a_shell_in_the_health_check" {
  command = plan

  variables {
    container = { health_command = ["CMD-SHELL", "curl localhost"] }
  }

  expect_failures = [var.container]
}
