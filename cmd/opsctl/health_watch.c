/* Looks that go on: on a terminal a screen, off one a line for each change. */
#include <string.h>
#include <unistd.h>

#include "health.h"
#include "mem.h"
#include "stop.h"

enum { PIECE_MS = 250, STATE_WIDTH = 6, HEADER_LINES = 2 };

/* What has changed since the last look is told by the rows' states. */
struct states {
	enum checkup_state of[CHECKUP_ROWS_MAX];
	size_t count;
};

static void keep_states(struct states *was, const struct checkup *c)
{
	was->count = c->count;
	for (size_t i = 0; i < c->count; i++)
		was->of[i] = c->rows[i].state;
}

static bool is_same(const struct states *was, const struct checkup *c, size_t i)
{
	return i < was->count && was->of[i] == c->rows[i].state;
}

static bool has_changed(const struct states *was, const struct checkup *c)
{
	bool changed = was->count != c->count;

	for (size_t i = 0; i < c->count && !changed; i++)
		changed = !is_same(was, c, i);
	return changed;
}

/* Off a terminal: a line for each row that changed, all rows at first. */
static void print_changes(const struct health *h, const struct states *was)
{
	const struct checkup *c = h->checkup;
	char at[CLOCK_RFC3339_SIZE], name[CHECKUP_NAME_SIZE];
	int width = health_name_width(c);

	clock_rfc3339(c->at_ms, at);
	for (size_t i = 0; i < c->count; i++) {
		const struct checkup_row *r = &c->rows[i];

		if (!is_same(was, c, i))
			out_text(h->cli, "%s  %-*s%-*s%s\n", at, width, checkup_row_name(r, name),
			    STATE_WIDTH, checkup_state_name(r->state),
			    r->why[0] ? r->why : r->detail);
	}
}

/* ---- on a terminal ---- */

/* How much of a look is shown, so that it fits: the first that does. */
enum detail { WITH_NEXT, WITH_WHY, ONLY_WRONG, DETAIL_COUNT };

static bool is_shown(const struct checkup_row *r, enum detail detail)
{
	return detail != ONLY_WRONG || r->state >= CHECKUP_UNCHECKED;
}

static size_t count_lines(const struct checkup *c, enum detail detail)
{
	size_t n = HEADER_LINES;

	for (size_t i = 0; i < c->count; i++) {
		const struct checkup_row *r = &c->rows[i];

		n += is_shown(r, detail);
		n += r->why[0] != '\0';
		n += r->next[0] != '\0' && detail == WITH_NEXT;
	}
	return n + (detail == ONLY_WRONG);
}

static enum detail choose_detail(const struct checkup *c, size_t lines)
{
	unsigned detail = WITH_NEXT;

	while (detail + 1 < DETAIL_COUNT && count_lines(c, (enum detail)detail) > lines)
		detail++;
	return (enum detail)detail;
}

static void add_labelled(struct screen *s, int indent, const char *label, const char *text)
{
	if (text[0] != '\0')
		screen_add(s,
		    &(struct screen_line){ "", indent, COLOR_NONE, label, (int)strlen(label),
			text });
}

static void add_rows(struct screen *s, const struct health *h, enum detail detail)
{
	const struct checkup *c = h->checkup;
	int width = health_name_width(c);
	char name[CHECKUP_NAME_SIZE], rest[48];
	size_t left_out = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct checkup_row *r = &c->rows[i];

		if (!is_shown(r, detail)) {
			left_out++;
			continue;
		}
		screen_add(s,
		    &(struct screen_line){ checkup_row_name(r, name), width,
			health_state_color(r->state), checkup_state_name(r->state), STATE_WIDTH,
			r->detail });
		if (h->causes == NULL)
			add_labelled(s, width + STATE_WIDTH, "why: ", r->why);
		if (h->causes == NULL && detail == WITH_NEXT)
			add_labelled(s, width + STATE_WIDTH, "next: ", r->next);
	}
	(void)snprintf(rest, sizeof(rest), "and %zu more, which are well", left_out);
	if (left_out > 0)
		screen_add(s, &(struct screen_line){ "", 0, COLOR_DIM, rest, 0, "" });
}

static void add_causes(struct screen *s, const struct causes *causes)
{
	char head[32], text[CAUSE_TITLE_SIZE];

	for (size_t i = 0; i < causes->count; i++) {
		const struct cause *c = &causes->items[i];

		(void)snprintf(head, sizeof(head), "%2zu. ", i + 1);
		screen_add(s,
		    &(struct screen_line){ head, 4, COLOR_BOLD, cause_title(c, text), 0, "" });
		for (size_t k = 0; k < c->evidence_count; k++)
			add_labelled(s, 4, "- ", c->evidence[k]);
		add_labelled(s, 4, "next: ", c->next);
	}
}

static void paint(struct screen *s, const struct health *h)
{
	const struct checkup *c = h->checkup;
	char at[CLOCK_RFC3339_SIZE], head[CLOCK_RFC3339_SIZE + CONTEXT_NAME_MAX + 16];
	int width;

	clock_rfc3339(c->at_ms, at);
	width = snprintf(head, sizeof(head), "%s  context %s  ", at, h->cli->context.name);
	screen_add(s,
	    &(struct screen_line){ head, width, health_color(c), health_verdict(c), 0, "" });
	screen_add(s, &(struct screen_line){ "", 0, COLOR_NONE, "", 0, "" });
	add_rows(s, h, h->causes != NULL ? ONLY_WRONG : choose_detail(c, s->lines));
	if (h->causes != NULL)
		add_causes(s, h->causes);
	screen_paint(s);
}

/* ---- looking ---- */

/* In pieces, so that a reader who goes away is not waited for. true: asked to stop. */
static bool wait_for_next_look(struct health *h, struct screen *s)
{
	int64_t left_ms = cli_ms(h->cli, "interval");
	bool is_over = false;

	for (; left_ms > 0 && !is_over && !out_failed(h->cli); left_ms -= PIECE_MS) {
		is_over = stop_wait((int)(left_ms < PIECE_MS ? left_ms : PIECE_MS)) == STOP_STOP;
		if (s != NULL && screen_resized(s))
			paint(s, h);
	}
	return is_over;
}

static void show(struct health *h, struct screen *s, const struct states *was)
{
	if (h->cli->json) {
		if (has_changed(was, h->checkup))
			health_json(h);
	} else if (s != NULL) {
		(void)screen_resized(s); /* the frame is built for the size as it is now */
		paint(s, h);
	} else {
		print_changes(h, was);
	}
}

static bool can_paint(const struct cli *cli)
{
	const char *term = getenv("TERM");

	return !cli->json && isatty(STDOUT_FILENO) == 1 &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

/* true: go on. What a look that was given up says is not shown. */
static bool look(struct health *h, struct screen *s, struct states *was)
{
	health_look(h);
	if (stop_requested())
		return false;
	show(h, s, was);
	keep_states(was, h->checkup);
	if (!wait_for_next_look(h, s))
		return !out_failed(h->cli);
	if (s != NULL) {
		screen_end(s);
		health_print(h); /* the last look stays in sight */
	}
	return false;
}

int health_watch(struct health *h, struct err *err)
{
	struct screen screen, *s = can_paint(h->cli) ? &screen : NULL;
	struct states *was;

	if (stop_init(err) != 0)
		return -1;
	was = xcalloc(1, sizeof(*was));
	if (s != NULL)
		screen_begin(s, h->cli);
	while (look(h, s, was))
		continue;
	if (s != NULL)
		screen_end(s);
	free(was);
	return stop_requested() ? err_set(err, ERR_STOPPED, "stopped") : 0;
}
