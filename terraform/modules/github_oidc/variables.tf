variable "name" {
  description = "Name before those of the roles: `<name>-plan`, `<name>-push`, `<name>-deploy`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 32 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "repository" {
  description = "Repository on GitHub, owner/name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.repository))
    error_message = "repository must be owner/name."
  }
}

variable "repository_ids" {
  description = "Ids of the repository and its owner, which are part of the subject in repositories made, renamed or moved since July 2026, and wherever that was switched on: `gh api repos/OWNER/NAME --jq '.owner.id, .id'`. A name can be taken over by others, an id cannot. null: the subject has names only, as in older repositories."
  type = object({
    owner      = number
    repository = number
  })
  default = null

  validation {
    condition     = var.repository_ids == null || try(var.repository_ids.owner > 0 && var.repository_ids.repository > 0, false)
    error_message = "repository_ids must be the numbers that GitHub gave."
  }
}

variable "provider_arn" {
  description = "The account's OIDC provider of GitHub, if it has one; null: it is made here."
  type        = string
  default     = null

  validation {
    condition     = var.provider_arn == null || can(regex("^arn:[^:]+:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.provider_arn))
    error_message = "provider_arn must be that of token.actions.githubusercontent.com."
  }
}

variable "plan" {
  description = "Role of `terraform plan` in pull requests: reads what Terraform manages and the state, nothing of the data. subjects are the ends of `repo:<repository>:...`; readable_parameter_arns are parameters that Terraform manages itself (their refresh is a read) and those of the images. null: no such role."
  type = object({
    subjects                = optional(list(string), ["pull_request"])
    state_bucket_arn        = string
    state_key_arn           = string
    readable_parameter_arns = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.plan == null || alltrue([for s in try(var.plan.subjects, []) : can(regex("^(pull_request|environment:[^*?]+|ref:refs/(heads|tags)/[^*?]+)$", s))])
    error_message = "plan.subjects must be pull_request, environment:<name> or ref:refs/heads/<branch>, without wildcards."
  }

  validation {
    condition     = var.plan == null || alltrue([for arn in try(var.plan.readable_parameter_arns, []) : !can(regex("[*?]", arn))])
    error_message = "plan.readable_parameter_arns must name each parameter, without wildcards: what is beside them may be the token."
  }
}

variable "push" {
  description = "Role that pushes images. null: no such role."
  type = object({
    subjects        = list(string)
    repository_arns = list(string)
  })
  default = null

  validation {
    condition     = var.push == null || alltrue([for s in try(var.push.subjects, []) : can(regex("^(environment:[^*?]+|ref:refs/(heads|tags)/[^*?]+)$", s))])
    error_message = "push.subjects must be environment:<name> or ref:refs/heads/<branch>, without wildcards: not pull_request, which anybody can open."
  }
}

variable "deploy" {
  description = "Roles that deploy, one for each environment: name -> the services, families and task roles that it may change, the parameters that hold the digests of the images, and further policies by name (such as output probe_policy of the module stack). Their only subject is `repo:<repository>:environment:<name>`, so GitHub's own approval guards it. Empty: no such role."
  type = map(object({
    cluster_arn          = string
    service_arns         = list(string)
    families             = list(string)
    pass_role_arns       = list(string)
    image_parameter_arns = list(string)
    policies             = optional(map(string), {})
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.deploy) : can(regex("^[a-z][a-z0-9-]*$", name))])
    error_message = "deploy: names are lower-case letters, digits and hyphens, as those of the environments on GitHub."
  }

  validation {
    condition     = alltrue([for d in var.deploy : alltrue([for f in d.families : can(regex("^[A-Za-z0-9_-]+$", f))])])
    error_message = "deploy: families must be names, without wildcards."
  }
}

variable "max_session_s" {
  description = "Longest session of a role."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = var.max_session_s >= 3600 && var.max_session_s <= 43200
    error_message = "max_session_s must be 3600 to 43200."
  }
}
