output "descriptor" {
  description = "What opsctl wants to know of the service; roots put it into their output `services`."
  value = {
    ecs_service       = aws_ecs_service.this.name
    target_group_arns = [for e in var.entries : e.target_group_arn if e.kind == "target_group"]
    elb               = one([for e in var.entries : e.elb_name if e.kind == "classic"])
    log_group         = aws_cloudwatch_log_group.this.name
    container         = local.container_name
    image_repository  = split("@", var.image)[0]
    probe             = var.probe
  }
}

output "name" {
  description = "Name of the ECS service."
  value       = aws_ecs_service.this.name
}

output "service_arn" {
  description = "ARN of the ECS service."
  value       = aws_ecs_service.this.id
}

output "task_definition_arn" {
  description = "ARN of the task definition's revision in use."
  value       = aws_ecs_task_definition.this.arn
}

output "family" {
  description = "Family of the task definition."
  value       = aws_ecs_task_definition.this.family
}

output "task_role_arn" {
  description = "Role of the program."
  value       = aws_iam_role.task.arn
}

output "task_role_name" {
  description = "Name of that role."
  value       = aws_iam_role.task.name
}

output "execution_role_arn" {
  description = "Role of the agent that starts the task: image, logs, secrets."
  value       = aws_iam_role.execution.arn
}

output "security_group_id" {
  description = "Security group of the tasks: their own with awsvpc, that of the instances with bridge."
  value       = local.security_group_id
}

output "log_group_name" {
  description = "Log group of the container."
  value       = aws_cloudwatch_log_group.this.name
}

output "dns_name" {
  description = "Name in the namespace; null: none."
  value       = var.namespace == null ? null : "${var.name}.${var.namespace.name}"
}

output "container_definitions" {
  description = "What the task runs, as JSON."
  value       = aws_ecs_task_definition.this.container_definitions
}
