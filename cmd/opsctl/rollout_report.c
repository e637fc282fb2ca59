#include <inttypes.h>

#include "rollout.h"
#include "step.h"

enum { EVENT_MAX = 256 * 1024 };

/* ---- JSON ---- */

void rollout_event_begin(struct rollout *r, struct json_writer *w, struct buf *out,
    const char *event)
{
	char at[CLOCK_RFC3339_SIZE], schema[64];

	(void)snprintf(schema, sizeof(schema), "opsctl/%s/1", r->verb);
	clock_rfc3339(clock_wall_ms(r->cli->clock), at);
	out_json_begin(w, out, schema);
	json_member_text(w, "event", event);
	json_member_text(w, "at", at);
	json_member_text(w, "service", r->workload.name);
	json_member_text(w, "deployment", r->deployment.id[0] != '\0' ? r->deployment.id : NULL);
}

void rollout_event_end(struct rollout *r, struct json_writer *w, struct buf *out)
{
	json_object_end(w);
	out_json(r->cli, buf_str(out));
	buf_release(out);
}

/* "to" is null where it is not registered yet. */
static void revisions_json(struct rollout *r, struct json_writer *w)
{
	json_member_text(w, "from", rollout_revision(r->from));
	json_member_text(w, "to", r->to[0] != '\0' ? rollout_revision(r->to) : NULL);
}

static void end_json(struct rollout *r)
{
	struct buf out = BUF_INIT(EVENT_MAX);
	struct json_writer w;

	rollout_event_begin(r, &w, &out, "end");
	json_member_text(&w, "outcome", r->outcome);
	revisions_json(r, &w);
	json_member_text(&w, "reason", r->cause[0] != '\0' ? r->cause : NULL);
	json_member_int(&w, "elapsed_ms", clock_mono_ms(r->cli->clock) - r->began_mono_ms);
	rollout_why_json(&w, &r->why);
	json_member_text(&w, "noted", r->is_noted ? r->workload.image_parameter : NULL);
	if (r->guard != NULL)
		guard_json(&w, &r->guard_count);
	else if (r->is_guarded)
		json_member_text(&w, "guard", NULL);
	rollout_event_end(r, &w, &out);
}

/* ---- text ---- */

/* What is to be said of an outcome, and what to do then; %s is the name of the service. */
static const struct {
	const char *outcome;
	enum out_color color;
	const char *text, *next;
} ends[] = {
	{ "deployed", COLOR_GREEN, "is deployed", NULL },
	{ "unchanged", COLOR_GREEN, "is what the service has already, nothing was changed", NULL },
	{ "in-progress", COLOR_YELLOW, "is on its way", "opsctl health %s" },
	{ "failing", COLOR_RED,
	    "does not come up, and there is no circuit breaker that would end it: ECS goes on "
	    "starting tasks",
	    "opsctl rollback %s" },
	{ "failed", COLOR_RED, "did not come up, and the circuit breaker is not to roll back",
	    "opsctl rollback %s" },
	{ "rolling-back", COLOR_RED, "did not come up; ECS still goes back to what was before",
	    "opsctl health %s" },
	{ "rolled-back", COLOR_RED, "did not come up: rolled back",
	    "opsctl logs --service %s --since 15m" },
	{ "replaced", COLOR_RED, "was replaced by another deployment that somebody began",
	    "opsctl health %s" },
	{ "timed-out", COLOR_YELLOW, "is not there yet, and goes on by itself",
	    "opsctl health --why %s" },
};

static void print_breaker(struct rollout *r)
{
	const struct rollout_view *v = &r->view;

	if (r->cause[0] != '\0')
		out_text(r->cli, "ECS says   %s\n", r->cause);
	if (v->breaker_threshold > 0)
		out_text(r->cli, "breaker    %d of %d failed tasks\n", v->breaker_count,
		    v->breaker_threshold);
}

static void print_guard(struct rollout *r)
{
	struct buf text = BUF_INIT(1024);

	if (r->guard == NULL) {
		if (r->is_guarded)
			out_text(r->cli, "guard      nothing was changed, nothing was guarded\n");
		return;
	}
	guard_text(&r->guard_count, &text);
	out_text(r->cli, "guard      %s\n", buf_text(&text));
	if (!r->guard_count.is_settled)
		out_text(r->cli, "           nobody looked into the store\n");
	buf_release(&text);
}

static void print_next(struct rollout *r, const char *fmt)
{
	struct buf text = BUF_INIT(256);
	char step[ERR_TEXT_MAX];
	struct str head, tail;

	if (fmt == NULL)
		return;
	buf_adds(&text, "run: ");
	if (str_cut(str_from(fmt), '%', &head, &tail))
		buf_addf(&text, "%.*s%s%.*s", STR_ARG(head), r->workload.name,
		    STR_ARG(str_skip(tail, 1)));
	out_text(r->cli, "next       %s\n", step_show(r->cli, buf_text(&text), step));
	buf_release(&text);
}

static void end_text(struct rollout *r)
{
	struct cli *cli = r->cli;
	int64_t s = (clock_mono_ms(cli->clock) - r->began_mono_ms) / 1000;
	size_t i = 0;

	while (strcmp(ends[i].outcome, r->outcome) != 0)
		i++; /* every outcome has its row */
	out_text(cli, "%s%s%s %s %s", out_color(cli, ends[i].color), r->workload.name,
	    out_color(cli, COLOR_NONE), rollout_revision(r->to), ends[i].text);
	if (r->view.phase == ROLLOUT_ROLLED_BACK && r->view.other.id[0] != '\0')
		out_text(cli, " to %s", rollout_revision(r->view.other.task_definition));
	out_text(cli, ", after %" PRId64 " s\n", s);
	if (cli->exit_code != EXIT_OK)
		print_breaker(r);
	rollout_why_print(cli, &r->why);
	print_guard(r);
	if (r->is_noted)
		out_text(cli, "noted      in %s\n", r->workload.image_parameter);
	print_next(r, ends[i].next);
}

/* ---- when ---- */

static void warn_of_another(struct rollout *r)
{
	const struct ecs_deployment *primary = ecs_primary(r->service);

	if (primary != NULL && primary->rollout == ECS_ROLLOUT_IN_PROGRESS)
		out_warn(r->cli, "deployment %s is under way: this one takes its place",
		    primary->id);
}

/* Where the image is noted afterwards, or all that is to do. */
static const char *note_of_plan(const struct rollout *r)
{
	return r->is_note_due || strcmp(r->from, r->to) != 0 ? rollout_note_place(r) : NULL;
}

static void note_json(struct rollout *r, struct json_writer *w)
{
	const char *name = note_of_plan(r);

	json_key(w, "note");
	if (name == NULL) {
		json_null(w);
		return;
	}
	json_object_begin(w);
	json_member_text(w, "parameter", name);
	json_member_text(w, "from", r->noted[0] != '\0' ? r->noted : NULL);
	json_member_text(w, "to", r->image);
	json_object_end(w);
}

static void print_note(struct rollout *r)
{
	const char *name = note_of_plan(r);

	if (name == NULL)
		return;
	if (!r->is_note_due) {
		out_text(r->cli, "  noted in %s when it runs\n", name);
		return;
	}
	out_text(r->cli, "  %s\n", name);
	if (r->noted[0] != '\0')
		out_text(r->cli, "    %s- %s%s\n", out_color(r->cli, COLOR_RED), r->noted,
		    out_color(r->cli, COLOR_NONE));
	out_text(r->cli, "    %s+ %s%s\n", out_color(r->cli, COLOR_GREEN), r->image,
	    out_color(r->cli, COLOR_NONE));
}

static void print_change(struct rollout *r)
{
	out_text(r->cli, "%s %s, service %s of cluster %s: ", r->verb, r->workload.name,
	    r->workload.service, r->workload.cluster);
	if (r->is_forced)
		out_text(r->cli, "new tasks of %s\n", rollout_revision(r->from));
	else if (strcmp(r->from, r->to) == 0)
		out_text(r->cli, "%s stays\n", rollout_revision(r->from));
	else
		out_text(r->cli, "%s to %s\n", rollout_revision(r->from),
		    r->to[0] != '\0' ? rollout_revision(r->to) : "a new revision");
}

void rollout_report_plan(struct rollout *r, const struct revision_diff *d)
{
	struct buf out = BUF_INIT(EVENT_MAX);
	struct json_writer w;

	if (r->cli->json) {
		rollout_event_begin(r, &w, &out, "plan");
		json_member_bool(&w, "dry_run", cli_flag(r->cli, "dry-run"));
		revisions_json(r, &w);
		json_member_bool(&w, "forced", r->is_forced);
		if (d != NULL)
			revision_diff_json(&w, d);
		note_json(r, &w);
		rollout_event_end(r, &w, &out);
	}
	print_change(r);
	if (d != NULL)
		revision_diff_print(r->cli, d);
	print_note(r);
	warn_of_another(r);
}

void rollout_report_begun(struct rollout *r)
{
	struct buf out = BUF_INIT(EVENT_MAX);
	struct json_writer w;

	out_note(r->cli, "deployment %s of %s began", r->deployment.id, r->workload.name);
	if (!r->cli->json)
		return;
	rollout_event_begin(r, &w, &out, "begun");
	revisions_json(r, &w);
	rollout_event_end(r, &w, &out);
}

void rollout_report_end(struct rollout *r)
{
	if (r->cli->json)
		end_json(r);
	else
		end_text(r);
}
