data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region

  where_to_look = coalesce(var.runbook_url, "opsctl health --why, then docs/runbook.md")
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.text} What to do: ${local.where_to_look}"
  comparison_operator = each.value.when
  threshold           = each.value.threshold
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.periods
  treat_missing_data  = each.value.missing
  actions_enabled     = true

  # Of what "down" is made, "down" tells: once, and when it is over. That others are well again is no news.
  alarm_actions = contains(local.down, each.key) ? [] : [aws_sns_topic.this.arn]

  dynamic "metric_query" {
    for_each = each.value.queries

    content {
      id          = metric_query.value.id
      expression  = try(metric_query.value.expression, null)
      label       = "${each.key} ${metric_query.value.id}"
      return_data = metric_query.key == 0

      dynamic "metric" {
        for_each = can(metric_query.value.expression) ? [] : [metric_query.value]

        content {
          namespace   = metric.value.namespace
          metric_name = metric.value.metric
          stat        = metric.value.stat
          period      = local.minute
          dimensions  = metric.value.of
        }
      }
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "down" {
  alarm_name        = "${var.name}-down"
  alarm_description = "Service down: tasks are missing, answers fail, or nothing is stored. What to do: ${local.where_to_look}"
  alarm_rule        = join(" OR ", [for key in local.down : "ALARM(\"${aws_cloudwatch_metric_alarm.this[key].alarm_name}\")"])
  actions_enabled   = true
  alarm_actions     = [aws_sns_topic.this.arn]
  ok_actions        = [aws_sns_topic.this.arn]
}

# ---- who is told ----

resource "aws_sns_topic" "this" {
  name              = "${var.name}-alarms"
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "PublishCloudwatch"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this.arn
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      }],
      # EventBridge brings nothing that a condition could look at: with one, events are lost without a word.
      [{
        Sid       = "PublishEvents"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this.arn
      }],
      [{
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }],
    )
  })
}

resource "aws_sns_topic_subscription" "this" {
  for_each = var.subscriptions

  topic_arn = aws_sns_topic.this.arn
  protocol  = each.value.protocol
  endpoint  = each.value.endpoint
}

# ---- deployments that failed: no metric says so ----

resource "aws_cloudwatch_event_rule" "failed_deployment" {
  name        = "${var.name}-failed-deployment"
  description = "A deployment of one of the services failed or was rolled back."

  event_pattern = jsonencode({
    source      = ["aws.ecs"]
    detail-type = ["ECS Deployment State Change"]
    resources   = [for s in var.services : "arn:${local.partition}:ecs:${local.region}:${local.account}:service/${var.cluster.name}/${s.ecs_service}"]
    detail      = { eventName = ["SERVICE_DEPLOYMENT_FAILED"] }
  })
}

resource "aws_cloudwatch_event_target" "failed_deployment" {
  rule = aws_cloudwatch_event_rule.failed_deployment.name
  arn  = aws_sns_topic.this.arn

  input_transformer {
    input_paths = {
      service    = "$.resources[0]"
      deployment = "$.detail.deploymentId"
      reason     = "$.detail.reason"
    }
    input_template = "\"Deployment <deployment> of <service> failed: <reason> What to do: opsctl health --why\""
  }
}
