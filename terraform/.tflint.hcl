# Installed without tflint's own plug-in manager: no source, no version. tools/go.mod pins both.
plugin "aws" {
  enabled = true
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}

# A module's files are named by concern.
rule "terraform_standard_module_structure" {
  enabled = false
}
