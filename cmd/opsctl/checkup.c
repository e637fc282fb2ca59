#include "checkup.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <sys/statvfs.h>

#include "metrics.h"
#include "ports.h"
#include "upstate.h"

enum {
	ANSWER_MAX = 1024 * 1024,
	STUCK_AFTER_S = 60, /* work is there and nothing was stored for so long */
	FREE_MIN_MIB = 100,
	FREE_LOW_PERCENT = 5,
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

/* What one look has at hand; an answer serves several rows. */
struct look {
	struct checkup *c;
	struct cli *cli;
	struct http *http;
	bool has_queue;
	struct queue_stats queue;
	struct http_response api_metrics, worker_metrics;
	bool has_api_metrics, has_worker_metrics;
};

/* ---- rows ---- */

static struct checkup_row *add_row(struct look *l, const char *name)
{
	struct checkup_row *row = &l->c->rows[l->c->count++];

	assert(l->c->count <= CHECKUP_ROWS_MAX);
	*row = (struct checkup_row){ .name = name };
	return row;
}

static void add_value(struct checkup_row *row, const char *name, double value)
{
	size_t i = 0;

	while (row->values[i].name)
		i++;
	assert(i + 1 < CHECKUP_VALUES_MAX);
	row->values[i].name = name;
	row->values[i].value = value;
}

static void detail(struct checkup_row *row, const char *fmt, ...) ATTR_PRINTF(2, 3);
static void detail(struct checkup_row *row, const char *fmt, ...)
{
	size_t n = strlen(row->detail);
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(row->detail + n, sizeof(row->detail) - n, fmt, args); /* may be cut */
	va_end(args);
}

/* Worse than before wins; of two equal ones the first stays, which is nearer to the cause. */
static void judge(struct checkup_row *row, enum checkup_state state, const char *why,
    const char *next)
{
	if (state <= row->state)
		return;
	row->state = state;
	(void)snprintf(row->why, sizeof(row->why), "%s", why);
	(void)snprintf(row->next, sizeof(row->next), "%s", next);
}

static bool is_named(struct look *l, struct checkup_row *row, enum context_key key)
{
	if (l->cli->context.values[key][0])
		return true;
	row->state = CHECKUP_SKIPPED;
	detail(row, "the context has no %s", context_key_name(key));
	return false;
}

static void next_of_service(const struct look *l, const char *service, char out[300])
{
	const char *dir = l->cli->context.local_dir;

	if (!dir[0])
		(void)snprintf(out, 300, "look at the log of %s", service);
	else if (!upstate_is_running(dir))
		(void)snprintf(out, 300, "start it: opsctl up");
	else
		(void)snprintf(out, 300, "look at %.200s/%s.log", dir, service);
}

/* ---- services ---- */

/* false: no answer. */
static bool ask(struct look *l, struct checkup_row *row, const char *service, const char *base,
    const char *path)
{
	struct http_response response;
	char why[ERR_TEXT_MAX], next[300];
	bool has_answer = false;
	struct err err;

	http_response_init(&response, ANSWER_MAX);
	next_of_service(l, service, next);
	if (ports_get(l->http, base, path, &response, &err) != 0) {
		detail(row, "%s%s no answer", row->detail[0] ? ", " : "", path + 1);
		judge(row, CHECKUP_BAD, err.text, next);
	} else {
		has_answer = true;
		detail(row, "%s%s %d", row->detail[0] ? ", " : "", path + 1, response.status);
		add_value(row, path + 1, response.status);
		(void)snprintf(why, sizeof(why), "%s answers %d: %.200s", path, response.status,
		    buf_text(&response.body));
		if (response.status != 200)
			judge(row, CHECKUP_BAD, why, next);
	}
	http_response_release(&response);
	return has_answer;
}

/* Whether it answered; one that did not is asked no more, it would only take time. */
static bool check_service(struct look *l, const char *name, const char *service,
    enum context_key key, const char *const *paths, size_t count)
{
	struct checkup_row *row = add_row(l, name);
	const char *base = l->cli->context.values[key];
	bool has_answer = is_named(l, row, key);

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

/* ---- queue ---- */

static void check_queue(struct look *l)
{
	struct checkup_row *row = add_row(l, "queue"), *dead = add_row(l, "dead letters");
	struct queue *queue = NULL;
	struct queue_stats *s = &l->queue;
	struct err err;

	if (!is_named(l, row, CONTEXT_QUEUE)) {
		dead->state = CHECKUP_SKIPPED;
		return;
	}
	if (ports_queue(l->cli, &queue, &err) != 0 || queue_stats(queue, s, &err) != 0) {
		judge(row, CHECKUP_BAD, err.text, l->cli->next);
		dead->state = CHECKUP_SKIPPED;
		detail(dead, "the queue cannot be asked");
	} else {
		l->has_queue = true;
		detail(row, "%" PRIu64 " waiting, %" PRIu64 " in flight", s->visible, s->in_flight);
		if (s->visible + s->in_flight > 0 && s->oldest_age_s >= 0)
			detail(row, ", oldest %" PRId64 " s", s->oldest_age_s);
		add_value(row, "visible", (double)s->visible);
		add_value(row, "in_flight", (double)s->in_flight);
		add_value(row, "oldest_age_s", (double)s->oldest_age_s);
		detail(dead, "%" PRIu64, s->dead);
		add_value(dead, "dead", (double)s->dead);
		if (s->dead > 0)
			judge(dead, CHECKUP_WARN, "messages could not be stored, again and again",
			    "see why: opsctl dlq ls");
	}
	queue_close(queue);
}

/* ---- store ---- */

static void check_free_space(struct checkup_row *row, const char *path)
{
	struct statvfs fs;
	double free_mib, percent;

	if (statvfs(path, &fs) != 0 || fs.f_blocks == 0)
		return; /* the write check has spoken */
	free_mib = (double)fs.f_bavail * (double)fs.f_frsize / (1024.0 * 1024.0);
	percent = 100.0 * (double)fs.f_bavail / (double)fs.f_blocks;
	detail(row, ", %.0f MiB free (%.0f %%)", free_mib, percent);
	add_value(row, "free_mib", free_mib);
	if (free_mib < FREE_MIN_MIB)
		judge(row, CHECKUP_BAD, "the disk is nearly full", "make room, or enlarge it");
	else if (percent < FREE_LOW_PERCENT)
		judge(row, CHECKUP_WARN, "the disk fills up", "make room, or enlarge it");
}

static void check_store(struct look *l)
{
	struct checkup_row *row = add_row(l, "store");
	const char *url = l->cli->context.values[CONTEXT_STORE];
	struct store *store = NULL;
	struct err err;

	if (!is_named(l, row, CONTEXT_STORE))
		return;
	if (ports_store(l->cli, &store, &err) != 0) {
		judge(row, CHECKUP_BAD, err.text, l->cli->next);
	} else if (store_check(store, &err) != 0) {
		judge(row, CHECKUP_BAD, err.text,
		    "check the permissions and the space of the store");
	} else {
		detail(row, "writable");
	}
	if (store && str_has_prefix(str_from(url), STR("file:")))
		check_free_space(row, url + strlen("file:"));
	store_close(store);
}

/* ---- secret ---- */

static void check_secret(struct look *l)
{
	struct checkup_row *row = add_row(l, "secret");
	char fingerprint[HASH_FINGERPRINT_SIZE];
	struct secret_value token;
	int64_t age_s;
	struct err err;

	if (!is_named(l, row, CONTEXT_SECRET))
		return;
	if (ports_token(l->cli, &token, &err) != 0) {
		judge(row, CHECKUP_BAD, err.text, l->cli->next);
		return;
	}
	hash_fingerprint(buf_str(&token.bytes), fingerprint);
	age_s = clock_wall_s(l->cli->clock) - token.changed_at;
	detail(row, "fingerprint %s", fingerprint);
	if (token.changed_at > 0) {
		detail(row, ", %" PRId64 " days old", age_s / 86400);
		add_value(row, "age_s", (double)age_s);
	}
	secret_value_wipe(&token);
}

/* ---- what the services count ---- */

static void check_progress(struct look *l)
{
	struct checkup_row *row = add_row(l, "progress");
	uint64_t waiting = l->queue.visible + l->queue.in_flight;
	double last_s = 0, idle_s, store_is_up;
	char why[ERR_TEXT_MAX];

	if (!l->has_worker_metrics ||
	    !metrics_sum(buf_str(&l->worker_metrics.body), "ops_last_success_timestamp_seconds",
		&last_s)) {
		row->state = CHECKUP_SKIPPED;
		detail(row, "the worker cannot be asked");
		return;
	}
	idle_s = (double)clock_wall_ms(l->cli->clock) / 1000.0 - last_s;
	if (last_s > 0) {
		detail(row, "last stored %.0f s ago", fmax(idle_s, 0));
		add_value(row, "since_last_success_s", idle_s);
	} else {
		detail(row, "nothing stored since it started");
	}
	if (metrics_sum(buf_str(&l->worker_metrics.body), "ops_store_available", &store_is_up) &&
	    store_is_up < 1)
		judge(row, CHECKUP_BAD, "the store fails for everything the worker tries",
		    "see the row of the store, and the log of ops-worker");
	if (!l->has_queue || waiting == 0 || idle_s < STUCK_AFTER_S ||
	    l->queue.oldest_age_s < STUCK_AFTER_S)
		return;
	(void)snprintf(why, sizeof(why),
	    "%" PRIu64 " messages wait, the oldest for %" PRId64 " s, and none is stored", waiting,
	    l->queue.oldest_age_s);
	judge(row, CHECKUP_BAD, why, "see what ops-worker logs");
}

static double count_errors(const struct http_response *metrics)
{
	double n = 0;

	(void)metrics_find(buf_str(&metrics->body), "ops_log_lines_total", "level=\"error\"", &n);
	return n; /* 0 where it is not counted */
}

static void check_errors(struct look *l)
{
	struct checkup_row *row = add_row(l, "errors");
	struct checkup *c = l->c;
	double total = 0, recent;

	if (!l->has_api_metrics && !l->has_worker_metrics) {
		row->state = CHECKUP_SKIPPED;
		detail(row, "no service can be asked");
		return;
	}
	if (l->has_api_metrics)
		total += count_errors(&l->api_metrics);
	if (l->has_worker_metrics)
		total += count_errors(&l->worker_metrics);
	/* A service that started anew counts from 0. */
	recent = c->has_last_errors && total >= c->last_errors ? total - c->last_errors : total;
	detail(row, "%.0f logged %s", recent,
	    c->has_last_errors ? "since the last look" : "since the services started");
	add_value(row, "errors", recent);
	c->last_errors = total;
	c->has_last_errors = true;
	if (recent > 0)
		judge(row, CHECKUP_WARN, "the services logged errors",
		    "look for \"log.level\":\"error\" in their logs");
}

void checkup_look(struct checkup *c, struct cli *cli)
{
	static const char *const public_paths[] = { "/livez", "/readyz", "/health" };
	static const char *const private_paths[] = { "/livez", "/readyz" };
	struct look l = { .c = c, .cli = cli };
	bool api, worker;
	struct err err;

	c->count = 0;
	c->at_ms = clock_wall_ms(cli->clock);
	http_response_init(&l.api_metrics, ANSWER_MAX);
	http_response_init(&l.worker_metrics, ANSWER_MAX);
	if (ports_http(&l.http, (int)cli_ms(cli, "timeout"), &err) != 0) {
		judge(add_row(&l, "opsctl"), CHECKUP_BAD, err.text, "reinstall libcurl");
		return;
	}

	api = check_service(&l, "api", "ops-api", CONTEXT_URL, public_paths,
	    ARRAY_SIZE(public_paths));
	worker = check_service(&l, "worker", "ops-worker", CONTEXT_WORKER_ADMIN_URL, private_paths,
	    ARRAY_SIZE(private_paths));
	l.has_api_metrics = get_metrics(&l, api, CONTEXT_API_ADMIN_URL, &l.api_metrics);
	l.has_worker_metrics = get_metrics(&l, worker, CONTEXT_WORKER_ADMIN_URL, &l.worker_metrics);
	check_queue(&l);
	check_store(&l);
	check_secret(&l);
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
