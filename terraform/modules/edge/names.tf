locals {
  # What the certificate covers: the domain first, since it is the certificate's own name.
  hosts = flatten([for name in sort(keys(var.routes)) : var.routes[name].hosts])
  names = distinct(concat(var.domain_name == null ? [] : [var.domain_name], local.hosts))

  # What leads here. The domain does when something is served under it: else it may well be another's.
  is_domain_served = anytrue([for route in var.routes : length(route.hosts) == 0])
  aliases          = local.is_domain_served ? local.names : distinct(local.hosts)

  zone_id           = one(var.zone[*].id)
  makes_certificate = local.https && var.certificate == null
  certificate_arn = (
    var.http_only ? null :
    local.makes_certificate ? one(aws_acm_certificate_validation.this[*].certificate_arn) :
    var.certificate.arn
  )

  # Several names can have one and the same record to prove them by.
  proofs = { for option in flatten(aws_acm_certificate.this[*].domain_validation_options) : option.domain_name => option }
}

resource "aws_acm_certificate" "this" {
  count = local.makes_certificate ? 1 : 0

  domain_name               = local.names[0]
  subject_alternative_names = slice(local.names, 1, length(local.names))
  validation_method         = "DNS"

  options {
    certificate_transparency_logging_preference = "ENABLED"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "proof" {
  for_each = local.makes_certificate ? toset(local.names) : toset([])

  zone_id         = local.zone_id
  name            = local.proofs[each.key].resource_record_name
  type            = local.proofs[each.key].resource_record_type
  records         = [local.proofs[each.key].resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  count = local.makes_certificate ? 1 : 0

  certificate_arn         = aws_acm_certificate.this[0].arn
  validation_record_fqdns = values(aws_route53_record.proof)[*].fqdn
}

resource "aws_route53_record" "alias" {
  for_each = var.zone == null ? toset([]) : toset(local.aliases)

  zone_id = local.zone_id
  name    = each.key
  type    = "A"

  alias {
    name                   = aws_lb.this.dns_name
    zone_id                = aws_lb.this.zone_id
    evaluate_target_health = true
  }
}
