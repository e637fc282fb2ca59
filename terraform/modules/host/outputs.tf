output "instance_id" {
  description = "The host."
  value       = aws_instance.this.id
}

output "private_ip" {
  description = "Its address."
  value       = aws_instance.this.private_ip
}

output "dns_name" {
  description = "Its name in the namespace; null: none."
  value       = var.namespace == null ? null : "${var.name}.${var.namespace.name}"
}

output "role_arn" {
  description = "Role of the host and its container."
  value       = aws_iam_role.this.arn
}

output "security_group_id" {
  description = "Its security group."
  value       = aws_security_group.this.id
}

output "log_group_name" {
  description = "Log group of the container."
  value       = aws_cloudwatch_log_group.this.name
}

output "user_data" {
  description = "The script that the host runs when it is made."
  value       = local.user_data
}
