#include "refusals.h"

#include <inttypes.h>

static uint64_t kept(const struct refusals *r)
{
	return r->count < REFUSALS_KEPT ? r->count : REFUSALS_KEPT;
}

void refusals_add(struct refusals *r, uint64_t line, int status, const char *text)
{
	if (r->count < REFUSALS_KEPT) {
		struct refusal *new = &r->first[r->count];

		new->line = line;
		new->status = status;
		(void)snprintf(new->text, sizeof(new->text), "%.*s", (int)sizeof(new->text) - 1,
		    text);
	}
	r->count++;
}

bool refusals_are_new(const struct refusals *r)
{
	return r->printed < kept(r);
}

void refusals_print(struct refusals *r, struct cli *cli, const char *path)
{
	for (; refusals_are_new(r); r->printed++)
		out_warn(cli, "%s:%" PRIu64 ": %s", path, r->first[r->printed].line,
		    r->first[r->printed].text);
}

void refusals_json(struct json_writer *w, const struct refusals *r)
{
	json_key(w, "refusals");
	json_array_begin(w);
	for (uint64_t i = 0; i < kept(r); i++) {
		json_object_begin(w);
		json_member_uint(w, "line", r->first[i].line);
		json_member_int(w, "status", r->first[i].status);
		json_member_text(w, "error", r->first[i].text);
		json_object_end(w);
	}
	json_array_end(w);
}
