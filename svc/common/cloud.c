#include "cloud.h"

#include "ecs_agent.h"
#include "log.h"
#include "metrics.h"
#include "stop.h"

static void find_task(struct cloud *c)
{
	struct ecs_this_task task;
	struct err err;

	if (ecs_agent_task(c->http, &task, &err) != 0) {
		if (err.code != ERR_NOTFOUND)
			log_warn("ECS task unknown", "error.type", err_name(err.code),
			    "error.message", err.text, NULL);
		return;
	}
	log_set_node(task.task_id);
	log_info("ECS task", "orchestrator.cluster.name", task.cluster, "container.task.arn",
	    task.task_arn, "container.task.family", task.family, "container.task.revision",
	    task.revision, "cloud.availability_zone", task.zone, NULL);
}

static bool is_stop_wanted(void *arg)
{
	struct cloud *c = arg;

	return atomic_load(&c->is_given_up) ||
	    (!atomic_load(&c->has_started) && (stop_requested() || stop_pending()));
}

int cloud_open(struct cloud *c, const char *program, struct err *err)
{
	char name[64];
	const struct http_stop stop = { is_stop_wanted, c };
	const struct aws_options aws_options = {
		.program = name,
		.caller_repeats = true,
		.stop = stop,
	};
	const struct http_options http_options = { .user_agent = name, .stop = stop };

	(void)snprintf(name, sizeof(name), "%s/%s", program, OPS_VERSION);
	if (http_open(&c->http, &http_options, err) != 0)
		return -1;
	find_task(c);
	return aws_open(&c->aws, &aws_options, err);
}

void cloud_started(struct cloud *c)
{
	atomic_store(&c->has_started, true);
}

void cloud_give_up(struct cloud *c)
{
	atomic_store(&c->is_given_up, true);
}

/* ---- metrics ---- */

/* Those that the ports call. */
static const struct {
	enum aws_service_id id;
	const char *labels;
} services[] = {
	{ AWS_SQS, "service=\"sqs\"" },
	{ AWS_S3, "service=\"s3\"" },
	{ AWS_SSM, "service=\"ssm\"" },
	{ AWS_SECRETSMANAGER, "service=\"secretsmanager\"" },
	{ AWS_CLOUDWATCH, "service=\"cloudwatch\"" },
};

enum { SERVICES = ARRAY_SIZE(services) };

static struct metric_series calls[SERVICES], retries[SERVICES], throttled[SERVICES];
static struct metric_series clock_skew[1], expiry[1];

#define SERIES(array) .series = (array), .series_count = ARRAY_SIZE(array)

static const struct metric metrics[] = {
	{ "ops_aws_calls_total", "Requests sent to AWS, repeats included", METRIC_COUNTER,
	    SERIES(calls) },
	{ "ops_aws_retries_total", "Requests to AWS that repeated one", METRIC_COUNTER,
	    SERIES(retries) },
	{ "ops_aws_throttled_total", "Requests that AWS refused because they were too many",
	    METRIC_COUNTER, SERIES(throttled) },
	{ "ops_aws_clock_skew_seconds", "How far the clock of AWS is ahead of ours", METRIC_GAUGE,
	    SERIES(clock_skew) },
	{ "ops_aws_credentials_expiry_timestamp_seconds",
	    "Unix time at which the credentials in use expire; 0 never, or none yet", METRIC_GAUGE,
	    SERIES(expiry) },
};

static void read_counts(const struct aws *aws)
{
	for (size_t i = 0; i < SERVICES; i++) {
		struct aws_counts counts;

		aws_counts(aws, services[i].id, &counts);
		calls[i].labels = retries[i].labels = throttled[i].labels = services[i].labels;
		metric_set(&calls[i], (int64_t)counts.calls);
		metric_set(&retries[i], (int64_t)counts.retries);
		metric_set(&throttled[i], (int64_t)counts.throttled);
	}
	metric_set(clock_skew, aws_skew_s(aws));
	metric_set(expiry, aws_creds_expire_at(aws));
}

void cloud_render(const struct cloud *c, struct buf *out)
{
	read_counts(c->aws);
	metrics_render(out, metrics, ARRAY_SIZE(metrics));
}

void cloud_close(struct cloud *c)
{
	aws_close(c->aws);
	http_close(c->http);
	c->aws = NULL;
	c->http = NULL;
}
