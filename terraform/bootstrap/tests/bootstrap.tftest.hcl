# Runs end with the plan: what has prevent_destroy cannot be taken down after an apply.
mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/7c0a1f3e-0000-4000-8000-000000000000" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
}

variables {
  region = "eu-central-1"
}

run "state_is_kept" {
  command = plan

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.state.rule[0].expiration[0].expired_object_delete_marker
    error_message = "Markers of locks must not pile up."
  }

  assert {
    condition     = aws_s3_bucket.state.bucket == "ops-state-123456789012"
    error_message = "The bucket must be named after system and account."
  }

  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "Every version of the state must be kept."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
    error_message = "The state must be encrypted with a key of ours."
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.state.block_public_acls && aws_s3_bucket_public_access_block.state.block_public_policy && aws_s3_bucket_public_access_block.state.ignore_public_acls && aws_s3_bucket_public_access_block.state.restrict_public_buckets
    error_message = "Nothing of it may be public."
  }

  assert {
    condition     = output.plan_role_arn == null && output.push_role_arn == null
    error_message = "Without a repository there must be no roles."
  }
}

run "names_can_be_chosen" {
  command = plan

  variables {
    name              = "intake"
    state_bucket_name = "example-terraform-state"
    repositories      = ["api"]
  }

  assert {
    condition     = aws_s3_bucket.state.bucket == "example-terraform-state"
    error_message = "A given name must be taken."
  }
}

run "workflows_plan_and_push" {
  command = plan

  variables {
    github_repository   = "example/ops"
    github_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = one(module.github_oidc[*].provider_arn) == "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    error_message = "The account's provider must be used."
  }

  assert {
    condition     = length(local.image_parameter_arns) == 4 && contains(local.image_parameter_arns, "arn:aws:ssm:eu-central-1:123456789012:parameter/ops-prod/images/api")
    error_message = "To plan is to read the digests that run."
  }
}

run "bad_region" {
  command = plan
  variables {
    region = "Frankfurt"
  }
  expect_failures = [var.region]
}

run "bad_name" {
  command = plan
  variables {
    name = "-ops"
  }
  expect_failures = [var.name]
}
