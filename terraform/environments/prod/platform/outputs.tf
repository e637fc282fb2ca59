# What `opsctl context import` reads: terraform output -json | opsctl context import prod --use

output "api_url" {
  description = "URL of ops-api."
  value       = module.platform.api_url
}

output "token_parameter_name" {
  description = "Parameter of SSM that holds the token."
  value       = module.platform.token_parameter_name
}

output "queue_url" {
  description = "URL of the queue."
  value       = module.platform.queue_url
}

output "bucket_name" {
  description = "Bucket of the objects."
  value       = module.platform.bucket_name
}

output "store_url" {
  description = "The store of ops-worker, with the prefix of its objects."
  value       = module.platform.store_url
}

output "account_id" {
  description = "The account."
  value       = module.platform.account_id
}

output "region" {
  description = "The region."
  value       = module.platform.region
}

output "profile" {
  description = "Profile of the operators."
  value       = module.platform.profile
}

output "cluster_name" {
  description = "The ECS cluster."
  value       = module.platform.cluster_name
}

output "alarm_prefix" {
  description = "What the names of all alarms begin with."
  value       = module.platform.alarm_prefix
}

output "access" {
  description = "What opsctl lets be changed."
  value       = module.platform.access
}

output "services" {
  description = "Name -> what opsctl wants to know of the service."
  value       = module.platform.services
}

output "deploy_role_arn" {
  description = "Role that the workflow takes to deploy; null: none."
  value       = module.platform.deploy_role_arn
}

output "for_monitoring" {
  description = "What the monitoring root reads of this state."
  value       = module.platform.for_monitoring
}
