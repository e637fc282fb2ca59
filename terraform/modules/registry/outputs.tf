output "urls" {
  description = "Repository -> URL to push to and pull from."
  value       = { for name, r in aws_ecr_repository.this : name => r.repository_url }
}

output "arns" {
  description = "Repository -> ARN."
  value       = { for name, r in aws_ecr_repository.this : name => r.arn }
}
