output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "IPv4 range of the VPC."
  value       = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  description = "Subnets of load balancers, one in each zone. They are there when their way to the internet is, without which AWS makes no load balancer in them."
  value       = values(aws_subnet.public)[*].id
  depends_on  = [aws_route.public, aws_route_table_association.public]
}

output "private_subnet_ids" {
  description = "Subnets without public addresses, one in each zone; empty with egress = public."
  value       = values(aws_subnet.private)[*].id
}

output "placement" {
  description = "Where tasks belong: input `placement` of other modules. It is there when their way out is."
  value = {
    vpc_id           = aws_vpc.this.id
    subnet_ids       = var.egress == "public" ? values(aws_subnet.public)[*].id : values(aws_subnet.private)[*].id
    assign_public_ip = var.egress == "public"
  }
  depends_on = [aws_route.public, aws_route_table_association.public, aws_route.private, aws_route_table_association.private, aws_vpc_endpoint.s3, aws_vpc_endpoint.interface]
}

output "namespace" {
  description = "The Cloud Map namespace: input `namespace` of other modules; null: none."
  value       = one([for n in aws_service_discovery_private_dns_namespace.this : { id = n.id, name = n.name }])
}

output "zone_names" {
  description = "The availability zones in use."
  value       = local.zones
}

output "nat_addresses" {
  description = "Public addresses from which tasks are seen; empty without a NAT."
  value       = values(aws_eip.nat)[*].public_ip
}

output "s3_prefix_list_id" {
  description = "Prefix list of the S3 gateway endpoint."
  value       = aws_vpc_endpoint.s3.prefix_list_id
}

output "flow_log_group_name" {
  description = "Log group of the flow logs."
  value       = aws_cloudwatch_log_group.flow.name
}
