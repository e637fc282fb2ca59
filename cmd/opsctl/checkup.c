#include "checkup.h"

#include <inttypes.h>
#include <math.h>

#include "count.h"
#include "look.h"
#include "metrics.h"
#include "ports.h"

enum {
	ANSWER_MAX = 1024 * 1024,
	LATE_AFTER_S = 300, /* by the age alone, which SQS tells minutes late */
	STUCK_AFTER_S = 60, /* work is there and nothing was stored for so long */
};

static const char *const state_names[CHECKUP_STATE_COUNT] = {
	[CHECKUP_OK] = "ok",
	[CHECKUP_SKIPPED] = "-",
	[CHECKUP_WARN] = "warn",
	[CHECKUP_BAD] = "bad",
};

const char *checkup_state_name(enum checkup_state state)
{
	return state_names[state];
}

/* ---- services ---- */

/* false: no answer. */
static bool ask(struct look *l, struct checkup_row *row, const char *service, const char *base,
    const char *path)
{
	struct http_response response;
	char why[ERR_TEXT_MAX], next[ERR_TEXT_MAX];
	bool has_answer = false;
	struct err err;

	http_response_init(&response, ANSWER_MAX);
	look_next_of_service(l, service, next);
	if (ports_get(l->http, base, path, &response, &err) != 0) {
		row_detail(row, "%s%s no answer", row->detail[0] ? ", " : "", path + 1);
		row_judge(row, CHECKUP_BAD, err.text, next);
	} else {
		has_answer = true;
		row_detail(row, "%s%s %d", row->detail[0] ? ", " : "", path + 1, response.status);
		row_value(row, path + 1, response.status);
		(void)snprintf(why, sizeof(why), "%s answers %d: %.200s", path, response.status,
		    buf_text(&response.body));
		if (response.status != 200)
			row_judge(row, CHECKUP_BAD, why, next);
	}
	http_response_release(&response);
	return has_answer;
}

/* The services of `local` have no URLs when they do not run. */
static bool is_running(struct look *l, struct checkup_row *row, enum context_key key)
{
	const char *url;
	struct err err;

	if (!l->cli->context.local_dir[0] ||
	    context_require(&l->cli->context, key, &url, &err) == 0)
		return true;
	(void)cli_next(l->cli, "wait, and see what it prints");
	cli_take_next(l->cli, &err);
	row_judge(row, CHECKUP_BAD, err.text, l->cli->next);
	return false;
}

/* Whether it answered; one that did not is asked no more, it would only take time. */
static bool check_service(struct look *l, const char *name, const char *service,
    enum context_key key, const char *const *paths, size_t count)
{
	struct checkup_row *row = look_add_row(l, name);
	const char *base = l->cli->context.values[key];
	bool has_answer = is_running(l, row, key) && look_is_named(l, row, key);

	for (size_t i = 0; has_answer && i < count; i++)
		has_answer = ask(l, row, service, base, paths[i]);
	return has_answer;
}

static bool get_metrics(struct look *l, bool answers, enum context_key key,
    struct http_response *out)
{
	const char *base = l->cli->context.values[key];
	struct err ignored; /* a service that does not answer has its own row */

	return answers && base[0] && ports_get(l->http, base, "/metrics", out, &ignored) == 0 &&
	    out->status == 200;
}

/* ---- what the services count ---- */

/* Where only the queue can be asked: what waits for so long is not being stored. */
static void check_by_queue(const struct look *l, struct checkup_row *row)
{
	char why[ERR_TEXT_MAX];

	if (!l->has_queue || l->queue.oldest_age_s < 0 || !context_is_aws(&l->cli->context)) {
		row_skip(row, "the worker cannot be asked");
		return;
	}
	row_detail(row, "the worker cannot be asked; by the queue");
	if (l->queue.visible == 0 || l->queue.oldest_age_s < LATE_AFTER_S)
		return;
	(void)snprintf(why, sizeof(why), "%s in the queue, the oldest for %" PRId64 " s",
	    COUNT(l->queue.visible, "message"), l->queue.oldest_age_s);
	row_judge(row, CHECKUP_WARN, why, "see whether ops-worker runs, and its log");
}

static void check_progress(struct look *l)
{
	struct checkup_row *row = look_add_row(l, "progress");
	uint64_t waiting = l->queue.visible + l->queue.in_flight;
	double last_s = 0, idle_s, store_is_up;
	char why[ERR_TEXT_MAX], next[ERR_TEXT_MAX];

	if (!l->has_worker_metrics ||
	    !metrics_sum(buf_str(&l->worker_metrics.body), "ops_last_success_timestamp_seconds",
		&last_s)) {
		check_by_queue(l, row);
		return;
	}
	idle_s = (double)clock_wall_ms(l->cli->clock) / 1000.0 - last_s;
	if (last_s > 0) {
		row_detail(row, "last stored %.0f s ago", fmax(idle_s, 0));
		row_value(row, "since_last_success_s", idle_s);
	} else {
		row_detail(row, "nothing stored since it started");
	}
	if (metrics_sum(buf_str(&l->worker_metrics.body), "ops_store_available", &store_is_up) &&
	    store_is_up < 1)
		row_judge(row, CHECKUP_BAD, "the store fails for everything the worker tries",
		    "see: the row of the store, and the log of ops-worker");
	if (!l->has_queue || waiting == 0 || idle_s < STUCK_AFTER_S ||
	    l->queue.oldest_age_s < STUCK_AFTER_S)
		return;
	(void)snprintf(why, sizeof(why),
	    "%s in the queue, the oldest for %" PRId64 " s, and none is stored",
	    COUNT(waiting, "message"), l->queue.oldest_age_s);
	look_next_of_service(l, "ops-worker", next);
	row_judge(row, CHECKUP_BAD, why, next);
}

static double count_errors(const struct http_response *metrics)
{
	double n = 0;

	(void)metrics_find(buf_str(&metrics->body), "ops_log_lines_total", "level=\"error\"", &n);
	return n; /* 0 where it is not counted */
}

static void check_errors(struct look *l)
{
	struct checkup_row *row = look_add_row(l, "errors");
	struct checkup *c = l->c;
	double total = 0, recent;

	if (!l->has_api_metrics && !l->has_worker_metrics) {
		row_skip(row, "no service can be asked");
		return;
	}
	if (l->has_api_metrics)
		total += count_errors(&l->api_metrics);
	if (l->has_worker_metrics)
		total += count_errors(&l->worker_metrics);
	/* A service that started anew counts from 0. */
	recent = c->has_last_errors && total >= c->last_errors ? total - c->last_errors : total;
	row_detail(row, "%.0f logged %s", recent,
	    c->has_last_errors ? "since the last look" : "since the services started");
	row_value(row, "errors", recent);
	c->last_errors = total;
	c->has_last_errors = true;
	if (recent > 0)
		row_judge(row, CHECKUP_WARN, "the services logged errors",
		    "look for \"log.level\":\"error\" in their logs");
}

void checkup_look(struct checkup *c, struct cli *cli)
{
	static const char *const public_paths[] = { "/livez", "/readyz", "/health" };
	static const char *const private_paths[] = { "/livez", "/readyz" };
	struct look l = { .c = c, .cli = cli };
	struct err err;
	bool worker;

	c->count = 0;
	c->at_ms = clock_wall_ms(cli->clock);
	http_response_init(&l.api_metrics, ANSWER_MAX);
	http_response_init(&l.worker_metrics, ANSWER_MAX);
	if (ports_http(&l.http, (int)cli_ms(cli, "timeout"), &err) != 0) {
		row_judge(look_add_row(&l, "opsctl"), CHECKUP_BAD, err.text, "reinstall libcurl");
		return;
	}

	l.api_answers = check_service(&l, "api", "ops-api", CONTEXT_URL, public_paths,
	    ARRAY_SIZE(public_paths));
	worker = check_service(&l, "worker", "ops-worker", CONTEXT_WORKER_ADMIN_URL, private_paths,
	    ARRAY_SIZE(private_paths));
	l.has_api_metrics = get_metrics(&l, l.api_answers, CONTEXT_API_ADMIN_URL, &l.api_metrics);
	l.has_worker_metrics = get_metrics(&l, worker, CONTEXT_WORKER_ADMIN_URL, &l.worker_metrics);
	look_at_queue(&l);
	look_at_store(&l);
	look_at_secret(&l);
	check_progress(&l);
	check_errors(&l);

	cli->next[0] = '\0'; /* each row has its own */
	http_response_release(&l.api_metrics);
	http_response_release(&l.worker_metrics);
	http_close(l.http);
}

enum checkup_state checkup_worst(const struct checkup *c)
{
	enum checkup_state worst = CHECKUP_OK;

	for (size_t i = 0; i < c->count; i++)
		if (c->rows[i].state > worst)
			worst = c->rows[i].state;
	return worst;
}

bool checkup_knows(const struct checkup *c)
{
	static const char *const telling[] = { "api", "queue", "store" };
	bool knows = false;

	for (size_t i = 0; i < c->count; i++)
		for (size_t k = 0; k < ARRAY_SIZE(telling); k++)
			knows = knows ||
			    (c->rows[i].state != CHECKUP_SKIPPED &&
				strcmp(c->rows[i].name, telling[k]) == 0);
	return knows;
}
