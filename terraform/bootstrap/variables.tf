variable "region" {
  description = "Region of the state bucket, the keys and the repositories."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be one of AWS, such as eu-central-1."
  }
}

variable "name" {
  description = "Name before those of all that is made here."
  type        = string
  default     = "ops"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 20 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "tags" {
  description = "Tags of all that is made here."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "state_bucket_name" {
  description = "Name of the state bucket; null: `<name>-state-<account id>`."
  type        = string
  default     = null
}

variable "repositories" {
  description = "Image repositories: `<name>/<repository>`."
  type        = set(string)
  default     = ["api", "worker", "opsctl"]
  nullable    = false
}

variable "github_repository" {
  description = "Repository on GitHub, owner/name, whose workflows plan and push; null: none."
  type        = string
  default     = null
}

variable "github_repository_ids" {
  description = "Ids of that repository and its owner, if its tokens have them (all repositories made since July 2026): `gh api repos/OWNER/NAME --jq '.owner.id, .id'`; null: names only."
  type = object({
    owner      = number
    repository = number
  })
  default = null
}

variable "github_provider_arn" {
  description = "The account's OIDC provider of GitHub, if it has one; null: it is made here."
  type        = string
  default     = null
}

variable "push_subjects" {
  description = "From where on GitHub images may be pushed: `environment:<name>` or `ref:refs/heads/<branch>`."
  type        = list(string)
  default     = ["environment:release"]
  nullable    = false
}

variable "readable_parameter_arns" {
  description = "Parameters that `terraform plan` in a pull request may read: those that hold the digests of images, and what Terraform manages itself; null: the digests of `<name>-dev` and `<name>-prod`."
  type        = list(string)
  default     = null
}
