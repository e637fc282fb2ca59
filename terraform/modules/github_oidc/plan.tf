locals {
  # What a refresh asks of the resources that these modules make: how they are set up, nothing that they hold. By
  # name, since "ec2:Describe*" has also the shared keys of VPN connections and the user data of spot requests.
  plan_reads = [
    "acm:DescribeCertificate", "acm:ListTagsForCertificate",
    "application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies",
    "application-autoscaling:DescribeScheduledActions", "application-autoscaling:ListTagsForResource",
    "autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeInstanceRefreshes", "autoscaling:DescribeTags",
    "cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource",
    "dlm:GetLifecyclePolicy", "dlm:ListTagsForResource",
    "ec2:DescribeAddresses", "ec2:DescribeAddressesAttribute", "ec2:DescribeAvailabilityZones",
    "ec2:DescribeFlowLogs", "ec2:DescribeImages", "ec2:DescribeInstanceAttribute",
    "ec2:DescribeInstanceCreditSpecifications", "ec2:DescribeInstances", "ec2:DescribeInstanceTypes",
    "ec2:DescribeInternetGateways", "ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeManagedPrefixLists", "ec2:DescribeNatGateways", "ec2:DescribeNetworkAcls",
    "ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists", "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeTags",
    "ec2:DescribeVolumes", "ec2:DescribeVpcAttribute", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcEndpointServices",
    "ec2:DescribeVpcs",
    "ecr:DescribeRepositories", "ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy", "ecr:ListTagsForResource",
    "ecs:DescribeCapacityProviders", "ecs:DescribeClusters", "ecs:DescribeServices", "ecs:DescribeTaskDefinition",
    "ecs:ListTagsForResource",
    "elasticloadbalancing:DescribeListenerAttributes", "elasticloadbalancing:DescribeListenerCertificates",
    "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancerPolicies", "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTags",
    "elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule",
    "iam:GetInstanceProfile", "iam:GetOpenIDConnectProvider", "iam:GetRole", "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies", "iam:ListRolePolicies",
    "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListAliases", "kms:ListResourceTags",
    "logs:DescribeLogGroups", "logs:ListTagsForResource",
    "route53:GetHostedZone", "route53:ListResourceRecordSets", "route53:ListTagsForResource",
    # Each is a setting of the bucket. ListBucket has the names of objects too, but a refresh begins with it.
    "s3:GetAccelerateConfiguration", "s3:GetBucket*", "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket", "s3:ListTagsForResource",
    "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy",
    "servicediscovery:GetInstance", "servicediscovery:GetNamespace", "servicediscovery:GetService",
    "servicediscovery:ListTagsForResource",
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
      {
        # The key may protect more than the state.
        Sid       = "StateKey"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = var.plan.state_key_arn
        Condition = { StringLike = { "kms:ViaService" = "s3.${local.region}.amazonaws.com*" } }
      },
      {
        # A SecureString among them stays closed where a key of ours protects it: there is no Decrypt for that key.
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
  role   = aws_iam_role.plan[0].name
  policy = local.plan_policy
}
