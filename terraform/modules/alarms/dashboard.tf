locals {
  # Two to a row. A key of an alarm is a widget: what it is computed of, and its threshold as a line.
  widgets = [for i, key in sort(keys(local.alarms)) : {
    type   = "metric"
    x      = i % 2 * 12
    y      = floor(i / 2) * 6
    width  = 12
    height = 6
    properties = {
      title       = "${var.name}-${key}"
      region      = local.region
      view        = "timeSeries"
      period      = local.minute
      annotations = { horizontal = [{ label = "alarm", value = local.alarms[key].threshold }] }
      metrics = concat(
        [for q in local.alarms[key].queries : [{ id = q.id, expression = q.expression, label = key }] if can(q.expression)],
        [for n, q in local.alarms[key].queries : concat(
          [q.namespace, q.metric],
          flatten([for name, value in q.of : [name, value]]),
          [{ id = q.id, stat = q.stat, visible = n == 0 }],
        ) if !can(q.expression)],
      )
    }
  }]
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = var.name
  dashboard_body = jsonencode({ widgets = local.widgets })
}
