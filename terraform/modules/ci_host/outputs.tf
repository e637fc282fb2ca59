output "url" {
  description = "URL under which people open Jenkins."
  value       = local.url
}

output "instance_id" {
  description = "The host."
  value       = module.host.instance_id
}

output "role_arn" {
  description = "Role of the host and its jobs."
  value       = module.host.role_arn
}

output "security_group_id" {
  description = "Its security group."
  value       = module.host.security_group_id
}

output "log_group_name" {
  description = "Log group of Jenkins."
  value       = module.host.log_group_name
}
