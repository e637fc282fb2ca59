/* Causes that lie in no service of ECS alone: queue, store, token, and what could not be asked. */
#include <inttypes.h>
#include <string.h>

#include "age.h"
#include "count.h"
#include "why_rule.h"

enum {
	IDLE_S = 60,        /* the age of the oldest message, where the worker tells what it does */
	NEW_TOKEN_S = 3600, /* younger, and a service may not have read it yet */
	FREE_MIN_MIB = 100, /* as the row of the store has it */
};

/* ---- what could not be asked ---- */

struct tally {
	enum err_code code;
	size_t count;
	struct cause *cause; /* gets the texts, each once */
};

/* One text may be the other with the name of a thing before it; what is cut is as good as the same. */
static bool says(const char *evidence, const char *text)
{
	struct str what, said;

	(void)str_cut(str_from(evidence), ' ', &what, &said); /* "queue: " is ours */
	return str_has_suffix(said, str_from(text)) || str_has_suffix(str_from(text), said) ||
	    strlen(evidence) == WHY_EVIDENCE_SIZE - 1;
}

static bool is_said(const struct cause *c, const char *text)
{
	bool is_said = false;

	for (size_t i = 0; i < c->evidence_count; i++)
		is_said = is_said || says(c->evidence[i], text);
	return is_said;
}

static void take(struct tally *t, const struct fact *fact, const char *what)
{
	if (fact->state != FACT_FAILED || fact->is_unrecorded || fact->err.code != t->code)
		return;
	t->count++;
	if (!is_said(t->cause, fact->err.text))
		cause_evidence(t->cause, "%s: %s", what, fact->err.text);
}

static void take_service(struct tally *t, const struct facts_service *s)
{
	const char *name = s->service->name;

	take(t, &s->ecs_fact, name);
	take(t, &s->rollout_fact, name);
	take(t, &s->waiting.fact, name);
	take(t, &s->stops_fact, name);
	for (size_t i = 0; i < FACTS_GROUPS_MAX; i++)
		take(t, &s->groups[i].fact, name);
}

/* Whatever AWS was asked and failed with that code; the caller gives up where there is none. */
static size_t count_failed(const struct facts *f, enum err_code code, struct cause *out)
{
	struct tally t = { .code = code, .cause = out };

	take(&t, &f->queue.fact, "queue");
	take(&t, &f->store.fact, "store");
	take(&t, &f->secret.fact, "secret");
	take(&t, &f->alarms_fact, "alarms");
	for (size_t i = 0; i < f->service_count; i++)
		take_service(&t, &f->services[i]);
	return t.count;
}

bool why_credentials(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	size_t n = count_failed(f, ERR_CREDENTIALS, out);

	(void)s; /* the same for all rules */
	if (n == 0)
		return false;
	cause_text(out, "AWS does not know who we are: %s could not be asked", COUNT(n, "part"));
	cause_next(out, "run: opsctl context check");
	return true;
}

bool why_denied(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	size_t n = count_failed(f, ERR_DENIED, out);

	(void)s; /* the same for all rules */
	if (n == 0)
		return false;
	cause_text(out, "we may not ask about %s", COUNT(n, "part"));
	cause_next(out, "run: opsctl iam health");
	return true;
}

bool why_throttled(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	size_t n = count_failed(f, ERR_BUSY, out);

	(void)s; /* the same for all rules */
	if (n == 0)
		return false;
	cause_text(out, "AWS is too busy to say, or throttles this account: %s", COUNT(n, "part"));
	cause_next(out, "run: opsctl health --why");
	return true;
}

bool why_unreachable(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	size_t n = count_failed(f, ERR_IO, out);

	(void)s; /* the same for all rules */
	n += count_failed(f, ERR_TIMEOUT, out);
	if (n == 0)
		return false;
	cause_text(out, "no answer about %s", COUNT(n, "part"));
	cause_next(out, "run: opsctl health --why --timeout 20s");
	return true;
}

/* The system of this machine, when it does not run. */
static bool is_down(const struct facts *f)
{
	return f->context->local_dir[0] != '\0' && f->context->values[CONTEXT_URL][0] == '\0';
}

/* Not where another rule tells it: what cannot be asked, and what `up` makes when it runs. */
static bool is_broken(const struct facts *f, const struct fact *fact)
{
	if (is_down(f) && fact->err.code == ERR_NOTFOUND)
		return false;
	return fact->state == FACT_FAILED && !fact_is_untold(fact);
}

/* ---- this machine ---- */

bool why_down(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	(void)s; /* the same for all rules */
	if (!is_down(f))
		return false;
	cause_text(out, "the system of this machine does not run");
	cause_evidence(out, "nothing runs in %.200s", f->context->local_dir);
	cause_next(out, "run: opsctl up");
	return true;
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

/* ---- ports ---- */

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

/* ---- the two services as such ---- */

/* Whether one of the paths is not answered with 200. */
static bool fails(const struct facts *f, enum facts_path first, enum facts_path last,
    struct cause *out)
{
	bool any = false;

	for (unsigned i = first; i <= last; i++) {
		const struct facts_answer *a = &f->answers[i];
		const char *path = facts_path_name((enum facts_path)i);

		if (fact_is_untold(&a->fact))
			continue;
		if (a->fact.state == FACT_FAILED)
			cause_evidence(out, "%s: %s", path, a->fact.err.text);
		else if (a->fact.state == FACT_KNOWN && a->status != 200)
			cause_evidence(out, "%s answers %d: %s", path, a->status, a->text);
		else
			continue;
		any = true;
	}
	return any;
}

static void next_of_service(const struct facts *f, const char *service, struct cause *out)
{
	char next[ERR_TEXT_MAX];

	facts_next_of_service(f, service, next);
	cause_next(out, "%s", next);
}

/* SIGSTOP, Ctrl-Z, a debugger: it does not answer, and its log says nothing of that. */
static void tell_stopped(const char *program, pid_t pid, struct cause *out)
{
	cause_text(out, "%s is stopped by a signal: it is there, and does nothing", program);
	cause_evidence(out, "process %ld is in state T (stopped)", (long)pid);
	cause_next(out, "run: kill -CONT %ld", (long)pid);
}

static bool is_answered(const struct facts *f)
{
	for (unsigned i = FACTS_API_LIVEZ; i <= FACTS_API_HEALTH; i++)
		if (f->answers[i].fact.state == FACT_KNOWN)
			return true;
	return false;
}

/* Nothing comes back: what stands between may be the cause, and probe tells how far one gets. */
bool why_api(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	bool is_local = f->context->local_dir[0] != '\0';

	(void)s; /* the same for all rules */
	if (!fails(f, FACTS_API_LIVEZ, FACTS_API_HEALTH, out))
		return false;
	if (f->stopped_api != 0) {
		tell_stopped("ops-api", f->stopped_api, out);
	} else if (is_local || is_answered(f)) {
		cause_text(out, "ops-api does not answer as it should: clients are refused");
		next_of_service(f, "api", out);
	} else {
		cause_text(out,
		    "nobody answers for ops-api: its name, the way there, or the load balancer");
		cause_next(out, "run: opsctl probe");
	}
	return true;
}

bool why_worker(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	const struct facts_queue *q = &f->queue;
	bool is_known = q->fact.state == FACT_KNOWN;
	uint64_t waiting = is_known ? q->stats.visible + q->stats.in_flight : 0;

	(void)s; /* the same for all rules */
	if (!fails(f, FACTS_WORKER_LIVEZ, FACTS_WORKER_READYZ, out))
		return false;
	if (waiting > 0)
		cause_evidence(out, "%s in the queue", COUNT(waiting, "message"));
	if (f->stopped_worker != 0) {
		tell_stopped("ops-worker", f->stopped_worker, out);
		return true;
	}
	cause_text(out, "ops-worker does not answer as it should: nothing may be stored");
	next_of_service(f, "worker", out);
	return true;
}

/* Why it is refused, nobody tells: how old the token is may be a hint, and is not the reason. */
bool why_token(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	const struct facts_token *t = &f->token;
	int64_t age_s = facts_age_s(f, f->secret.changed_at * 1000);
	bool is_new = f->secret.changed_at > 0 && age_s < NEW_TOKEN_S;

	(void)s; /* the same for all rules */
	if (t->fact.state != FACT_KNOWN || t->is_accepted)
		return false;
	cause_text(out, "ops-api refuses the token of this context");
	cause_evidence(out, "fingerprint %s is answered %d", f->secret.fingerprint, t->status);
	if (f->secret.changed_at > 0)
		cause_evidence(out, "the secret of the context was written %s ago", AGE(age_s));
	cause_cure(out,
	    is_new ? "the secret of the context must be that of OPS_SECRET of ops-api, which reads "
		     "a new one within OPS_SECRET_TTL_S"
		   : "the secret of the context must be that of OPS_SECRET of ops-api");
	cause_next(out, "run: opsctl token check");
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
	next_of_service(f, "worker", out);
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

/* ---- alarms ---- */

bool why_alarms(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	const struct alarms *a = &f->alarms;

	(void)s; /* the same for all rules */
	if (f->alarms_fact.state != FACT_KNOWN || a->by_state[ALARM_FIRING] == 0)
		return false;
	cause_text(out, "%s", COUNT(a->by_state[ALARM_FIRING], "firing alarm"));
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].state == ALARM_FIRING)
			cause_evidence(out, "%s for %s: %s", a->items[i].name,
			    AGE(facts_age_s(f, a->items[i].since_ms)), a->items[i].reason);
	cause_next(out, "see: the alarms of CloudWatch that begin with %s",
	    f->context->values[CONTEXT_ALARMS]);
	return true;
}
