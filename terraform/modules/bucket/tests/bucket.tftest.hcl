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
  mock_data "aws_elb_service_account" {
    defaults = { arn = "arn:aws:iam::054676820928:root" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::ops-test-data" }
  }
}

variables {
  name = "ops-test-data"
}

run "private_versioned_encrypted" {
  variables {
    kms_key = { arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls, aws_s3_bucket_public_access_block.this.block_public_policy,
    aws_s3_bucket_public_access_block.this.ignore_public_acls, aws_s3_bucket_public_access_block.this.restrict_public_buckets])
    error_message = "Nothing may be public."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "What is overwritten must be had back."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
    error_message = "With a key the objects must be encrypted under it."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).bucket_key_enabled
    error_message = "A bucket key must keep the calls to KMS few."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[*].Sid == ["TlsOnly"]
    error_message = "The policy must refuse what does not come over TLS, and let nobody in."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration[0].days == 0 && length(aws_s3_bucket_lifecycle_configuration.this.rule[0].transition) == 0 && one(aws_s3_bucket_lifecycle_configuration.this.rule[0].abort_incomplete_multipart_upload).days_after_initiation == 1
    error_message = "Objects themselves must stay."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration[0].expired_object_delete_marker
    error_message = "Markers of deletions must not pile up."
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy
    error_message = "A bucket with objects must not be destroyed."
  }
}

run "access_logs_of_load_balancers" {
  variables {
    log_writers = ["alb", "classic_elb", "nlb", "s3"]
    expire_days = 90
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[*].Sid == ["TlsOnly", "LogsAlb", "LogsClassicElb", "LogsNlb", "LogsS3", "LogsNlbLook"]
    error_message = "Each writer must have its statement."
  }

  assert {
    condition = alltrue([for s in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
    s.Effect == "Deny" || contains(["LogsAlb", "LogsClassicElb"], s.Sid) || try(s.Condition.StringEquals["aws:SourceAccount"] == "123456789012", false)])
    error_message = "Services must prove that they write for this account."
  }

  assert {
    condition = alltrue([for s in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
    !contains(["LogsAlb", "LogsClassicElb"], s.Sid) || (!can(s.Condition) && alltrue([for r in s.Resource : strcontains(r, "AWSLogs/123456789012/")]))])
    error_message = "Load balancers, which prove nothing, must be held to this account by the path."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
    error_message = "Without a key S3's own must encrypt."
  }

  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration).days == var.expire_days
    error_message = "Logs must go in the end."
  }
}

run "load_balancers_cannot_use_a_key" {
  command = plan

  variables {
    kms_key     = { arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
    log_writers = ["alb"]
  }

  expect_failures = [var.kms_key]
}

run "an_unknown_writer" {
  command = plan

  variables {
    log_writers = ["cloudfront"]
  }

  expect_failures = [var.log_writers]
}

run "infrequent_access_before_its_time" {
  command = plan

  variables {
    transitions = { STANDARD_IA = 29 }
  }

  expect_failures = [var.transitions]
}

run "a_name_that_s3_refuses" {
  command = plan

  variables {
    name = "Ops_Data"
  }

  expect_failures = [var.name]
}
