#include "plan.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

enum { RULES_MAX = 256 };

static const char *const names[FAULT_COUNT] = {
	[FAULT_CUT] = "cut",
	[FAULT_DROP] = "drop",
	[FAULT_RESET] = "reset",
	[FAULT_SILENCE] = "silence",
	[FAULT_REFUSE] = "refuse",
	[FAULT_LATE] = "late",
	[FAULT_STALL] = "stall",
	[FAULT_TRICKLE] = "trickle",
	[FAULT_PARTIAL] = "partial",
	[FAULT_IDS] = "ids",
	[FAULT_TWICE] = "twice",
	[FAULT_UNDELETED] = "undeleted",
	[FAULT_RAW] = "raw",
	[FAULT_HUGE] = "huge",
	[FAULT_SKEW] = "skew",
};

static struct {
	pthread_mutex_t lock;
	struct plan_rule rules[RULES_MAX];
	uint64_t seen[RULES_MAX]; /* calls that fitted */
	size_t count;
	uint64_t random, hits;
	_Atomic uint64_t epoch;
} plan = { .lock = PTHREAD_MUTEX_INITIALIZER, .random = 1 };

void plan_seed(uint64_t seed)
{
	plan.random = seed | 1;
}

/* xorshift64*: small, and the same everywhere. In [0, 1). */
static double chance(void)
{
	plan.random ^= plan.random >> 12;
	plan.random ^= plan.random << 25;
	plan.random ^= plan.random >> 27;
	return (double)((plan.random * UINT64_C(2685821657736338717)) >> 11) / (double)(1ULL << 53);
}

static uint64_t number(const struct json *doc, const char *member, int64_t fallback)
{
	return (uint64_t)json_get_int(json_get(doc, member), fallback);
}

static void text(const struct json *doc, const char *member, char *out, size_t size)
{
	(void)snprintf(out, size, "%s", json_get_text(json_get(doc, member), ""));
}

static int read_rule(const struct json *doc, struct plan_rule *out, struct err *err)
{
	const char *what = json_get_text(json_get(doc, "what"), "");
	struct plan_rule r = { .skip = number(doc, "skip", 0), .times = number(doc, "times", 1) };

	for (size_t i = 1; i < FAULT_COUNT; i++)
		if (strcmp(what, names[i]) == 0)
			r.what = (enum fault)i;
	if (r.what == FAULT_NONE)
		return err_set(err, ERR_INVALID, "what '%s': no such fault", what);
	text(doc, "op", r.op, sizeof(r.op));
	text(doc, "code", r.code, sizeof(r.code));
	text(doc, "body", r.body, sizeof(r.body));
	r.percent = json_get_double(json_get(doc, "percent"), 100);
	r.at = number(doc, "at", 0);
	r.delay_ms = number(doc, "delay_ms", 0);
	r.mask = number(doc, "mask", 0);
	r.sender_mask = number(doc, "sender_mask", 0);
	r.status = (int)number(doc, "status", 500);
	r.offset_s = json_get_int(json_get(doc, "offset_s"), 0);
	*out = r;
	return 0;
}

/* It will disturb nothing any more: its place is free. */
static bool is_spent(size_t i)
{
	const struct plan_rule *r = &plan.rules[i];

	return r->times > 0 && plan.seen[i] >= r->skip + r->times;
}

int plan_add(struct str json, struct err *err)
{
	struct plan_rule rule;
	struct json *doc;
	size_t i;
	int rc;

	if (json_parse(json, &doc, err) != 0)
		return -1;
	rc = read_rule(doc, &rule, err);
	json_free(doc);
	if (rc != 0)
		return -1;
	pthread_mutex_lock(&plan.lock);
	for (i = 0; i < plan.count && !is_spent(i); i++)
		continue;
	if (i == RULES_MAX) {
		rc = err_set(err, ERR_INVALID, "more than %d rules", RULES_MAX);
	} else {
		plan.seen[i] = 0;
		plan.rules[i] = rule;
		plan.count += i == plan.count;
	}
	pthread_mutex_unlock(&plan.lock);
	return rc;
}

void plan_clear(void)
{
	pthread_mutex_lock(&plan.lock);
	plan.count = 0;
	plan.epoch++;
	pthread_mutex_unlock(&plan.lock);
}

uint64_t plan_epoch(void)
{
	return plan.epoch;
}

/* Whether rule i disturbs this call, which fits it. Lock held. */
static bool is_due(size_t i)
{
	const struct plan_rule *r = &plan.rules[i];
	uint64_t n;

	if (r->percent < 100 && chance() * 100 >= r->percent)
		return false;
	n = plan.seen[i]++;
	return n >= r->skip && (r->times == 0 || n < r->skip + r->times);
}

struct plan_rule plan_take(const char *op)
{
	struct plan_rule found = { 0 };

	pthread_mutex_lock(&plan.lock);
	for (size_t i = 0; i < plan.count && found.what == FAULT_NONE; i++)
		if ((strcmp(plan.rules[i].op, "*") == 0 || strcmp(plan.rules[i].op, op) == 0) &&
		    is_due(i))
			found = plan.rules[i];
	plan.hits += found.what != FAULT_NONE;
	pthread_mutex_unlock(&plan.lock);
	return found;
}

uint64_t plan_hits(void)
{
	uint64_t hits;

	pthread_mutex_lock(&plan.lock);
	hits = plan.hits;
	pthread_mutex_unlock(&plan.lock);
	return hits;
}
