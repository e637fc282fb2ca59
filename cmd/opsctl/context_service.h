/*
 * context_service: what a context says of one service that it knows: where it runs, who sends it
 * traffic, how it is asked. In contexts.ini a line for each key, in the context's section:
 *
 *	service.api.ecs = prod-api
 *	service.api.probe = https://api.example.com/health
 *
 * No key is required: what is missing is not looked at.
 */
#ifndef OPS_CONTEXT_SERVICE_H
#define OPS_CONTEXT_SERVICE_H

#include "buf.h"
#include "err.h"
#include "json.h"

#define CONTEXT_SERVICE_PREFIX "service."

enum {
	CONTEXT_VALUE_MAX = 1024,
	CONTEXT_SERVICES_MAX = 16,
	CONTEXT_SERVICE_NAME_MAX = 31,
};

enum context_service_key {
	SERVICE_ECS,       /* name of the ECS service */
	SERVICE_TARGETS,   /* ARN of its target group (ALB, NLB) */
	SERVICE_TARGETS_2, /* of a second one */
	SERVICE_ELB,       /* name of its Classic Load Balancer */
	SERVICE_LOGS,      /* log group */
	SERVICE_CONTAINER, /* name of the container that matters; "": the first */
	SERVICE_IMAGE, /* repository of its images with its registry; `deploy` puts @DIGEST behind */
	SERVICE_IMAGE_PARAMETER, /* parameter of SSM from which Terraform reads the image that runs */
	/*
	 * How it is asked: http:// or https:// with a path, or grpc:// (cleartext HTTP/2) or
	 * grpcs:// with host, port and a method: grpc://user.internal:5000/grpc.health.v1.Health/Check
	 */
	SERVICE_PROBE,
	SERVICE_KEY_COUNT,
};

struct context_service {
	char name[CONTEXT_SERVICE_NAME_MAX + 1]; /* letters, digits, hyphens: "api", "worker" */
	char values[SERVICE_KEY_COUNT][CONTEXT_VALUE_MAX]; /* "" = not set */
};

struct context;

/* The service of that name in a context; NULL: none. */
const struct context_service *context_service(const struct context *c, const char *name);

const char *context_service_key_name(enum context_service_key key); /* "targets-2" */

/*
 * Take "<name>.<key>", the part of a line's key behind the prefix, into one of the services, a new
 * one when there is none of that name. ERR_CONFIG: an unknown key, a bad name or value, too many.
 */
int context_service_take(struct context_service *services, size_t *count, const char *name_and_key,
    const char *value, struct err *err) ATTR_MUST_CHECK;

/*
 * From the Terraform output `services`: a map of name to an object with ecs_service,
 * target_group_arns (at most two), elb, log_group, container, image_repository, image_parameter,
 * probe; null or absent: not set; others are left alone.
 */
int context_service_import(const struct json *map, struct context_service *services, size_t *count,
    struct err *err) ATTR_MUST_CHECK;

#endif
