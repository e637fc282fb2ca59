# The first ten are what `opsctl context import` reads; roots put them out under the same names.

output "api_url" {
  description = "URL of ops-api."
  value       = var.entry.url
}

output "token_parameter_name" {
  description = "Parameter of SSM that holds the token."
  value       = module.token.name
}

output "queue_url" {
  description = "URL of the queue."
  value       = module.queue.url
}

output "bucket_name" {
  description = "Bucket of the objects."
  value       = module.bucket.name
}

output "store_url" {
  description = "The store of ops-worker, with the prefix of its objects."
  value       = local.environment.worker.OPS_STORE
}

output "account_id" {
  description = "The account."
  value       = data.aws_caller_identity.current.account_id
}

output "region" {
  description = "The region."
  value       = data.aws_region.current.region
}

output "profile" {
  description = "Profile of the operators; null: theirs to choose."
  value       = var.profile
}

output "cluster_name" {
  description = "The ECS cluster."
  value       = var.cluster.name
}

output "services" {
  description = "Name -> what opsctl wants to know of the service."
  value = {
    api    = module.api.descriptor
    worker = module.worker.descriptor
  }
}

output "alarm_prefix" {
  description = "What the names of all alarms begin with."
  value       = module.alarms.prefix
}

output "dead_letter_queue_url" {
  description = "URL of the dead-letter queue."
  value       = module.queue.dead_letter_url
}

output "topic" {
  description = "SNS topic of the alarms: input `topic` of the module monitoring."
  value       = module.alarms.topic
}

output "scrape_targets" {
  description = "Input `targets` of the module monitoring; empty without a namespace."
  value       = local.scrape_targets
}

output "deploy" {
  description = "What a deploying role may change; with image_parameter_arns put to it, a value of input `deploy` of the module github_oidc."
  value = {
    cluster_arn    = var.cluster.arn
    service_arns   = [module.api.service_arn, module.worker.service_arn]
    families       = [module.api.family, module.worker.family]
    pass_role_arns = [module.api.task_role_arn, module.api.execution_role_arn, module.worker.task_role_arn, module.worker.execution_role_arn]
    policies       = { probe = local.probe_policy }
  }
}

output "probe_policy" {
  description = "IAM policy of one who runs `opsctl probe`, `health` and `verify-s3`, beside the looks at services that a deploying role has: reads the token, the queue's numbers, the objects, alarms, targets and logs."
  value       = local.probe_policy
}

output "task_policies" {
  description = "Service -> IAM policy of its program."
  value       = local.task_policies
}

output "security_group_ids" {
  description = "Service -> security group."
  value = {
    api    = module.api.security_group_id
    worker = module.worker.security_group_id
  }
}

output "container_definitions" {
  description = "Service -> what its task runs, as JSON."
  value = {
    api    = module.api.container_definitions
    worker = module.worker.container_definitions
  }
}
