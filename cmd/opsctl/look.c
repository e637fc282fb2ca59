#include "look.h"

#include <assert.h>

struct checkup_row *look_add_row(struct look *l, const char *name)
{
	struct checkup_row *row = &l->c->rows[l->c->count++];

	assert(l->c->count <= CHECKUP_ROWS_MAX);
	*row = (struct checkup_row){ .name = name };
	return row;
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
	if (l->cli->context.values[key][0])
		return true;
	row->state = CHECKUP_SKIPPED;
	row_detail(row, "the context has no %s", context_key_name(key));
	return false;
}

void look_judge_port(struct look *l, struct checkup_row *row, const struct err *err)
{
	row_judge(row, CHECKUP_BAD, err->text,
	    l->cli->next[0] ? l->cli->next : "mend what it names, or the context");
}

void look_next_of_service(const struct look *l, const char *service, char out[ERR_TEXT_MAX])
{
	const char *dir = l->cli->context.local_dir;

	if (dir[0])
		(void)snprintf(out, ERR_TEXT_MAX, "see: %.200s/%s.log", dir, service);
	else
		(void)snprintf(out, ERR_TEXT_MAX, "see: the log of %s", service);
}
