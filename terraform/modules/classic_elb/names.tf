locals {
  zone_id           = one(var.zone[*].id)
  makes_certificate = local.https && var.certificate == null
  certificate_arn = (
    var.http_only ? null :
    local.makes_certificate ? one(aws_acm_certificate_validation.this[*].certificate_arn) :
    var.certificate.arn
  )
  proof = one(flatten(aws_acm_certificate.this[*].domain_validation_options))
}

resource "aws_acm_certificate" "this" {
  count = local.makes_certificate ? 1 : 0

  domain_name       = var.domain_name
  validation_method = "DNS"

  options {
    certificate_transparency_logging_preference = "ENABLED"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "proof" {
  count = local.makes_certificate ? 1 : 0

  zone_id         = local.zone_id
  name            = local.proof.resource_record_name
  type            = local.proof.resource_record_type
  records         = [local.proof.resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  count = local.makes_certificate ? 1 : 0

  certificate_arn         = aws_acm_certificate.this[0].arn
  validation_record_fqdns = aws_route53_record.proof[*].fqdn
}

resource "aws_route53_record" "alias" {
  count = var.zone == null || var.domain_name == null ? 0 : 1

  zone_id = local.zone_id
  name    = var.domain_name
  type    = "A"

  alias {
    name                   = aws_elb.this.dns_name
    zone_id                = aws_elb.this.zone_id
    evaluate_target_health = true
  }
}
