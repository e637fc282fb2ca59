output "push_url" {
  description = "Where log events go to, inside the VPC."
  value       = local.push_url
}

output "query_url" {
  description = "Where they are read: a Grafana data source (Loki), or Kibana."
  value       = local.query_url
}

output "services" {
  description = "Name -> descriptor, for the output `services` of a root."
  value       = { for name, s in module.service : name => s.descriptor }
}

output "security_group_ids" {
  description = "Service -> security group."
  value       = { for name, s in module.service : name => s.security_group_id }
}
