#include "deaths.h"

#include <inttypes.h>
#include <string.h>

/* "record msg_1: no such member" is, of every record, the same cause. */
static const char *without_record(const char *why)
{
	const char *colon = strstr(why, ": ");

	return strncmp(why, "record ", strlen("record ")) == 0 && colon != NULL ? colon + 2 : why;
}

static struct death *find_or_add(struct deaths *c, enum autopsy_verdict verdict, const char *why,
    const char *id)
{
	struct death *row;

	for (size_t i = 0; i < c->count; i++)
		if (c->rows[i].verdict == verdict && strcmp(c->rows[i].why, why) == 0)
			return &c->rows[i];
	if (c->count == DEATHS_MAX)
		return NULL;
	row = &c->rows[c->count++];
	*row = (struct death){ .verdict = verdict };
	(void)snprintf(row->why, sizeof(row->why), "%s", why);
	(void)snprintf(row->example, sizeof(row->example), "%s", id);
	return row;
}

void deaths_add(struct deaths *c, const char *id, const struct autopsy *a)
{
	struct death *row = find_or_add(c, a->verdict, without_record(a->why), id);

	if (row != NULL)
		row->count++;
	else
		c->others++;
}

static uint64_t letters_of(const struct deaths *c)
{
	uint64_t n = c->others;

	for (size_t i = 0; i < c->count; i++)
		n += c->rows[i].count;
	return n;
}

void deaths_print(struct cli *cli, const struct deaths *c)
{
	static const char *const header[] = { "LETTERS", "VERDICT", "CAUSE" };
	struct out_table table;

	if (letters_of(c) < 2)
		return;
	out_text(cli, "\n");
	out_table_init(&table, header, ARRAY_SIZE(header));
	for (size_t i = 0; i < c->count; i++) {
		out_table_cell(&table, "%" PRIu64, c->rows[i].count);
		out_table_cell(&table, "%s", autopsy_name(c->rows[i].verdict));
		out_table_cell(&table, "%s", c->rows[i].why[0] != '\0' ? c->rows[i].why : "-");
	}
	out_table_print(cli, &table);
	if (c->others > 0)
		out_text(cli, "%" PRIu64 " of other causes\n", c->others);
}

void deaths_json(struct json_writer *w, const struct deaths *c)
{
	json_key(w, "causes");
	json_array_begin(w);
	for (size_t i = 0; i < c->count; i++) {
		const struct death *row = &c->rows[i];

		json_object_begin(w);
		json_member_text(w, "verdict", autopsy_code(row->verdict));
		json_member_text(w, "why", row->why[0] != '\0' ? row->why : NULL);
		json_member_uint(w, "letters", row->count);
		json_member_text(w, "example", row->example);
		json_object_end(w);
	}
	json_array_end(w);
}
