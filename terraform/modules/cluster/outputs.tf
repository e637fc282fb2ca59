output "cluster" {
  description = "The cluster: input `cluster` of other modules. It is there when its capacity providers and instances are."
  value = {
    name               = aws_ecs_cluster.this.name
    arn                = aws_ecs_cluster.this.arn
    container_insights = var.container_insights
  }
  depends_on = [aws_autoscaling_group.this, aws_ecs_cluster_capacity_providers.this]
}

output "fargate" {
  description = "Input `compute` of a service on Fargate; null: the cluster has none."
  value       = local.fargate
}

output "ec2" {
  description = "Input `compute` of a service on the cluster's instances, which its load balancers reach; null: it has none."
  value       = local.ec2
  depends_on  = [aws_vpc_security_group_egress_rule.balancer, aws_vpc_security_group_ingress_rule.balancer]
}

output "instance_security_group_id" {
  description = "Security group of the instances; null: none."
  value       = one(aws_security_group.instance[*].id)
}

output "instance_role_arn" {
  description = "Role of the instances; null: none."
  value       = one(aws_iam_role.instance[*].arn)
}

output "autoscaling_group_name" {
  description = "Auto-scaling group of the instances; null: none."
  value       = one(aws_autoscaling_group.this[*].name)
}

output "exec_log_group_name" {
  description = "Log group of ECS Exec sessions."
  value       = aws_cloudwatch_log_group.exec.name
}
