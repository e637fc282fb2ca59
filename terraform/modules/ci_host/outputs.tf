output "url" {
  description = "URL under which people open Jenkins."
  value       = var.url
}

output "instance_id" {
  description = "The host."
  value       = aws_instance.this.id
}

output "role_arn" {
  description = "Role of the host and its jobs."
  value       = aws_iam_role.this.arn
}

output "security_group_id" {
  description = "Its security group."
  value       = aws_security_group.this.id
}

output "log_group_name" {
  description = "Log group of Jenkins."
  value       = aws_cloudwatch_log_group.this.name
}
