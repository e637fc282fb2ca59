output "entries" {
  description = "Listener -> input `entry` of a service. It is there when the listener leads to it."
  value = { for name, listener in var.listeners : name => {
    kind              = "target_group"
    url               = local.urls[name]
    security_group_id = aws_security_group.this.id
    target_group_arn  = aws_lb_target_group.this[name].arn
    target_group      = aws_lb_target_group.this[name].arn_suffix
    load_balancer     = aws_lb.this.arn_suffix
    port              = local.target_ports[name]
  } }
  depends_on = [aws_lb_listener.tcp, aws_lb_listener.tls]
}

output "probes" {
  description = "Listener -> what opsctl asks it: grpc(s)://host:port/package.Service/Method."
  value       = { for name, listener in var.listeners : name => "${local.urls[name]}/${listener.method}" }
}

output "dns_name" {
  description = "Name of the load balancer in AWS."
  value       = aws_lb.this.dns_name
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
