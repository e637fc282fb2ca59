mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_ssm_parameter" {
    defaults = { insecure_value = "ami-0123456789abcdef0" }
  }
  mock_data "aws_default_tags" {
    defaults = { tags = { Project = "ops" } }
  }
}

variables {
  name        = "ops-test"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/7c0a1f3e-0000-4000-8000-000000000000"
}

run "fargate_alone" {
  assert {
    condition     = aws_ecs_cluster_capacity_providers.this.capacity_providers == toset(["FARGATE", "FARGATE_SPOT"])
    error_message = "Fargate and Fargate Spot must be there."
  }

  assert {
    condition     = [for p in output.fargate.capacity_providers : p.name] == ["FARGATE"] && output.ec2 == null
    error_message = "Services run on Fargate alone unless Spot has a share."
  }

  assert {
    condition     = one(aws_ecs_cluster.this.setting).value == "enhanced"
    error_message = "Container Insights must be on."
  }

  assert {
    condition     = aws_ecs_cluster.this.configuration[0].execute_command_configuration[0].kms_key_id == var.kms_key_arn && aws_ecs_cluster.this.configuration[0].execute_command_configuration[0].logging == "OVERRIDE"
    error_message = "Sessions of ECS Exec must be encrypted and logged."
  }

  assert {
    condition     = length(aws_autoscaling_group.this) == 0 && output.instance_security_group_id == null && output.autoscaling_group_name == null
    error_message = "There must be no instances."
  }
}

run "spot_with_a_base" {
  variables {
    fargate = { base = 2, weight = 1, spot_weight = 3 }
  }

  assert {
    condition     = [for p in output.fargate.capacity_providers : "${p.name} ${p.weight} ${p.base}"] == ["FARGATE 1 2", "FARGATE_SPOT 3 0"]
    error_message = "The base must be on Fargate, the rest by weight."
  }
}

run "instances_alone" {
  variables {
    fargate = null
    ec2 = {
      vpc_id     = "vpc-1"
      subnet_ids = ["subnet-1", "subnet-2"]
      min_size   = 2
    }
  }

  assert {
    condition     = output.fargate == null && output.ec2.launch == "ec2" && output.ec2.network_mode == "bridge"
    error_message = "Services must run on the instances, in bridge mode."
  }

  assert {
    condition     = aws_launch_template.this[0].metadata_options[0].http_tokens == "required" && aws_launch_template.this[0].metadata_options[0].http_put_response_hop_limit == 1
    error_message = "Containers must not come at the role of their instance."
  }

  assert {
    condition     = aws_launch_template.this[0].block_device_mappings[0].ebs[0].encrypted == "true" && aws_launch_template.this[0].network_interfaces[0].associate_public_ip_address == "false"
    error_message = "Volumes must be encrypted, and instances have no public address."
  }

  assert {
    condition     = data.aws_ssm_parameter.image[0].name == "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id" && aws_launch_template.this[0].image_id == "ami-0123456789abcdef0"
    error_message = "The image must be the newest that ECS recommends."
  }

  assert {
    condition     = strcontains(base64decode(aws_launch_template.this[0].user_data), "\nECS_CLUSTER=ops-test\n")
    error_message = "Instances must find their cluster."
  }

  assert {
    condition     = startswith(base64decode(aws_launch_template.this[0].user_data), "#!/bin/sh\n")
    error_message = "User data must begin with the interpreter, else it is not run."
  }

  assert {
    condition     = alltrue([for t in aws_launch_template.this[0].tag_specifications : t.tags.Project == "ops"])
    error_message = "What the template makes must have the default tags."
  }

  assert {
    condition     = aws_autoscaling_group.this[0].min_size == 2 && aws_autoscaling_group.this[0].protect_from_scale_in && !aws_autoscaling_group.this[0].force_delete
    error_message = "The group must keep its least size, and instances with tasks."
  }

  assert {
    condition     = aws_ecs_capacity_provider.ec2[0].auto_scaling_group_provider[0].managed_draining == "ENABLED" && aws_ecs_capacity_provider.ec2[0].auto_scaling_group_provider[0].managed_termination_protection == "ENABLED"
    error_message = "ECS must drain and protect instances."
  }

  assert {
    condition     = aws_ecs_capacity_provider.ec2[0].auto_scaling_group_provider[0].managed_scaling[0].status == "ENABLED"
    error_message = "ECS must size the group."
  }

  assert {
    condition     = length(aws_autoscaling_group.this[0].instance_refresh) == 1
    error_message = "A new image must come by itself, since each instance is drained first."
  }

  assert {
    condition     = aws_ecs_cluster_capacity_providers.this.capacity_providers == toset(["ops-test-ec2"])
    error_message = "The cluster must have the instances and nothing else."
  }

  assert {
    condition     = !anytrue([for s in jsondecode(aws_iam_role_policy.session[0].policy).Statement : anytrue([for a in flatten([s.Action]) : strcontains(a, "GetParameter") || strcontains(a, "*")])])
    error_message = "Instances must not read parameters."
  }
}

run "load_balancers_that_reach_free_ports" {
  variables {
    ec2 = {
      vpc_id     = "vpc-1"
      subnet_ids = ["subnet-1", "subnet-2"]
      balancers  = { edge = "sg-0bbbbbbbbbbbbbbbb" }
    }
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.balancer["edge"].from_port == 32768 && aws_vpc_security_group_ingress_rule.balancer["edge"].to_port == 65535 && aws_vpc_security_group_egress_rule.balancer["edge"].security_group_id == "sg-0bbbbbbbbbbbbbbbb"
    error_message = "The range of free ports must be open, once for each load balancer."
  }

  assert {
    condition     = one(output.ec2.balancer_group_ids) == "sg-0bbbbbbbbbbbbbbbb"
    error_message = "Services must know that it is."
  }

  assert {
    condition     = aws_security_group.instance[0].name_prefix == "ops-test-instances-"
    error_message = "A security group that is replaced must get another name."
  }
}

run "a_name_that_capacity_providers_may_not_have" {
  command = plan

  variables {
    name = "ecs-ops"
    ec2  = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"] }
  }

  expect_failures = [var.ec2]
}

run "an_environment_that_comes_and_goes" {
  variables {
    ec2 = {
      vpc_id                 = "vpc-1"
      subnet_ids             = ["subnet-1"]
      architecture           = "ARM64"
      network_mode           = "awsvpc"
      termination_protection = false
      force_delete           = true
    }
  }

  assert {
    condition     = !aws_autoscaling_group.this[0].protect_from_scale_in && aws_autoscaling_group.this[0].force_delete
    error_message = "Destroy must be able to take instances with tasks."
  }

  assert {
    condition     = aws_ecs_capacity_provider.ec2[0].auto_scaling_group_provider[0].managed_termination_protection == "DISABLED"
    error_message = "ECS refuses to protect instances of a group that does not."
  }

  assert {
    condition     = data.aws_ssm_parameter.image[0].name == "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id"
    error_message = "The image must be of the architecture."
  }

  assert {
    condition     = output.fargate.launch == "fargate" && output.ec2.network_mode == "awsvpc"
    error_message = "Both kinds must be there."
  }
}

run "a_fixed_number_for_a_classic_elb" {
  variables {
    fargate = null
    ec2     = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"], managed = false, min_size = 2, max_size = 2 }
  }

  assert {
    condition     = length(aws_ecs_capacity_provider.ec2) == 0 && length(output.ec2.capacity_providers) == 0 && output.ec2.launch == "ec2"
    error_message = "There must be no capacity provider: ECS refuses one behind a Classic ELB."
  }

  assert {
    condition     = !aws_autoscaling_group.this[0].protect_from_scale_in && !contains([for t in aws_autoscaling_group.this[0].tag : t.key], "AmazonECSManaged")
    error_message = "Nobody but the group itself sizes it."
  }
}

run "neither" {
  command = plan
  variables {
    fargate = null
  }
  expect_failures = [var.ec2]
}

run "no_share" {
  command = plan
  variables {
    fargate = { weight = 0 }
  }
  expect_failures = [var.fargate]
}

run "most_below_least" {
  command = plan
  variables {
    ec2 = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"], min_size = 3, max_size = 2 }
  }
  expect_failures = [var.ec2]
}

run "more_than_all" {
  command = plan
  variables {
    ec2 = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"], target_capacity = 101 }
  }
  expect_failures = [var.ec2]
}

run "host_mode" {
  command = plan
  variables {
    ec2 = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"], network_mode = "host" }
  }
  expect_failures = [var.ec2]
}

run "unknown_architecture" {
  command = plan
  variables {
    ec2 = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"], architecture = "arm64" }
  }
  expect_failures = [var.ec2]
}

run "unknown_insights" {
  command = plan
  variables {
    container_insights = "on"
  }
  expect_failures = [var.container_insights]
}
