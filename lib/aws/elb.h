/*
 * elb: reads target groups of ALB and NLB, the health of their targets, and the instances of Classic
 * Load Balancers. Texts are as field.h says. Any thread.
 *
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html
 * https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeInstanceHealth.html
 */
#ifndef OPS_ELB_H
#define OPS_ELB_H

#include "aws.h"

enum { ELB_ARN_SIZE = 256, ELB_TARGETS_MAX = 1000, ELB_BALANCERS_MAX = 4 };

enum elb_state {
	ELB_HEALTHY,   /* of a Classic one: InService */
	ELB_INITIAL,   /* registered, not yet checked often enough */
	ELB_UNHEALTHY, /* OutOfService */
	ELB_DRAINING,
	ELB_UNHEALTHY_DRAINING,
	ELB_UNUSED,      /* no listener sends anything here */
	ELB_UNAVAILABLE, /* not checked: a Lambda function without health check */
	ELB_STATE_OTHER, /* Unknown, and what this program does not know */
	ELB_STATE_COUNT,
};

const char *elb_state_name(enum elb_state state); /* "unhealthy" */

struct elb_target {
	char id[128]; /* address, instance, ARN */
	int port;     /* 0: not said */
	char zone[32];
	enum elb_state state;
	char reason[64]; /* "Target.Timeout", of a Classic one "Instance"; "": none */
	char description[256];
};

struct elb_targets {
	struct elb_target *items;
	size_t count;
	bool is_cut; /* there are more than ELB_TARGETS_MAX */
	size_t by_state[ELB_STATE_COUNT];
};

void elb_targets_release(struct elb_targets *targets);

/* Release *out whatever comes out. ERR_NOTFOUND: no such target group. */
int elb_target_health(struct aws *a, const char *target_group_arn, struct elb_targets *out,
    struct err *err) ATTR_MUST_CHECK;

/* The instances of a Classic Load Balancer. ERR_NOTFOUND: no such one. */
int elb_instance_health(struct aws *a, const char *name, struct elb_targets *out, struct err *err)
    ATTR_MUST_CHECK;

struct elb_target_group {
	char arn[ELB_ARN_SIZE];
	char name[40];
	char protocol[16]; /* "HTTP", "TCP" */
	char version[16];  /* "HTTP1", "HTTP2", "GRPC"; "": not HTTP */
	char target_type[16];
	int port;
	bool is_checked;
	char check_protocol[16], check_port[16],
	    check_path[256]; /* port "traffic-port" or a number */
	char matcher[64];    /* "200", "0-99" for gRPC */
	int interval_s, timeout_s, healthy_threshold, unhealthy_threshold;
	char balancers[ELB_BALANCERS_MAX][ELB_ARN_SIZE]; /* none: nothing can reach it */
	size_t balancer_count;
};

/* ERR_NOTFOUND: no such target group. */
int elb_target_group(struct aws *a, const char *target_group_arn, struct elb_target_group *out,
    struct err *err) ATTR_MUST_CHECK;

/* What answers of those operations hold; `root` is the document. *out is zeroed or in use. */
int elb_read_target_health(const struct xml *root, struct elb_targets *out, struct err *err)
    ATTR_MUST_CHECK;
int elb_read_instance_health(const struct xml *root, struct elb_targets *out, struct err *err)
    ATTR_MUST_CHECK;
int elb_read_target_group(const struct xml *root, struct elb_target_group *out, struct err *err)
    ATTR_MUST_CHECK;

#endif
