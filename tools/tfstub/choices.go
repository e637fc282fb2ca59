package main

import (
	"fmt"

	acm "github.com/aws/aws-sdk-go-v2/service/acm/types"
	appautoscaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	autoscaling "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	dlm "github.com/aws/aws-sdk-go-v2/service/dlm/types"
	ec2 "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ecr "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	s3 "github.com/aws/aws-sdk-go-v2/service/s3/types"
	servicediscovery "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
	wafv2 "github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

// What AWS's own models of its APIs let one choose from. tflint knows the choices
// of attributes at the top of a resource where a constant stands; these are the
// ones in blocks, and of values that only an evaluation brings. All that the tree
// sets, but for what the models leave open (a listener's content type is a text).
// Keys are those of rules.
var choices = map[string]rule{
	"aws_acm_certificate.options.certificate_transparency_logging_preference": among(acm.CertificateTransparencyLoggingPreference("").Values()),
	"aws_acm_certificate.validation_method":                                   among(acm.ValidationMethod("").Values()),

	"aws_appautoscaling_policy.policy_type":        among(appautoscaling.PolicyType("").Values()),
	"aws_appautoscaling_policy.scalable_dimension": among(appautoscaling.ScalableDimension("").Values()),
	"aws_appautoscaling_policy.service_namespace":  among(appautoscaling.ServiceNamespace("").Values()),
	"aws_appautoscaling_policy.target_tracking_scaling_policy_configuration.predefined_metric_specification.predefined_metric_type": among(appautoscaling.MetricType("").Values()),
	"aws_appautoscaling_target.scalable_dimension": among(appautoscaling.ScalableDimension("").Values()),
	"aws_appautoscaling_target.service_namespace":  among(appautoscaling.ServiceNamespace("").Values()),

	"aws_autoscaling_group.instance_refresh.preferences.scale_in_protected_instances": among(autoscaling.ScaleInProtectedInstances("").Values()),
	"aws_autoscaling_group.instance_refresh.strategy":                                 among(autoscaling.RefreshStrategy("").Values()),

	"aws_cloudwatch_metric_alarm.comparison_operator": among(cloudwatch.ComparisonOperator("").Values()),

	"aws_dlm_lifecycle_policy.policy_details.resource_types":                     among(dlm.ResourceTypeValues("").Values()),
	"aws_dlm_lifecycle_policy.policy_details.schedule.create_rule.interval_unit": among(dlm.IntervalUnitValues("").Values()),
	"aws_dlm_lifecycle_policy.state":                                             among(dlm.SettablePolicyStateValues("").Values()),

	"aws_ecr_repository.encryption_configuration.encryption_type": among(ecr.EncryptionType("").Values()),
	"aws_ecr_repository.image_tag_mutability":                     among(ecr.ImageTagMutability("").Values()),

	"aws_ecs_capacity_provider.auto_scaling_group_provider.managed_draining":               among(ecs.ManagedDraining("").Values()),
	"aws_ecs_capacity_provider.auto_scaling_group_provider.managed_scaling.status":         among(ecs.ManagedScalingStatus("").Values()),
	"aws_ecs_capacity_provider.auto_scaling_group_provider.managed_termination_protection": among(ecs.ManagedTerminationProtection("").Values()),
	"aws_ecs_cluster.configuration.execute_command_configuration.logging":                  among(ecs.ExecuteCommandLogging("").Values()),
	"aws_ecs_cluster.setting.name":                                     among(ecs.ClusterSettingName("").Values()),
	"aws_ecs_service.availability_zone_rebalancing":                    among(ecs.AvailabilityZoneRebalancing("").Values()),
	"aws_ecs_service.launch_type":                                      among(ecs.LaunchType("").Values()),
	"aws_ecs_service.ordered_placement_strategy.type":                  among(ecs.PlacementStrategyType("").Values()),
	"aws_ecs_service.propagate_tags":                                   among(ecs.PropagateTags("").Values()),
	"aws_ecs_task_definition.network_mode":                             among(ecs.NetworkMode("").Values()),
	"aws_ecs_task_definition.requires_compatibilities":                 among(ecs.Compatibility("").Values()),
	"aws_ecs_task_definition.runtime_platform.cpu_architecture":        among(ecs.CPUArchitecture("").Values()),
	"aws_ecs_task_definition.runtime_platform.operating_system_family": among(ecs.OSFamily("").Values()),

	"aws_eip.domain":                                              among(ec2.DomainType("").Values()),
	"aws_flow_log.log_destination_type":                           among(ec2.LogDestinationType("").Values()),
	"aws_flow_log.traffic_type":                                   among(ec2.TrafficType("").Values()),
	"aws_instance.metadata_options.http_tokens":                   among(ec2.HttpTokensState("").Values()),
	"aws_instance.root_block_device.volume_type":                  among(ec2.VolumeType("").Values()),
	"aws_ebs_volume.type":                                         among(ec2.VolumeType("").Values()),
	"aws_launch_template.block_device_mappings.ebs.volume_type":   among(ec2.VolumeType("").Values()),
	"aws_launch_template.metadata_options.http_tokens":            among(ec2.LaunchTemplateHttpTokensState("").Values()),
	"aws_launch_template.metadata_options.instance_metadata_tags": among(ec2.LaunchTemplateInstanceMetadataTagsState("").Values()),
	"aws_launch_template.tag_specifications.resource_type":        among(ec2.ResourceType("").Values()),
	"aws_vpc_endpoint.vpc_endpoint_type":                          among(ec2.VpcEndpointType("").Values()),

	"aws_lb.load_balancer_type":                           among(elb.LoadBalancerTypeEnum("").Values()),
	"aws_lb_listener.default_action.redirect.status_code": among(elb.RedirectActionStatusCodeEnum("").Values()),
	"aws_lb_listener.default_action.type":                 among(elb.ActionTypeEnum("").Values()),
	"aws_lb_listener.protocol":                            among(elb.ProtocolEnum("").Values()),
	"aws_lb_listener_rule.action.redirect.status_code":    among(elb.RedirectActionStatusCodeEnum("").Values()),
	"aws_lb_listener_rule.action.type":                    among(elb.ActionTypeEnum("").Values()),
	"aws_lb_target_group.health_check.protocol":           among(elb.ProtocolEnum("").Values()),
	"aws_lb_target_group.protocol":                        among(elb.ProtocolEnum("").Values()),
	"aws_lb_target_group.target_type":                     among(elb.TargetTypeEnum("").Values()),

	"aws_s3_bucket_lifecycle_configuration.rule.status":                                                             among(s3.ExpirationStatus("").Values()),
	"aws_s3_bucket_lifecycle_configuration.rule.transition.storage_class":                                           among(s3.TransitionStorageClass("").Values()),
	"aws_s3_bucket_ownership_controls.rule.object_ownership":                                                        among(s3.ObjectOwnership("").Values()),
	"aws_s3_bucket_server_side_encryption_configuration.rule.apply_server_side_encryption_by_default.sse_algorithm": among(s3.ServerSideEncryption("").Values()),
	"aws_s3_bucket_versioning.versioning_configuration.status":                                                      among(s3.BucketVersioningStatus("").Values()),

	"aws_service_discovery_service.dns_config.dns_records.type": among(servicediscovery.RecordType("").Values()),
	"aws_service_discovery_service.dns_config.routing_policy":   among(servicediscovery.RoutingPolicy("").Values()),

	"aws_wafv2_web_acl.rule.statement.rate_based_statement.aggregate_key_type": among(wafv2.RateBasedStatementAggregateKeyType("").Values()),
	"aws_wafv2_web_acl.scope": among(wafv2.Scope("").Values()),
	"aws_wafv2_web_acl_logging_configuration.logging_filter.default_behavior":                         among(wafv2.FilterBehavior("").Values()),
	"aws_wafv2_web_acl_logging_configuration.logging_filter.filter.behavior":                          among(wafv2.FilterBehavior("").Values()),
	"aws_wafv2_web_acl_logging_configuration.logging_filter.filter.condition.action_condition.action": among(wafv2.ActionValue("").Values()),
	"aws_wafv2_web_acl_logging_configuration.logging_filter.filter.requirement":                       among(wafv2.FilterRequirement("").Values()),
}

func among[T ~string](values []T) rule {
	return texts(func(text string) error {
		for _, value := range values {
			if string(value) == text {
				return nil
			}
		}
		return fmt.Errorf("%q is none of %q", text, values)
	})
}
