# Names of those who run it: put yours in.
domains = { api = "intake.dev.example.com", grafana = "grafana.dev.example.com" }
zone_id = "Z0123456789ABCDEFGHIJ"

alarm_subscriptions = { duty = { protocol = "email", endpoint = "duty@example.com" } }

images = {
  api    = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/ops/api@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  worker = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/ops/worker@sha256:1111111111111111111111111111111111111111111111111111111111111111"
}
