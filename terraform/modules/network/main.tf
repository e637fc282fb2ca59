data "aws_availability_zones" "available" {
  state = "available"

  # Local zones and wavelength zones have neither NAT gateways nor Fargate.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  zones       = slice(data.aws_availability_zones.available.names, 0, var.zone_count)
  has_private = var.egress != "public"

  # An eighth of the range for each subnet: public ones first, private ones from the fifth eighth on, so
  # that a third zone moves none.
  public_subnets  = { for i, zone in local.zones : zone => cidrsubnet(var.cidr, 3, i) }
  private_subnets = local.has_private ? { for i, zone in local.zones : zone => cidrsubnet(var.cidr, 3, 4 + i) } : {}
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

# Taken over so that it lets nothing through: what forgets to name its group is then deaf, not open.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-default-closed" }
}

resource "aws_subnet" "public" {
  for_each = local.public_subnets

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-public-${each.key}" }
}

resource "aws_subnet" "private" {
  for_each = local.private_subnets

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_service_discovery_private_dns_namespace" "this" {
  for_each = var.namespace == null ? toset([]) : toset([var.namespace])

  name        = each.key
  description = "Names of the tasks of ${var.name}."
  vpc         = aws_vpc.this.id
}
