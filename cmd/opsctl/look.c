#include "look.h"

#include <assert.h>
#include <string.h>

#include "overrides.h"

/* Whether the command is about that row: it names no rows, or this one, or its service. */
static bool is_wanted(const struct look *l, const char *service, const char *name)
{
	bool is_named = l->scope->is_all;

	for (int i = 0; i < l->scope->count && !is_named; i++)
		is_named = strcmp(l->scope->names[i], service ? service : name) == 0;
	return is_named;
}

struct checkup_row *look_add_service_row(struct look *l, const char *service, const char *name)
{
	struct checkup_row *row = &l->left_out;

	if (is_wanted(l, service, name))
		row = &l->c->rows[l->c->count++];
	assert(l->c->count <= CHECKUP_ROWS_MAX);
	*row = (struct checkup_row){ .service = service, .name = name };
	return row;
}

struct checkup_row *look_add_row(struct look *l, const char *name)
{
	return look_add_service_row(l, NULL, name);
}

void row_detail(struct checkup_row *row, const char *fmt, ...)
{
	size_t n = strlen(row->detail);
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(row->detail + n, sizeof(row->detail) - n, fmt, args); /* may be cut */
	va_end(args);
}

void row_value(struct checkup_row *row, const char *name, double value)
{
	size_t i = 0;

	while (row->values[i].name)
		i++;
	assert(i + 1 < CHECKUP_VALUES_MAX);
	row->values[i].name = name;
	row->values[i].value = value;
}

void row_judge(struct checkup_row *row, enum checkup_state state, const char *why, const char *next)
{
	if (state <= row->state)
		return;
	row->state = state;
	(void)snprintf(row->why, sizeof(row->why), "%s", why);
	(void)snprintf(row->next, sizeof(row->next), "%s", next);
}

void row_skip(struct checkup_row *row, const char *why)
{
	row->state = CHECKUP_SKIPPED;
	row_detail(row, "%s", why);
}

bool look_is_named(struct look *l, struct checkup_row *row, enum context_key key)
{
	char lack[OVERRIDES_LACK_SIZE];

	if (l->facts->context->values[key][0])
		return true;
	row_skip(row, overrides_lack(l->facts->context, key, lack));
	return false;
}

/* What to do about a failed call of AWS. */
static const char *next_of(enum err_code code)
{
	static const char *const nexts[ERR_CODE_COUNT] = {
		[ERR_CONFIG] = "run: opsctl context check",
		[ERR_CREDENTIALS] = "run: opsctl context check",
		[ERR_DENIED] = "run: opsctl iam health",
		[ERR_NOTFOUND] = "run: opsctl context show",
	};

	return nexts[code] != NULL ? nexts[code] : "look again";
}

void row_leave_open(struct checkup_row *row, const struct fact *fact)
{
	if (row->detail[0] == '\0')
		row_detail(row, "could not be checked");
	row_judge(row, CHECKUP_UNCHECKED, fact->err.text,
	    fact->is_unrecorded ? "ask the system itself" : next_of(fact->err.code));
}

void row_judge_fact(struct checkup_row *row, const struct fact *fact, const char *next)
{
	if (fact_is_untold(fact)) {
		row_leave_open(row, fact);
		return;
	}
	row_judge(row, CHECKUP_BAD, fact->err.text, fact->next[0] ? fact->next : next);
}
