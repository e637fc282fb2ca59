data "aws_default_tags" "current" {}

data "aws_ssm_parameter" "image" {
  count = var.ec2 == null ? 0 : 1

  name = coalesce(var.ec2.image_parameter, local.image_parameters[var.ec2.architecture])
}

locals {
  is_managed   = var.ec2 == null ? false : var.ec2.managed
  is_protected = var.ec2 == null ? false : var.ec2.managed && var.ec2.termination_protection

  balancers = var.ec2 == null ? {} : var.ec2.balancers

  image_parameters = {
    X86_64 = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
    ARM64  = "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id"
  }

  # The agent's settings, and no way from a container to the role of its instance.
  user_data = <<-EOT
    #!/bin/sh
    cat >>/etc/ecs/ecs.config <<EOF
    ECS_CLUSTER=${var.name}
    ECS_ENABLE_SPOT_INSTANCE_DRAINING=true
    ECS_AWSVPC_BLOCK_IMDS=true
    ECS_ENABLE_CONTAINER_METADATA=true
    ECS_CONTAINER_INSTANCE_PROPAGATE_TAGS_FROM=ec2_instance
    EOF
  EOT
}

resource "aws_launch_template" "this" {
  count = var.ec2 == null ? 0 : 1

  name_prefix            = "${var.name}-"
  image_id               = data.aws_ssm_parameter.image[0].insecure_value
  instance_type          = var.ec2.instance_type
  update_default_version = true
  user_data              = base64encode(local.user_data)

  iam_instance_profile {
    arn = aws_iam_instance_profile.instance[0].arn
  }

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "disabled"
  }

  monitoring {
    enabled = true
  }

  network_interfaces {
    associate_public_ip_address = false
    delete_on_termination       = true
    security_groups             = [aws_security_group.instance[0].id]
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      encrypted             = true
      volume_size           = var.ec2.volume_gib
      volume_type           = "gp3"
      delete_on_termination = true
    }
  }

  # Default tags reach the template, not what it makes.
  dynamic "tag_specifications" {
    for_each = toset(["instance", "volume", "network-interface"])
    content {
      resource_type = tag_specifications.key
      tags          = merge(data.aws_default_tags.current.tags, { Name = var.name })
    }
  }
}

resource "aws_autoscaling_group" "this" {
  count = var.ec2 == null ? 0 : 1

  name                  = var.name
  min_size              = var.ec2.min_size
  max_size              = var.ec2.max_size
  vpc_zone_identifier   = var.ec2.subnet_ids
  health_check_type     = "EC2"
  protect_from_scale_in = local.is_protected
  force_delete          = var.ec2.force_delete
  enabled_metrics       = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupMinSize"]

  launch_template {
    id      = aws_launch_template.this[0].id
    version = aws_launch_template.this[0].latest_version
  }

  # A new image or type comes by exchanging instances, each drained first. Only the capacity provider drains: without
  # it nobody would, so there the exchange is the operator's (README), and the group changes what it starts next.
  dynamic "instance_refresh" {
    for_each = local.is_managed ? ["Rolling"] : []

    content {
      strategy = instance_refresh.value

      preferences {
        min_healthy_percentage       = 100
        max_healthy_percentage       = 200
        scale_in_protected_instances = "Refresh"
      }
    }
  }

  # ECS puts the tag AmazonECSManaged on groups that it sizes; without it the first plan after apply shows a change.
  dynamic "tag" {
    for_each = merge(data.aws_default_tags.current.tags, local.is_managed ? { AmazonECSManaged = "true" } : {})
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = false # the launch template does
    }
  }

  lifecycle {
    ignore_changes = [desired_capacity] # managed scaling's
  }

  # An instance must never be without them: the agent registers with them, and reports what it stops when all is destroyed.
  depends_on = [
    aws_iam_role_policy.session,
    aws_iam_role_policy_attachment.instance,
    aws_vpc_security_group_egress_rule.instance,
  ]
}

resource "aws_ecs_capacity_provider" "ec2" {
  count = local.is_managed ? 1 : 0

  name = "${var.name}-ec2"

  auto_scaling_group_provider {
    auto_scaling_group_arn         = aws_autoscaling_group.this[0].arn
    managed_draining               = "ENABLED"
    managed_termination_protection = local.is_protected ? "ENABLED" : "DISABLED"

    managed_scaling {
      status          = "ENABLED"
      target_capacity = var.ec2.target_capacity
    }
  }
}

resource "aws_security_group" "instance" {
  count = var.ec2 == null ? 0 : 1

  name_prefix = "${var.name}-instances-"
  description = "Instances of the cluster ${var.name}. Services in bridge mode add their own way in."
  vpc_id      = var.ec2.vpc_id
  tags        = { Name = "${var.name}-instances" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "instance" {
  count = var.ec2 == null ? 0 : 1

  security_group_id = aws_security_group.instance[0].id
  description       = "HTTPS: ECS, ECR, SQS, S3, logs."
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Bridge mode takes free ports from the range that Linux has for them. The rules are here and not with the services,
# which share the groups at both ends: two equal rules are refused.
resource "aws_vpc_security_group_ingress_rule" "balancer" {
  for_each = local.balancers

  security_group_id            = aws_security_group.instance[0].id
  description                  = "Load balancer ${each.key} to free ports."
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 32768
  to_port                      = 65535
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  for_each = local.balancers

  security_group_id            = each.value
  description                  = "To free ports of the instances of ${var.name}."
  referenced_security_group_id = aws_security_group.instance[0].id
  ip_protocol                  = "tcp"
  from_port                    = 32768
  to_port                      = 65535
}

resource "aws_iam_role" "instance" {
  count = var.ec2 == null ? 0 : 1

  name = "${var.name}-instance"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.${data.aws_partition.current.dns_suffix}" }
      Action    = "sts:AssumeRole"
    }]
  })
}

# For the agent.
resource "aws_iam_role_policy_attachment" "instance" {
  count = var.ec2 == null ? 0 : 1

  role       = aws_iam_role.instance[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
}

# A shell through Session Manager, instead of SSH and its keys. AWS's own policy for it would let
# instances read every parameter too.
resource "aws_iam_role_policy" "session" {
  count = var.ec2 == null ? 0 : 1

  name = "session"
  role = aws_iam_role.instance[0].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "ssm:UpdateInstanceInformation"
        Resource = "arn:${local.partition}:ec2:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:instance/*"
      },
      {
        # These know no resources.
        Effect = "Allow"
        Action = [
          "ssmmessages:CreateControlChannel",
          "ssmmessages:CreateDataChannel",
          "ssmmessages:OpenControlChannel",
          "ssmmessages:OpenDataChannel",
        ]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_instance_profile" "instance" {
  count = var.ec2 == null ? 0 : 1

  name = "${var.name}-instance"
  role = aws_iam_role.instance[0].name
}
