data "aws_partition" "current" {}
data "aws_region" "current" {}

data "aws_ssm_parameter" "image" {
  name = coalesce(var.instance.image_parameter, local.image_parameters[var.instance.architecture])
}

data "aws_subnet" "this" {
  id = local.subnet_id
}

locals {
  image_parameters = {
    X86_64 = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    ARM64  = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
  }

  # One host, one disk, so one zone: that of the first subnet.
  subnet_id = var.placement.subnet_ids[0]
  device    = "/dev/sdf"
  region    = data.aws_region.current.region

  words = concat(
    [for key in sort(keys(var.container.environment)) : "--env '${key}=${var.container.environment[key]}'"],
    [for key in sort(keys(var.ports)) : "--publish ${var.ports[key]}:${var.ports[key]}"],
  )

  # The disk is formatted only where it is blank: a host that is made anew finds its data.
  user_data = <<-EOT
    #!/bin/sh
    set -eu
    dnf install -y docker
    while [ ! -e ${local.device} ]; do sleep 1; done
    blkid ${local.device} || mkfs.xfs ${local.device}
    mkdir -p /data
    echo '${local.device} /data xfs noatime,nofail 0 2' >>/etc/fstab
    mount /data
    chown ${var.container.user}:${var.container.user} /data
    cat >/etc/systemd/system/${var.name}.service <<'EOF'
    [Unit]
    Description=${var.name}
    After=docker.service
    Requires=docker.service
    RequiresMountsFor=/data

    [Service]
    ExecStartPre=-/usr/bin/docker rm --force ${var.name}
    ExecStart=/usr/bin/docker run --name ${var.name} --rm --user ${var.container.user} \
      --cap-drop ALL --security-opt no-new-privileges --volume /data:${var.container.data_path} \
      --log-driver awslogs --log-opt awslogs-region=${local.region} --log-opt awslogs-group=${local.log_group} \
      --log-opt mode=non-blocking ${join(" ", local.words)} \
      ${var.image} ${join(" ", [for word in coalesce(var.container.command, []) : "'${word}'"])}
    ExecStop=/usr/bin/docker stop --time 60 ${var.name}
    Restart=always
    RestartSec=5

    [Install]
    WantedBy=multi-user.target
    EOF
    systemctl enable --now docker ${var.name}
  EOT

  log_group = "/ec2/${var.name}"
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_instance" "this" {
  ami                         = data.aws_ssm_parameter.image.insecure_value
  instance_type               = var.instance.type
  subnet_id                   = local.subnet_id
  vpc_security_group_ids      = [aws_security_group.this.id]
  iam_instance_profile        = aws_iam_instance_profile.this.name
  associate_public_ip_address = false
  disable_api_termination     = var.instance.termination_protection
  force_destroy               = true # the protection is against hands; Terraform's own plan is read before, and replaces a host for each new image
  ebs_optimized               = true
  monitoring                  = true
  user_data                   = local.user_data
  user_data_replace_on_change = true
  tags                        = { Name = var.name }

  # No volume_tags: they would rename the data volume too, and it would be in no snapshot.

  # The container is a hop further: it reaches the role only where it has policies of its own.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = length(var.policies) > 0 ? 2 : 1
  }

  root_block_device {
    encrypted   = true
    kms_key_id  = var.kms_key_arn
    volume_size = var.instance.root_gib
    volume_type = "gp3"
    tags        = { Name = var.name }
  }

  lifecycle {
    ignore_changes = [ami] # a newer image comes when the operator replaces the host
  }
}

resource "aws_ebs_volume" "data" {
  availability_zone = data.aws_subnet.this.availability_zone
  size              = var.instance.data_gib
  type              = "gp3"
  encrypted         = true
  kms_key_id        = var.kms_key_arn
  final_snapshot    = var.snapshots_kept > 0
  tags              = { Name = "${var.name}-data" }
}

resource "aws_volume_attachment" "data" {
  device_name                    = local.device
  instance_id                    = aws_instance.this.id
  volume_id                      = aws_ebs_volume.data.id
  stop_instance_before_detaching = true
}

resource "aws_lb_target_group_attachment" "this" {
  count = var.entry == null ? 0 : 1

  target_group_arn = var.entry.target_group_arn
  target_id        = aws_instance.this.id
  port             = values(var.ports)[0]
}

# ---- its name ----

resource "aws_service_discovery_service" "this" {
  count = var.namespace == null ? 0 : 1

  name         = var.name
  description  = "The host ${var.name}."
  namespace_id = var.namespace.id

  dns_config {
    namespace_id = var.namespace.id

    dns_records {
      type = "A"
      ttl  = 60
    }
  }
}

resource "aws_service_discovery_instance" "this" {
  count = var.namespace == null ? 0 : 1

  service_id  = aws_service_discovery_service.this[0].id
  instance_id = aws_instance.this.id
  attributes  = { AWS_INSTANCE_IPV4 = aws_instance.this.private_ip }
}

# ---- its snapshots ----

resource "aws_dlm_lifecycle_policy" "this" {
  count = var.snapshots_kept > 0 ? 1 : 0

  description        = "Daily snapshots of the data of ${var.name}"
  execution_role_arn = aws_iam_role.snapshots[0].arn

  policy_details {
    resource_types = ["VOLUME"]
    target_tags    = { Name = "${var.name}-data" }

    schedule {
      name      = "daily"
      copy_tags = true

      create_rule {
        interval = 24
        times    = ["03:00"]
      }

      retain_rule {
        count = var.snapshots_kept
      }
    }
  }
}
