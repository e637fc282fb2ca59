data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  region  = data.aws_region.current.region

  # Who writes access logs, and what proves that it does so for this account. Load balancers tell nothing of whom they
  # write for (a Classic ELB comes as an account of AWS): what they may write is bound to our account by the path, as
  # in AWS's own example.
  of_this_account = { Condition = { StringEquals = { "aws:SourceAccount" = local.account } } }
  writers = {
    alb         = { principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }, proof = {} }
    classic_elb = { principal = { AWS = one(data.aws_elb_service_account.this[*].arn) }, proof = {} }
    nlb         = { principal = { Service = "delivery.logs.amazonaws.com" }, proof = local.of_this_account }
    s3          = { principal = { Service = "logging.s3.amazonaws.com" }, proof = local.of_this_account }
  }

  tls_only = {
    Sid       = "TlsOnly"
    Effect    = "Deny"
    Principal = "*"
    Action    = "s3:*"
    Resource  = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }

  # A prefix may stand before AWSLogs, or none.
  of_balancers = [for under in ["AWSLogs", "*/AWSLogs"] : "${aws_s3_bucket.this.arn}/${under}/${local.account}/*"]

  writes = [for name in sort(tolist(var.log_writers)) : merge({
    Sid       = "Logs${replace(title(replace(name, "_", " ")), " ", "")}"
    Effect    = "Allow"
    Principal = local.writers[name].principal
    Action    = "s3:PutObject"
    Resource  = name == "s3" ? ["${aws_s3_bucket.this.arn}/*"] : local.of_balancers
  }, local.writers[name].proof)]

  # Delivery of an NLB looks at the bucket before it writes.
  looks = [for name in setintersection(var.log_writers, ["nlb"]) : merge({
    Sid       = "LogsNlbLook"
    Effect    = "Allow"
    Principal = local.writers[name].principal
    Action    = "s3:GetBucketAcl"
    Resource  = [aws_s3_bucket.this.arn]
  }, local.writers[name].proof)]
}

data "aws_elb_service_account" "this" {
  count = contains(var.log_writers, "classic_elb") ? 1 : 0

  region = local.region
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:records are events with a limited life; a copy in another region is a decision of the account
  #checkov:skip=CKV2_AWS_62:nobody waits for single objects; opsctl and readers list them by time
  bucket        = var.name
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    # With a bucket key S3 asks KMS once in a while, not once for each object.
    bucket_key_enabled = var.kms_key != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key == null ? "AES256" : "aws:kms"
      kms_master_key_id = try(var.kms_key.arn, null)
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "age"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }

    noncurrent_version_expiration {
      noncurrent_days = var.noncurrent_days
    }

    dynamic "transition" {
      for_each = var.transitions

      content {
        storage_class = transition.key
        days          = transition.value
      }
    }

    # A marker of a deletion goes when there is nothing left behind it; with days S3 does that by itself, and takes no word
    # for it.
    expiration {
      days                         = var.expire_days > 0 ? var.expire_days : null
      expired_object_delete_marker = var.expire_days > 0 ? null : true
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_logging" "this" {
  count = var.access_log == null ? 0 : 1

  bucket        = aws_s3_bucket.this.id
  target_bucket = var.access_log.bucket
  target_prefix = coalesce(var.access_log.prefix, "${var.name}/")
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat([local.tls_only], local.writes, local.looks)
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}
