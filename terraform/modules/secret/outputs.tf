output "url" {
  description = "OPS_SECRET: `ssm:<name>` or `secretsmanager:<name>`."
  value       = "${var.backend}:${local.name}"
}

output "name" {
  description = "Name of the parameter or secret."
  value       = local.name
}

output "arn" {
  description = "ARN of the parameter or secret; for IAM, that of one made outside by Secrets Manager ends in -??????."
  value       = local.arn
}

output "read_statements" {
  description = "IAM statements of a role that reads the secret: its Get, and kms:Decrypt through the service."
  value       = local.read_statements
}

output "write_statements" {
  description = "IAM statements that `opsctl token rotate` and `token history` need beside them."
  value       = local.write_statements
}
