/* The rows of queue, store and secret, which opsctl asks itself, and of the alarms. */
#include <inttypes.h>

#include "age.h"
#include "count.h"
#include "look.h"

enum { FREE_MIN_MIB = 100, FREE_LOW_PERCENT = 5 };

static const char mend[] = "mend what it names, or the context";

/* ---- queue ---- */

void look_at_queue(struct look *l)
{
	struct checkup_row *row = look_add_row(l, "queue");
	const struct facts_queue *q = &l->facts->queue;
	const struct queue_stats *s = &q->stats;
	struct checkup_row *dead;

	if (!look_is_named(l, row, CONTEXT_QUEUE)) {
		(void)look_is_named(l, look_add_row(l, "dead letters"), CONTEXT_QUEUE);
		return;
	}
	if (q->fact.state == FACT_FAILED) {
		row_judge_fact(row, &q->fact, mend);
		row_skip(look_add_row(l, "dead letters"), "the queue cannot be asked");
		return;
	}
	row_detail(row, "%" PRIu64 " waiting, %" PRIu64 " in flight", s->visible, s->in_flight);
	if (s->visible + s->in_flight > 0 && s->oldest_age_s >= 0)
		row_detail(row, ", oldest %" PRId64 " s", s->oldest_age_s);
	if (s->visible + s->in_flight > 0 && s->oldest_age_s >= FACTS_OLD_S)
		row_judge(row, CHECKUP_WARN, "what was accepted waits for long to be stored",
		    "run: opsctl health --why");
	row_value(row, "visible", (double)s->visible);
	row_value(row, "in_flight", (double)s->in_flight);
	row_value(row, "oldest_age_s", (double)s->oldest_age_s);

	dead = look_add_row(l, "dead letters");
	if (s->dead_fault.code != ERR_NONE) {
		row_skip(dead, s->dead_fault.text);
		return;
	}
	row_detail(dead, "%" PRIu64, s->dead);
	row_value(dead, "dead", (double)s->dead);
	if (s->dead > 0)
		row_judge(dead, CHECKUP_WARN, "messages could not be stored, again and again",
		    "run: opsctl dlq ls");
}

/* ---- store ---- */

static void show_space(struct checkup_row *row, const struct facts_store *s)
{
	row_detail(row, "%s%.0f MiB free (%.0f %%)", row->detail[0] ? ", " : "", s->free_mib,
	    s->free_percent);
	row_value(row, "free_mib", s->free_mib);
	if (s->free_mib < FREE_MIN_MIB)
		row_judge(row, CHECKUP_BAD, "the disk is nearly full", "make room, or enlarge it");
	else if (s->free_percent < FREE_LOW_PERCENT)
		row_judge(row, CHECKUP_WARN, "the disk fills up", "make room, or enlarge it");
}

void look_at_store(struct look *l)
{
	struct checkup_row *row = look_add_row(l, "store");
	const struct facts_store *s = &l->facts->store;
	const char *url = l->facts->context->values[CONTEXT_STORE];

	if (!look_is_named(l, row, CONTEXT_STORE))
		return;
	if (s->fact.state == FACT_FAILED)
		row_judge_fact(row, &s->fact, mend);
	else
		row_detail(row, "%s",
		    context_value_is_aws(CONTEXT_STORE, url) ? "can be listed" : "writable");
	if (s->has_space)
		show_space(row, s);
}

/* ---- secret and token ---- */

static void look_at_token(struct look *l)
{
	struct checkup_row *row = look_add_row(l, "token");
	const struct facts_token *t = &l->facts->token;
	int64_t age_s = (l->facts->at_ms - t->asked_ms) / 1000;
	char next[ERR_TEXT_MAX];

	facts_next_of_service(l->facts, "api", next);
	if (t->fact.state == FACT_FAILED) {
		row_judge_fact(row, &t->fact, next);
		return;
	}
	row_detail(row, "%s %s%s", l->facts->secret.fingerprint,
	    t->is_accepted ? "accepted" : "refused", t->is_by_bearer ? ", not as a signature" : "");
	if (t->asked_ms < l->facts->at_ms)
		row_detail(row, " %" PRId64 " s ago", age_s);
	row_value(row, "status", t->status);
	if (!t->is_accepted)
		row_judge(row, CHECKUP_BAD, "ops-api refuses the token of this context",
		    "run: opsctl token check");
}

static bool api_answers(const struct facts *f)
{
	return f->answers[FACTS_API_LIVEZ].fact.state == FACT_KNOWN ||
	    f->answers[FACTS_API_READYZ].fact.state == FACT_KNOWN ||
	    f->answers[FACTS_API_HEALTH].fact.state == FACT_KNOWN;
}

static bool look_at_source(struct look *l)
{
	struct checkup_row *row = look_add_row(l, "secret");
	const struct facts_secret *s = &l->facts->secret;
	int64_t age_s = facts_age_s(l->facts, s->changed_at * 1000);

	if (!look_is_named(l, row, CONTEXT_SECRET))
		return false;
	if (s->fact.state == FACT_FAILED) {
		row_judge_fact(row, &s->fact, mend);
		return false;
	}
	row_detail(row, "fingerprint %s", s->fingerprint);
	if (context_value_is_aws(CONTEXT_SECRET, l->facts->context->values[CONTEXT_SECRET]))
		row_detail(row, ", version %.8s", s->version);
	if (s->changed_at > 0) {
		row_detail(row, ", %s old", COUNT((uint64_t)(age_s / 86400), "day"));
		row_value(row, "age_s", (double)age_s);
	}
	return true;
}

void look_at_secret(struct look *l)
{
	if (!look_at_source(l))
		row_skip(look_add_row(l, "token"), "there is none to ask about");
	else if (!api_answers(l->facts))
		row_skip(look_add_row(l, "token"), "ops-api cannot be asked");
	else
		look_at_token(l);
}

/* ---- alarms ---- */

static const struct alarm *first_of(const struct alarms *a, enum alarm_state state)
{
	size_t i = 0;

	while (a->items[i].state != state)
		i++;
	return &a->items[i];
}

static void judge_alarms(struct look *l, struct checkup_row *row, const struct alarms *a)
{
	const struct alarm *first = first_of(a, ALARM_FIRING);
	char why[ERR_TEXT_MAX];

	(void)snprintf(why, sizeof(why), "%.80s for %s: %.160s", first->name,
	    AGE(facts_age_s(l->facts, first->since_ms)), first->reason);
	row_judge(row, CHECKUP_BAD, why, "run: opsctl health --why");
}

void look_at_alarms(struct look *l)
{
	const struct alarms *a = &l->facts->alarms;
	struct checkup_row *row;

	if (l->facts->context->values[CONTEXT_ALARMS][0] == '\0')
		return;
	row = look_add_row(l, "alarms");
	if (l->facts->alarms_fact.state == FACT_FAILED) {
		row_leave_open(row, &l->facts->alarms_fact);
		return;
	}
	row_detail(row, "%s%s, %zu firing", COUNT(a->count, "alarm"), a->is_cut ? " and more" : "",
	    a->by_state[ALARM_FIRING]);
	if (a->by_state[ALARM_NO_DATA] > 0)
		row_detail(row, ", %zu without data", a->by_state[ALARM_NO_DATA]);
	row_value(row, "alarms", (double)a->count);
	row_value(row, "firing", (double)a->by_state[ALARM_FIRING]);
	row_value(row, "no_data", (double)a->by_state[ALARM_NO_DATA]);
	if (a->by_state[ALARM_FIRING] > 0)
		judge_alarms(l, row, a);
	else if (a->count == 0)
		row_judge(row, CHECKUP_WARN, "no alarm's name begins like that",
		    "run: opsctl context show");
}
