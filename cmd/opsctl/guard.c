#include "guard.h"

#include <errno.h>
#include <inttypes.h>

#include "client.h"
#include "cond.h"
#include "count.h"
#include "mem.h"
#include "ports.h"
#include "sample.h"
#include "stop.h"
#include "walk.h"

enum {
	SENDERS = 8, /* so that a slow answer does not slow the others down */
	REQUEST_MS = 10 * 1000,
	PAYLOAD_BYTES = 256,
	CANARIES_MAX = 200 * 1000, /* that are looked for in the store */
	LOOK_PAUSE_MS = 500,
	SETTLE_POLL_MS = 50,
};

/* One that was accepted. */
struct canary {
	char id[CLIENT_NEW_ID_SIZE];
	char key[OBJECTKEY_SIZE];
	bool is_stored;
};

struct guard {
	struct cli *cli;
	struct client client;
	struct store *store; /* NULL: the context has none */
	int64_t rate;
	uint64_t allowed;

	pthread_mutex_t lock;   /* of what follows */
	pthread_cond_t changed; /* the run is over */
	bool is_over;           /* no new canaries */
	bool is_closing;        /* no more looks into the store */
	int64_t began_us;
	uint64_t issued;
	struct guard_count count;
	struct canary *canaries; /* grows; an index stays good, a pointer does not */
	size_t canary_count, canary_room;

	pthread_t senders[SENDERS], looker;
	size_t sender_count;
	bool has_looker;
};

/* ---- one canary ---- */

/* Lock held. */
static void keep(struct guard *g, const char *id, const char *key)
{
	struct canary *c;

	if (g->canary_count == CANARIES_MAX)
		return;
	if (g->canary_count == g->canary_room) {
		g->canary_room = g->canary_room > 0 ? 2 * g->canary_room : 256;
		g->canaries = xrealloc(g->canaries, g->canary_room * sizeof(*g->canaries));
	}
	c = &g->canaries[g->canary_count++];
	g->count.sought++;
	*c = (struct canary){ .is_stored = false };
	(void)snprintf(c->id, sizeof(c->id), "%s", id);
	(void)snprintf(c->key, sizeof(c->key), "%s", key);
}

static int submit(struct guard *g, uint64_t number, char id[CLIENT_NEW_ID_SIZE],
    struct client_answer *answer, struct err *err)
{
	struct buf payload = BUF_INIT(2 * PAYLOAD_BYTES);
	int rc;

	client_new_id(g->cli->clock, id);
	sample_payload(&payload, g->cli->clock, number, PAYLOAD_BYTES);
	rc = client_submit(&g->client, id, buf_str(&payload), answer, err);
	if (rc == 0)
		rc = client_judge(answer, err);
	buf_release(&payload);
	return rc;
}

static void send_one(struct guard *g, uint64_t number)
{
	struct client_answer answer = { 0 };
	char id[CLIENT_NEW_ID_SIZE];
	struct err err;
	int rc = submit(g, number, id, &answer, &err);

	pthread_mutex_lock(&g->lock);
	g->count.sent++;
	if (rc == 0)
		keep(g, id, answer.object);
	else if (g->count.failed++ == 0)
		(void)snprintf(g->count.first, sizeof(g->count.first), "%s", err.text);
	pthread_mutex_unlock(&g->lock);
}

/* ---- threads ---- */

/* Lock held. Until then, or until it is over: false. */
static bool wait_until(struct guard *g, int64_t due_us, const bool *is_over)
{
	while (!*is_over && clock_mono_us(g->cli->clock) < due_us)
		cond_wait(&g->changed, &g->lock, g->cli->clock, due_us);
	return !*is_over;
}

static void *send_canaries(void *arg)
{
	struct guard *g = arg;

	pthread_mutex_lock(&g->lock);
	for (;;) {
		uint64_t number = g->issued++;

		if (!wait_until(g, g->began_us + (int64_t)(number * 1000000 / (uint64_t)g->rate),
			&g->is_over))
			break;
		pthread_mutex_unlock(&g->lock);
		send_one(g, number);
		pthread_mutex_lock(&g->lock);
	}
	pthread_mutex_unlock(&g->lock);
	return NULL;
}

static bool holds(struct str body, const char *id)
{
	struct record record;
	struct str line;
	struct err ignored; /* other lines may still be records */

	while (envelope_next(&body, &line))
		if (record_parse(line, &record, &ignored) == 0 && str_is(record.id, id))
			return true;
	return false;
}

/* The lock is not held. Whatever is wrong with the object: the canary is not seen in it. */
static bool is_stored(struct guard *g, const struct canary *c, struct buf *body)
{
	struct walk_object object;
	struct err fault, ignored;

	return walk_read(g->store, str_from(c->key), body, &fault, &object, &ignored) == 0 &&
	    object.fault == NULL && holds(buf_str(body), c->id);
}

/* Lock held, but not while the store is asked. */
static void look_for_all(struct guard *g, struct buf *body)
{
	for (size_t i = 0; i < g->canary_count && !g->is_closing; i++) {
		struct canary c = g->canaries[i];

		if (c.is_stored)
			continue;
		pthread_mutex_unlock(&g->lock);
		c.is_stored = is_stored(g, &c, body);
		pthread_mutex_lock(&g->lock);
		g->canaries[i].is_stored = c.is_stored;
		g->count.stored += c.is_stored;
	}
}

static void *look_into_store(void *arg)
{
	struct guard *g = arg;
	struct buf body = BUF_INIT(STORE_OBJECT_MAX);

	pthread_mutex_lock(&g->lock);
	do
		look_for_all(g, &body);
	while (wait_until(g, clock_mono_us(g->cli->clock) + LOOK_PAUSE_MS * 1000, &g->is_closing));
	pthread_mutex_unlock(&g->lock);
	buf_release(&body);
	return NULL;
}

/* ---- its life ---- */

/* client_open() takes --timeout for that of a request; here it is that of the whole change. */
static int open_client(struct guard *g, struct err *err)
{
	if (client_open(&g->client, g->cli, err) != 0)
		return -1;
	http_close(g->client.http);
	g->client.http = NULL;
	return ports_http(&g->client.http, REQUEST_MS, err);
}

int guard_open(struct guard **out, struct cli *cli, struct err *err)
{
	struct guard *g = xcalloc(1, sizeof(*g));
	struct client_answer answer = { 0 };
	char id[CLIENT_NEW_ID_SIZE];

	g->cli = cli;
	g->rate = cli_int(cli, "guard-rate");
	g->allowed = (uint64_t)cli_int(cli, "guard-allow");
	pthread_mutex_init(&g->lock, NULL);
	cond_init(&g->changed);
	if (open_client(g, err) != 0)
		goto fail;
	if (cli->context.values[CONTEXT_STORE][0] != '\0' && ports_store(cli, &g->store, err) != 0)
		goto fail;
	if (submit(g, 0, id, &answer, err) != 0) {
		(void)err_wrap(err, "the guard's first canary failed, nothing was changed");
		(void)cli_next(cli, "run: opsctl health --why");
		goto fail;
	}
	keep(g, id, answer.object);
	g->count.sent = 1;
	*out = g;
	return 0;
fail:
	guard_close(g);
	return -1;
}

int guard_start(struct guard *g, struct err *err)
{
	g->began_us = clock_mono_us(g->cli->clock);
	for (; g->sender_count < SENDERS; g->sender_count++) {
		errno = pthread_create(&g->senders[g->sender_count], NULL, send_canaries, g);
		if (errno != 0)
			return err_errno(err, "thread of the guard");
	}
	if (g->store == NULL)
		return 0;
	errno = pthread_create(&g->looker, NULL, look_into_store, g);
	if (errno != 0)
		return err_errno(err, "thread of the guard");
	g->has_looker = true;
	return 0;
}

void guard_count(struct guard *g, struct guard_count *out)
{
	pthread_mutex_lock(&g->lock);
	*out = g->count;
	pthread_mutex_unlock(&g->lock);
}

bool guard_has_failed(struct guard *g)
{
	struct guard_count count;

	guard_count(g, &count);
	return count.failed > g->allowed;
}

static void end_canaries(struct guard *g)
{
	pthread_mutex_lock(&g->lock);
	g->is_over = true;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
	while (g->sender_count > 0)
		pthread_join(g->senders[--g->sender_count], NULL);
}

static void end_looks(struct guard *g)
{
	pthread_mutex_lock(&g->lock);
	g->is_closing = true;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
	if (g->has_looker)
		pthread_join(g->looker, NULL);
	g->has_looker = false;
}

/* All that are looked for are there. */
static bool has_all(struct guard *g)
{
	bool all;

	pthread_mutex_lock(&g->lock);
	all = g->count.stored == g->count.sought;
	pthread_mutex_unlock(&g->lock);
	return all;
}

int guard_settle(struct guard *g, struct err *err)
{
	int64_t deadline_ms = clock_mono_ms(g->cli->clock) + cli_ms(g->cli, "guard-wait");
	struct progress progress;
	int rc = 0;

	end_canaries(g);
	if (!g->has_looker)
		return 0;
	progress_begin(&progress, g->cli, "waiting for the canaries in the store", g->canary_count);
	while (rc == 0 && !has_all(g) && clock_mono_ms(g->cli->clock) < deadline_ms) {
		struct guard_count count;

		guard_count(g, &count);
		progress_update(&progress, count.stored, NULL);
		if (stop_wait(SETTLE_POLL_MS) == STOP_STOP)
			rc = err_set(err, ERR_STOPPED, "stopped");
	}
	progress_end(&progress);
	end_looks(g);
	g->count.is_settled = true; /* as far as it came */
	return rc;
}

void guard_close(struct guard *g)
{
	if (g == NULL)
		return;
	end_canaries(g);
	end_looks(g);
	client_release(&g->client);
	store_close(g->store);
	pthread_cond_destroy(&g->changed);
	pthread_mutex_destroy(&g->lock);
	free(g->canaries);
	free(g);
}

/* ---- telling ---- */

void guard_text(const struct guard_count *c, struct buf *out)
{
	buf_addf(out, "%" PRIu64 " of %" PRIu64 " failed", c->failed, c->sent);
	if (c->is_settled)
		buf_addf(out, ", %" PRIu64 " of %" PRIu64 " stored", c->stored, c->sought);
	if (c->first[0] != '\0')
		buf_addf(out, "; the first: %s", c->first);
}

void guard_json(struct json_writer *w, const struct guard_count *c)
{
	json_key(w, "guard");
	json_object_begin(w);
	json_member_uint(w, "sent", c->sent);
	json_member_uint(w, "failed", c->failed);
	json_key(w, "stored");
	if (c->is_settled)
		json_uint(w, c->stored);
	else
		json_null(w);
	json_member_text(w, "first_failure", c->first[0] != '\0' ? c->first : NULL);
	json_object_end(w);
}
