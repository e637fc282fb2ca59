#include <math.h>
#include <unistd.h>

#include "checkup.h"
#include "commands.h"
#include "mem.h"
#include "stop.h"

enum { PIECE_MS = 500 };

static bool is_healthy(const struct checkup *c)
{
	return checkup_worst(c) < CHECKUP_BAD && checkup_knows(c);
}

static const char *verdict(const struct checkup *c)
{
	if (is_healthy(c))
		return "healthy";
	return checkup_worst(c) == CHECKUP_BAD
	    ? "unhealthy"
	    : "unknown: neither ops-api nor the queue nor the store could be asked";
}

static enum out_color color_of(enum checkup_state state)
{
	static const enum out_color colors[CHECKUP_STATE_COUNT] = {
		[CHECKUP_OK] = COLOR_GREEN,
		[CHECKUP_SKIPPED] = COLOR_DIM,
		[CHECKUP_WARN] = COLOR_YELLOW,
		[CHECKUP_BAD] = COLOR_RED,
	};

	return colors[state];
}

static void print_text(struct cli *cli, const struct checkup *c)
{
	bool healthy = is_healthy(c);

	for (size_t i = 0; i < c->count; i++) {
		const struct checkup_row *r = &c->rows[i];

		out_text(cli, "%-13s %s%-5s%s %s\n", r->name, out_color(cli, color_of(r->state)),
		    checkup_state_name(r->state), out_color(cli, COLOR_NONE), r->detail);
		if (r->why[0])
			out_text(cli, "%-13s       why: %s\n", "", r->why);
		if (r->next[0])
			out_text(cli, "%-13s       next: %s\n", "", r->next);
	}
	out_text(cli, "%s%s%s\n", out_color(cli, healthy ? COLOR_GREEN : COLOR_RED), verdict(c),
	    out_color(cli, COLOR_NONE));
}

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
	json_member_text(w, "state",
	    r->state == CHECKUP_SKIPPED ? "skipped" : checkup_state_name(r->state));
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

static void print_json(struct cli *cli, const struct checkup *c)
{
	struct buf out = BUF_INIT(64 * 1024);
	char at[CLOCK_RFC3339_SIZE];
	struct json_writer w;

	clock_rfc3339(c->at_ms, at);
	out_json_begin(&w, &out, "opsctl/health/1");
	json_member_text(&w, "context", cli->context.name);
	json_member_text(&w, "at", at);
	json_member_bool(&w, "healthy", is_healthy(c));
	json_key(&w, "checks");
	json_array_begin(&w);
	for (size_t i = 0; i < c->count; i++)
		row_json(&w, &c->rows[i]);
	json_array_end(&w);
	json_object_end(&w);
	out_json(cli, buf_str(&out));
	buf_release(&out);
}

/* ---- --watch ---- */

static bool has_changed(const struct checkup *was, const struct checkup *is)
{
	bool changed = was->count != is->count;

	for (size_t i = 0; i < is->count && !changed; i++)
		changed = was->rows[i].state != is->rows[i].state;
	return changed;
}

/* Off a terminal: a line for each row that changed, all rows at first. */
static void print_changes(struct cli *cli, const struct checkup *was, const struct checkup *is)
{
	char at[CLOCK_RFC3339_SIZE];

	clock_rfc3339(is->at_ms, at);
	for (size_t i = 0; i < is->count; i++) {
		const struct checkup_row *r = &is->rows[i];

		if (i < was->count && was->rows[i].state == r->state)
			continue;
		out_text(cli, "%s  %-13s %-5s %s\n", at, r->name, checkup_state_name(r->state),
		    r->why[0] ? r->why : r->detail);
	}
}

static void print_screen(struct cli *cli, const struct checkup *c)
{
	char at[CLOCK_RFC3339_SIZE];

	clock_rfc3339(c->at_ms, at);
	out_text(cli, "\033[H\033[J"); /* home, and clear from there */
	out_text(cli, "%s%s  context %s%s\n\n", out_color(cli, COLOR_DIM), at, cli->context.name,
	    out_color(cli, COLOR_NONE));
	print_text(cli, c);
}

static void print_look(struct cli *cli, const struct checkup *was, const struct checkup *is)
{
	if (cli->json) {
		if (has_changed(was, is))
			print_json(cli, is);
	} else if (isatty(STDOUT_FILENO) == 1) {
		print_screen(cli, is);
	} else {
		print_changes(cli, was, is);
	}
}

/* In pieces, so that a reader who goes away is not waited for. true: asked to stop. */
static bool wait_for_next_look(struct cli *cli)
{
	int64_t left_ms = cli_ms(cli, "interval");
	bool is_over = false;

	for (; left_ms > 0 && !is_over && !out_failed(cli); left_ms -= PIECE_MS)
		is_over = stop_wait((int)(left_ms < PIECE_MS ? left_ms : PIECE_MS)) == STOP_STOP;
	return is_over;
}

static int watch(struct cli *cli, struct checkup *c, struct err *err)
{
	struct checkup *was = xcalloc(1, sizeof(*was));
	int rc = stop_init(err);

	while (rc == 0 && !out_failed(cli)) {
		*was = *c;
		checkup_look(c, cli);
		print_look(cli, was, c);
		if (wait_for_next_look(cli))
			rc = err_set(err, ERR_STOPPED, "stopped");
	}
	free(was);
	return rc;
}

static int cmd_health(struct cli *cli, struct err *err)
{
	struct checkup *c = xcalloc(1, sizeof(*c));
	int rc = 0;

	if (cli_flag(cli, "watch")) {
		rc = watch(cli, c, err);
	} else {
		checkup_look(c, cli);
		if (cli->json)
			print_json(cli, c);
		else
			print_text(cli, c);
	}
	if (!is_healthy(c))
		cli->exit_code = EXIT_BAD;
	free(c);
	return rc;
}

static const struct option_row options[] = {
	{ "watch", 0, OPTION_FLAG, .help = "go on: refresh on a terminal, else a line per change" },
	{ "interval", 0, OPTION_DURATION, "TIME", "2s", .min = 100, .max = 3600 * 1000,
	    .help = "with --watch, time between two looks" },
	{ "timeout", 0, OPTION_DURATION, "TIME", "5s", .min = 1, .max = 600 * 1000,
	    .help = "how long one service may take to answer" },
};

const struct command command_health = {
	.name = "health",
	.operands = "",
	.operand_completion = "none",
	.summary = "say whether the system is healthy, and if not, why",
	.about =
	    "Asks the services, the queue, the store and the secret, each for itself, and says "
	    "what is wrong and what to do next. Exits with 1 when something is wrong.",
	OPTIONS(options),
	.need = NEED_CONTEXT | NEED_STREAM,
	.run = cmd_health,
};
