variable "platform" {
  description = "Output `for_monitoring` of the platform root, see the README."
  type = object({
    name          = string
    region        = string
    cluster       = object({ name = string, arn = string })
    compute       = any
    placement     = object({ vpc_id = string, subnet_ids = list(string), assign_public_ip = bool })
    namespace     = object({ id = string, name = string })
    targets       = map(object({ dns_name = string, record = string, port = number, security_group_id = string, min_tasks = optional(number, 1) }))
    grafana_entry = any
    topic         = object({ arn = string, kms_key_arn = string })
    kms_key_arn   = string
  })
  nullable = false
}

variable "grafana_password" {
  description = "Password of Grafana's admin: written, never kept in state or plan."
  type        = string
  ephemeral   = true
  sensitive   = true
  nullable    = false
}
