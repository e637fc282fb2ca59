# Run as: tflint --chdir terraform --recursive. The plugin is built from tools/go.mod, never fetched here.
plugin "aws" {
  enabled = true
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}

# What is made of modules alone names the provider too: its tests mock it by that.
rule "terraform_unused_required_providers" {
  enabled = false
}
