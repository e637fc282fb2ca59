#include "token_tasks.h"

#include "fanout.h"
#include "mem.h"
#include "ports.h"
#include "token_trail.h"
#include "uuid.h"

enum {
	DIRECT_MS = 1500,
	DEFAULT_PORT = 8080,
	NONCE_SIZE = UUID_TEXT_SIZE + 8,
	URL_SIZE = 80,
};

/* ---- which tasks ---- */

bool token_tasks_are_known(const struct cli *cli)
{
	const struct context_service *s = context_service(&cli->context, TOKEN_SERVICE);

	return s != NULL && s->values[SERVICE_ECS][0] != '\0' &&
	    cli->context.values[CONTEXT_CLUSTER][0] != '\0';
}

static void take_tasks(const struct ecs_tasks *tasks, struct token_tasks *out)
{
	out->items = xcalloc(tasks->count + 1, sizeof(*out->items));
	for (size_t i = 0; i < tasks->count; i++) {
		struct token_task *t = &out->items[out->count];

		if (strcmp(tasks->items[i].last_status, "RUNNING") != 0)
			continue;
		(void)snprintf(t->id, sizeof(t->id), "%s", tasks->items[i].id);
		(void)snprintf(t->address, sizeof(t->address), "%s", tasks->items[i].private_ip);
		out->count++;
	}
}

static int list_tasks(struct cli *cli, const struct workload *w, struct token_tasks *out, int *port,
    struct err *err)
{
	struct ecs_service *s = xcalloc(1, sizeof(*s));
	struct ecs_tasks tasks = { 0 };
	int rc = workload_describe(cli, w, s, err);

	if (rc == 0 &&
	    ecs_tasks(w->aws, w->cluster, w->service, ECS_TASKS_RUNNING, &tasks, err) != 0)
		rc = ports_failed(cli, err);
	if (rc == 0)
		take_tasks(&tasks, out);
	*port = s->balancer_count > 0 && s->balancers[0].container_port > 0
	    ? s->balancers[0].container_port
	    : DEFAULT_PORT;
	ecs_tasks_release(&tasks);
	free(s);
	return rc;
}

void token_tasks_release(struct token_tasks *t)
{
	free(t->items);
	*t = (struct token_tasks){ 0 };
}

static bool is_known(const struct token_task *t, bool has_previous)
{
	return t->answers[SECRET_CURRENT] != TOKEN_UNKNOWN &&
	    (!has_previous || t->answers[SECRET_PREVIOUS] != TOKEN_UNKNOWN);
}

size_t token_tasks_unknown(const struct token_tasks *t, bool has_previous)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += !is_known(&t->items[i], has_previous);
	return n;
}

size_t token_tasks_count(const struct token_tasks *t, enum secret_which which,
    enum token_answer answer)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += t->items[i].answers[which] == answer;
	return n;
}

/* ---- a task is asked itself ---- */

struct direct {
	const struct cli *cli;
	const struct token_versions *versions;
	struct token_task *task;
	int port;
	char nonce[NONCE_SIZE];
};

static int ask_one(struct direct *d, struct http *http, int which, int64_t deadline_ms,
    struct err *err)
{
	char url[URL_SIZE];
	const struct token_question q = {
		.http = http,
		.url = url,
		.token = buf_str(&d->versions->values[which].bytes),
		.clock = d->cli->clock,
		.deadline_ms = deadline_ms,
		.request_id = d->nonce,
		.is_by_signature = true,
	};
	struct token_probe probe;

	(void)snprintf(url, sizeof(url), "http://%s:%d", d->task->address, d->port);
	if (token_probe(&q, &probe, err) != 0)
		return -1;
	d->task->answers[which] = probe.is_accepted ? TOKEN_ACCEPTED : TOKEN_REFUSED;
	return 0;
}

static int ask_task(void *arg, struct err *err)
{
	struct direct *d = arg;
	int64_t deadline_ms = clock_mono_ms(d->cli->clock) + DIRECT_MS;
	struct http *http = NULL;
	int rc;

	if (d->task->address[0] == '\0')
		return err_set(err, ERR_NOTFOUND, "task %s has no address", d->task->id);
	rc = ports_http(&http, DIRECT_MS, err);
	for (int i = 0; rc == 0 && i <= d->versions->has_previous; i++)
		rc = ask_one(d, http, i, deadline_ms, err);
	http_close(http);
	return rc;
}

/* What a task could not be asked is left unknown, for its log. */
static void ask_directly(struct cli *cli, const struct token_versions *v, int port,
    const char *nonce, struct token_tasks *t)
{
	struct fanout_job *jobs = xcalloc(t->count + 1, sizeof(*jobs));
	struct direct *asked = xcalloc(t->count + 1, sizeof(*asked));

	for (size_t i = 0; i < t->count; i++) {
		asked[i] = (struct direct){ cli, v, &t->items[i], port, "" };
		(void)snprintf(asked[i].nonce, sizeof(asked[i].nonce), "%s", nonce);
		jobs[i] = (struct fanout_job){ .what = t->items[i].id,
			.run = ask_task,
			.arg = &asked[i] };
	}
	fanout_run(cli, "asking each task", jobs, t->count, false);
	for (size_t i = 0; i < t->count; i++)
		if (jobs[i].rc != 0)
			(void)snprintf(t->trouble, sizeof(t->trouble), "%s", jobs[i].err.text);
	free(jobs);
	free(asked);
}

/* ---- all of it ---- */

static void ask_by_log(struct cli *cli, const struct token_versions *v, const struct workload *w,
    const char *nonce, int64_t deadline_ms, struct token_tasks *t)
{
	const struct context_service *s = context_service(&cli->context, TOKEN_SERVICE);
	struct token_trail trail = {
		.cli = cli,
		.versions = v,
		.nonce = nonce,
		.group = s->values[SERVICE_LOGS],
		.url = cli->context.values[CONTEXT_URL],
		.aws = w->aws,
		.began_ms = clock_wall_ms(cli->clock),
		.deadline_ms = deadline_ms,
		.tasks = t,
	};
	struct err err;

	if (trail.group[0] == '\0' || trail.url[0] == '\0')
		return; /* why they could not be asked themselves is told already */
	t->trouble[0] = '\0';
	if (token_trail_follow(&trail, &err) != 0)
		(void)snprintf(t->trouble, sizeof(t->trouble), "%s", err.text);
	else if (token_tasks_unknown(t, v->has_previous) > 0)
		(void)snprintf(t->trouble, sizeof(t->trouble),
		    "nothing of them in log group %s in time", trail.group);
}

int token_tasks_ask(struct cli *cli, const struct token_versions *v,
    const struct token_check *check, int64_t deadline_ms, struct token_tasks *out, struct err *err)
{
	char nonce[NONCE_SIZE] = TOKEN_REQUEST_PREFIX;
	struct workload w;
	int port;

	*out = (struct token_tasks){ 0 };
	if (workload_find(cli, TOKEN_SERVICE, "", &w, err) != 0 ||
	    list_tasks(cli, &w, out, &port, err) != 0)
		return -1;
	uuid_v7(cli->clock, nonce + strlen(nonce));
	/* The token itself is not sent to private addresses, which mean other machines elsewhere. */
	if (check->probes[SECRET_CURRENT].is_by_bearer)
		(void)snprintf(out->trouble, sizeof(out->trouble), "signatures are refused");
	else
		ask_directly(cli, v, port, nonce, out);
	if (token_tasks_unknown(out, v->has_previous) > 0)
		ask_by_log(cli, v, &w, nonce, deadline_ms, out);
	return 0;
}

/* ---- telling ---- */

static const char *const answer_names[] = {
	[TOKEN_UNKNOWN] = "not known",
	[TOKEN_ACCEPTED] = "accepted",
	[TOKEN_REFUSED] = "refused",
};

static void answer_json(struct json_writer *w, const char *name, enum token_answer answer)
{
	json_key(w, name);
	if (answer == TOKEN_UNKNOWN)
		json_null(w);
	else
		json_bool(w, answer == TOKEN_ACCEPTED);
}

void token_tasks_json(struct json_writer *w, const struct token_tasks *t, bool has_previous)
{
	json_key(w, "tasks");
	json_array_begin(w);
	for (size_t i = 0; i < t->count; i++) {
		const struct token_task *task = &t->items[i];

		json_object_begin(w);
		json_member_text(w, "task", task->id);
		json_member_text(w, "address", task->address[0] != '\0' ? task->address : NULL);
		answer_json(w, "current", task->answers[SECRET_CURRENT]);
		if (has_previous)
			answer_json(w, "previous", task->answers[SECRET_PREVIOUS]);
		json_member_text(w, "seen", task->is_from_log ? "log" : "address");
		json_object_end(w);
	}
	json_array_end(w);
	json_member_text(w, "tasks_trouble", t->trouble[0] != '\0' ? t->trouble : NULL);
}

static const char *seen(const struct token_task *t, bool has_previous)
{
	if (t->is_from_log)
		return "in its log";
	return is_known(t, has_previous) ? "asked itself" : "-";
}

void token_tasks_print(struct cli *cli, const struct token_tasks *t, bool has_previous)
{
	static const char *const header[] = { "TASK", "CURRENT", "PREVIOUS", "SEEN" };
	struct out_table table;

	out_table_init(&table, header, ARRAY_SIZE(header));
	for (size_t i = 0; i < t->count; i++) {
		const struct token_task *task = &t->items[i];

		out_table_cell(&table, "%s", task->id);
		out_table_cell(&table, "%s", answer_names[task->answers[SECRET_CURRENT]]);
		out_table_cell(&table, "%s",
		    has_previous ? answer_names[task->answers[SECRET_PREVIOUS]] : "-");
		out_table_cell(&table, "%s", seen(task, has_previous));
	}
	out_table_print(cli, &table);
	if (token_tasks_unknown(t, has_previous) > 0)
		out_warn(cli, "what %s is not known: %s",
		    token_tasks_unknown(t, has_previous) == 1 ? "one task accepts"
							      : "some tasks accept",
		    t->trouble);
}
