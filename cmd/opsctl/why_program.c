/* Causes that lie in ops-api and ops-worker themselves. */
#include "age.h"
#include "count.h"
#include "why_rule.h"

enum { NEW_TOKEN_S = 3600 }; /* younger, and a service may not have read it yet */

bool why_down(const struct facts *f, const struct facts_service *s, struct cause *out)
{
	(void)s; /* the same for all rules */
	if (!why_is_down(f))
		return false;
	cause_text(out, "the system of this machine does not run");
	cause_evidence(out, "nothing runs in %.200s", f->context->local_dir);
	cause_next(out, "run: opsctl up");
	return true;
}

/* ---- what they answer ---- */

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
		cause_next_of_service(out, f, "api");
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
	cause_next_of_service(out, f, "worker");
	return true;
}

/* ---- the token ---- */

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
