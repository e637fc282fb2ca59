# Bucket, key and lock are those of terraform/bootstrap: terraform init -backend-config=backend.hcl, whose content
# `terraform -chdir=terraform/bootstrap output -raw backend` prints.
terraform {
  backend "s3" {
    key          = "dev/platform.tfstate"
    use_lockfile = true
  }
}
