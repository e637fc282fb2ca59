/* The rows of ops-api and ops-worker: how they answer, and what they count. */
#include <inttypes.h>
#include <math.h>

#include "count.h"
#include "look.h"

enum {
	LATE_AFTER_S = 300, /* by the age alone, which SQS tells minutes late */
	STUCK_AFTER_S = 60, /* work is there and nothing was stored for so long */
};

/* The services of `local` have no URLs when they do not run. */
static bool is_running(struct look *l, struct checkup_row *row, enum context_key key)
{
	const char *url;
	struct err err;

	if (!l->facts->context->local_dir[0] ||
	    context_require(l->facts->context, key, &url, &err) == 0)
		return true;
	(void)cli_next(l->cli, "wait, and see what it prints");
	cli_take_next(l->cli, &err);
	row_judge(row, CHECKUP_BAD, err.text, l->cli->next);
	return false;
}

static void show_answer(struct look *l, struct checkup_row *row, const char *service,
    enum facts_path path)
{
	const struct facts_answer *a = &l->facts->answers[path];
	const char *name = facts_path_name(path), *comma = row->detail[0] ? ", " : "";
	char why[ERR_TEXT_MAX], next[ERR_TEXT_MAX];

	facts_next_of_service(l->facts, service, next);
	if (fact_is_untold(&a->fact)) {
		row_leave_open(row, &a->fact);
		return;
	}
	if (a->fact.state == FACT_FAILED) {
		row_detail(row, "%s%s no answer", comma, name + 1);
		row_judge(row, CHECKUP_BAD, a->fact.err.text, next);
		return;
	}
	row_detail(row, "%s%s %d", comma, name + 1, a->status);
	row_value(row, name + 1, a->status);
	(void)snprintf(why, sizeof(why), "%s answers %d: %.200s", name, a->status, a->text);
	if (a->status != 200)
		row_judge(row, CHECKUP_BAD, why, next);
}

static void look_at_paths(struct look *l, const char *service, enum facts_path first,
    enum facts_path last)
{
	struct checkup_row *row = look_add_row(l, service);
	enum context_key base = facts_path_base(first);

	if (!is_running(l, row, base) || !look_is_named(l, row, base))
		return;
	for (unsigned i = first; i <= last; i++)
		show_answer(l, row, service, (enum facts_path)i);
}

void look_at_api(struct look *l)
{
	look_at_paths(l, "api", FACTS_API_LIVEZ, FACTS_API_HEALTH);
}

void look_at_worker(struct look *l)
{
	look_at_paths(l, "worker", FACTS_WORKER_LIVEZ, FACTS_WORKER_READYZ);
}

/* ---- progress ---- */

/* Where only the queue can be asked: what waits for so long is not being stored. */
static void look_by_queue(const struct look *l, struct checkup_row *row)
{
	const struct facts_queue *q = &l->facts->queue;
	char why[ERR_TEXT_MAX];

	if (q->fact.state != FACT_KNOWN || q->stats.oldest_age_s < 0 ||
	    !context_is_aws(l->facts->context)) {
		row_skip(row, "the worker cannot be asked");
		return;
	}
	row_detail(row, "the worker cannot be asked; by the queue");
	if (q->stats.visible == 0 || q->stats.oldest_age_s < LATE_AFTER_S)
		return;
	(void)snprintf(why, sizeof(why), "%s in the queue, the oldest for %" PRId64 " s",
	    COUNT(q->stats.visible, "message"), q->stats.oldest_age_s);
	row_judge(row, CHECKUP_WARN, why, "see whether ops-worker runs, and its log");
}

static void judge_idle(struct look *l, struct checkup_row *row, double idle_s)
{
	const struct facts_queue *q = &l->facts->queue;
	uint64_t waiting = q->stats.visible + q->stats.in_flight;
	char why[ERR_TEXT_MAX], next[ERR_TEXT_MAX];

	if (q->fact.state != FACT_KNOWN || waiting == 0 || idle_s < STUCK_AFTER_S ||
	    q->stats.oldest_age_s < STUCK_AFTER_S)
		return;
	(void)snprintf(why, sizeof(why),
	    "%s in the queue, the oldest for %" PRId64 " s, and none is stored",
	    COUNT(waiting, "message"), q->stats.oldest_age_s);
	facts_next_of_service(l->facts, "worker", next);
	row_judge(row, CHECKUP_BAD, why, next);
}

void look_at_progress(struct look *l)
{
	struct checkup_row *row = look_add_row(l, "progress");
	const struct facts_metrics *m = &l->facts->worker_metrics;
	double idle_s;

	if (!m->is_known || !m->has_last_success) {
		look_by_queue(l, row);
		return;
	}
	idle_s = (double)l->facts->at_ms / 1000.0 - m->last_success_s;
	if (m->last_success_s > 0) {
		row_detail(row, "last stored %.0f s ago", fmax(idle_s, 0));
		row_value(row, "since_last_success_s", idle_s);
	} else {
		row_detail(row, "nothing stored since it started");
	}
	if (m->has_store_state && m->store_is_up < 1)
		row_judge(row, CHECKUP_BAD, "the store fails for everything the worker tries",
		    "see: the row of the store, and the log of ops-worker");
	judge_idle(l, row, idle_s);
}

/* ---- errors ---- */

void look_at_errors(struct look *l)
{
	struct checkup_row *row = look_add_row(l, "errors");
	const struct facts *f = l->facts;
	struct checkup *c = l->c;
	double total = f->api_metrics.errors + f->worker_metrics.errors, recent;

	if (!f->api_metrics.is_known && !f->worker_metrics.is_known) {
		row_skip(row, "no service can be asked");
		return;
	}
	/* A service that started anew counts from 0. */
	recent = c->has_last_errors && total >= c->last_errors ? total - c->last_errors : total;
	row_detail(row, "%.0f logged %s", recent,
	    c->has_last_errors ? "since the last look" : "since the services started");
	row_value(row, "errors", recent);
	c->last_errors = total;
	c->has_last_errors = true;
	if (recent > 0)
		row_judge(row, CHECKUP_WARN, "the services logged errors",
		    "run: opsctl logs --since 1h --grep '\"log.level\":\"error\"'");
}
