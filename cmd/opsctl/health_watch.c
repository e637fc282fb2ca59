/* Looks that go on: on a terminal a screen, off one a line for each change. */
#include <string.h>
#include <unistd.h>

#include "count.h"
#include "health.h"
#include "mem.h"
#include "stop.h"

enum { PIECE_MS = 250, STATE_WIDTH = 6 };

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
enum detail { ALL_WITH_NEXT, ALL_WITH_WHY, WRONG_WITH_NEXT, WRONG_WITH_WHY, DETAIL_COUNT };

static bool is_shown(const struct checkup_row *r, enum detail detail)
{
	return detail < WRONG_WITH_NEXT || r->state >= CHECKUP_UNCHECKED;
}

static void add_labelled(struct screen *s, int indent, const char *label, const char *text)
{
	if (text[0] != '\0')
		screen_add(s,
		    &(struct screen_line){ .head_width = indent,
			.label = label,
			.label_width = (int)strlen(label),
			.text = text });
}

static void add_row(struct screen *s, const struct health *h, const struct checkup_row *r,
    const struct checkup_row *before, enum detail detail)
{
	int width = health_name_width(h->checkup), indent = width + STATE_WIDTH;
	bool is_same = health_says_same(r, before);
	char name[CHECKUP_NAME_SIZE];

	screen_add(s,
	    &(struct screen_line){ .head = checkup_row_name(r, name),
		.head_width = width,
		.label = checkup_state_name(r->state),
		.label_width = STATE_WIDTH,
		.label_color = health_state_color(r->state),
		.text = r->detail });
	if (health_has_causes(h))
		return; /* they say it in order */
	add_labelled(s, indent, "why: ", is_same ? "as above" : r->why);
	if ((detail == ALL_WITH_NEXT || detail == WRONG_WITH_NEXT) && !is_same)
		add_labelled(s, indent, "next: ", r->next);
}

static void add_dim(struct screen *s, const char *text)
{
	screen_add(s, &(struct screen_line){ .text = text, .text_color = COLOR_DIM });
}

/* Those that fit into so many lines, and how many are left out. */
static void add_rows(struct screen *s, const struct health *h, enum detail detail, size_t lines)
{
	const struct checkup *c = h->checkup;
	const struct checkup_row *before = NULL;
	size_t well = 0, wrong = 0;
	char text[64];

	for (size_t i = 0; i < c->count; i++) {
		const struct checkup_row *r = &c->rows[i];
		struct screen_mark mark = screen_mark(s);

		if (!is_shown(r, detail)) {
			well++;
			continue;
		}
		add_row(s, h, r, before, detail);
		if (wrong > 0 || screen_mark(s).count > lines) {
			screen_back(s, mark);
			wrong++;
		}
		before = r->why[0] != '\0' ? r : before;
	}
	if (wrong > 0)
		add_dim(s, COUNT(wrong, "more check"));
	(void)snprintf(text, sizeof(text), "and %zu more, which are well", well);
	if (well > 0)
		add_dim(s, text);
}

/* As much of each as lets all be seen; and when nothing does, some. */
static void build_rows(struct screen *s, const struct health *h)
{
	enum { COUNTS = 2 }; /* lines that tell of those left out */
	size_t lines = health_has_causes(h) ? s->lines / 2 : s->lines;
	unsigned detail = health_has_causes(h) ? WRONG_WITH_WHY : ALL_WITH_NEXT;
	struct screen_mark begin = screen_mark(s);

	for (; detail < DETAIL_COUNT; detail++) {
		add_rows(s, h, (enum detail)detail, SIZE_MAX);
		if (screen_mark(s).count <= lines)
			return;
		screen_back(s, begin);
	}
	add_rows(s, h, WRONG_WITH_WHY, lines > COUNTS ? lines - COUNTS : 0);
}

static void add_title(struct screen *s, const struct causes *causes, size_t i)
{
	char head[32], text[CAUSE_TITLE_SIZE];
	int width = snprintf(head, sizeof(head), "%2zu. ", i + 1);

	screen_add(s,
	    &(struct screen_line){ .head = head,
		.head_width = width,
		.text = cause_title(&causes->items[i], text),
		.text_color = COLOR_BOLD });
}

static void add_cause(struct screen *s, const struct causes *causes, size_t i)
{
	enum { INDENT = 4 };
	const struct cause *c = &causes->items[i];

	add_title(s, causes, i);
	for (size_t k = 0; k < c->evidence_count; k++)
		add_labelled(s, INDENT, "- ", c->evidence[k]);
	add_labelled(s, INDENT, "cure: ", c->cure);
	add_labelled(s, INDENT, "next: ", c->next);
}

/* Those that fit into so many lines as a whole; how many. */
static size_t add_causes(struct screen *s, const struct causes *causes, size_t lines)
{
	size_t i;

	for (i = 0; i < causes->count; i++) {
		struct screen_mark mark = screen_mark(s);

		add_cause(s, causes, i);
		if (screen_mark(s).count > lines) {
			screen_back(s, mark);
			break;
		}
	}
	return i;
}

static void build_causes(struct screen *s, const struct causes *causes)
{
	struct screen_mark begin = screen_mark(s);
	size_t count = add_causes(s, causes, s->lines), left_out;

	if (count < causes->count || causes->left_out > 0) {
		screen_back(s, begin);
		count = add_causes(s, causes, s->lines - 1);
		if (count == 0)
			add_title(s, causes, count++); /* that much at least */
	}
	left_out = causes->count - count + causes->left_out;
	if (left_out > 0)
		add_dim(s, COUNT(left_out, "more cause"));
}

static void paint(struct screen *s, const struct health *h)
{
	const struct checkup *c = h->checkup;
	char at[CLOCK_RFC3339_SIZE], head[CLOCK_RFC3339_SIZE + CONTEXT_NAME_MAX + 16];
	int width;

	clock_rfc3339(c->at_ms, at);
	width = snprintf(head, sizeof(head), "%s  context %s  ", at, h->cli->context.name);
	screen_add(s,
	    &(struct screen_line){ .head = head,
		.head_width = width,
		.text = health_verdict(c),
		.text_color = health_color(c) });
	screen_add(s, &(struct screen_line){ 0 });
	build_rows(s, h);
	if (health_has_causes(h))
		build_causes(s, h->causes);
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
