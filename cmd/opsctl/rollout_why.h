/*
 * rollout_why: why a deployment does not come to its end: tasks of it that stopped (stops.h), and
 * those that do not start. ECS forgets stopped tasks after an hour.
 */
#ifndef OPS_ROLLOUT_WHY_H
#define OPS_ROLLOUT_WHY_H

#include "cli.h"
#include "stops.h"

struct rollout_why {
	struct stops stops;
	size_t waiting; /* tasks that have not started, though they had time to */
	char waiting_status[24], waiting_id[64]; /* of the one that waits longest */
	int64_t waiting_ms;
	char unknown[ERR_TEXT_MAX]; /* why tasks could not be looked at; "" = they were */
};

struct why_question {
	struct aws *aws;
	const char *cluster, *service, *container, *deployment_id;
	int64_t now_ms;
};

/* Failures are told in out->unknown. */
void rollout_why_look(const struct why_question *q, struct rollout_why *out);

void rollout_why_print(struct cli *cli, const struct rollout_why *why);
void rollout_why_json(struct json_writer *w, const struct rollout_why *why); /* "why" */

#endif
