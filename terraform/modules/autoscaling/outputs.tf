output "resource_id" {
  description = "What is scaled: `service/<cluster>/<service>`."
  value       = aws_appautoscaling_target.this.resource_id
}

output "policy_arns" {
  description = "Metric -> ARN of its policy."
  value       = { for name, p in aws_appautoscaling_policy.this : name => p.arn }
}

output "backlog_per_task" {
  description = "Messages for each task that scaling holds; null: not scaled by it."
  value       = local.backlog_per_task
}
