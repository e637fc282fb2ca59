/* Causes that lie with AWS, and who asks it: what it does not tell, and its alarms. */
#include <string.h>

#include "age.h"
#include "count.h"
#include "why_rule.h"

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
