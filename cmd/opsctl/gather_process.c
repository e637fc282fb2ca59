/* Whether the services of this machine are held by a signal: they are there, and do nothing. */
#include <inttypes.h>
#include <string.h>

#include "file.h"
#include "gather_ask.h"
#include "upstate.h"

enum { STAT_MAX = 4096 };

/* proc(5): "PID (NAME) STATE ...", and a name may have brackets and spaces of its own. */
static bool is_stopped(pid_t pid)
{
	struct buf text = BUF_INIT(STAT_MAX);
	char path[32];
	struct err ignored; /* gone, or not to be seen: not known to be stopped */
	const char *end = NULL;
	bool stopped = false;

	(void)snprintf(path, sizeof(path), "/proc/%" PRIdMAX "/stat", (intmax_t)pid);
	if (pid > 0 && file_read(path, &text, &ignored) == 0)
		end = strrchr(buf_text(&text), ')');
	if (end != NULL && end[1] == ' ')
		stopped = end[2] == 'T' || end[2] == 't';
	buf_release(&text);
	return stopped;
}

void gather_processes(struct facts *f)
{
	const char *dir = f->context->local_dir;
	struct upstate state;
	struct err ignored; /* just ended: the rows say so */

	if (dir[0] == '\0' || !upstate_is_running(dir) || upstate_read(dir, &state, &ignored) != 0)
		return;
	if (is_stopped(state.api_pid))
		f->stopped_api = state.api_pid;
	if (is_stopped(state.worker_pid))
		f->stopped_worker = state.worker_pid;
}
