/*
 * cloud: what a service has of the platform that it runs on: one AWS client, which its ports
 * share, and the task of ECS that it is. On a machine of one's own nothing is asked of anybody.
 * A call of the client is one attempt: the services have queues, deadlines and gates of their own, and
 * repeating at two layers multiplies.
 */
#ifndef OPS_CLOUD_H
#define OPS_CLOUD_H

#include "aws.h"
#include "http.h"

/* Zeroed is closed. */
struct cloud {
	struct aws *aws;
	struct http *http; /* for the container agent */
	atomic_bool has_started, is_given_up;
};

/*
 * program: "ops-api". On ECS the task's id becomes part of every further log line; an agent that
 * does not answer is logged and no reason not to start. Call before other threads log.
 *
 * Until cloud_started() a signal that asks to stop ends all calls within about a second: then
 * nobody takes signals, and nothing is held yet. *c must not move.
 */
int cloud_open(struct cloud *c, const char *program, struct err *err) ATTR_MUST_CHECK;
void cloud_started(struct cloud *c);

/*
 * What is called from now on, or under way, ends with ERR_STOPPED within about a second: for what
 * nobody waits for any more. Any thread.
 */
void cloud_give_up(struct cloud *c);

/* Append what the client counts: ops_aws_... One thread at a time. */
void cloud_render(const struct cloud *c, struct buf *out);

/* After everything that borrowed the clients. */
void cloud_close(struct cloud *c);

#endif
