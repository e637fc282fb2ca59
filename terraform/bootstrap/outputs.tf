output "state_bucket" {
  description = "Bucket of the state."
  value       = aws_s3_bucket.state.bucket
}

output "state_key_arn" {
  description = "Key that encrypts it."
  value       = module.key.arn
}

output "backend" {
  description = "What the environments' backend.hcl must say: terraform init -backend-config=backend.hcl."
  value       = local.backend
}

output "repository_urls" {
  description = "Repository -> URL to push to and pull from."
  value       = module.registry.urls
}

output "provider_arn" {
  description = "The OIDC provider; null: no repository on GitHub is named."
  value       = one(module.github_oidc[*].provider_arn)
}

output "plan_role_arn" {
  description = "Role of `terraform plan` in pull requests; null: none."
  value       = one(module.github_oidc[*].plan_role_arn)
}

output "push_role_arn" {
  description = "Role that pushes images; null: none."
  value       = one(module.github_oidc[*].push_role_arn)
}
