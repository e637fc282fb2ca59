#include "protection.h"

#include <stdlib.h>

#include "clock.h"
#include "ecs_agent.h"
#include "log.h"
#include "mem.h"
#include "ticker.h"
#include "worker_metrics.h"

enum {
	PERIOD_S = 5,
	MINUTES = 10,             /* of one protection: so long it outlives a worker that hangs */
	RENEW_MS = 5 * 60 * 1000, /* of its age */
	LINGER_MS = 60 * 1000,    /* without work, before it is ended */
	RETRY_MS = 30 * 1000,     /* after the agent refused */
};

struct protection {
	struct http *http;
	struct ticker *ticker;

	/* The ticker's own. */
	bool is_on, has_failed;
	int64_t asked_at_ms, busy_at_ms; /* monotonic */
	int64_t received;                /* the counter, when it was last looked at */
};

static void note(struct protection *p, int rc, const struct err *err)
{
	if (rc != 0 && !p->has_failed)
		log_warn("task protection refused", "error.type", err_name(err->code),
		    "error.message", err->text, NULL);
	if (rc == 0 && p->has_failed)
		log_info("task protection works", NULL);
	p->has_failed = rc != 0;
}

static void ask(struct protection *p, unsigned minutes)
{
	struct err err = { 0 };
	int rc = ecs_agent_protect(p->http, minutes, &err);

	note(p, rc, &err);
	p->asked_at_ms = clock_mono_ms(&clock_system);
	if (rc == 0)
		p->is_on = minutes > 0;
}

/* Work between two looks counts too. */
static bool is_busy(struct protection *p)
{
	int64_t received = worker_get(WORKER_RECEIVED);
	bool is_news = received != p->received;

	p->received = received;
	return is_news || worker_get(WORKER_IN_FLIGHT) > 0;
}

static void look(void *protection)
{
	struct protection *p = protection;
	int64_t now_ms = clock_mono_ms(&clock_system);
	int64_t age_ms = now_ms - p->asked_at_ms;

	if (is_busy(p)) {
		p->busy_at_ms = now_ms;
		if (p->has_failed ? age_ms >= RETRY_MS : !p->is_on || age_ms >= RENEW_MS)
			ask(p, MINUTES);
	} else if (p->is_on && now_ms - p->busy_at_ms >= LINGER_MS &&
	    (!p->has_failed || age_ms >= RETRY_MS)) {
		ask(p, 0);
	}
}

int protection_open(struct protection **out, struct http *http, struct err *err)
{
	struct protection *p = xcalloc(1, sizeof(*p));

	p->http = http;
	if (ticker_open(&p->ticker, PERIOD_S, look, p, err) != 0) {
		free(p);
		return -1;
	}
	*out = p;
	return 0;
}

void protection_close(struct protection *p)
{
	if (p == NULL)
		return;
	ticker_close(p->ticker);
	if (p->is_on && !p->has_failed) /* an agent that does not answer is not waited for twice */
		ask(p, 0);
	free(p);
}
