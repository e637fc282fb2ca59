mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws-cn", dns_suffix = "amazonaws.com.cn" }
  }
  mock_data "aws_region" {
    defaults = { region = "cn-north-1" }
  }
}

variables {
  name        = "ops-test-logs"
  description = "Logs and alarms."
  services    = ["logs", "cloudwatch"]
}

run "names_of_services_in_china" {
  assert {
    condition     = [for s in slice(jsondecode(aws_kms_key.this.policy).Statement, 1, 3) : s.Principal.Service] == ["cloudwatch.amazonaws.com", "logs.cn-north-1.amazonaws.com.cn"]
    error_message = "CloudWatch Logs has a name of its own in China, CloudWatch has not."
  }
}
