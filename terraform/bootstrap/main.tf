# Applied once, with local state, by a person: what all other roots need before they can begin.

provider "aws" {
  region = var.region

  default_tags {
    tags = merge({ Project = var.name, Root = "bootstrap" }, var.tags)
  }
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  account     = data.aws_caller_identity.current.account_id
  bucket_name = coalesce(var.state_bucket_name, "${var.name}-state-${local.account}")

  # Where the module platform keeps the digests that run, in both environments: to plan is to read them.
  image_parameter_arns = [for path in setproduct(["dev", "prod"], ["api", "worker"]) :
    "arn:${data.aws_partition.current.partition}:ssm:${var.region}:${local.account}:parameter/${var.name}-${path[0]}/images/${path[1]}"
  ]

  backend = <<-EOT
    bucket       = "${aws_s3_bucket.state.bucket}"
    region       = "${var.region}"
    kms_key_id   = "${module.key.arn}"
    encrypt      = true
    use_lockfile = true
  EOT
}

module "key" {
  source = "../modules/key"

  name        = "${var.name}-bootstrap"
  description = "State of Terraform, and images."
}

module "registry" {
  source = "../modules/registry"

  name         = var.name
  repositories = var.repositories
  kms_key_arn  = module.key.arn
}

module "github_oidc" {
  source = "../modules/github_oidc"
  count  = var.github_repository == null ? 0 : 1

  name           = var.name
  repository     = var.github_repository
  repository_ids = var.github_repository_ids
  provider_arn   = var.github_provider_arn

  plan = {
    subjects                = ["environment:plan"]
    state_bucket_arn        = aws_s3_bucket.state.arn
    state_key_arn           = module.key.arn
    readable_parameter_arns = coalesce(var.readable_parameter_arns, local.image_parameter_arns)
  }

  push = {
    subjects        = var.push_subjects
    repository_arns = values(module.registry.arns)
  }
}
