/*
 * why_rule: what the rules of why.c share. Private to why*.c.
 */
#ifndef OPS_WHY_RULE_H
#define OPS_WHY_RULE_H

#include "why.h"

/*
 * Looks for one cause; of a service, or s is NULL. true: it is there, and `out`, which was empty,
 * tells text, evidence and next step.
 */
typedef bool why_fn(const struct facts *f, const struct facts_service *s, struct cause *out);

void cause_text(struct cause *c, const char *fmt, ...) ATTR_PRINTF(2, 3);
void cause_next(struct cause *c, const char *fmt, ...) ATTR_PRINTF(2, 3);
void cause_cure(struct cause *c, const char *cure);
void cause_evidence(struct cause *c, const char *fmt, ...) ATTR_PRINTF(2, 3); /* no room: none */

/* What to look at when "api" or "worker" fails. */
void cause_next_of_service(struct cause *c, const struct facts *f, const char *service);

/* Of a system of this machine: it does not run. */
bool why_is_down(const struct facts *f);

/* The load balancer, ECS, its own answer: why_service.c */
why_fn why_missing, why_back, why_stops, why_stuck_tasks, why_stuck_rollout, why_failing_open,
    why_unregistered, why_sick_targets, why_probe, why_sick_tasks, why_too_few, why_scaled_down;

/* Queue, store, secret: why_port.c */
why_fn why_disk, why_store, why_queue, why_secret, why_backlog, why_dead_letters;

/* ops-api and ops-worker: why_program.c */
why_fn why_down, why_api, why_worker, why_token;

/* AWS, and who asks it: why_aws.c */
why_fn why_credentials, why_denied, why_throttled, why_unreachable, why_alarms;

#endif
