output "provider_arn" {
  description = "The OIDC provider."
  value       = local.provider_arn
}

output "plan_role_arn" {
  description = "Role of `terraform plan`; null: none."
  value       = one(aws_iam_role.plan[*].arn)
}

output "push_role_arn" {
  description = "Role that pushes images; null: none."
  value       = one(aws_iam_role.push[*].arn)
}

output "deploy_role_arns" {
  description = "Environment -> role that deploys to it."
  value       = { for name, r in aws_iam_role.deploy : name => r.arn }
}
