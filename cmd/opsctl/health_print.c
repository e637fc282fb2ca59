/* One look, for people and for programs. */
#include <math.h>
#include <string.h>

#include "fold.h"
#include "health.h"

enum { NAME_WIDTH_MIN = 14, STATE_WIDTH = 6, DOCUMENT_MAX = 1024 * 1024 };

/* ---- words and colors ---- */

const char *health_verdict(const struct checkup *c)
{
	bool is_partial = false;

	for (size_t i = 0; i < c->count; i++)
		is_partial = is_partial || c->rows[i].state == CHECKUP_UNCHECKED;
	if (checkup_worst(c) == CHECKUP_BAD)
		return "unhealthy";
	if (!checkup_knows(c))
		return "unknown: neither ops-api nor the queue nor the store could be asked";
	if (c->is_rolling)
		return "healthy, a rollout is in progress";
	return is_partial ? "healthy, as far as could be checked" : "healthy";
}

enum out_color health_color(const struct checkup *c)
{
	if (!checkup_is_healthy(c))
		return COLOR_RED;
	return c->is_rolling ? COLOR_YELLOW : COLOR_GREEN;
}

enum out_color health_state_color(enum checkup_state state)
{
	static const enum out_color colors[CHECKUP_STATE_COUNT] = {
		[CHECKUP_OK] = COLOR_GREEN,
		[CHECKUP_SKIPPED] = COLOR_DIM,
		[CHECKUP_UNCHECKED] = COLOR_YELLOW,
		[CHECKUP_WARN] = COLOR_YELLOW,
		[CHECKUP_BAD] = COLOR_RED,
	};

	return colors[state];
}

int health_name_width(const struct checkup *c)
{
	char name[CHECKUP_NAME_SIZE];
	size_t width = NAME_WIDTH_MIN;

	for (size_t i = 0; i < c->count; i++) {
		size_t n = strlen(checkup_row_name(&c->rows[i], name)) + 1;

		width = n > width ? n : width;
	}
	return (int)width;
}

/* ---- what goes without saying ---- */

bool health_has_causes(const struct health *h)
{
	return h->causes != NULL && h->causes->count > 0;
}

bool health_says_same(const struct checkup_row *r, const struct checkup_row *before)
{
	return before != NULL && strcmp(before->why, r->why) == 0 &&
	    strcmp(before->next, r->next) == 0;
}

/* ---- text ---- */

static void print_labelled(struct cli *cli, int indent, const char *label, const char *text)
{
	size_t used = (size_t)indent + strlen(label);

	out_text(cli, "%*s%s", indent, "", label);
	fold_rest(cli, used, used, text);
}

static void print_why(struct cli *cli, int indent, const struct checkup_row *r,
    const struct checkup_row *before)
{
	bool is_same = health_says_same(r, before);

	if (r->why[0])
		print_labelled(cli, indent, "why: ", is_same ? "as above" : r->why);
	if (r->next[0] && !is_same) /* in one line, to be copied */
		out_text(cli, "%*snext: %s\n", indent, "", r->next);
}

static void print_rows(const struct health *h)
{
	const struct checkup *c = h->checkup;
	const struct checkup_row *before = NULL;
	int width = health_name_width(c), used = width + STATE_WIDTH;
	char name[CHECKUP_NAME_SIZE];
	struct cli *cli = h->cli;

	for (size_t i = 0; i < c->count; i++) {
		const struct checkup_row *r = &c->rows[i];

		out_text(cli, "%-*s%s%-*s%s", width, checkup_row_name(r, name),
		    out_color(cli, health_state_color(r->state)), STATE_WIDTH,
		    checkup_state_name(r->state), out_color(cli, COLOR_NONE));
		fold_rest(cli, (size_t)used, (size_t)used, r->detail);
		if (health_has_causes(h))
			continue; /* they say it in order */
		print_why(cli, used, r, before);
		before = r->why[0] ? r : before;
	}
}

static void print_cause(struct cli *cli, size_t nth, const struct cause *c)
{
	char label[32], text[CAUSE_TITLE_SIZE];
	size_t used;

	(void)snprintf(label, sizeof(label), "%2zu. ", nth);
	used = strlen(label);
	out_text(cli, "\n%s%s", label, out_color(cli, COLOR_BOLD));
	fold_rest(cli, used, used, cause_title(c, text));
	out_text(cli, "%s", out_color(cli, COLOR_NONE));
	for (size_t i = 0; i < c->evidence_count; i++)
		print_labelled(cli, (int)used, "- ", c->evidence[i]);
	if (c->cure[0])
		print_labelled(cli, (int)used, "cure: ", c->cure);
	out_text(cli, "%*snext: %s\n", (int)used, "", c->next);
}

static void print_causes(struct cli *cli, const struct causes *causes)
{
	for (size_t i = 0; i < causes->count; i++)
		print_cause(cli, i + 1, &causes->items[i]);
	if (causes->left_out > 0)
		out_text(cli, "\nand %zu more\n", causes->left_out);
}

static void print_unchecked(const struct health *h)
{
	static const char label[] = "could not be checked: ";
	struct buf names = BUF_INIT(CHECKUP_ROWS_MAX * CHECKUP_NAME_SIZE);
	const struct checkup *c = h->checkup;
	char name[CHECKUP_NAME_SIZE];

	for (size_t i = 0; i < c->count; i++)
		if (c->rows[i].state == CHECKUP_UNCHECKED)
			buf_addf(&names, "%s%s", names.n > 0 ? ", " : "",
			    checkup_row_name(&c->rows[i], name));
	if (names.n > 0)
		print_labelled(h->cli, 0, label, buf_text(&names));
	buf_release(&names);
}

void health_print(const struct health *h)
{
	struct cli *cli = h->cli;

	print_rows(h);
	print_unchecked(h);
	out_text(cli, "%s%s%s\n", out_color(cli, health_color(h->checkup)),
	    health_verdict(h->checkup), out_color(cli, COLOR_NONE));
	if (h->causes != NULL)
		print_causes(cli, h->causes);
}

/* ---- JSON ---- */

/* Most are counts. */
static void value_json(struct json_writer *w, const char *name, double value)
{
	if (value == floor(value))
		json_member_int(w, name, (int64_t)value);
	else
		json_member_double(w, name, value, 3);
}

static void row_json(struct json_writer *w, const struct checkup_row *r)
{
	json_object_begin(w);
	json_member_text(w, "name", r->name);
	json_member_text(w, "service", r->service);
	json_member_text(w, "state", checkup_state_json(r->state));
	json_member_text(w, "detail", r->detail);
	json_member_text(w, "why", r->why[0] ? r->why : NULL);
	json_member_text(w, "next", r->next[0] ? r->next : NULL);
	json_key(w, "values");
	json_object_begin(w);
	for (size_t i = 0; i < CHECKUP_VALUES_MAX && r->values[i].name; i++)
		value_json(w, r->values[i].name, r->values[i].value);
	json_object_end(w);
	json_object_end(w);
}

static void cause_json(struct json_writer *w, const struct cause *c)
{
	json_object_begin(w);
	json_member_text(w, "name", c->name);
	json_member_text(w, "service", c->service);
	json_member_text(w, "text", c->text);
	json_key(w, "evidence");
	json_array_begin(w);
	for (size_t i = 0; i < c->evidence_count; i++)
		json_text(w, c->evidence[i]);
	json_array_end(w);
	json_member_text(w, "cure", c->cure[0] ? c->cure : NULL);
	json_member_text(w, "next", c->next);
	json_object_end(w);
}

static void causes_json(struct json_writer *w, const struct causes *causes)
{
	json_key(w, "causes");
	json_array_begin(w);
	for (size_t i = 0; i < causes->count; i++)
		cause_json(w, &causes->items[i]);
	json_array_end(w);
}

void health_json(const struct health *h)
{
	const struct checkup *c = h->checkup;
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	char at[CLOCK_RFC3339_SIZE];
	struct json_writer w;

	clock_rfc3339(c->at_ms, at);
	out_json_begin(&w, &out, "opsctl/health/1");
	json_member_text(&w, "context", h->cli->context.name);
	json_member_text(&w, "at", at);
	json_member_bool(&w, "healthy", checkup_is_healthy(c));
	json_member_bool(&w, "rolling", c->is_rolling);
	json_key(&w, "checks");
	json_array_begin(&w);
	for (size_t i = 0; i < c->count; i++)
		row_json(&w, &c->rows[i]);
	json_array_end(&w);
	if (h->causes != NULL)
		causes_json(&w, h->causes);
	json_object_end(&w);
	out_json(h->cli, buf_str(&out));
	buf_release(&out);
}
