locals {
  deploy_revisions = { for name, d in var.deploy : name => [
    for family in d.families : "arn:${local.partition}:ecs:${local.region}:${local.account}:task-definition/${family}:*"
  ] }

  deploy_policies = { for name, d in var.deploy : name => jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Services"
        Effect   = "Allow"
        Action   = ["ecs:DescribeServices", "ecs:ListServiceDeployments", "ecs:UpdateService"]
        Resource = d.service_arns
      },
      {
        # arn:...:service/CLUSTER/SERVICE has its deployments as service-deployment/CLUSTER/SERVICE/ID.
        Sid      = "Deployments"
        Effect   = "Allow"
        Action   = ["ecs:DescribeServiceDeployments", "ecs:StopServiceDeployment"]
        Resource = [for arn in d.service_arns : "${replace(arn, ":service/", ":service-deployment/")}/*"]
      },
      {
        Sid       = "Tasks"
        Effect    = "Allow"
        Action    = ["ecs:DescribeTasks", "ecs:ListTasks"]
        Resource  = "*"
        Condition = { ArnEquals = { "ecs:cluster" = d.cluster_arn } }
      },
      {
        Sid      = "NewRevisions"
        Effect   = "Allow"
        Action   = "ecs:RegisterTaskDefinition"
        Resource = local.deploy_revisions[name]
      },
      {
        # A revision keeps the tags of the one before it; nothing else may be tagged anew.
        Sid       = "TagsOfNewRevisions"
        Effect    = "Allow"
        Action    = "ecs:TagResource"
        Resource  = local.deploy_revisions[name]
        Condition = { StringEquals = { "ecs:CreateAction" = "RegisterTaskDefinition" } }
      },
      {
        # These know no resources.
        Sid      = "Look"
        Effect   = "Allow"
        Action   = ["ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions"]
        Resource = "*"
      },
      {
        Sid       = "RolesOfTheTasks"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = d.pass_role_arns
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        Sid      = "Digests"
        Effect   = "Allow"
        Action   = ["ssm:GetParameter", "ssm:PutParameter"]
        Resource = d.image_parameter_arns
      },
    ]
  }) }

  # Environment and name of a further policy -> both.
  further_policies = merge([for name, d in var.deploy : {
    for policy in keys(d.policies) : "${name} ${policy}" => { environment = name, policy = policy }
  }]...)
}

resource "aws_iam_role" "deploy" {
  for_each = var.deploy

  name                 = "${var.name}-deploy-${each.key}"
  description          = "Deployments of ${var.repository} to ${each.key}."
  assume_role_policy   = local.trust["deploy-${each.key}"]
  max_session_duration = var.max_session_s
}

resource "aws_iam_role_policy" "deploy" {
  for_each = var.deploy

  name   = "deploy"
  role   = aws_iam_role.deploy[each.key].name
  policy = local.deploy_policies[each.key]
}

resource "aws_iam_role_policy" "further" {
  for_each = local.further_policies

  name   = each.value.policy
  role   = aws_iam_role.deploy[each.value.environment].name
  policy = var.deploy[each.value.environment].policies[each.value.policy]
}
