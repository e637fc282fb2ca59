variable "name" {
  description = "Name of the system, before the names of all its parts."
  type        = string
  default     = "ops-example"
  nullable    = false
}

variable "region" {
  description = "Region."
  type        = string
  default     = "eu-central-1"
  nullable    = false
}

variable "images" {
  description = "Images of ops-api and ops-worker, by digest: what the release pipeline printed."
  type = object({
    api    = string
    worker = string
  })
  nullable = false
}

variable "domain_name" {
  description = "Public name of the API."
  type        = string
  nullable    = false
}

variable "zone_id" {
  description = "Public Route 53 zone that the name is in."
  type        = string
  nullable    = false
}

variable "alarm_email" {
  description = "Who is told when something is wrong."
  type        = string
  nullable    = false
}
