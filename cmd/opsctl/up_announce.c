#include <unistd.h>

#include "contexts_file.h"
#include "shell.h"
#include "up.h"
#include "up_events.h"
#include "upstate.h"

static void put_url(const struct setting_address *address, char out[UPSTATE_URL_SIZE])
{
	struct buf url = { .max = UPSTATE_URL_SIZE - 1 };

	unit_url(address, &url);
	(void)snprintf(out, UPSTATE_URL_SIZE, "%s", buf_text(&url));
	buf_release(&url);
}

int up_write_state(const struct up *up, struct err *err)
{
	struct upstate state = { .pid = getpid(),
		.api_pid = up->units[UP_API].pid,
		.worker_pid = up->units[UP_WORKER].pid };

	put_url(&up->units[UP_API].listen, state.url);
	put_url(&up->units[UP_API].admin_listen, state.api_admin_url);
	put_url(&up->units[UP_WORKER].admin_listen, state.worker_admin_url);
	return upstate_write(up->place.context.local_dir, &state, err);
}

/* "opsctl", with what it takes so that the suggested commands reach this system and no other. */
static void add_program(const struct up *up, struct buf *out)
{
	char current[CONTEXT_NAME_MAX + 1];
	struct buf usual = BUF_INIT(CONTEXT_VALUE_MAX);
	const char *decided_by;
	struct err err;

	if (context_local_dir(NULL, &usual, &err) == -1 ||
	    strcmp(buf_text(&usual), up->place.context.local_dir) != 0) {
		buf_adds(out, "OPSCTL_LOCAL_DIR=");
		shell_quote(out, str_from(up->place.context.local_dir));
		buf_addc(out, ' ');
	}
	buf_adds(out, "opsctl");
	if (context_current(current, &decided_by, &err) == -1 ||
	    strcmp(current, CONTEXT_LOCAL) != 0)
		buf_adds(out, " --context local");
	buf_release(&usual);
}

static void announce_text(struct up *up, const char *url)
{
	struct cli *cli = up->cli;
	struct buf program = BUF_INIT(4 * CONTEXT_VALUE_MAX);

	add_program(up, &program);
	out_text(cli, "\n%sops %s is up%s\n\n", out_color(cli, COLOR_GREEN), OPS_VERSION,
	    out_color(cli, COLOR_NONE));
	out_text(cli, "  url        %s\n", url);
	out_text(cli, "  token      %s (fingerprint%s)\n", up->place.fingerprint,
	    up->place.token_is_new ? " of a new one" : "");
	out_text(cli, "  directory  %s\n\nNext, in another terminal:\n\n",
	    up->place.context.local_dir);
	out_text(cli, "  %s submit --wait\n", buf_text(&program));
	out_text(cli, "  %s health\n", buf_text(&program));
	out_text(cli, "  %s verify-s3 --follow\n\nCtrl-C drains and stops it.\n\n",
	    buf_text(&program));
	buf_release(&program);
}

void up_announce(struct up *up)
{
	struct buf url = BUF_INIT(UPSTATE_URL_SIZE);
	struct up_event e;

	up->is_announced = true;
	unit_url(&up->units[UP_API].listen, &url);
	up_event_begin(&e, up->cli, "ready");
	json_member_str(&e.w, "url", buf_str(&url));
	json_member_text(&e.w, "fingerprint", up->place.fingerprint);
	json_member_bool(&e.w, "token_is_new", up->place.token_is_new);
	json_member_text(&e.w, "dir", up->place.context.local_dir);
	json_member_int(&e.w, "pid", getpid());
	json_member_int(&e.w, "api_pid", up->units[UP_API].pid);
	json_member_int(&e.w, "worker_pid", up->units[UP_WORKER].pid);
	up_event_end(&e);
	announce_text(up, buf_text(&url));
	buf_release(&url);
}
