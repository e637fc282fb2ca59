mock_provider "aws" {}

variables {
  name         = "ops-test-worker"
  cluster_name = "ops-test"
  service_name = "ops-test-worker"
  tasks        = { min = 1, max = 10 }
}

run "limits_without_policies" {
  assert {
    condition     = output.resource_id == "service/ops-test/ops-test-worker"
    error_message = "The service of the cluster must be scaled."
  }

  assert {
    condition     = length(aws_appautoscaling_policy.this) == 0
    error_message = "What nobody asked for must not scale."
  }
}

run "by_cpu_memory_and_requests" {
  variables {
    cpu_percent    = 60
    memory_percent = 70
    requests       = { load_balancer = "app/ops/0123456789abcdef", target_group = "targetgroup/api/fedcba9876543210", per_minute = 3000 }
  }

  assert {
    condition     = keys(aws_appautoscaling_policy.this) == ["cpu", "memory", "requests"]
    error_message = "Each metric must have its policy."
  }

  assert {
    condition     = aws_appautoscaling_policy.this["cpu"].target_tracking_scaling_policy_configuration[0].target_value == 60
    error_message = "The target must be that of the input."
  }

  assert {
    condition     = aws_appautoscaling_policy.this["requests"].target_tracking_scaling_policy_configuration[0].predefined_metric_specification[0].resource_label == "app/ops/0123456789abcdef/targetgroup/api/fedcba9876543210"
    error_message = "Requests must be those of the target group behind the load balancer."
  }
}

run "backlog_starts_from_zero" {
  variables {
    tasks   = { min = 0, max = 20 }
    backlog = { queue_name = "ops-test", acceptable_latency_s = 60, processing_time_s = 0.25 }
  }

  assert {
    condition     = output.backlog_per_task == 240
    error_message = "60 s at 0.25 s each are 240 messages for a task."
  }

  assert {
    condition = anytrue([for m in aws_appautoscaling_policy.this["backlog"].target_tracking_scaling_policy_configuration[0].customized_metric_specification[0].metrics :
    m.expression == "IF(FILL(running, REPEAT) >= TIME_SERIES(1), waiting / FILL(running, REPEAT), IF(waiting > 0, waiting + 240, 0))" && m.return_data])
    error_message = "Anything that waits must be above the target while no task runs." # tests/terraform/backlog.py evaluates it
  }

  assert {
    condition     = length([for m in aws_appautoscaling_policy.this["backlog"].target_tracking_scaling_policy_configuration[0].customized_metric_specification[0].metrics : m if m.return_data]) == 1
    error_message = "One of the metrics must be the one that is held."
  }

  assert {
    condition = anytrue([for m in aws_appautoscaling_policy.this["backlog"].target_tracking_scaling_policy_configuration[0].customized_metric_specification[0].metrics :
    m.id == "running" && try(m.metric_stat[0].metric[0].namespace == "ECS/ContainerInsights", false)])
    error_message = "Running tasks must come from Container Insights."
  }
}

run "by_the_clock" {
  variables {
    schedule = { night = { when = "cron(0 22 * * ? *)", min = 1, max = 2 } }
  }

  assert {
    condition     = aws_appautoscaling_scheduled_action.this["night"].scalable_target_action[0].max_capacity == "2"
    error_message = "The night must have its own limits."
  }
}

run "zero_tasks_that_nothing_wakes" {
  command = plan

  variables {
    tasks       = { min = 0, max = 5 }
    cpu_percent = 50
  }

  expect_failures = [var.tasks]
}

run "more_at_least_than_at_most" {
  command = plan

  variables {
    tasks = { min = 3, max = 2 }
  }

  expect_failures = [var.tasks]
}

run "a_target_that_is_never_reached" {
  command = plan

  variables {
    cpu_percent = 95
  }

  expect_failures = [var.cpu_percent]
}

run "work_slower_than_what_is_acceptable" {
  command = plan

  variables {
    backlog = { queue_name = "ops-test", acceptable_latency_s = 1, processing_time_s = 2 }
  }

  expect_failures = [var.backlog]
}

run "a_schedule_without_a_time" {
  command = plan

  variables {
    schedule = { night = { when = "22:00", min = 1, max = 2 } }
  }

  expect_failures = [var.schedule]
}
