provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = "ops-dev", Environment = "dev", Root = "environments/dev/platform" }
  }
}
