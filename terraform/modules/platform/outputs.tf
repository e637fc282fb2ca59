# What `opsctl context import` reads: terraform output -json | opsctl context import NAME --use

output "api_url" {
  description = "URL of ops-api."
  value       = module.stack.api_url
}

output "token_parameter_name" {
  description = "Parameter of SSM that holds the token."
  value       = module.stack.token_parameter_name
}

output "queue_url" {
  description = "URL of the queue."
  value       = module.stack.queue_url
}

output "bucket_name" {
  description = "Bucket of the objects."
  value       = module.stack.bucket_name
}

output "store_url" {
  description = "The store of ops-worker, with the prefix of its objects."
  value       = module.stack.store_url
}

output "account_id" {
  description = "The account."
  value       = module.stack.account_id
}

output "region" {
  description = "The region."
  value       = module.stack.region
}

output "profile" {
  description = "Profile of the operators."
  value       = module.stack.profile
}

output "cluster_name" {
  description = "The ECS cluster."
  value       = module.stack.cluster_name
}

output "alarm_prefix" {
  description = "What the names of all alarms begin with."
  value       = module.stack.alarm_prefix
}

output "access" {
  description = "What opsctl lets be changed: dangerous commands want the name of the context typed, unless everything is disposable."
  value       = var.is_disposable ? "full" : "confirm"
}

output "services" {
  description = "Name -> what opsctl wants to know of the service."
  value       = { for name, s in module.stack.services : name => merge(s, { image_parameter = aws_ssm_parameter.image[name].name }) }
}

output "deploy_role_arn" {
  description = "Role that the workflow takes to deploy; null: none."
  value       = one(module.github_oidc[*].deploy_role_arns[var.environment])
}

output "for_monitoring" {
  description = "What the monitoring root reads: it has its own state."
  value = {
    name          = var.name
    region        = module.stack.region
    cluster       = module.cluster.cluster
    compute       = module.cluster.fargate
    placement     = module.network.placement
    namespace     = module.network.namespace
    targets       = module.stack.scrape_targets
    grafana_entry = try(module.edge.entries["grafana"], null)
    topic         = module.stack.topic
    kms_key_arn   = module.logs_key.arn
  }
}
