#include "revision_diff.h"

void revision_diff_print(struct cli *cli, const struct revision_diff *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct diff_row *r = &d->rows[i];

		out_text(cli, "  %s\n", r->path);
		if (r->from[0] != '\0')
			out_text(cli, "    %s- %s%s\n", out_color(cli, COLOR_RED), r->from,
			    out_color(cli, COLOR_NONE));
		if (r->to[0] != '\0')
			out_text(cli, "    %s+ %s%s\n", out_color(cli, COLOR_GREEN), r->to,
			    out_color(cli, COLOR_NONE));
	}
	if (d->more > 0)
		out_text(cli, "  and %zu more\n", d->more);
}

static void value_json(struct json_writer *w, const char *name, const char *value)
{
	json_member_text(w, name, value[0] != '\0' ? value : NULL);
}

void revision_diff_json(struct json_writer *w, const struct revision_diff *d)
{
	json_key(w, "changes");
	json_array_begin(w);
	for (size_t i = 0; i < d->count; i++) {
		json_object_begin(w);
		json_member_text(w, "path", d->rows[i].path);
		value_json(w, "from", d->rows[i].from);
		value_json(w, "to", d->rows[i].to);
		json_object_end(w);
	}
	json_array_end(w);
	json_member_uint(w, "more_changes", d->more);
}
