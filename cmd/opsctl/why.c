#include "why.h"

#include <string.h>

#include "why_rule.h"

/* Ranked: what stands above may be the reason for what stands below it. */
static const struct {
	const char *name;
	bool is_of_service;
	why_fn *find;
} rules[] = {
	{ "not-running", false, why_down },
	{ "credentials", false, why_credentials },
	{ "service-missing", true, why_missing },
	{ "rolled-back", true, why_back },
	{ "tasks-stop", true, why_stops },
	{ "tasks-do-not-start", true, why_stuck_tasks },
	{ "disk-full", false, why_disk },
	{ "store-fails", false, why_store },
	{ "queue-fails", false, why_queue },
	{ "secret-fails", false, why_secret },
	{ "failing-open", true, why_failing_open },
	{ "nothing-registered", true, why_unregistered },
	{ "targets-unhealthy", true, why_sick_targets },
	{ "tasks-unhealthy", true, why_sick_tasks },
	{ "too-few-tasks", true, why_too_few },
	{ "probe-fails", true, why_probe },
	{ "api-fails", false, why_api },
	{ "worker-fails", false, why_worker },
	{ "token-refused", false, why_token },
	{ "backlog", false, why_backlog },
	{ "dead-letters", false, why_dead_letters },
	{ "rollout-slow", true, why_stuck_rollout },
	{ "alarms", false, why_alarms },
	{ "scaled-to-nothing", true, why_scaled_down },
	{ "denied", false, why_denied },
	{ "throttled", false, why_throttled },
	{ "unreachable", false, why_unreachable },
};

const char *cause_title(const struct cause *c, char out[CAUSE_TITLE_SIZE])
{
	(void)snprintf(out, CAUSE_TITLE_SIZE, "%s%s%s", c->service ? c->service : "",
	    c->service ? ": " : "", c->text);
	return out;
}

static void try(const struct facts *f, const struct facts_service *s, size_t rule,
    struct causes *out)
{
	struct cause c = { .name = rules[rule].name };

	if (s != NULL)
		c.service = s->service->name;
	if (!rules[rule].find(f, s, &c))
		return;
	if (out->count < WHY_CAUSES_MAX)
		out->items[out->count++] = c;
	else
		out->left_out++;
}

void why_rank(const struct facts *f, struct causes *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t r = 0; r < ARRAY_SIZE(rules); r++) {
		size_t times = rules[r].is_of_service ? f->service_count : 1;

		for (size_t i = 0; i < times; i++)
			try(f, rules[r].is_of_service ? &f->services[i] : NULL, r, out);
	}
}
