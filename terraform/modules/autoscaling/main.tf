locals {
  backlog_per_task = try(floor(var.backlog.acceptable_latency_s / var.backlog.processing_time_s), null)

  # With tasks, what waits for each. Without, anything that waits is above the target, or a few messages would
  # never start the first task. No task can mean no data points of their count, which a comparison of two time
  # series takes for 0 (of one with a number it is left out); REPEAT, because the count comes later than the
  # messages and must not be taken for 0 until then.
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
  tasks      = "FILL(running, REPEAT)"
  each_waits = "IF(${local.tasks} >= TIME_SERIES(1), waiting / ${local.tasks}, IF(waiting > 0, waiting + ${coalesce(local.backlog_per_task, 0)}, 0))"

  # What AWS measures by itself, and what of it is to be held.
  predefined = {
    cpu = {
      metric = "ECSServiceAverageCPUUtilization"
      target = var.cpu_percent
      label  = null
    }
    memory = {
      metric = "ECSServiceAverageMemoryUtilization"
      target = var.memory_percent
      label  = null
    }
    requests = {
      metric = "ALBRequestCountPerTarget"
      target = try(var.requests.per_minute, null)
      label  = try("${var.requests.load_balancer}/${var.requests.target_group}", null)
    }
  }

  # The keys must be known when planning, and they are: targets are inputs, not attributes of resources.
  metrics = concat([for name in sort(keys(local.predefined)) : name if local.predefined[name].target != null], var.backlog == null ? [] : ["backlog"])
}

resource "aws_appautoscaling_target" "this" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${var.cluster_name}/${var.service_name}"
  min_capacity       = var.tasks.min
  max_capacity       = var.tasks.max
}

resource "aws_appautoscaling_policy" "this" {
  for_each = toset(local.metrics)

  name               = "${var.name}-${each.key}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = each.key == "backlog" ? local.backlog_per_task : local.predefined[each.key].target
    scale_out_cooldown = var.cooldown_s.out
    scale_in_cooldown  = var.cooldown_s.in

    dynamic "predefined_metric_specification" {
      for_each = each.key == "backlog" ? [] : [local.predefined[each.key]]

      content {
        predefined_metric_type = predefined_metric_specification.value.metric
        resource_label         = predefined_metric_specification.value.label
      }
    }

    dynamic "customized_metric_specification" {
      for_each = each.key == "backlog" ? [var.backlog.queue_name] : []

      content {
        metrics {
          id          = "backlog"
          label       = "Messages waiting for each task"
          return_data = true
          expression  = local.each_waits
        }

        metrics {
          id          = "waiting"
          return_data = false

          metric_stat {
            stat = "Maximum"

            metric {
              namespace   = "AWS/SQS"
              metric_name = "ApproximateNumberOfMessagesVisible"

              dimensions {
                name  = "QueueName"
                value = customized_metric_specification.value
              }
            }
          }
        }

        metrics {
          id          = "running"
          return_data = false

          metric_stat {
            stat = "Average"

            metric {
              namespace   = "ECS/ContainerInsights"
              metric_name = "RunningTaskCount"

              dimensions {
                name  = "ClusterName"
                value = var.cluster_name
              }

              dimensions {
                name  = "ServiceName"
                value = var.service_name
              }
            }
          }
        }
      }
    }
  }
}

resource "aws_appautoscaling_scheduled_action" "this" {
  for_each = var.schedule

  name               = "${var.name}-${each.key}"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  resource_id        = aws_appautoscaling_target.this.resource_id
  schedule           = each.value.when
  timezone           = each.value.timezone

  scalable_target_action {
    min_capacity = each.value.min
    max_capacity = each.value.max
  }
}
