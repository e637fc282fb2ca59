mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws-us-gov", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { region = "us-gov-west-1" }
  }
}

variables {
  name        = "ops-test-data"
  description = "Queue, bucket and token."
}

run "rotated_and_in_the_hands_of_the_account" {
  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "The key must be rotated."
  }

  assert {
    condition     = aws_kms_alias.this.name == "alias/ops-test-data"
    error_message = "The alias must be the name."
  }

  assert {
    condition     = jsondecode(aws_kms_key.this.policy).Statement[*].Sid == ["Account"]
    error_message = "Without services the policy must have one statement, that of the account."
  }

  assert {
    condition     = jsondecode(aws_kms_key.this.policy).Statement[0].Principal.AWS == "arn:aws-us-gov:iam::123456789012:root"
    error_message = "The account of the same partition must administer the key."
  }
}

run "services_use_it_for_this_account_only" {
  variables {
    services = ["logs", "events", "cloudwatch"]
  }

  assert {
    condition     = jsondecode(aws_kms_key.this.policy).Statement[*].Sid == ["Account", "Cloudwatch", "Events", "Logs"]
    error_message = "Each service must have its statement."
  }

  assert {
    condition     = jsondecode(aws_kms_key.this.policy).Statement[3].Principal.Service == "logs.us-gov-west-1.amazonaws.com"
    error_message = "CloudWatch Logs must be let in by the name of its region."
  }

  assert {
    condition     = !strcontains(aws_kms_key.this.policy, "aws:Source")
    error_message = "EventBridge brings no aws:Source... when it publishes to an encrypted topic."
  }

  assert {
    condition     = alltrue([for s in slice(jsondecode(aws_kms_key.this.policy).Statement, 1, 4) : strcontains(jsonencode(s.Condition), "123456789012")])
    error_message = "Every service must be held to this account."
  }
}

run "unknown_service" {
  command = plan
  variables {
    services = ["lambda"]
  }
  expect_failures = [var.services]
}

run "window_too_short" {
  command = plan
  variables {
    deletion_window_days = 6
  }
  expect_failures = [var.deletion_window_days]
}

run "bad_name" {
  command = plan
  variables {
    name = "Ops"
  }
  expect_failures = [var.name]
}
