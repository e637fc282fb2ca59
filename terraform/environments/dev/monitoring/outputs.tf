output "grafana_url" {
  description = "Where the dashboards are."
  value       = module.monitoring.grafana_url
}

output "services" {
  description = "Name -> what opsctl wants to know of the service."
  value       = module.monitoring.services
}
