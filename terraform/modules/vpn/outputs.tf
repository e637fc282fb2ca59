output "descriptor" {
  description = "For the output `services` of a root."
  value       = module.service.descriptor
}

output "security_group_id" {
  description = "Security group from which people come."
  value       = module.service.security_group_id
}
