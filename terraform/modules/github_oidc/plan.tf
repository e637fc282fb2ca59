locals {
  # What a refresh asks of the resources that these modules make: how they are set up, nothing that they hold.
  plan_reads = [
    "acm:DescribeCertificate", "acm:ListTagsForCertificate",
    "application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies",
    "application-autoscaling:DescribeScheduledActions", "application-autoscaling:ListTagsForResource",
    "autoscaling:Describe*",
    "cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource",
    "dlm:GetLifecyclePolicy", "dlm:ListTagsForResource",
    "ec2:Describe*",
    "ecr:DescribeRepositories", "ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy", "ecr:ListTagsForResource",
    "ecs:Describe*", "ecs:ListTagsForResource",
    "elasticloadbalancing:Describe*",
    "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule",
    "iam:GetInstanceProfile", "iam:GetOpenIDConnectProvider", "iam:GetRole", "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies",
    "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListAliases", "kms:ListResourceTags",
    "logs:DescribeLogGroups", "logs:DescribeMetricFilters", "logs:ListTagsForResource",
    "route53:GetHostedZone", "route53:ListResourceRecordSets", "route53:ListTagsForResource",
    "s3:GetAccelerateConfiguration", "s3:GetBucket*", "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket", "s3:ListTagsForResource",
    "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy",
    "servicediscovery:GetNamespace", "servicediscovery:GetService", "servicediscovery:ListTagsForResource",
    "sns:GetSubscriptionAttributes", "sns:GetTopicAttributes", "sns:ListTagsForResource",
    "sqs:GetQueueAttributes", "sqs:ListQueueTags",
    "ssm:DescribeParameters", "ssm:ListTagsForResource",
    "wafv2:GetLoggingConfiguration", "wafv2:GetWebACL", "wafv2:GetWebACLForResource", "wafv2:ListTagsForResource",
  ]

  # Machine images are found by public parameters.
  public_parameters = "arn:${local.partition}:ssm:${local.region}::parameter/aws/service/*"

  plan_policy = var.plan == null ? null : jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Settings", Effect = "Allow", Action = local.plan_reads, Resource = "*" },
      { Sid = "State", Effect = "Allow", Action = "s3:GetObject", Resource = "${var.plan.state_bucket_arn}/*" },
      { Sid = "StateKey", Effect = "Allow", Action = "kms:Decrypt", Resource = var.plan.state_key_arn },
      {
        Sid      = "Parameters"
        Effect   = "Allow"
        Action   = ["ssm:GetParameter", "ssm:GetParameters"]
        Resource = concat([local.public_parameters], var.plan.readable_parameter_arns)
      },
    ]
  })
}

# No lock is taken: terraform plan -lock=false. A pull request must not be able to hold others up.
resource "aws_iam_role" "plan" {
  count = var.plan == null ? 0 : 1

  name                 = "${var.name}-plan"
  description          = "terraform plan in pull requests of ${var.repository}."
  assume_role_policy   = local.trust["plan"]
  max_session_duration = var.max_session_s
}

resource "aws_iam_role_policy" "plan" {
  count = var.plan == null ? 0 : 1

  name   = "plan"
  role   = aws_iam_role.plan[0].id
  policy = local.plan_policy
}
