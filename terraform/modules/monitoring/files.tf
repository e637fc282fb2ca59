# The configuration of packaging/monitoring reaches the containers in their environment, packed; a line of shell that
# every one of the three images has unpacks it before the program starts. So the images stay those of their makers.
# Of Prometheus that is so until 3.x: 4.0 is to come without a shell (prometheus#19079).
locals {
  shipped = "${path.module}/../../../packaging/monitoring"

  # The shipped rules and dashboards are of these two: where they are not scraped, "ops-api is down" would page for ever.
  has_ops = length(setsubtract(["ops-api", "ops-worker"], keys(var.targets))) == 0

  prometheus = yamldecode(file("${local.shipped}/prometheus/prometheus.yml"))

  # As shipped, but for names, interval and targets of this system.
  prometheus_yml = yamlencode(merge(local.prometheus, {
    global   = { scrape_interval = "${var.prometheus.scrape_interval_s}s", scrape_timeout = "${min(10, var.prometheus.scrape_interval_s)}s", evaluation_interval = "${var.prometheus.scrape_interval_s}s" }
    alerting = { alertmanagers = [{ dns_sd_configs = [{ names = [local.hosts.alertmanager], type = "A", port = local.ports.alertmanager }] }] }
    scrape_configs = concat(
      [for job in sort(keys(var.targets)) : {
        job_name = job
        dns_sd_configs = [merge(
          { names = [var.targets[job].dns_name], type = var.targets[job].record, refresh_interval = "15s" },
          { for key, port in { port = var.targets[job].port } : key => port if var.targets[job].record == "A" },
        )]
      }],
      [{ job_name = "prometheus", static_configs = [{ targets = ["localhost:${local.ports.prometheus}"] }] }],
    )
  }))

  # The promise of the rules is 99.9 % and a second.
  alerts = yamldecode(replace(replace(
    file("${local.shipped}/prometheus/rules/alerts.yml"),
    "* 0.001", format("* %g", (100 - var.slo.availability_percent) / 100)),
    "/p99_5m > 1 and ops:submit/", format("p99_5m > %g and ops:submit", var.slo.latency_s),
  ))

  # Who may be at rest is not missed: absent() of it is no alert.
  resting = [for job, t in var.targets : job if t.min_tasks == 0]
  alerts_yml = yamlencode({ groups = [for g in local.alerts.groups : merge(g, {
    rules = [for r in g.rules : r if !(startswith(r.expr, "absent(") && contains(local.resting, try(r.labels.job, "")))]
  })] })

  # Of services of another kind no more is known than whether they answer, and whether DNS may have left some out: it
  # names eight tasks at most. (Of ours the module stack refuses more.)
  targets_yml = yamlencode({ groups = [{
    name = "targets"
    rules = [{
      alert  = "TargetsMayBeMissing"
      expr   = "count by (job) (up{job!=\"prometheus\"}) >= 8"
      "for"  = "30m" # longer than a deployment, which has twice the tasks
      labels = { severity = "ticket" }
      annotations = {
        summary     = "{{ $labels.job }} has eight tasks or more, and no more than eight are scraped"
        description = "DNS names eight tasks of a service at most, changing ones: sums over them are wrong."
        next        = "fewer and bigger tasks, or two services: README of the module monitoring"
      }
      }, {
      alert  = "TargetDown"
      expr   = "up == 0"
      "for"  = "5m" # quoted for the parser of checkov
      labels = { severity = "ticket" }
      annotations = {
        summary     = "{{ $labels.job }} on {{ $labels.instance }} cannot be scraped"
        description = "The task is listed but does not answer on the port of its metrics."
        next        = "opsctl health --why"
      }
    }]
  }] })

  alertmanager = yamldecode(file("${local.shipped}/alertmanager/alertmanager.yml"))

  # Both severities go to the one topic; the subject tells them apart.
  alertmanager_yml = yamlencode(merge(local.alertmanager, {
    receivers = [for r in local.alertmanager.receivers : {
      name = r.name
      sns_configs = [for c in r.sns_configs : merge(c, {
        topic_arn = var.topic.arn
        sigv4     = { region = local.region }
      })]
    }]
  }))

  datasources_yml = replace(file("${local.shipped}/grafana/provisioning/datasources/prometheus.yml"), "/url: .*/", "url: ${local.prometheus_url}")
  providers_yml   = replace(file("${local.shipped}/grafana/provisioning/dashboards/ops.yml"), "/path: [^}]*/", "path: ${local.directories.grafana}/dashboards")

  loki_yml = var.loki_url == null ? null : yamlencode({
    apiVersion  = 1
    datasources = [{ name = "Loki", uid = "loki", type = "loki", access = "proxy", url = var.loki_url, editable = false }]
  })

  # Where they may write; the programs are told of it.
  directories = { prometheus = "/prometheus/config", alertmanager = "/alertmanager/config", grafana = "/var/lib/grafana/config" }

  files = {
    prometheus = { for path, text in {
      "prometheus.yml"      = local.prometheus_yml
      "rules/recording.yml" = local.has_ops ? file("${local.shipped}/prometheus/rules/recording.yml") : null
      "rules/alerts.yml"    = local.has_ops ? local.alerts_yml : null
      "rules/targets.yml"   = local.has_ops ? null : local.targets_yml
    } : path => text if text != null }
    alertmanager = {
      "alertmanager.yml" = local.alertmanager_yml
    }
    grafana = merge(
      { "provisioning/datasources/prometheus.yml" = local.datasources_yml },
      { for text in [local.loki_yml] : "provisioning/datasources/loki.yml" => text if text != null },
      { for text in [local.providers_yml] : "provisioning/dashboards/ops.yml" => text if local.has_ops },
      { for name in fileset("${local.shipped}/grafana/dashboards", "*.json") : "dashboards/${name}" => file("${local.shipped}/grafana/dashboards/${name}") if local.has_ops },
    )
  }

  file_variables = { for program, files in local.files : program => { for i, path in sort(keys(files)) : "FILE_${i}" => base64gzip(files[path]) } }

  starts = {
    prometheus   = "exec /bin/prometheus --config.file=${local.directories.prometheus}/prometheus.yml --storage.tsdb.path=/prometheus/data --storage.tsdb.retention.time=${var.prometheus.retention_days}d --web.listen-address=:${local.ports.prometheus}"
    alertmanager = "exec /bin/alertmanager --config.file=${local.directories.alertmanager}/alertmanager.yml --storage.path=/alertmanager/data --cluster.listen-address="
    grafana      = "GF_PATHS_PROVISIONING=${local.directories.grafana}/provisioning exec /run.sh"
  }

  scripts = { for program, files in local.files : program => join("\n", concat(
    ["set -eu", "mkdir -p ${local.directories[program]}", "cd ${local.directories[program]}"],
    [for i, path in sort(keys(files)) : "mkdir -p \"$(dirname ${path})\" && printf %s \"$FILE_${i}\" | base64 -d | gunzip > ${path}"],
    [local.starts[program]],
  )) }
}
