#include "complete_tasks.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "ecs.h"
#include "ecs_revision.h"
#include "file.h"
#include "mem.h"

enum {
	BUDGET_MS = 280, /* of the 300 that somebody waits without noticing */
	KEPT_S = 30,
	LIST_MAX = 256 * 1024,
	PATH_MAX_BYTES = 4096,
};

/* ---- what is kept ---- */

/* "<cache>/opsctl/tasks-<context>"; false: there is no place for it. */
static bool cache_path(const char *context, struct buf *dir, struct buf *path)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (cache != NULL && cache[0] == '/')
		buf_addf(dir, "%s/opsctl", cache);
	else if (home != NULL && home[0] == '/')
		buf_addf(dir, "%s/.cache/opsctl", home);
	else
		return false;
	buf_addf(path, "%s/tasks-%s", buf_text(dir), context);
	return !path->full;
}

static bool read_kept(const char *path, struct buf *list)
{
	struct stat st;
	struct err ignored; /* then ECS is asked */

	return stat(path, &st) == 0 && clock_wall_s(&clock_system) - st.st_mtime < KEPT_S &&
	    file_read(path, list, &ignored) == 0;
}

static void keep(const char *dir, const char *path, struct str list)
{
	struct err ignored; /* it is asked again the next time */

	if (file_mkdirs(dir, 0700, &ignored) == 0)
		(void)!file_replace(path, list, 0600, &ignored);
}

/* ---- ECS ---- */

/* Nothing was printed yet. */
static void give_up(int number)
{
	(void)number;
	_exit(0);
}

static void limit_time(void)
{
	const struct itimerval budget = { .it_value = { .tv_usec = BUDGET_MS * 1000 } };

	(void)signal(SIGALRM, give_up);
	(void)setitimer(ITIMER_REAL, &budget, NULL); /* cannot fail with these values */
}

/* "id\tfamily", a line each. */
static void write_list(const struct ecs_tasks *tasks, struct buf *list)
{
	char family[ECS_NAME_SIZE];
	int revision;

	for (size_t i = 0; i < tasks->count; i++) {
		bool is_known = ecs_revision_name(tasks->items[i].task_definition, family,
		    &revision);

		buf_addf(list, "%s\t%s\n", tasks->items[i].id, is_known ? family : "task");
	}
}

static int ask(const struct context *c, struct buf *list, struct err *err)
{
	const struct aws_options options = {
		.program = "opsctl/" OPS_VERSION,
		.profile = c->values[CONTEXT_PROFILE][0] ? c->values[CONTEXT_PROFILE] : NULL,
		.region = c->values[CONTEXT_REGION][0] ? c->values[CONTEXT_REGION] : NULL,
	};
	struct ecs_tasks tasks;
	struct aws *aws;
	int rc;

	if (aws_open(&aws, &options, err) != 0)
		return -1;
	rc = ecs_tasks(aws, c->values[CONTEXT_CLUSTER], NULL, ECS_TASKS_RUNNING, &tasks, err);
	if (rc == 0)
		write_list(&tasks, list);
	ecs_tasks_release(&tasks);
	aws_close(aws);
	return rc;
}

/* ---- both ---- */

static void find(const struct context *c, struct buf *list)
{
	struct buf dir = BUF_INIT(PATH_MAX_BYTES), path = BUF_INIT(PATH_MAX_BYTES);
	bool has_place = cache_path(c->name, &dir, &path);
	struct err ignored; /* a key was pressed, nothing was asked */

	if (!has_place || !read_kept(buf_text(&path), list)) {
		limit_time();
		if (ask(c, list, &ignored) == 0 && has_place)
			keep(buf_text(&dir), buf_text(&path), buf_str(list));
	}
	buf_release(&path);
	buf_release(&dir);
}

void complete_tasks(const char *context, complete_task_fn *fn, void *arg)
{
	struct context *c = xcalloc(1, sizeof(*c));
	struct buf list = BUF_INIT(LIST_MAX);
	struct str rest, line, id, service;
	char id_text[64], service_text[ECS_NAME_SIZE];
	struct err ignored; /* as above */

	if (context_resolve(context, c, &ignored) == 0 && c->values[CONTEXT_CLUSTER][0] != '\0')
		find(c, &list);
	rest = buf_str(&list);
	while (str_cut(rest, '\n', &line, &rest)) {
		(void)str_cut(line, '\t', &id, &service); /* of our own making */
		(void)snprintf(id_text, sizeof(id_text), "%.*s", STR_ARG(id));
		(void)snprintf(service_text, sizeof(service_text), "%.*s", STR_ARG(service));
		if (!fn(arg, id_text, service_text))
			break;
	}
	buf_release(&list);
	free(c);
}
