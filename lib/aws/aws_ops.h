/*
 * aws_ops: one row per service and per operation that we call. Signing, retries, traces and the
 * list of permissions come from these rows. Constant data.
 *
 * To add an operation: a row in aws_ops.c and its name in enum aws_op.
 */
#ifndef OPS_AWS_OPS_H
#define OPS_AWS_OPS_H

#include "attr.h"

enum aws_protocol {
	AWS_JSON_1_0,
	AWS_JSON_1_1,
	AWS_QUERY,    /* form in, XML out */
	AWS_REST_XML, /* S3 */
};

enum aws_service_id {
	AWS_SQS,
	AWS_SSM,
	AWS_SECRETSMANAGER,
	AWS_S3,
	AWS_STS,
	AWS_ECS,
	AWS_ELBV2,
	AWS_ELB,
	AWS_CLOUDWATCH,
	AWS_LOGS,
	AWS_IAM,
	AWS_ECR,
	AWS_SNS,
	AWS_SERVICE_COUNT,
};

struct aws_service {
	const char *name;         /* "SQS", for people */
	const char *endpoint_id;  /* "ELASTIC_LOAD_BALANCING_V2": of AWS_ENDPOINT_URL_<...> */
	const char *prefix;       /* of the host: "elasticloadbalancing" */
	const char *signing_name; /* of the scope */
	const char *iam_prefix;   /* of permissions: "cloudwatch" */
	const char *target;       /* JSON: before the dot of X-Amz-Target; Query: Version */
	enum aws_protocol protocol;
	bool has_query_mode; /* x-amzn-query-mode: SQS, CloudWatch */
};

enum aws_op {
	SQS_SEND_MESSAGE_BATCH,
	SQS_RECEIVE_MESSAGE,
	SQS_DELETE_MESSAGE_BATCH,
	SQS_CHANGE_MESSAGE_VISIBILITY_BATCH,
	SQS_GET_QUEUE_ATTRIBUTES,
	SQS_LIST_DEAD_LETTER_SOURCE_QUEUES,
	SQS_START_MESSAGE_MOVE_TASK,
	SQS_LIST_MESSAGE_MOVE_TASKS,
	SQS_CANCEL_MESSAGE_MOVE_TASK,
	SQS_PURGE_QUEUE,
	SSM_GET_PARAMETER,
	SSM_GET_PARAMETER_HISTORY,
	SSM_PUT_PARAMETER,
	SECRETSMANAGER_DESCRIBE_SECRET,
	SECRETSMANAGER_GET_SECRET_VALUE,
	SECRETSMANAGER_LIST_SECRET_VERSION_IDS,
	SECRETSMANAGER_PUT_SECRET_VALUE,
	S3_PUT_OBJECT,
	S3_GET_OBJECT,
	S3_HEAD_OBJECT,
	S3_LIST_OBJECTS_V2,
	S3_HEAD_BUCKET,
	S3_GET_BUCKET_ENCRYPTION,
	S3_GET_BUCKET_VERSIONING,
	S3_GET_PUBLIC_ACCESS_BLOCK,
	STS_GET_CALLER_IDENTITY,
	CLOUDWATCH_GET_METRIC_DATA,
	CLOUDWATCH_DESCRIBE_ALARMS,
	ECS_DESCRIBE_SERVICES,
	ECS_LIST_TASKS,
	ECS_DESCRIBE_TASKS,
	ECS_LIST_SERVICE_DEPLOYMENTS,
	ECS_DESCRIBE_SERVICE_DEPLOYMENTS,
	ECS_DESCRIBE_TASK_DEFINITION,
	ECS_LIST_TASK_DEFINITIONS,
	ECS_REGISTER_TASK_DEFINITION,
	ECS_UPDATE_SERVICE,
	ECS_STOP_SERVICE_DEPLOYMENT,
	ECS_EXECUTE_COMMAND,
	ELBV2_DESCRIBE_TARGET_HEALTH,
	ELBV2_DESCRIBE_TARGET_GROUPS,
	ELBV2_DESCRIBE_TARGET_GROUP_ATTRIBUTES,
	ELBV2_DESCRIBE_LOAD_BALANCER_ATTRIBUTES,
	ELB_DESCRIBE_INSTANCE_HEALTH,
	LOGS_FILTER_LOG_EVENTS,
	LOGS_DESCRIBE_LOG_STREAMS,
	LOGS_DESCRIBE_LOG_GROUPS,
	LOGS_START_LIVE_TAIL,
	IAM_SIMULATE_PRINCIPAL_POLICY,
	ECR_DESCRIBE_IMAGES,
	SNS_LIST_SUBSCRIPTIONS_BY_TOPIC,
	AWS_OP_COUNT,
};

/* What a policy names as the resource of an operation. */
enum aws_resource {
	AWS_ON_ALL, /* "*": it knows no resources */
	AWS_ON_QUEUE,
	AWS_ON_PARAMETER,
	AWS_ON_SECRET,
	AWS_ON_BUCKET,
	AWS_ON_OBJECT,
	AWS_ON_CLUSTER,
	AWS_ON_SERVICE, /* of ECS, as the next four */
	AWS_ON_SERVICE_DEPLOYMENT,
	AWS_ON_TASK,
	AWS_ON_TASK_AND_CLUSTER,
	AWS_ON_TASK_DEFINITION,
	AWS_ON_LOG_GROUP,
	AWS_ON_ALARM,
	AWS_ON_REPOSITORY,
	AWS_ON_ROLE,
	AWS_ON_TOPIC,
	AWS_RESOURCE_COUNT,
};

struct aws_operation {
	enum aws_service_id service;
	const char *name;   /* "SendMessageBatch"; also the permission where iam is NULL */
	const char *iam;    /* permission's name when it differs: "SendMessage", "PutObject" */
	const char *method; /* REST: "PUT"; NULL: POST */
	const char *noun;   /* what it is about: "queue", "key"; NULL: nothing */
	bool is_repeatable; /* a second effect does no harm */
	bool is_paginated;
	bool is_long_poll;
	bool answers_bytes; /* a body of success is the caller's data, never a document */
	/*
	 * Nobody is to read the body in traces and recordings: it is a client's data, or a command
	 * line. Of answers that of success: a refusal is the service's own words.
	 */
	bool hides_request, hides_answer;
	const char *host_prefix; /* before the host of AWS's own endpoint: "stream-"; NULL: none */
	enum aws_resource resource;
	const char *billed; /* its price in us-east-1; NULL: it is free */
	const char *also;   /* permissions that it needs besides, "iam:PassRole|..."; NULL: none */
};

extern const struct aws_service aws_services[AWS_SERVICE_COUNT];
extern const struct aws_operation aws_operations[AWS_OP_COUNT];

#endif
