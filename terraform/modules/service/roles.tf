locals {
  # Only ECS may take the roles, for tasks of this account and region: their ARNs say no more when they begin.
  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TasksOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:${local.region}:${local.account}:*" }
      }
    }]
  })

  # arn:aws:ecr:..., of an image in ECR, or null: elsewhere nobody logs in.
  ecr = try(regex("^(?P<account>[0-9]{12})\\.dkr\\.ecr(?:-fips)?\\.(?P<region>[a-z0-9-]+)\\.[^/]+/(?P<name>[^@:]+)", var.image), null)

  images = local.ecr == null ? [] : [
    {
      Sid      = "LogInToRegistry"
      Effect   = "Allow"
      Action   = ["ecr:GetAuthorizationToken"]
      Resource = ["*"] # it has no resource
    },
    {
      Sid      = "PullImage"
      Effect   = "Allow"
      Action   = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
      Resource = ["arn:${local.partition}:ecr:${local.ecr.region}:${local.ecr.account}:repository/${local.ecr.name}"]
    },
  ]

  logs = [{
    Sid      = "WriteLogs"
    Effect   = "Allow"
    Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    Resource = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }]

  parameters      = [for arn in values(var.secrets) : arn if strcontains(arn, ":ssm:")]
  manager_secrets = [for arn in values(var.secrets) : arn if strcontains(arn, ":secretsmanager:")]

  secret_services = concat(
    length(local.parameters) == 0 ? [] : ["ssm"],
    length(local.manager_secrets) == 0 ? [] : ["secretsmanager"],
  )

  secrets = concat(
    length(local.parameters) == 0 ? [] : [{
      Sid      = "ReadParameters"
      Effect   = "Allow"
      Action   = ["ssm:GetParameters"]
      Resource = local.parameters
    }],
    length(local.manager_secrets) == 0 ? [] : [{
      Sid    = "ReadSecrets"
      Effect = "Allow"
      Action = ["secretsmanager:GetSecretValue"]
      # A member of a JSON secret is named behind its ARN.
      Resource = [for arn in local.manager_secrets : join(":", slice(split(":", arn), 0, 7))]
    }],
    length(var.secret_key_arns) == 0 ? [] : [{
      Sid      = "DecryptSecrets"
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = var.secret_key_arns
      # What else the key protects (logs, objects) stays closed.
      Condition = { StringLike = { "kms:ViaService" = [for service in local.secret_services : "${service}.${local.region}.amazonaws.com*"] } }
    }],
  )

  # Of the agent in the task that opens the session; the channels have no resource. It looks the cluster's log group
  # up, to see that it is encrypted, and opens no session where it may not.
  exec_policy = {
    exec = jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Sid      = "SessionChannels"
          Effect   = "Allow"
          Action   = ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"]
          Resource = ["*"]
        },
        {
          Sid      = "FindSessionLog"
          Effect   = "Allow"
          Action   = ["logs:DescribeLogGroups"]
          Resource = ["*"] # it is asked of all
        },
        {
          Sid      = "WriteSessionLog"
          Effect   = "Allow"
          Action   = ["logs:DescribeLogStreams", "logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/ecs/${var.cluster.name}/exec:*"]
        },
        {
          Sid      = "DecryptSession"
          Effect   = "Allow"
          Action   = ["kms:Decrypt"]
          Resource = [var.kms_key_arn]
        },
      ]
    })
  }
}

resource "aws_iam_role" "task" {
  name               = "${var.name}-task"
  description        = "What the program of ${var.name} may do."
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "task" {
  for_each = merge(var.policies, var.exec ? local.exec_policy : {})

  name   = each.key
  role   = aws_iam_role.task.name
  policy = each.value
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  description        = "What the agent that starts ${var.name} may do."
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "execution" {
  name = "start"
  role = aws_iam_role.execution.name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.images, local.logs, local.secrets)
  })
}
