provider "aws" {
  region = var.platform.region

  default_tags {
    tags = { Project = "ops-prod", Environment = "prod", Root = "environments/prod/monitoring" }
  }
}
