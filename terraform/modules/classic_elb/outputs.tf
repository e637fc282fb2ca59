output "entry" {
  description = "Input `entry` of a service."
  value = {
    kind              = "classic"
    url               = local.url
    security_group_id = aws_security_group.this.id
    elb_name          = aws_elb.this.name
    load_balancer     = aws_elb.this.name
    port              = var.tasks.host_port
  }
}

output "url" {
  description = "Public URL."
  value       = local.url
}

output "name" {
  description = "Name of the load balancer, which is also its dimension in CloudWatch."
  value       = aws_elb.this.name
}

output "dns_name" {
  description = "Name of the load balancer in AWS."
  value       = aws_elb.this.dns_name
}

output "security_group_id" {
  description = "Its security group. Services add their own way out of it."
  value       = aws_security_group.this.id
}

output "certificate_arn" {
  description = "Certificate of the TLS listener; null: HTTP only."
  value       = local.certificate_arn
}
