/* The logs of a context, those that are wanted, opened to be read from --since on. */
#include <unistd.h>

#include "count.h"
#include "local_service.h"
#include "logs.h"
#include "logs_cmd.h"
#include "mem.h"
#include "ports.h"
#include "recording.h"

enum { STREAMS_MAX = 500 };

/* ---- which logs ---- */

/* "api,worker": whether the name is one of those wanted; none named: all are. */
static bool is_chosen(const struct logs_cmd *c, const char *service)
{
	struct str name, rest = str_from(c->services);

	if (rest.n == 0)
		return true;
	while (rest.n > 0) {
		(void)str_cut(rest, ',', &name, &rest);
		if (str_is(name, service))
			return true;
	}
	return false;
}

static size_t list_places(const struct cli *cli, struct log_place out[CONTEXT_SERVICES_MAX])
{
	const struct context *c = &cli->context;
	size_t count = 0;

	if (c->local_dir[0] != '\0') {
		for (size_t i = 0; i < LOCAL_SERVICES; i++)
			out[count++] = (struct log_place){ local_services[i].name,
				local_services[i].log };
		return count;
	}
	for (size_t i = 0; i < c->service_count; i++)
		if (c->services[i].values[SERVICE_LOGS][0] != '\0')
			out[count++] = (struct log_place){ c->services[i].name,
				c->services[i].values[SERVICE_LOGS] };
	return count;
}

static int check_names(const struct logs_cmd *c, const struct log_place *places, size_t count,
    struct err *err)
{
	struct str name, rest = str_from(c->services);
	bool found = true;

	while (rest.n > 0 && found) {
		(void)str_cut(rest, ',', &name, &rest);
		found = false;
		for (size_t i = 0; i < count; i++)
			found = found || str_is(name, places[i].service);
	}
	if (found)
		return 0;
	return err_set(err, ERR_USAGE, "context %s knows no log of a service '%.*s'",
	    c->cli->context.name, STR_ARG(name));
}

int logs_choose(struct logs_cmd *c, struct err *err)
{
	struct log_place all[CONTEXT_SERVICES_MAX];
	size_t n = list_places(c->cli, all);

	if (n == 0) {
		(void)err_set(err, ERR_CONFIG, "context %s names no log group of any service",
		    c->cli->context.name);
		return cli_next(c->cli, "see: service.<name>.logs in opsctl.conf(5)");
	}
	if (check_names(c, all, n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (is_chosen(c, all[i].service))
			c->places[c->place_count++] = all[i];
	return 0;
}

/* ---- opening them ---- */

/*
 * The streams of the task that is wanted; where it is one, only that is asked for: the service then
 * looks through no other.
 */
static int find_task(struct logs_cmd *c, struct aws *aws, const char *group,
    char only[LOGS_NAME_SIZE], struct err *err)
{
	struct logs_stream *streams = xcalloc(STREAMS_MAX, sizeof(*streams));
	size_t count = 0, matched = 0;
	bool more;
	int rc = logs_streams(aws, group, NULL, streams, STREAMS_MAX, &count, &more, err);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (!logview_wants_stream(&c->view, str_from(streams[i].name)))
			continue;
		if (matched++ == 0)
			memcpy(only, streams[i].name, LOGS_NAME_SIZE);
	}
	if (matched != 1)
		only[0] = '\0';
	c->streams_matched += matched;
	free(streams);
	return rc;
}

/* A filter that fits no stream would look like silence. */
static int check_task(struct logs_cmd *c, struct err *err)
{
	if (!c->view.wanted.task || c->streams_matched > 0)
		return 0;
	if (c->follows) {
		out_note(c->cli, "-- no stream of a task %s yet", c->view.wanted.task);
		return 0;
	}
	(void)err_set(err, ERR_NOTFOUND, "no log stream of a task '%s' in %s", c->view.wanted.task,
	    COUNT(c->source_count, "log group"));
	return cli_next(c->cli, "run: opsctl logs --since 1h");
}

static int open_groups(struct logs_cmd *c, struct err *err)
{
	char only[LOGS_NAME_SIZE] = "";
	struct aws *aws;

	if (ports_aws(c->cli, &aws, err) != 0)
		return -1;
	for (size_t i = 0; i < c->place_count; i++) {
		const struct log_place *p = &c->places[i];

		if (c->view.wanted.task && find_task(c, aws, p->place, only, err) != 0)
			return ports_failed(c->cli, err);
		c->sources[c->source_count++] = logsource_aws(&c->view, aws, p->service, p->place,
		    only[0] != '\0' ? only : NULL);
	}
	return check_task(c, err);
}

/* Nothing ever ran there, which is not the same as silence. */
static bool has_files(const struct logs_cmd *c)
{
	char path[CONTEXT_VALUE_MAX + 32];
	bool found = false;

	for (size_t i = 0; i < c->place_count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", c->cli->context.local_dir,
		    c->places[i].place); /* names are short */
		found = found || access(path, F_OK) == 0;
	}
	return found;
}

static int open_files(struct logs_cmd *c, struct err *err)
{
	if (c->view.wanted.task)
		return err_set(err, ERR_USAGE, "--task: a system on this machine has no tasks");
	if (recording_allows_files(c->cli, "the log", err) != 0)
		return -1;
	if (!c->follows && !has_files(c)) {
		(void)err_set(err, ERR_NOTFOUND, "no logs in %s", c->cli->context.local_dir);
		return cli_next(c->cli, "run: opsctl up");
	}
	for (size_t i = 0; i < c->place_count; i++)
		c->sources[c->source_count++] = logsource_file(&c->view, c->places[i].service,
		    c->cli->context.local_dir, c->places[i].place);
	return 0;
}

int logs_open(struct logs_cmd *c, struct err *err)
{
	bool is_local = c->cli->context.local_dir[0] != '\0';

	return (is_local ? open_files : open_groups)(c, err);
}

void logs_close(struct logs_cmd *c)
{
	for (size_t i = 0; i < c->source_count; i++)
		c->sources[i]->close(c->sources[i]);
	c->source_count = 0;
	logview_release(&c->view);
}
