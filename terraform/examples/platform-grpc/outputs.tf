# What `opsctl context import` reads: terraform output -json | opsctl context import NAME --use

output "api_url" {
  description = "URL of the API."
  value       = module.edge.entries["api"].url
}

output "account_id" {
  description = "The account."
  value       = data.aws_caller_identity.current.account_id
}

output "region" {
  description = "The region."
  value       = var.region
}

output "cluster_name" {
  description = "The ECS cluster."
  value       = module.cluster.cluster.name
}

output "alarm_prefix" {
  description = "What the names of all alarms begin with."
  value       = module.alarms.prefix
}

output "access" {
  description = "What opsctl lets be changed: dangerous commands want the name of the context typed."
  value       = "confirm"
}

output "services" {
  description = "Name -> what opsctl wants to know of the service."
  value = merge(
    { for name, s in module.service : name => merge(s.descriptor, { image_parameter = aws_ssm_parameter.image[name].name }) },
    module.monitoring.services,
    module.logs_stack.services,
    { vpn = module.vpn.descriptor },
  )
}

output "broker_url" {
  description = "Where services connect to Pulsar."
  value       = module.broker.service_url
}

output "ci_url" {
  description = "Jenkins, through the VPN."
  value       = module.ci_host.url
}

output "grafana_url" {
  description = "Where the dashboards are."
  value       = module.monitoring.grafana_url
}

output "deploy_role_arn" {
  description = "Role that the workflow takes to deploy."
  value       = module.github_oidc.deploy_role_arns["prod"]
}
