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
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/ops-broker" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/ec2/ops-broker" }
  }
}

variables {
  name        = "ops-broker"
  placement   = { vpc_id = "vpc-0123456789abcdef0", subnet_ids = ["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb"] }
  image       = "apachepulsar/pulsar@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  container   = { user = 10000, data_path = "/pulsar/data", command = ["bin/pulsar", "standalone"], environment = { PULSAR_MEM = "-Xmx1g" } }
  ports       = { broker = 6650, admin = 8080 }
  clients     = { api = "sg-0aaaaaaaaaaaaaaaa" }
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "private_and_encrypted" {
  assert {
    condition     = !aws_instance.this.associate_public_ip_address && aws_instance.this.metadata_options[0].http_tokens == "required" && aws_instance.this.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "It must have no public address, and its container no credentials."
  }

  assert {
    condition     = aws_instance.this.root_block_device[0].encrypted && aws_ebs_volume.data.encrypted && aws_ebs_volume.data.kms_key_id == var.kms_key_arn
    error_message = "Both disks must be encrypted."
  }

  assert {
    condition     = aws_instance.this.disable_api_termination
    error_message = "It must not be ended by mistake."
  }

  assert {
    condition     = aws_instance.this.force_destroy && aws_instance.this.user_data_replace_on_change
    error_message = "A new image must replace it, although it is protected."
  }

  assert {
    condition     = aws_instance.this.volume_tags == null && aws_instance.this.root_block_device[0].tags.Name == "ops-broker"
    error_message = "The instance must not rename the data volume."
  }

  assert {
    condition     = one(aws_dlm_lifecycle_policy.this[0].policy_details).target_tags == aws_ebs_volume.data.tags
    error_message = "Snapshots must be made of the data."
  }

  assert {
    condition     = aws_ebs_volume.data.final_snapshot
    error_message = "Destroyed data must be left in a snapshot."
  }

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.this) == ["api-admin", "api-broker"]
    error_message = "Each client must reach each port, and nobody else any."
  }

  assert {
    condition     = strcontains(local.user_data, "--cap-drop ALL --security-opt no-new-privileges") && strcontains(local.user_data, "--user 10000") && strcontains(local.user_data, "'bin/pulsar' 'standalone'")
    error_message = "The container must run without capabilities, as its user."
  }

  assert {
    condition     = strcontains(local.user_data, "blkid /dev/sdf || mkfs.xfs /dev/sdf")
    error_message = "A disk that holds data must not be formatted."
  }

  assert {
    condition     = one(one(aws_dlm_lifecycle_policy.this[0].policy_details).schedule).retain_rule[0].count == 7
    error_message = "A week of snapshots must be kept."
  }
}

run "behind_a_load_balancer_with_a_name" {
  variables {
    namespace      = { id = "ns-0123456789abcdef", name = "ops.internal" }
    entry          = { security_group_id = "sg-0bbbbbbbbbbbbbbbb", target_group_arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/ci/0123456789abcdef" }
    policies       = { deploy = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
    snapshots_kept = 0
  }

  assert {
    condition     = output.dns_name == "ops-broker.ops.internal"
    error_message = "It must be found by its name."
  }

  assert {
    condition     = aws_lb_target_group_attachment.this[0].port == 8080
    error_message = "The load balancer must lead to the first port by name."
  }

  assert {
    condition     = length(aws_dlm_lifecycle_policy.this) == 0 && !aws_ebs_volume.data.final_snapshot
    error_message = "No snapshots must be made when none are wanted."
  }
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

run "root" {
  command = plan

  variables {
    container = { user = 0, data_path = "/data" }
  }

  expect_failures = [var.container]
}

run "a_quote_that_ends_a_word" {
  command = plan

  variables {
    container = { user = 1000, data_path = "/data", command = ["it's"] }
  }

  expect_failures = [var.container]
}

run "no_port" {
  command = plan

  variables {
    ports = {}
  }

  expect_failures = [var.ports]
}
