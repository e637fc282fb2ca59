# As of the platform: terraform init -backend-config=backend.hcl.
terraform {
  backend "s3" {
    key          = "dev/monitoring.tfstate"
    use_lockfile = true
  }
}
