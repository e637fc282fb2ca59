#include "checkup.h"

#include <string.h>

#include "gather.h"
#include "look.h"
#include "mem.h"

enum { TOKEN_GOOD_MS = 60 * 1000 };

static const struct {
	const char *name, *json;
} states[CHECKUP_STATE_COUNT] = {
	[CHECKUP_OK] = { "ok", "ok" },
	[CHECKUP_SKIPPED] = { "-", "skipped" },
	[CHECKUP_UNCHECKED] = { "?", "unchecked" },
	[CHECKUP_WARN] = { "warn", "warn" },
	[CHECKUP_BAD] = { "bad", "bad" },
};

const char *checkup_state_name(enum checkup_state state)
{
	return states[state].name;
}

const char *checkup_state_json(enum checkup_state state)
{
	return states[state].json;
}

struct checkup *checkup_open(void)
{
	return xcalloc(1, sizeof(struct checkup));
}

void checkup_close(struct checkup *c)
{
	if (c == NULL)
		return;
	facts_release(&c->facts);
	free(c);
}

/* ---- what is looked at ---- */

/* Rows that are of no service of the context, in the order in which they are shown. */
static const struct {
	const char *name;
	unsigned needs;               /* what is asked for them */
	void (*look)(struct look *l); /* NULL: comes with the one before */
} core[] = {
	{ "api", GATHER_PATHS, look_at_api },
	{ "worker", GATHER_PATHS, look_at_worker },
	{ "queue", GATHER_QUEUE, look_at_queue },
	{ "dead letters", GATHER_QUEUE, NULL },
	{ "store", GATHER_STORE, look_at_store },
	{ "secret", GATHER_SECRET, look_at_secret },
	{ "token", GATHER_SECRET | GATHER_PATHS, NULL },
	{ "progress", GATHER_METRICS | GATHER_QUEUE, look_at_progress },
	{ "errors", GATHER_METRICS, look_at_errors },
	{ "alarms", GATHER_ALARMS, look_at_alarms },
};

static bool is_named(const struct checkup_scope *scope, const char *name)
{
	bool named = scope->is_all;

	for (int i = 0; i < scope->count && !named; i++)
		named = strcmp(scope->names[i], name) == 0;
	return named;
}

static unsigned needs_of(const struct checkup_scope *scope)
{
	unsigned needs = 0;

	for (size_t i = 0; i < ARRAY_SIZE(core); i++)
		if (is_named(scope, core[i].name))
			needs |= core[i].needs;
	return needs;
}

static bool is_a_name(const struct context *c, const char *name)
{
	bool known = context_service(c, name) != NULL;

	for (size_t i = 0; i < ARRAY_SIZE(core); i++)
		known = known || strcmp(core[i].name, name) == 0;
	return known;
}

int checkup_check_scope(const struct context *c, const struct checkup_scope *scope, struct err *err)
{
	struct buf names = BUF_INIT(ERR_TEXT_MAX);
	int rc = 0;

	for (size_t i = 0; i < c->service_count; i++)
		buf_addf(&names, ", %s", c->services[i].name);
	for (int i = 0; i < scope->count && rc == 0; i++)
		if (!is_a_name(c, scope->names[i]))
			rc = err_set(err, ERR_USAGE,
			    "'%.60s' is no row and no service of context '%s'%s%s", scope->names[i],
			    c->name, names.n > 0 ? ", which has " : "",
			    names.n > 0 ? buf_text(&names) + 2 : "");
	buf_release(&names);
	return rc;
}

/* ---- a look ---- */

static void ask(struct checkup *c, struct cli *cli, const struct checkup_scope *scope)
{
	struct facts *last = xmalloc(sizeof(*last));
	struct gather_wish wish = { .parts = needs_of(scope), .lines = scope->lines };

	*last = c->facts;
	wish.is_watched = scope->is_watched;
	wish.timeout_ms = (int)cli_ms(cli, "timeout");
	wish.token_good_ms = TOKEN_GOOD_MS;
	wish.last = c->at_ms > 0 ? last : NULL;
	for (size_t i = 0; i < cli->context.service_count; i++)
		wish.services[i] = is_named(scope, cli->context.services[i].name);
	gather(cli, &wish, &c->facts);
	facts_release(last);
	free(last);
}

void checkup_look(struct checkup *c, struct cli *cli, const struct checkup_scope *scope)
{
	struct look l = { .c = c, .cli = cli, .facts = &c->facts, .scope = scope };

	ask(c, cli, scope);
	c->count = 0;
	c->at_ms = c->facts.at_ms;
	c->is_rolling = false;
	c->is_partial = !scope->is_all;
	for (size_t i = 0; i < ARRAY_SIZE(core); i++)
		if (core[i].look != NULL)
			core[i].look(&l);
	for (size_t i = 0; i < c->facts.service_count; i++) {
		const struct facts_service *s = &c->facts.services[i];

		look_at_service(&l, s);
		c->is_rolling = c->is_rolling || facts_is_rolling(s);
	}
	cli->next[0] = '\0'; /* each row has its own */
}

/* ---- what it comes to ---- */

enum checkup_state checkup_worst(const struct checkup *c)
{
	enum checkup_state worst = CHECKUP_OK;

	for (size_t i = 0; i < c->count; i++)
		if (c->rows[i].state > worst)
			worst = c->rows[i].state;
	return worst;
}

/* Of the core, the token and what depends on others says nothing about a system. */
bool checkup_knows(const struct checkup *c)
{
	static const char *const telling[] = { "api", "queue", "store", "alarms" };
	bool knows = false;

	for (size_t i = 0; i < c->count; i++) {
		const struct checkup_row *row = &c->rows[i];
		bool tells = row->service != NULL || c->is_partial;

		for (size_t k = 0; k < ARRAY_SIZE(telling); k++)
			tells = tells || strcmp(row->name, telling[k]) == 0;
		knows = knows ||
		    (tells && row->state != CHECKUP_SKIPPED && row->state != CHECKUP_UNCHECKED);
	}
	return knows;
}

bool checkup_is_healthy(const struct checkup *c)
{
	return checkup_worst(c) < CHECKUP_BAD && checkup_knows(c);
}

const char *checkup_row_name(const struct checkup_row *row, char out[CHECKUP_NAME_SIZE])
{
	if (row->service != NULL)
		(void)snprintf(out, CHECKUP_NAME_SIZE, "%s %s", row->service, row->name);
	else
		(void)snprintf(out, CHECKUP_NAME_SIZE, "%s", row->name);
	return out;
}
