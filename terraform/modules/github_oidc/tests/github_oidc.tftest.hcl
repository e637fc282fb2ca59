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
  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }
}

variables {
  name       = "ops"
  repository = "example/ops"

  plan = {
    state_bucket_arn        = "arn:aws:s3:::ops-state-123456789012"
    state_key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/7c0a1f3e-0000-4000-8000-000000000000"
    readable_parameter_arns = ["arn:aws:ssm:eu-central-1:123456789012:parameter/ops/prod/images/api"]
  }

  push = {
    subjects        = ["environment:release"]
    repository_arns = ["arn:aws:ecr:eu-central-1:123456789012:repository/ops/api"]
  }

  deploy = {
    prod = {
      cluster_arn          = "arn:aws:ecs:eu-central-1:123456789012:cluster/ops-prod"
      service_arns         = ["arn:aws:ecs:eu-central-1:123456789012:service/ops-prod/ops-prod-api"]
      families             = ["ops-prod-api"]
      pass_role_arns       = ["arn:aws:iam::123456789012:role/ops-prod-api-task", "arn:aws:iam::123456789012:role/ops-prod-api-execution"]
      image_parameter_arns = ["arn:aws:ssm:eu-central-1:123456789012:parameter/ops/prod/images/api"]
    }
  }
}

run "trust_is_exact" {
  assert {
    condition     = jsondecode(aws_iam_role.plan[0].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:example/ops:pull_request"]
    error_message = "The planning role must be for pull requests."
  }

  assert {
    condition     = jsondecode(aws_iam_role.push[0].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:example/ops:environment:release"]
    error_message = "The pushing role must be for the environment named."
  }

  assert {
    condition     = jsondecode(aws_iam_role.deploy["prod"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:example/ops:environment:prod"]
    error_message = "The deploying role must be for its own environment."
  }

  assert {
    condition     = alltrue([for t in local.trust : jsondecode(t).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"])
    error_message = "The audience must be STS."
  }

  assert {
    condition     = alltrue([for t in local.trust : keys(jsondecode(t).Statement[0].Condition) == ["StringEquals"] && !strcontains(t, "*")])
    error_message = "No trust may have a pattern."
  }
}

run "trust_is_by_id_where_github_says_so" {
  variables {
    repository_ids = { owner = 123456, repository = 456789 }
  }

  assert {
    condition     = jsondecode(aws_iam_role.deploy["prod"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:example@123456/ops@456789:environment:prod"]
    error_message = "The subject must have both ids behind their names."
  }

  assert {
    condition     = !anytrue([for t in local.trust : strcontains(t, "repo:example/ops")])
    error_message = "The same name with another id must not be trusted."
  }
}

run "deploy_changes_what_is_named" {
  assert {
    condition     = jsonencode(one([for s in jsondecode(aws_iam_role_policy.deploy["prod"].policy).Statement : s if s.Sid == "RolesOfTheTasks"]).Resource) == jsonencode(var.deploy["prod"].pass_role_arns)
    error_message = "Only the tasks' roles may be passed."
  }

  assert {
    condition     = one([for s in jsondecode(aws_iam_role_policy.deploy["prod"].policy).Statement : s if s.Sid == "RolesOfTheTasks"]).Condition.StringEquals["iam:PassedToService"] == "ecs-tasks.amazonaws.com"
    error_message = "And only to tasks of ECS."
  }

  assert {
    condition     = one([for s in jsondecode(aws_iam_role_policy.deploy["prod"].policy).Statement : s if s.Sid == "NewRevisions"]).Resource == ["arn:aws:ecs:eu-central-1:123456789012:task-definition/ops-prod-api:*"]
    error_message = "Only revisions of the families named may be registered."
  }

  assert {
    condition = one([for s in jsondecode(aws_iam_role_policy.deploy["prod"].policy).Statement : s if s.Sid == "Deployments"]).Resource == [
      "arn:aws:ecs:eu-central-1:123456789012:service-deployment/ops-prod/ops-prod-api/*",
    ]
    error_message = "Only deployments of the services named may be stopped."
  }

  assert {
    condition     = alltrue([for s in jsondecode(aws_iam_role_policy.deploy["prod"].policy).Statement : contains(["Look", "Tasks"], s.Sid) if jsonencode(s.Resource) == jsonencode("*")])
    error_message = "Whatever changes something must name its resources."
  }
}

run "plan_reads_no_data" {
  assert {
    condition     = length(setintersection(local.plan_reads, ["s3:GetObject", "sqs:ReceiveMessage", "ssm:GetParameter", "ssm:GetParameters", "secretsmanager:GetSecretValue", "kms:Decrypt", "logs:GetLogEvents", "logs:FilterLogEvents"])) == 0
    error_message = "On all resources, a plan may look at settings only."
  }

  assert {
    condition     = alltrue([for a in local.plan_reads : can(regex(":(Describe|Get|List)", a))])
    error_message = "A plan must change nothing."
  }
}

run "further_policies" {
  variables {
    deploy = {
      dev = {
        cluster_arn          = "arn:aws:ecs:eu-central-1:123456789012:cluster/ops-dev"
        service_arns         = []
        families             = []
        pass_role_arns       = []
        image_parameter_arns = []
        policies             = { probe = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
      }
    }
  }

  assert {
    condition     = aws_iam_role_policy.further["dev probe"].name == "probe"
    error_message = "Policies given by name must be put to the role."
  }

  assert {
    condition     = keys(output.deploy_role_arns) == ["dev"]
    error_message = "There must be a role for each environment."
  }
}

run "provider_that_is_there" {
  variables {
    provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    plan         = null
    push         = null
    deploy       = {}
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 0 && output.provider_arn == var.provider_arn
    error_message = "A second provider of the same URL cannot be made."
  }

  assert {
    condition     = output.plan_role_arn == null && output.push_role_arn == null && length(output.deploy_role_arns) == 0
    error_message = "Roles that nobody asked for must not be there."
  }
}

run "push_from_pull_requests" {
  command = plan
  variables {
    push = {
      subjects        = ["pull_request"]
      repository_arns = []
    }
  }
  expect_failures = [var.push]
}

run "push_by_pattern" {
  command = plan
  variables {
    push = {
      subjects        = ["ref:refs/tags/v*"]
      repository_arns = []
    }
  }
  expect_failures = [var.push]
}

run "plan_by_pattern" {
  command = plan
  variables {
    plan = {
      subjects         = ["*"]
      state_bucket_arn = "arn:aws:s3:::ops-state-123456789012"
      state_key_arn    = "arn:aws:kms:eu-central-1:123456789012:key/7c0a1f3e-0000-4000-8000-000000000000"
    }
  }
  expect_failures = [var.plan]
}

run "parameters_by_pattern" {
  command = plan
  variables {
    plan = {
      state_bucket_arn        = "arn:aws:s3:::ops-state-123456789012"
      state_key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/7c0a1f3e-0000-4000-8000-000000000000"
      readable_parameter_arns = ["arn:aws:ssm:eu-central-1:123456789012:parameter/ops/*"]
    }
  }
  expect_failures = [var.plan]
}

run "family_by_pattern" {
  command = plan
  variables {
    deploy = {
      prod = {
        cluster_arn          = "arn:aws:ecs:eu-central-1:123456789012:cluster/ops-prod"
        service_arns         = []
        families             = ["*"]
        pass_role_arns       = []
        image_parameter_arns = []
      }
    }
  }
  expect_failures = [var.deploy]
}

run "repository_without_owner" {
  command = plan
  variables {
    repository = "ops"
  }
  expect_failures = [var.repository]
}

run "ids_that_are_none" {
  command = plan
  variables {
    repository_ids = { owner = 0, repository = 456789 }
  }
  expect_failures = [var.repository_ids]
}

run "another_provider" {
  command = plan
  variables {
    provider_arn = "arn:aws:iam::123456789012:oidc-provider/gitlab.com"
  }
  expect_failures = [var.provider_arn]
}

run "session_too_long" {
  command = plan
  variables {
    max_session_s = 43201
  }
  expect_failures = [var.max_session_s]
}
