#include "halt.h"

#include <assert.h>
#include <inttypes.h>

#include "count.h"

enum { RANGES_MAX = 8192 }; /* RUNNER_THREADS_MAX numbers of 20 digits and a comma */

void halt_add(struct halt *h, uint64_t line)
{
	size_t at = h->count;

	assert(h->count < ARRAY_SIZE(h->under_way));
	for (; at > 0 && h->under_way[at - 1] > line; at--)
		h->under_way[at] = h->under_way[at - 1];
	h->under_way[at] = line;
	h->count++;
}

void halt_json(struct json_writer *w, struct halt *h, const struct journal *j)
{
	static const char *const states[] = {
		[JOURNAL_NONE] = "unanswered",
		[JOURNAL_ACCEPTED] = "accepted",
		[JOURNAL_VERIFIED] = "accepted",
		[JOURNAL_REFUSED] = "refused",
	};

	if (h->line == 0)
		return;
	json_member_uint(w, "stopped_at", h->line);
	json_key(w, "under_way");
	json_array_begin(w);
	for (size_t i = 0; i < h->count; i++) {
		json_object_begin(w);
		json_member_uint(w, "line", h->under_way[i]);
		json_member_text(w, "outcome", states[journal_state(j, h->under_way[i])]);
		json_object_end(w);
	}
	json_array_end(w);
}

/* "4-7, 9" */
static void add_ranges(struct buf *out, const struct halt *h)
{
	for (size_t i = 0, next; i < h->count; i = next) {
		for (next = i + 1; next < h->count; next++)
			if (h->under_way[next] != h->under_way[next - 1] + 1)
				break;
		buf_addf(out, "%s%" PRIu64, i > 0 ? ", " : "", h->under_way[i]);
		if (next - i > 1)
			buf_addf(out, "-%" PRIu64, h->under_way[next - 1]);
	}
}

void halt_text(struct cli *cli, struct halt *h)
{
	struct buf ranges = BUF_INIT(RANGES_MAX);

	if (h->line == 0)
		return;
	add_ranges(&ranges, h);
	out_text(cli, "stopped    at line %" PRIu64 "; %s under way then%s%s\n", h->line,
	    COUNT(h->count, "other"), h->count > 0 ? ": lines " : "", buf_text(&ranges));
	buf_release(&ranges);
}
