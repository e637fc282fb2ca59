output "service_url" {
  description = "Where clients connect: `pulsar://<name>.<namespace>:6650`."
  value       = "pulsar://${local.dns_name}:6650"
}

output "admin_url" {
  description = "Its administration: `http://<name>.<namespace>:8080`."
  value       = "http://${local.dns_name}:8080"
}

output "dns_name" {
  description = "Its name in the namespace."
  value       = local.dns_name
}

output "instance_id" {
  description = "The host."
  value       = module.host.instance_id
}

output "security_group_id" {
  description = "Its security group."
  value       = module.host.security_group_id
}

output "log_group_name" {
  description = "Log group of the broker."
  value       = module.host.log_group_name
}
