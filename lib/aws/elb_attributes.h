/*
 * elb_attributes: the times of a target group and of a load balancer that its service must fit. Any
 * thread.
 *
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroupAttributes.html
 */
#ifndef OPS_ELB_ATTRIBUTES_H
#define OPS_ELB_ATTRIBUTES_H

#include "aws.h"

/* Seconds; -1: not told. */
struct elb_times {
	int64_t deregistration_delay_s; /* of a target group */
	int64_t idle_timeout_s;         /* of an ALB */
};

int elb_target_group_times(struct aws *a, const char *target_group_arn, struct elb_times *out,
    struct err *err) ATTR_MUST_CHECK;
int elb_balancer_times(struct aws *a, const char *balancer_arn, struct elb_times *out,
    struct err *err) ATTR_MUST_CHECK;

/* What either answer holds. */
int elb_read_times(const struct xml *root, struct elb_times *out, struct err *err) ATTR_MUST_CHECK;

#endif
