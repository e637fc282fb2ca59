mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:ops-test-alarms" }
  }
}

variables {
  name          = "ops-test"
  subscriptions = { duty = { protocol = "email", endpoint = "duty@example.com" } }
  cluster       = { name = "ops-test", arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/ops-test" }
  kms_key_arn   = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  queue         = { name = "ops-test", dead_letter_name = "ops-test-dlq" }
  services = {
    api = {
      ecs_service = "ops-test-api"
      min_running = 2
      entry       = { load_balancer = "app/ops-test/0123456789abcdef", target_group = "targetgroup/api/fedcba9876543210" }
    }
    worker = { ecs_service = "ops-test-worker", min_running = 1 }
  }
}

run "the_whole_path_is_watched" {
  assert {
    condition = sort(keys(aws_cloudwatch_metric_alarm.this)) == tolist([
      "api-cpu", "api-errors", "api-latency", "api-memory", "api-running", "api-targets", "api-unhealthy", "dead-letters", "queue-age",
    "worker-cpu", "worker-memory", "worker-running"])
    error_message = "Each service, the queue and its dead letters must have their alarms."
  }

  assert {
    condition     = alltrue([for a in aws_cloudwatch_metric_alarm.this : a.actions_enabled && length(a.alarm_actions) + (strcontains(aws_cloudwatch_composite_alarm.down.alarm_rule, "ALARM(\"${a.alarm_name}\")") ? 1 : 0) == 1 && strcontains(a.alarm_description, "opsctl health --why")])
    error_message = "Each alarm must tell somebody once, and where to look."
  }

  assert {
    condition     = alltrue([for a in aws_cloudwatch_metric_alarm.this : a.ok_actions == null || length(coalesce(a.ok_actions, [])) == 0]) && length(aws_cloudwatch_composite_alarm.down.ok_actions) == 1
    error_message = "Only the end of an outage is news: the first apply must not send a letter for each alarm."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["api-targets"].treat_missing_data == "breaching"
    error_message = "An empty target group, of which nothing is reported, must raise the alarm."
  }

  assert {
    condition     = [for q in aws_cloudwatch_metric_alarm.this["api-errors"].metric_query : one(q.metric).dimensions if q.id == "requests"] == [tomap({ LoadBalancer = "app/ops-test/0123456789abcdef", TargetGroup = "targetgroup/api/fedcba9876543210" })]
    error_message = "The requests of others must not dilute the errors."
  }

  assert {
    condition     = [for q in aws_cloudwatch_metric_alarm.this["api-errors"].metric_query : q.expression if q.return_data] == ["IF((FILL(requests, 0) + FILL(itself, 0)) > 0, 100 * (FILL(targets, 0) + FILL(itself, 0)) / (FILL(requests, 0) + FILL(itself, 0)), 0)"]
    error_message = "Without a target no request is counted, and all answers are the load balancer's."
  }

  assert {
    condition     = alltrue([for a in aws_cloudwatch_metric_alarm.this : length([for q in a.metric_query : q if q.return_data]) == 1])
    error_message = "Each alarm must watch exactly one of its queries."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["worker-running"].treat_missing_data == "breaching"
    error_message = "A service that reports nothing must raise the alarm."
  }

  assert {
    condition     = aws_cloudwatch_composite_alarm.down.alarm_rule == "ALARM(\"ops-test-api-errors\") OR ALARM(\"ops-test-api-running\") OR ALARM(\"ops-test-api-targets\") OR ALARM(\"ops-test-queue-age\") OR ALARM(\"ops-test-worker-running\")"
    error_message = "Service down must be missing tasks, failing answers, or an old queue."
  }

  assert {
    condition     = output.deployment_alarm_names == { api = ["ops-test-api-errors", "ops-test-api-latency"], worker = [] }
    error_message = "Errors and latency must roll a deployment back; targets are unhealthy by nature then."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.failed_deployment.event_pattern).resources[0] == "arn:aws:ecs:eu-central-1:123456789012:service/ops-test/ops-test-api"
    error_message = "Failed deployments of these services must be told, and of no others."
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets) == 12
    error_message = "The dashboard must show what is watched."
  }

  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == var.kms_key_arn
    error_message = "The topic must be encrypted."
  }

  assert {
    condition     = !can(jsondecode(aws_sns_topic_policy.this.policy).Statement[1].Condition)
    error_message = "EventBridge cannot meet a condition."
  }

  assert {
    condition     = [for s in jsondecode(aws_sns_topic_policy.this.policy).Statement : s.Sid] == ["PublishCloudwatch", "PublishEvents", "TlsOnly"]
    error_message = "Alarms and events of this account must be let in, over TLS."
  }
}

run "the_metrics_have_their_right_names" {
  assert {
    condition = toset(flatten([for a in aws_cloudwatch_metric_alarm.this : [for q in a.metric_query : [for m in q.metric : "${m.namespace} ${m.metric_name}"]]])) == toset([
      "AWS/ApplicationELB RequestCount", "AWS/ApplicationELB HTTPCode_Target_5XX_Count", "AWS/ApplicationELB HTTPCode_ELB_5XX_Count",
      "AWS/ApplicationELB TargetResponseTime", "AWS/ApplicationELB HealthyHostCount", "AWS/ApplicationELB UnHealthyHostCount", "ECS/ContainerInsights RunningTaskCount",
    "AWS/ECS CPUUtilization", "AWS/ECS MemoryUtilization", "AWS/SQS ApproximateAgeOfOldestMessage", "AWS/SQS ApproximateNumberOfMessagesVisible"])
    error_message = "A misspelt metric never alarms."
  }
}

run "behind_a_load_balancer_of_several" {
  variables {
    services = { api = { ecs_service = "ops-test-api", entry = { load_balancer = "app/ops-test/0123456789abcdef", target_group = "targetgroup/api/fedcba9876543210", shared = true } } }
    queue    = null
  }

  assert {
    condition     = !strcontains(jsonencode(aws_cloudwatch_metric_alarm.this["api-errors"].metric_query), "itself") && [for q in aws_cloudwatch_metric_alarm.this["api-errors"].metric_query : q.expression if q.return_data] == ["IF(FILL(requests, 0) > 0, 100 * FILL(targets, 0) / FILL(requests, 0), 0)"]
    error_message = "What the load balancer answers for others must not roll this service back."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_composite_alarm.down.alarm_rule, "ops-test-api-targets")
    error_message = "That nobody is served must still be seen."
  }
}

run "classic_elb" {
  variables {
    services = { api = { ecs_service = "ops-test-api", entry = { kind = "classic", load_balancer = "ops-test" } } }
    queue    = null
  }

  assert {
    condition = toset(flatten([for a in aws_cloudwatch_metric_alarm.this : [for q in a.metric_query : [for m in q.metric : m.metric_name if m.namespace == "AWS/ELB"]]])) == toset([
    "RequestCount", "HTTPCode_Backend_5XX", "HTTPCode_ELB_5XX", "Latency", "HealthyHostCount", "UnHealthyHostCount"])
    error_message = "A Classic ELB has other names for its metrics."
  }
}

run "grpc_behind_an_nlb" {
  variables {
    services = { user = { ecs_service = "ops-test-user", http = false, entry = { load_balancer = "net/ops-test/0123456789abcdef", target_group = "targetgroup/user/fedcba9876543210" } } }
    queue    = null
  }

  assert {
    condition     = sort(keys(aws_cloudwatch_metric_alarm.this)) == tolist(["user-cpu", "user-memory", "user-running", "user-targets", "user-unhealthy"])
    error_message = "An NLB counts no answers."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["user-unhealthy"].metric_query != null && anytrue([for q in aws_cloudwatch_metric_alarm.this["user-unhealthy"].metric_query : anytrue([for m in q.metric : m.namespace == "AWS/NetworkELB"])])
    error_message = "Its targets must be looked up as an NLB's."
  }
}

run "a_worker_that_may_sleep" {
  variables {
    services  = { worker = { ecs_service = "ops-test-worker", min_running = 0 } }
    dashboard = false
  }

  assert {
    condition     = !contains(keys(aws_cloudwatch_metric_alarm.this), "worker-running")
    error_message = "Zero tasks must be no alarm where they are allowed."
  }

  assert {
    condition     = length(aws_cloudwatch_dashboard.this) == 0
    error_message = "There must be no dashboard when none is wanted."
  }
}

run "an_alarm_that_nobody_hears" {
  command = plan

  variables {
    subscriptions = {}
  }

  expect_failures = [var.subscriptions]
}

run "a_pigeon" {
  command = plan

  variables {
    subscriptions = { duty = { protocol = "pigeon", endpoint = "roof" } }
  }

  expect_failures = [var.subscriptions]
}

run "a_runbook_that_no_mail_can_link" {
  command = plan

  variables {
    runbook_url = "docs/runbook.md"
  }

  expect_failures = [var.runbook_url]
}

run "tasks_that_nobody_counts" {
  command = plan

  variables {
    cluster = { name = "ops-test", arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/ops-test", container_insights = "disabled" }
  }

  expect_failures = [var.cluster]
}

run "more_than_all" {
  command = plan

  variables {
    thresholds = { error_percent = 101 }
  }

  expect_failures = [var.thresholds]
}
