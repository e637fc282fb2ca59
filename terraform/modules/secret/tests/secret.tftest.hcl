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
  mock_resource "aws_ssm_parameter" {
    defaults = { arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/ops/test/token" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ops/test/token-a1B2c3" }
  }
}

variables {
  name        = "/ops/test/token"
  value       = "sentinel-of-the-test-5f1c"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "a_parameter_that_state_does_not_hold" {
  assert {
    condition     = aws_ssm_parameter.this[0].type == "SecureString" && aws_ssm_parameter.this[0].key_id == var.kms_key_arn
    error_message = "The parameter must be encrypted under the key."
  }

  assert {
    condition     = !strcontains(jsonencode(aws_ssm_parameter.this[0]), "sentinel-of-the-test")
    error_message = "The value must not be kept."
  }

  assert {
    condition     = output.url == "ssm:/ops/test/token"
    error_message = "The url must be what OPS_SECRET takes."
  }

  assert {
    condition     = output.read_statements[0].Resource == [aws_ssm_parameter.this[0].arn]
    error_message = "A reader must read this parameter alone."
  }
}

run "made_outside_and_only_named" {
  variables {
    external = true
  }

  assert {
    condition     = length(aws_ssm_parameter.this) == 0 && length(aws_secretsmanager_secret.this) == 0
    error_message = "Nothing must be made."
  }

  assert {
    condition     = output.arn == "arn:aws:ssm:eu-central-1:123456789012:parameter/ops/test/token"
    error_message = "The ARN must be put together of the name."
  }
}

run "secrets_manager_with_rotation" {
  variables {
    backend  = "secretsmanager"
    name     = "ops/test/token"
    rotation = { lambda_arn = "arn:aws:lambda:eu-central-1:123456789012:function:rotate" }
  }

  assert {
    condition     = output.url == "secretsmanager:ops/test/token"
    error_message = "The url must name the other backend."
  }

  assert {
    condition     = one(aws_secretsmanager_secret_rotation.this[0].rotation_rules).automatically_after_days == 30
    error_message = "It must be rotated every 30 days."
  }

  assert {
    condition     = output.read_statements[0].Action == ["secretsmanager:GetSecretValue"]
    error_message = "A reader must get the value and nothing else."
  }
}

run "one_made_outside_by_secrets_manager" {
  variables {
    backend  = "secretsmanager"
    name     = "ops/test/token"
    external = true
  }

  assert {
    condition     = output.arn == "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ops/test/token-??????"
    error_message = "Its random end must be allowed for, and nothing else."
  }
}

run "a_value_is_required" {
  command = plan

  variables {
    value = null
  }

  expect_failures = [var.value]
}

run "ssm_does_not_rotate" {
  command = plan

  variables {
    rotation = { lambda_arn = "arn:aws:lambda:eu-central-1:123456789012:function:rotate" }
  }

  expect_failures = [var.rotation]
}

run "a_path_without_its_slash" {
  command = plan

  variables {
    name = "ops/test/token"
  }

  expect_failures = [var.name]
}

run "rotation_after_more_than_90_days" {
  command = plan

  variables {
    backend  = "secretsmanager"
    rotation = { lambda_arn = "arn:aws:lambda:eu-central-1:123456789012:function:rotate", days = 91 }
  }

  expect_failures = [var.rotation]
}
