#include "logmerge.h"

#include "mem.h"

struct logmerge_entry {
	struct log_line line; /* points into text */
	uint64_t order;
	size_t size;
	char text[];
};

static bool is_before(const struct logmerge_entry *a, const struct logmerge_entry *b)
{
	if (a->line.at_ms != b->line.at_ms)
		return a->line.at_ms < b->line.at_ms;
	return a->order < b->order;
}

/* ---- the heap ---- */

static void swap(struct logmerge *m, size_t a, size_t b)
{
	struct logmerge_entry *entry = m->heap[a];

	m->heap[a] = m->heap[b];
	m->heap[b] = entry;
}

static void rise(struct logmerge *m, size_t at)
{
	while (at > 0 && is_before(m->heap[at], m->heap[(at - 1) / 2])) {
		swap(m, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

static void sink(struct logmerge *m)
{
	size_t at = 0;

	for (;;) {
		size_t first = at, child = 2 * at + 1;

		for (size_t i = child; i < child + 2 && i < m->count; i++)
			if (is_before(m->heap[i], m->heap[first]))
				first = i;
		if (first == at)
			return;
		swap(m, at, first);
		at = first;
	}
}

/* ---- lines ---- */

static struct str keep(char **end, struct str s)
{
	struct str kept = { *end, s.n };

	if (s.n > 0)
		memcpy(*end, s.p, s.n);
	*end += s.n;
	return kept;
}

static struct logmerge_entry *copy(const struct log_line *line, uint64_t order)
{
	size_t size = line->id.n + line->stream.n + line->message.n;
	struct logmerge_entry *e = xmalloc(sizeof(*e) + size);
	char *end = e->text;

	e->line = *line;
	e->order = order;
	e->size = sizeof(*e) + size;
	e->line.id = keep(&end, line->id);
	e->line.stream = keep(&end, line->stream);
	e->line.message = keep(&end, line->message);
	return e;
}

bool logmerge_add(struct logmerge *m, const struct log_line *line)
{
	struct logmerge_entry *e;

	if (m->count == LOGMERGE_LINES_MAX || m->bytes > LOGMERGE_BYTES_MAX)
		return false;
	if (m->count == m->capacity) {
		m->capacity = m->capacity > 0 ? 2 * m->capacity : 64;
		m->heap = xrealloc(m->heap, m->capacity * sizeof(*m->heap));
	}
	e = copy(line, m->next_order++);
	m->bytes += e->size;
	m->heap[m->count++] = e;
	rise(m, m->count - 1);
	return true;
}

bool logmerge_take(struct logmerge *m, int64_t before_ms, int64_t got_before_ms,
    struct log_line *out)
{
	struct logmerge_entry *first = m->count > 0 ? m->heap[0] : NULL;

	free(m->taken);
	m->taken = NULL;
	if (!first || (first->line.at_ms >= before_ms && first->line.got_ms >= got_before_ms))
		return false;
	m->heap[0] = m->heap[--m->count];
	sink(m);
	m->bytes -= first->size;
	m->taken = first;
	*out = first->line;
	return true;
}

void logmerge_release(struct logmerge *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->heap[i]);
	free(m->heap);
	free(m->taken);
	*m = (struct logmerge){ .count = 0 };
}
