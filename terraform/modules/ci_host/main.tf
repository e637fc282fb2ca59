# Its jobs take the role of the host, so that no key lies anywhere: what they may do is `policies`.
module "host" {
  source = "../host"

  name               = var.name
  placement          = var.placement
  image              = var.image
  instance           = var.instance
  namespace          = var.namespace
  clients            = var.clients
  entry              = var.entry
  policies           = var.policies
  ports              = { http = 8080 }
  kms_key_arn        = var.kms_key_arn
  log_retention_days = var.log_retention_days

  container = {
    user      = 1000
    data_path = "/var/jenkins_home"
    environment = {
      JENKINS_OPTS = "--httpPort=8080"
      JENKINS_URL  = local.url
      JAVA_OPTS    = "-Djenkins.model.Jenkins.slaveAgentPort=-1"
    }
  }
}

locals {
  url = var.url == null ? "http://${var.name}.${try(var.namespace.name, "")}:8080" : var.url
}
