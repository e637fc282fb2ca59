data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region

  is_ssm  = var.backend == "ssm"
  makes   = !var.external
  service = local.is_ssm ? "ssm" : "secretsmanager"

  # Named, not referred to, when it is made outside. Parameters have a slash before their name, or get one.
  outside_arn = (
    local.is_ssm
    ? "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter/${trimprefix(var.name, "/")}"
    : "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${var.name}-??????"
  )

  name = var.name
  arn  = local.makes ? one(concat(aws_ssm_parameter.this[*].arn, aws_secretsmanager_secret.this[*].arn)) : local.outside_arn

  actions = {
    ssm = {
      read  = ["ssm:GetParameter"]
      write = ["ssm:PutParameter", "ssm:GetParameterHistory"]
    }
    secretsmanager = {
      read  = ["secretsmanager:GetSecretValue"]
      write = ["secretsmanager:PutSecretValue", "secretsmanager:ListSecretVersionIds"]
    }
  }

  read_statements = [
    {
      Sid      = "ReadSecret"
      Effect   = "Allow"
      Action   = local.actions[local.service].read
      Resource = [local.arn]
    },
    {
      Sid       = "DecryptSecret"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [var.kms_key_arn]
      Condition = { StringLike = { "kms:ViaService" = "${local.service}.${local.region}.amazonaws.com*" } } # ends in .cn in China
    },
  ]

  write_statements = [
    {
      Sid      = "RotateSecret"
      Effect   = "Allow"
      Action   = local.actions[local.service].write
      Resource = [local.arn]
    },
    {
      Sid       = "EncryptSecret"
      Effect    = "Allow"
      Action    = ["kms:Encrypt", "kms:GenerateDataKey"]
      Resource  = [var.kms_key_arn]
      Condition = { StringLike = { "kms:ViaService" = "${local.service}.${local.region}.amazonaws.com*" } } # ends in .cn in China
    },
  ]
}

resource "aws_ssm_parameter" "this" {
  count = local.makes && local.is_ssm ? 1 : 0

  name             = var.name
  description      = var.description
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = var.value
  value_wo_version = var.value_version
}

resource "aws_secretsmanager_secret" "this" {
  count = local.makes && !local.is_ssm ? 1 : 0

  name                    = var.name
  description             = var.description
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_window_days
}

resource "aws_secretsmanager_secret_version" "this" {
  count = local.makes && !local.is_ssm ? 1 : 0

  secret_id                = aws_secretsmanager_secret.this[0].id
  secret_string_wo         = var.value
  secret_string_wo_version = var.value_version
}

resource "aws_secretsmanager_secret_rotation" "this" {
  #checkov:skip=CKV_AWS_304:rotation.days is 90 at most, by its validation
  count = local.makes && var.rotation != null ? 1 : 0

  secret_id           = aws_secretsmanager_secret.this[0].id
  rotation_lambda_arn = var.rotation.lambda_arn

  rotation_rules {
    automatically_after_days = var.rotation.days
  }

  depends_on = [aws_secretsmanager_secret_version.this]
}
