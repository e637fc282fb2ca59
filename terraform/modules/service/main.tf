data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region

  is_fargate     = var.compute.launch == "fargate"
  is_awsvpc      = var.compute.network_mode == "awsvpc"
  container_name = var.name
  log_group      = "/ecs/${var.name}"

  # With bridge mode the tasks share the group of their instances.
  security_group_id = local.is_awsvpc ? one(aws_security_group.this[*].id) : var.compute.instance_security_group_id
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = [local.is_fargate ? "FARGATE" : "EC2"]
  network_mode             = var.compute.network_mode
  cpu                      = var.container.cpu
  memory                   = var.container.memory_mib
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  container_definitions    = jsonencode([local.container])

  # What `opsctl deploy` registered is the latest revision; a plan after a deployment is empty.
  track_latest = true

  # A revision stays when the next one comes: it is what the service still runs then, and what `opsctl rollback` goes
  # back to, which ECS allows only to revisions that are not deregistered.
  skip_destroy = true

  dynamic "runtime_platform" {
    for_each = local.is_fargate ? [var.compute.architecture] : []

    content {
      operating_system_family = "LINUX"
      cpu_architecture        = runtime_platform.value
    }
  }

  dynamic "ephemeral_storage" {
    for_each = local.is_fargate && var.container.storage_gib > 20 ? [var.container.storage_gib] : []

    content {
      size_in_gib = ephemeral_storage.value
    }
  }

  dynamic "volume" {
    for_each = local.volumes

    content {
      name = volume.key
    }
  }
}

resource "aws_ecs_service" "this" {
  name                    = var.name
  cluster                 = var.cluster.arn
  task_definition         = aws_ecs_task_definition.this.arn
  desired_count           = var.tasks.count
  enable_execute_command  = var.exec
  propagate_tags          = "SERVICE"
  enable_ecs_managed_tags = true
  wait_for_steady_state   = var.deployment.wait

  # Without capacity providers the launch type says where.
  launch_type      = length(var.compute.capacity_providers) > 0 ? null : upper(var.compute.launch)
  platform_version = local.is_fargate ? "LATEST" : null

  # Other shares of the capacity providers come by a deployment; without this the service would be replaced.
  force_new_deployment = length(var.compute.capacity_providers) > 0

  deployment_minimum_healthy_percent = var.tasks.min_percent
  deployment_maximum_percent         = var.tasks.max_percent
  availability_zone_rebalancing      = local.can_rebalance ? "ENABLED" : "DISABLED"

  # Counted from the start of a task; only where a load balancer judges it.
  health_check_grace_period_seconds = length(var.entries) > 0 ? var.deployment.grace_period_s : null

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  dynamic "alarms" {
    for_each = length(var.deployment.alarm_names) > 0 ? [var.deployment.alarm_names] : []

    content {
      alarm_names = alarms.value
      enable      = true
      rollback    = true
    }
  }

  dynamic "capacity_provider_strategy" {
    for_each = var.compute.capacity_providers

    content {
      capacity_provider = capacity_provider_strategy.value.name
      weight            = capacity_provider_strategy.value.weight
      base              = capacity_provider_strategy.value.base
    }
  }

  dynamic "network_configuration" {
    for_each = local.is_awsvpc ? [var.placement] : []

    content {
      subnets          = network_configuration.value.subnet_ids
      security_groups  = aws_security_group.this[*].id
      assign_public_ip = network_configuration.value.assign_public_ip
    }
  }

  # Bridge mode puts as many tasks on an instance as fit: over the zones first, then where there is room.
  dynamic "ordered_placement_strategy" {
    for_each = local.is_fargate ? {} : { zones = { type = "spread", field = "attribute:ecs.availability-zone" }, room = { type = "binpack", field = "memory" } }

    content {
      type  = ordered_placement_strategy.value.type
      field = ordered_placement_strategy.value.field
    }
  }

  dynamic "load_balancer" {
    for_each = var.entries

    content {
      target_group_arn = load_balancer.value.kind == "target_group" ? load_balancer.value.target_group_arn : null
      elb_name         = load_balancer.value.kind == "classic" ? load_balancer.value.elb_name : null
      container_name   = local.container_name
      container_port   = var.ports[load_balancer.key].port
    }
  }

  dynamic "service_registries" {
    for_each = aws_service_discovery_service.this

    content {
      registry_arn   = service_registries.value.arn
      container_name = local.is_awsvpc ? null : local.container_name
      container_port = local.is_awsvpc ? null : values(var.ports)[0].port
    }
  }

  lifecycle {
    # It belongs to autoscaling, or to the operator.
    ignore_changes = [desired_count]

    # ECS says success when the circuit breaker has put the old revision back.
    postcondition {
      condition     = !var.deployment.wait || self.task_definition == aws_ecs_task_definition.this.arn
      error_message = "The deployment was rolled back: the service runs another revision than the one that was applied. See: opsctl health --why."
    }
  }

  # A task must never be without them: not the first one, nor the last that drains while all is destroyed.
  depends_on = [
    aws_iam_role_policy.execution,
    aws_iam_role_policy.task,
    aws_vpc_security_group_egress_rule.balancer,
    aws_vpc_security_group_egress_rule.other,
    aws_vpc_security_group_ingress_rule.balancer,
  ]
}

resource "aws_service_discovery_service" "this" {
  count = var.namespace == null ? 0 : 1

  name         = var.name
  description  = "Tasks of ${var.name}."
  namespace_id = var.namespace.id

  # ECS takes the last tasks out later than it says that the service is gone; with one in it, it cannot be deleted.
  force_destroy = true

  # Bridge mode has changing ports, which only SRV records tell.
  dns_config {
    namespace_id   = var.namespace.id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = local.is_awsvpc ? "A" : "SRV"
      ttl  = 10
    }
  }
}
