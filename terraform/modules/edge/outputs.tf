output "entries" {
  description = "Route -> input `entry` of a service. It is there when the listener leads to it."
  value = { for name, route in var.routes : name => {
    kind              = "target_group"
    url               = local.urls[name]
    security_group_id = aws_security_group.this.id
    target_group_arn  = aws_lb_target_group.this[name].arn
    target_group      = aws_lb_target_group.this[name].arn_suffix
    load_balancer     = aws_lb.this.arn_suffix
    port              = route.port
    shared            = length(var.routes) > 1
  } }
  depends_on = [aws_lb_listener.main, aws_lb_listener_rule.this]
}

output "url" {
  description = "Public URL of the default route."
  value       = local.url
}

output "dns_name" {
  description = "Name of the load balancer in AWS."
  value       = aws_lb.this.dns_name
}

output "zone_id" {
  description = "Route 53 zone of that name, for aliases made elsewhere."
  value       = aws_lb.this.zone_id
}

output "arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.this.arn
}

output "arn_suffix" {
  description = "Its dimension in CloudWatch."
  value       = aws_lb.this.arn_suffix
}

output "security_group_id" {
  description = "Its security group. Services add their own way out of it."
  value       = aws_security_group.this.id
}

output "certificate_arn" {
  description = "Certificate of the HTTPS listener; null: HTTP only."
  value       = local.certificate_arn
}

output "web_acl_arn" {
  description = "The web ACL; null: none."
  value       = one(aws_wafv2_web_acl.this[*].arn)
}
