data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition

  providers = concat(
    var.fargate == null ? [] : ["FARGATE", "FARGATE_SPOT"],
    aws_ecs_capacity_provider.ec2[*].name,
  )

  # Null without a weight of it: a strategy names at most one provider with a base.
  fargate_shares = var.fargate == null ? [] : [for share in [
    { name = "FARGATE", weight = var.fargate.weight, base = var.fargate.base },
    { name = "FARGATE_SPOT", weight = var.fargate.spot_weight, base = 0 },
  ] : share if share.weight + share.base > 0]

  fargate = var.fargate == null ? null : {
    launch                     = "fargate"
    network_mode               = "awsvpc"
    architecture               = var.fargate.architecture
    instance_security_group_id = null
    balancer_group_ids         = []
    capacity_providers         = local.fargate_shares
  }

  ec2 = var.ec2 == null ? null : {
    launch                     = "ec2"
    network_mode               = var.ec2.network_mode
    architecture               = var.ec2.architecture
    instance_security_group_id = one(aws_security_group.instance[*].id)
    balancer_group_ids         = values(local.balancers)
    capacity_providers         = [for p in aws_ecs_capacity_provider.ec2 : { name = p.name, weight = 1, base = 0 }]
  }
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = var.container_insights
  }

  configuration {
    execute_command_configuration {
      kms_key_id = var.kms_key_arn
      logging    = "OVERRIDE"

      log_configuration {
        cloud_watch_encryption_enabled = true
        cloud_watch_log_group_name     = aws_cloudwatch_log_group.exec.name
      }
    }
  }
}

# A resource of its own: the cluster can go only when its providers have been taken from it.
resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = local.providers
}

resource "aws_cloudwatch_log_group" "exec" {
  name              = "/ecs/${var.name}/exec"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
