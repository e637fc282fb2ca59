# The least that each program needs (docs/aws.md). The worker cannot read the token; the API can neither receive nor
# delete; nobody deletes objects.
locals {
  objects_arn = "${module.bucket.arn}/in/*"

  # The key, through one service and no other way. In China the name ends in .cn.
  key_through = { for service in ["sqs", "s3"] : service => {
    StringLike = { "kms:ViaService" = "${service}.${local.region}.amazonaws.com*" }
  } }

  statements = {
    send = [
      {
        Sid      = "Enqueue"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage", "sqs:GetQueueAttributes"]
        Resource = [module.queue.arn]
      },
      {
        Sid       = "EncryptMessages"
        Effect    = "Allow"
        Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource  = [var.data_key_arn]
        Condition = local.key_through["sqs"]
      },
    ]

    receive = [
      {
        Sid      = "TakeMessages"
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
        Resource = [module.queue.arn]
      },
      {
        Sid       = "DecryptMessages"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [var.data_key_arn]
        Condition = local.key_through["sqs"]
      },
    ]

    figures = [
      {
        Sid      = "CountMessages"
        Effect   = "Allow"
        Action   = ["sqs:GetQueueAttributes"]
        Resource = [module.queue.dead_letter_arn]
      },
      {
        Sid      = "AgeOfTheOldest"
        Effect   = "Allow"
        Action   = ["cloudwatch:GetMetricData"]
        Resource = ["*"] # it has no resource
      },
    ]

    store = [
      {
        Sid      = "StoreObjects"
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:GetObject"]
        Resource = [local.objects_arn]
      },
      {
        Sid      = "LookForObjects"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [module.bucket.arn]
      },
      {
        Sid       = "EncryptObjects"
        Effect    = "Allow"
        Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource  = [var.data_key_arn]
        Condition = local.key_through["s3"]
      },
    ]

    # No scale-in of a task that has messages in flight.
    protect = [
      {
        Sid      = "ProtectOwnTask"
        Effect   = "Allow"
        Action   = ["ecs:UpdateTaskProtection"]
        Resource = ["arn:${local.partition}:ecs:${local.region}:${local.account}:task/${var.cluster.name}/*"]
        Condition = {
          ArnEquals = { "ecs:cluster" = var.cluster.arn }
        }
      },
    ]

    # Whoever proves that records arrive.
    read = [
      {
        Sid      = "CountQueue"
        Effect   = "Allow"
        Action   = ["sqs:GetQueueAttributes"]
        Resource = [module.queue.arn]
      },
      {
        Sid      = "ReadObjects"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = [local.objects_arn]
      },
      {
        Sid      = "ListObjects"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [module.bucket.arn]
      },
      {
        Sid       = "DecryptObjects"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [var.data_key_arn]
        Condition = local.key_through["s3"]
      },
    ]

    # Whoever asks why something is wrong. A load balancer's judgement has no resource.
    judge = [
      {
        Sid      = "StatesOfAlarms"
        Effect   = "Allow"
        Action   = ["cloudwatch:DescribeAlarms"]
        Resource = ["arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:*"]
      },
      {
        Sid      = "StatesOfTargets"
        Effect   = "Allow"
        Action   = [var.entry.kind == "classic" ? "elasticloadbalancing:DescribeInstanceHealth" : "elasticloadbalancing:DescribeTargetHealth"]
        Resource = ["*"]
      },
      {
        Sid      = "LastWordsOfTasks"
        Effect   = "Allow"
        Action   = ["logs:FilterLogEvents"]
        Resource = [for name in ["api", "worker"] : "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/ecs/${local.names[name]}:*"]
      },
    ]
  }

  policies = {
    api    = concat(local.statements.send, module.token.read_statements)
    worker = concat(local.statements.receive, local.statements.figures, local.statements.store, local.statements.protect)
    probe  = concat(module.token.read_statements, local.statements.read, local.statements.figures, local.statements.judge)
  }

  task_policies = { for name in ["api", "worker"] : name => jsonencode({ Version = "2012-10-17", Statement = local.policies[name] }) }
  probe_policy  = jsonencode({ Version = "2012-10-17", Statement = local.policies.probe })
}
