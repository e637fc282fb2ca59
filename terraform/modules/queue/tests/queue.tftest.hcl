mock_provider "aws" {
  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-central-1:123456789012:mocked"
      url = "https://sqs.eu-central-1.amazonaws.com/123456789012/mocked"
    }
  }
}

variables {
  name        = "ops-test"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "two_queues_that_belong_together" {
  assert {
    condition     = aws_sqs_queue.dead_letter.name == "ops-test-dlq"
    error_message = "The dead-letter queue must be named after the queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_policy.this.redrive_policy).maxReceiveCount == 5
    error_message = "A message must die after five receives."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_allow_policy.this.redrive_allow_policy).redrivePermission == "byQueue"
    error_message = "Only the queue itself may send dead letters."
  }

  assert {
    condition     = aws_sqs_queue.this.kms_master_key_id == var.kms_key_arn && aws_sqs_queue.dead_letter.kms_master_key_id == var.kms_key_arn
    error_message = "Both queues must be encrypted under the key."
  }

  assert {
    condition     = aws_sqs_queue.this.receive_wait_time_seconds == 20
    error_message = "Receivers must wait for messages, not ask again and again."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.message_retention_seconds > aws_sqs_queue.this.message_retention_seconds
    error_message = "Dead letters must outlive the queue's messages."
  }
}

run "nothing_without_tls" {
  assert {
    condition = alltrue([for p in aws_sqs_queue_policy.this :
    jsondecode(p.policy).Statement[0].Effect == "Deny" && jsondecode(p.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"])
    error_message = "Both queues must refuse what does not come over TLS."
  }

  assert {
    condition     = length(aws_sqs_queue_policy.this) == 2
    error_message = "Each queue must have its policy."
  }
}

run "visibility_is_too_short_for_the_work" {
  command = plan

  variables {
    visibility_timeout_s = 59
    work_timeout_s       = 10
  }

  expect_failures = [var.visibility_timeout_s]
}

run "visibility_that_just_fits" {
  command = plan

  variables {
    visibility_timeout_s = 60
    work_timeout_s       = 10
  }
}

run "dead_letters_that_die_first" {
  command = plan

  variables {
    retention_s             = 1209600
    dead_letter_retention_s = 1209600
  }

  expect_failures = [var.dead_letter_retention_s]
}

run "a_redelivery_must_not_kill" {
  command = plan

  variables {
    max_receive_count = 2
  }

  expect_failures = [var.max_receive_count]
}

run "messages_larger_than_sqs_takes" {
  command = plan

  variables {
    max_message_bytes = 1048577
  }

  expect_failures = [var.max_message_bytes]
}

run "an_alias_is_no_key" {
  command = plan

  variables {
    kms_key_arn = "alias/ops"
  }

  expect_failures = [var.kms_key_arn]
}
