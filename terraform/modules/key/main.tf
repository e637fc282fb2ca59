data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region

  # Who calls KMS when a service uses the key by itself, and what proves that it does so for this account:
  # the encryption context, in which Logs names the log group, and SNS the topic that is published to.
  # EventBridge brings no aws:SourceAccount, and its messages would be lost without a word. Of the four only Logs has
  # another name in China.
  log_groups = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:${local.partition}:logs:${local.region}:${local.account}:*" } }
  topics     = { ArnLike = { "kms:EncryptionContext:aws:sns:topicArn" = "arn:${local.partition}:sns:${local.region}:${local.account}:*" } }

  users = {
    logs       = { principal = "logs.${local.region}.${data.aws_partition.current.dns_suffix}", condition = local.log_groups }
    cloudwatch = { principal = "cloudwatch.amazonaws.com", condition = local.topics }
    events     = { principal = "events.amazonaws.com", condition = local.topics }
    sns        = { principal = "sns.amazonaws.com", condition = local.topics }
  }

  # Without this statement nobody could ever change the key again; with it, IAM decides.
  administration = {
    Sid       = "Account"
    Effect    = "Allow"
    Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
    Action    = "kms:*"
    Resource  = "*"
  }

  use = [for name in sort(tolist(var.services)) : {
    Sid       = title(name)
    Effect    = "Allow"
    Principal = { Service = local.users[name].principal }
    Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    Resource  = "*"
    Condition = local.users[name].condition
  }]
}

resource "aws_kms_key" "this" {
  description             = var.description
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_days

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat([local.administration], local.use)
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
