/* Causes that lie in queue, store and secret: that they fail, and what piles up in them. */
#include <inttypes.h>
#include <string.h>

#include "age.h"
#include "count.h"
#include "why_rule.h"

enum {
	IDLE_S = 60,        /* the age of the oldest message, where the worker tells what it does */
	FREE_MIN_MIB = 100, /* as the row of the store has it */
};

/* ---- that they fail ---- */

/* Not where another rule tells it: what cannot be asked, and what `up` makes when it runs. */
static bool is_broken(const struct facts *f, const struct fact *fact)
{
	if (why_is_down(f) && fact->err.code == ERR_NOTFOUND)
		return false;
	return fact->state == FACT_FAILED && !fact_is_untold(fact);
}

bool why_disk(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	(void)s; /* the same for all rules */
	if (!f->store.has_space || f->store.free_mib >= FREE_MIN_MIB)
		return false;
	cause_text(out, "the disk of the store is nearly full");
	cause_evidence(out, "%.0f MiB free (%.0f %%)", f->store.free_mib, f->store.free_percent);
	cause_next(out, "make room in %s", f->context->values[CONTEXT_STORE]);
	return true;
}

static void tell_dead(const struct facts *f, struct cause *out)
{
	if (f->queue.fact.state == FACT_KNOWN && f->queue.stats.dead > 0)
		cause_evidence(out, "%s", COUNT(f->queue.stats.dead, "dead letter"));
}

bool why_store(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	const struct facts_metrics *m = &f->worker_metrics;
	bool fails_worker = m->is_known && m->has_store_state && m->store_is_up < 1;

	(void)s; /* the same for all rules */
	if (!is_broken(f, &f->store.fact) && !fails_worker)
		return false;
	cause_text(out, "the store fails: nothing can be moved into it");
	if (f->store.fact.state == FACT_FAILED)
		cause_evidence(out, "%s", f->store.fact.err.text);
	if (fails_worker)
		cause_evidence(out,
		    "the worker says: the store fails for everything that it tries");
	tell_dead(f, out);
	cause_next(out, "%s", f->store.fact.next[0] ? f->store.fact.next : "run: opsctl verify");
	return true;
}

bool why_queue(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	(void)s; /* the same for all rules */
	if (!is_broken(f, &f->queue.fact))
		return false;
	cause_text(out, "the queue cannot be asked: nothing can be accepted without it");
	cause_evidence(out, "%s", f->queue.fact.err.text);
	cause_next(out, "%s", f->queue.fact.next[0] ? f->queue.fact.next : "run: opsctl verify");
	return true;
}

bool why_secret(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	(void)s; /* the same for all rules */
	if (!is_broken(f, &f->secret.fact))
		return false;
	cause_text(out, "the token cannot be read");
	cause_evidence(out, "%s", f->secret.fact.err.text);
	cause_next(out, "%s", f->secret.fact.next[0] ? f->secret.fact.next : "run: opsctl verify");
	return true;
}

/* ---- what piles up ---- */

static void tell_worker(const struct facts *f, struct cause *out)
{
	const struct facts_metrics *m = &f->worker_metrics;

	if (m->is_known && m->has_last_success && m->last_success_s > 0)
		cause_evidence(out, "the worker stored something %s ago",
		    AGE(facts_age_s(f, (int64_t)(m->last_success_s * 1000))));
	else if (m->is_known)
		cause_evidence(out, "the worker has stored nothing since it started");
	for (size_t i = 0; i < f->service_count; i++) {
		const struct facts_service *w = &f->services[i];

		if (strcmp(w->service->name, "worker") == 0 && w->ecs_fact.state == FACT_KNOWN)
			cause_evidence(out, "%d of %d tasks of the worker run", w->ecs.running,
			    w->ecs.desired);
	}
}

bool why_backlog(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	const struct queue_stats *q = &f->queue.stats;
	int64_t limit_s = f->worker_metrics.is_known ? IDLE_S : FACTS_OLD_S;

	(void)s; /* the same for all rules */
	if (f->queue.fact.state != FACT_KNOWN || q->visible + q->in_flight == 0 ||
	    q->oldest_age_s < limit_s)
		return false;
	cause_text(out, "what was accepted is not stored: the oldest message waits for %s",
	    AGE(q->oldest_age_s));
	cause_evidence(out, "%" PRIu64 " waiting, %" PRIu64 " in flight", q->visible, q->in_flight);
	tell_worker(f, out);
	tell_dead(f, out);
	cause_next_of_service(out, f, "worker");
	return true;
}

/* "9 not acceptable: email_timestream is missing" */
static void tell_deaths(const struct facts_queue *q, struct cause *out)
{
	for (size_t i = 0; i < q->dead_count; i++) {
		const struct facts_dead *d = &q->dead[i];

		cause_evidence(out, "%" PRIu64 " %s%s%s", d->count, d->verdict,
		    d->why[0] != '\0' ? ": " : "", d->why);
	}
	if (q->dead_count > 0 && q->dead_others > 0)
		cause_evidence(out, "%" PRIu64 " of other reasons, or not looked at",
		    q->dead_others);
}

bool why_dead_letters(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	const struct facts_queue *q = &f->queue;

	(void)s; /* the same for all rules */
	if (q->fact.state != FACT_KNOWN || q->stats.dead == 0)
		return false;
	cause_text(out, "%s could not be stored, again and again", COUNT(q->stats.dead, "message"));
	if (q->has_before && q->stats.dead > q->dead_before)
		cause_evidence(out, "%" PRIu64 " more than at the last look",
		    q->stats.dead - q->dead_before);
	tell_deaths(q, out);
	cause_next(out, "run: opsctl dlq ls");
	return true;
}
