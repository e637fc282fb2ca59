# Run as: tflint --chdir terraform --recursive. The plugin is built from tools/go.mod, never fetched here.
plugin "aws" {
  enabled = true
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}
