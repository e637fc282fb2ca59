output "prefix" {
  description = "What the names of all alarms begin with: alarm_prefix of opsctl."
  value       = "${var.name}-"
}

output "topic" {
  description = "The SNS topic, and its key, for others who want to tell the same people."
  value = {
    arn         = aws_sns_topic.this.arn
    kms_key_arn = var.kms_key_arn
  }
}

output "names" {
  description = "Alarm -> its name in CloudWatch."
  value       = { for key, a in aws_cloudwatch_metric_alarm.this : key => a.alarm_name }
}

output "deployment_alarm_names" {
  description = "Service -> alarms that roll a deployment of it back: input deployment.alarm_names of the module service."
  value       = { for name in keys(var.services) : name => [for key in local.deployment_alarms[name] : aws_cloudwatch_metric_alarm.this[key].alarm_name] }
}

output "composite_alarm_name" {
  description = "The one alarm \"service down\"."
  value       = aws_cloudwatch_composite_alarm.down.alarm_name
}

output "dashboard_name" {
  description = "The CloudWatch dashboard; null: none."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}
