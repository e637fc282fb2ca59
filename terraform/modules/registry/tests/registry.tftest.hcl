mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

variables {
  name        = "ops"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/7c0a1f3e-0000-4000-8000-000000000000"
}

run "images_cannot_change" {
  assert {
    condition     = toset(keys(aws_ecr_repository.this)) == toset(["api", "worker", "opsctl"])
    error_message = "There must be a repository for each image."
  }

  assert {
    condition     = alltrue([for r in aws_ecr_repository.this : r.image_tag_mutability == "IMMUTABLE" && r.image_scanning_configuration[0].scan_on_push])
    error_message = "Tags must not move, and pushes must be scanned."
  }

  assert {
    condition     = alltrue([for r in aws_ecr_repository.this : r.encryption_configuration[0].encryption_type == "KMS" && r.encryption_configuration[0].kms_key == var.kms_key_arn])
    error_message = "Images must be encrypted with the key."
  }

  assert {
    condition     = aws_ecr_repository.this["api"].name == "ops/api" && !aws_ecr_repository.this["api"].force_delete
    error_message = "Names begin with the system's, and destroy must not delete images."
  }

  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.this["api"].policy).rules[*].selection.countNumber == [7, 200]
    error_message = "Untagged images go after a week, others when there are more than sixty pushes, of three images each, make."
  }

  assert {
    condition     = length(aws_ecr_repository_policy.pull) == 0
    error_message = "No other account may pull unless it is named."
  }
}

run "another_account_pulls" {
  variables {
    repositories     = ["api"]
    pull_account_ids = ["210987654321"]
  }

  assert {
    condition     = jsondecode(aws_ecr_repository_policy.pull["api"].policy).Statement[0].Principal.AWS == ["arn:aws:iam::210987654321:root"]
    error_message = "The account named must be the only one."
  }

  assert {
    condition     = !anytrue([for a in jsondecode(aws_ecr_repository_policy.pull["api"].policy).Statement[0].Action : strcontains(a, "Put") || strcontains(a, "*")])
    error_message = "It must not push."
  }
}

run "one_image_kept" {
  command = plan
  variables {
    keep_images = 1
  }
  expect_failures = [var.keep_images]
}

run "untagged_at_once" {
  command = plan
  variables {
    untagged_days = 0
  }
  expect_failures = [var.untagged_days]
}

run "bad_repository" {
  command = plan
  variables {
    repositories = ["Api"]
  }
  expect_failures = [var.repositories]
}

run "bad_account" {
  command = plan
  variables {
    pull_account_ids = ["12345"]
  }
  expect_failures = [var.pull_account_ids]
}
