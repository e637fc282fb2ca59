locals {
  # Each writable path is an empty volume of the task, named after it.
  volumes = { for path in var.container.writable_paths : trim(replace(path, "/[^A-Za-z0-9]+/", "-"), "-") => path }

  # A zone that comes back gets its share again. A Classic ELB cannot, nor what may not start more than it has.
  can_rebalance = (
    var.deployment.az_rebalancing && var.tasks.max_percent > 100 &&
    alltrue([for e in var.entries : e.kind == "target_group"]) &&
    (local.is_fargate || local.is_awsvpc)
  )

  container = merge(
    {
      name                   = local.container_name
      image                  = var.image
      essential              = true
      user                   = var.container.user
      privileged             = false
      readonlyRootFilesystem = !var.container.writable_root
      stopTimeout            = var.container.stop_timeout_s
      cpu                    = local.is_fargate ? 0 : var.container.cpu
      memory                 = var.container.memory_mib

      linuxParameters = {
        capabilities       = { add = [], drop = ["ALL"] }
        initProcessEnabled = var.exec
      }

      ulimits     = [{ name = "nofile", softLimit = 65536, hardLimit = 65536 }]
      environment = [for key in sort(keys(var.environment)) : { name = key, value = var.environment[key] }]
      secrets     = [for key in sort(keys(var.secrets)) : { name = key, valueFrom = var.secrets[key] }]
      mountPoints = [for volume in sort(keys(local.volumes)) : { sourceVolume = volume, containerPath = local.volumes[volume], readOnly = false }]

      portMappings = [for key in sort(keys(var.ports)) : {
        name          = key
        containerPort = var.ports[key].port
        hostPort      = local.is_awsvpc ? var.ports[key].port : var.ports[key].host_port
        protocol      = var.ports[key].protocol
      }]

      # A log service that is slow must not stop the program: lines beyond the buffer are dropped, and counted there.
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.this.name
          awslogs-region        = local.region
          awslogs-stream-prefix = "ecs"
          mode                  = "non-blocking"
          max-buffer-size       = "25m"
        }
      }
    },
    var.container.entry_point == null ? {} : { entryPoint = var.container.entry_point },
    var.container.command == null ? {} : { command = var.container.command },
    var.container.health_command == null ? {} : { healthCheck = {
      command     = concat(["CMD"], var.container.health_command)
      interval    = var.container.health_interval_s
      timeout     = var.container.health_timeout_s
      retries     = var.container.health_retries
      startPeriod = var.container.health_start_period_s
    } },
  )
}
