provider "aws" {
  region = var.platform.region

  default_tags {
    tags = { Project = "ops-dev", Environment = "dev", Root = "environments/dev/monitoring" }
  }
}
