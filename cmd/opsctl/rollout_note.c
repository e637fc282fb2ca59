#include "ports.h"
#include "rollout.h"
#include "shell.h"
#include "ssm_parameter.h"

enum { COMMAND_MAX = 8192, VALUE_MAX = 8192 };

#define RUN "run: "

const char *rollout_note_place(const struct rollout *r)
{
	return r->image[0] != '\0' && r->workload.image_parameter[0] != '\0'
	    ? r->workload.image_parameter
	    : NULL;
}

/* Whoever types it may have another account or region at hand than the context. */
static void add_command(const struct rollout *r, struct buf *out)
{
	const char *profile = r->cli->context.values[CONTEXT_PROFILE], *region;
	struct err ignored; /* without a region nothing was changed */

	buf_adds(out, "aws ssm put-parameter --name ");
	shell_word(out, str_from(rollout_note_place(r)));
	buf_adds(out, " --type String --overwrite --value ");
	shell_word(out, str_from(r->image));
	if (aws_region(r->workload.aws, &region, &ignored) == 0)
		buf_addf(out, " --region %s", region);
	if (profile[0] != '\0') {
		buf_adds(out, " --profile ");
		shell_word(out, str_from(profile));
	}
}

/* A hint may be cut, a command must not be: half of it would write another value. */
static int next_by_hand(const struct rollout *r)
{
	struct buf command = BUF_INIT(COMMAND_MAX);

	add_command(r, &command);
	if (strlen(RUN) + command.n < ERR_TEXT_MAX)
		(void)cli_next(r->cli, RUN "%s", buf_text(&command));
	else
		(void)cli_next(r->cli, "write the image that runs into the parameter %.200s",
		    rollout_note_place(r));
	buf_release(&command);
	return -1;
}

static int write_note(struct rollout *r, struct err *err)
{
	r->is_noted = ssm_parameter_write(r->workload.aws, rollout_note_place(r), r->image, err) ==
	    0;
	if (r->is_noted)
		return 0;
	(void)err_wrap(err,
	    "%s runs, but is not noted: the next terraform apply would take it back",
	    r->workload.name);
	return next_by_hand(r);
}

int rollout_note(struct rollout *r, struct err *err)
{
	if (r->view.phase != ROLLOUT_DEPLOYED) {
		rollout_note_later(r);
		return 0;
	}
	return rollout_note_place(r) != NULL ? write_note(r, err) : 0;
}

int rollout_note_due(struct rollout *r, struct err *err)
{
	return r->is_note_due ? write_note(r, err) : 0;
}

/* Whether the wanted image may run in the end, as far as was seen. */
static bool may_run(enum rollout_phase phase)
{
	return phase == ROLLOUT_PENDING || phase == ROLLOUT_RUNNING || phase == ROLLOUT_DEPLOYED;
}

void rollout_note_later(const struct rollout *r)
{
	struct buf command = BUF_INIT(COMMAND_MAX);

	if (rollout_note_place(r) == NULL || !may_run(r->view.phase))
		return;
	add_command(r, &command);
	out_note(r->cli, "%s still names the image before; when this one runs: %s",
	    rollout_note_place(r), buf_text(&command));
	buf_release(&command);
}

int rollout_note_look(struct rollout *r, struct err *err)
{
	struct buf value = BUF_INIT(VALUE_MAX);
	int rc;

	/* What is under way may end otherwise, and what ended badly does not run. */
	if (rollout_note_place(r) == NULL || !rollout_is_settled(r->service))
		return 0;
	rc = ssm_parameter_text(r->workload.aws, rollout_note_place(r), &value, err);
	if (rc != 0 && err->code == ERR_NOTFOUND)
		rc = 0; /* the first note makes it */
	r->is_note_due = rc == 0 && strcmp(buf_text(&value), r->image) != 0;
	(void)snprintf(r->noted, sizeof(r->noted), "%s", buf_text(&value));
	buf_release(&value);
	return rc == 0 ? 0 : ports_failed(r->cli, err);
}
