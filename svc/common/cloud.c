#include "cloud.h"

#include "ecs_agent.h"
#include "log.h"

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

int cloud_open(struct cloud *c, const char *program, struct err *err)
{
	char name[64];
	const struct aws_options aws_options = { .program = name, .caller_repeats = true };
	const struct http_options http_options = { .user_agent = name };

	(void)snprintf(name, sizeof(name), "%s/%s", program, OPS_VERSION);
	if (http_open(&c->http, &http_options, err) != 0)
		return -1;
	find_task(c);
	return aws_open(&c->aws, &aws_options, err);
}

void cloud_close(struct cloud *c)
{
	aws_close(c->aws);
	http_close(c->http);
	*c = (struct cloud){ 0 };
}
