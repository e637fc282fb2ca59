# What is watched, one object for each alarm: the text, when it goes off, and what it is computed of. All alarms
# are made of queries, a single metric too, so that one resource makes them.
locals {
  minute = 60

  with_entry = { for name, s in var.services : name => s if s.entry != null }
  with_http  = { for name, s in local.with_entry : name => s if s.http }

  # The dimensions of a load balancer, and what it calls its metrics.
  balancers = { for name, s in local.with_entry : name => s.entry.kind == "classic" ? {
    namespace  = "AWS/ELB"
    all        = { LoadBalancerName = s.entry.load_balancer }
    targets    = { LoadBalancerName = s.entry.load_balancer }
    of_targets = "HTTPCode_Backend_5XX"
    of_itself  = "HTTPCode_ELB_5XX"
    latency    = "Latency"
    } : {
    namespace  = startswith(s.entry.load_balancer, "net/") ? "AWS/NetworkELB" : "AWS/ApplicationELB"
    all        = { LoadBalancer = s.entry.load_balancer }
    targets    = { LoadBalancer = s.entry.load_balancer, TargetGroup = s.entry.target_group }
    of_targets = "HTTPCode_Target_5XX_Count"
    of_itself  = "HTTPCode_ELB_5XX_Count"
    latency    = "TargetResponseTime"
  } }

  ecs = { for name, s in var.services : name => { ClusterName = var.cluster.name, ServiceName = s.ecs_service } }

  # Answers that the load balancer gives by itself count as failed: with no target left there are no others, and then
  # requests are not counted. It does not say for which target group it gave them: where others are behind it too, the
  # service is judged by its targets' answers, and by whether there is a target.
  answers = { for name, s in local.with_http : name => s.entry.shared ? {
    failed = "FILL(targets, 0)"
    all    = "FILL(requests, 0)"
    } : {
    failed = "(FILL(targets, 0) + FILL(itself, 0))"
    all    = "(FILL(requests, 0) + FILL(itself, 0))"
  } }

  errors = { for name, s in local.with_http : "${name}-errors" => {
    text      = "More than ${var.thresholds.error_percent} % of the answers of ${name} are 5xx."
    when      = "GreaterThanThreshold"
    threshold = var.thresholds.error_percent
    periods   = var.thresholds.evaluate_periods
    missing   = "notBreaching"
    queries = concat(
      [
        { id = "share", expression = "IF(${local.answers[name].all} > 0, 100 * ${local.answers[name].failed} / ${local.answers[name].all}, 0)" },
        { id = "requests", namespace = local.balancers[name].namespace, metric = "RequestCount", stat = "Sum", of = local.balancers[name].targets },
        { id = "targets", namespace = local.balancers[name].namespace, metric = local.balancers[name].of_targets, stat = "Sum", of = local.balancers[name].targets },
      ],
      [for balancer in [local.balancers[name]] : { id = "itself", namespace = balancer.namespace, metric = balancer.of_itself, stat = "Sum", of = balancer.all } if !s.entry.shared],
    )
  } }

  latency = { for name, s in local.with_http : "${name}-latency" => {
    text      = "1 % of the answers of ${name} take more than ${var.thresholds.latency_s} s."
    when      = "GreaterThanThreshold"
    threshold = var.thresholds.latency_s
    periods   = var.thresholds.evaluate_periods
    missing   = "notBreaching"
    queries = [
      { id = "p99", namespace = local.balancers[name].namespace, metric = local.balancers[name].latency, stat = "p99", of = local.balancers[name].targets },
    ]
  } }

  # Of an empty target group nothing is reported.
  targets = { for name, s in local.with_entry : "${name}-targets" => {
    text      = "The load balancer finds no healthy target of ${name}: nobody is served."
    when      = "LessThanThreshold"
    threshold = 1
    periods   = var.thresholds.evaluate_periods
    missing   = "breaching"
    queries = [
      { id = "hosts", namespace = local.balancers[name].namespace, metric = "HealthyHostCount", stat = "Maximum", of = local.balancers[name].targets },
    ]
  } if s.min_running > 0 }

  unhealthy = { for name, s in local.with_entry : "${name}-unhealthy" => {
    text      = "The load balancer finds targets of ${name} unhealthy."
    when      = "GreaterThanThreshold"
    threshold = 0
    periods   = var.thresholds.evaluate_periods
    missing   = "notBreaching"
    queries = [
      { id = "hosts", namespace = local.balancers[name].namespace, metric = "UnHealthyHostCount", stat = "Maximum", of = local.balancers[name].targets },
    ]
  } }

  # Without a running task nothing reports: missing is as bad as too few.
  running = { for name, s in var.services : "${name}-running" => {
    text      = "Fewer than ${s.min_running} tasks of ${name} run."
    when      = "LessThanThreshold"
    threshold = s.min_running
    periods   = var.thresholds.evaluate_periods
    missing   = "breaching"
    queries = [
      { id = "tasks", namespace = "ECS/ContainerInsights", metric = "RunningTaskCount", stat = "Maximum", of = local.ecs[name] },
    ]
  } if s.min_running > 0 }

  cpu = { for name, s in var.services : "${name}-cpu" => {
    text      = "The tasks of ${name} use more than ${var.thresholds.cpu_percent} % of their CPU."
    when      = "GreaterThanThreshold"
    threshold = var.thresholds.cpu_percent
    periods   = 5 * var.thresholds.evaluate_periods
    missing   = "notBreaching"
    queries = [
      { id = "use", namespace = "AWS/ECS", metric = "CPUUtilization", stat = "Average", of = local.ecs[name] },
    ]
  } }

  memory = { for name, s in var.services : "${name}-memory" => {
    text      = "The tasks of ${name} use more than ${var.thresholds.memory_percent} % of their memory."
    when      = "GreaterThanThreshold"
    threshold = var.thresholds.memory_percent
    periods   = var.thresholds.evaluate_periods
    missing   = "notBreaching"
    queries = [
      { id = "use", namespace = "AWS/ECS", metric = "MemoryUtilization", stat = "Maximum", of = local.ecs[name] },
    ]
  } }

  # Both are numbers that SQS leaves out while a queue was idle for six hours: then nothing is old.
  queues = var.queue == null ? {} : {
    queue-age = {
      text      = "The oldest message of ${var.queue.name} waits for more than ${var.thresholds.oldest_age_s} s: the worker is down or slow, or the store fails."
      when      = "GreaterThanThreshold"
      threshold = var.thresholds.oldest_age_s
      periods   = var.thresholds.evaluate_periods
      missing   = "notBreaching"
      queries = [
        { id = "age", namespace = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", stat = "Maximum", of = { QueueName = var.queue.name } },
      ]
    }
    dead-letters = {
      text      = "There are dead letters in ${var.queue.dead_letter_name}: accepted records that could not be stored."
      when      = "GreaterThanThreshold"
      threshold = var.thresholds.dead_letters
      periods   = 1
      missing   = "notBreaching"
      queries = [
        { id = "letters", namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", stat = "Maximum", of = { QueueName = var.queue.dead_letter_name } },
      ]
    }
  }

  alarms = merge(local.errors, local.latency, local.targets, local.unhealthy, local.running, local.cpu, local.memory, local.queues)

  # What an old task set would not have shown: answers. A rolling deployment has unhealthy targets by nature.
  deployment_alarms = { for name in keys(var.services) : name => [for key in ["${name}-errors", "${name}-latency"] : key if contains(keys(local.alarms), key)] }

  # The work is not done: nothing runs, nobody is served, answers fail, or nothing is stored.
  down = sort(concat(keys(local.running), keys(local.targets), keys(local.errors), [for key in keys(local.queues) : key if key == "queue-age"]))
}
