output "name" {
  description = "Name of the bucket. It is there when its policy is."
  value       = aws_s3_bucket.this.bucket
  depends_on  = [aws_s3_bucket_policy.this, aws_s3_bucket_public_access_block.this, aws_s3_bucket_server_side_encryption_configuration.this]
}

output "arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "domain_name" {
  description = "Regional name of the bucket."
  value       = aws_s3_bucket.this.bucket_regional_domain_name
}
