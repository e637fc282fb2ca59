output "grafana_url" {
  description = "URL of Grafana."
  value       = var.grafana_entry.url
}

output "grafana_password_name" {
  description = "Parameter that holds the password of Grafana's admin."
  value       = module.grafana_password.name
}

output "prometheus_url" {
  description = "URL of Prometheus inside the VPC."
  value       = local.prometheus_url
}

output "services" {
  description = "Name -> descriptor, for the output `services` of a root."
  value       = { for name, s in module.service : name => s.descriptor }
}

output "security_group_ids" {
  description = "Service -> security group."
  value       = { for name, s in module.service : name => s.security_group_id }
}
