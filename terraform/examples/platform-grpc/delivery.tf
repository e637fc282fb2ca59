# Who may push and deploy: roles that name what they may do it to, and no key anywhere.

module "registry" {
  source = "../../modules/registry"

  name         = var.name
  repositories = sort(keys(var.services))
  kms_key_arn  = module.data_key.arn
}

locals {
  push_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "LogInToRegistry"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"] # it has no resource
      },
      {
        Sid    = "PushImages"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
          "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
        ]
        Resource = values(module.registry.arns)
      },
    ]
  })
}

# The digests that run, by service: what a deployment writes, and the next plan reads.
resource "aws_ssm_parameter" "image" {
  #checkov:skip=CKV2_AWS_34:the digest of an image is no secret
  #checkov:skip=CKV_AWS_337:the digest of an image is no secret
  for_each = var.services

  name           = "/${var.name}/images/${each.key}"
  description    = "Image of ${each.key} that runs: what the last deployment wrote."
  type           = "String"
  insecure_value = each.value.image

  lifecycle {
    ignore_changes = [insecure_value, description] # both are the deployment's
  }
}

module "github_oidc" {
  source = "../../modules/github_oidc"

  name           = var.name
  repository     = var.repository
  repository_ids = var.repository_ids
  provider_arn   = var.provider_arn
  push           = { subjects = ["environment:release"], repository_arns = values(module.registry.arns) }

  deploy = { prod = {
    cluster_arn          = module.cluster.cluster.arn
    service_arns         = values(module.service)[*].service_arn
    families             = values(module.service)[*].family
    pass_role_arns       = concat(values(module.service)[*].task_role_arn, values(module.service)[*].execution_role_arn)
    image_parameter_arns = values(aws_ssm_parameter.image)[*].arn
  } }
}
