data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region

  issuer       = "token.actions.githubusercontent.com"
  provider_arn = var.provider_arn == null ? one(aws_iam_openid_connect_provider.this[*].arn) : var.provider_arn

  # owner/name, or owner@1/name@2; https://docs.github.com/en/actions/reference/security/oidc
  owner   = split("/", var.repository)[0]
  name    = split("/", var.repository)[1]
  subject = var.repository_ids == null ? var.repository : "${local.owner}@${var.repository_ids.owner}/${local.name}@${var.repository_ids.repository}"

  # Role -> where on GitHub it may be taken from.
  subjects = merge(
    var.plan == null ? {} : { plan = var.plan.subjects },
    var.push == null ? {} : { push = var.push.subjects },
    { for name in keys(var.deploy) : "deploy-${name}" => ["environment:${name}"] },
  )

  # Exact audience and subject: a pattern would let other branches, other repositories or pull requests in.
  trust = { for role, subjects in local.subjects : role => jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = local.provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = [for s in subjects : "repo:${local.subject}:${s}"]
        }
      }
    }]
  }) }
}

resource "aws_iam_openid_connect_provider" "this" {
  count = var.provider_arn == null ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}
