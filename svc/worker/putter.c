#include "pump_core.h"

#include <string.h>

#include "crash.h"
#include "envelope.h"
#include "log.h"

enum {
	RETRY_BASE_MS = 100,
	RETRY_MAX_MS = 30000,
};

/* ---- choosing what to put ---- */

/*
 * While the gate is shut, it alone says when to try again: an item's own delay may be
 * longer, and then nobody would see that the store is back.
 */
static struct item_list *next_list(struct pump *p, int64_t now_us)
{
	bool is_probe = p->gate.is_shut && p->queued.head == NULL;

	return is_probe || item_list_is_due(&p->waiting, now_us) ? &p->waiting : &p->queued;
}

int64_t putter_turn_us(const struct pump *p, int64_t now_us)
{
	int64_t at_us = INT64_MAX;

	if (p->queued.head != NULL)
		at_us = now_us;
	else if (p->waiting.head != NULL)
		at_us = p->gate.is_shut ? now_us : p->waiting.head->due_us;
	if (at_us != INT64_MAX && p->gate.is_shut && p->gate.probe_at_us > at_us)
		at_us = p->gate.probe_at_us;
	/* Due already: the gate's limit holds it back, and whoever leaves will signal. */
	return at_us > now_us ? at_us : INT64_MAX;
}

struct item *putter_choose(struct pump *p, int64_t now_us)
{
	for (;;) {
		struct item_list *l = next_list(p, now_us);
		struct item *it = l->head;

		if (it != NULL && it->is_lost) {
			pump_settle(p, item_list_pop(l)); /* another worker's by now */
			continue;
		}
		if (it == NULL || !gate_enter(&p->gate, now_us))
			return NULL;
		(void)item_list_pop(l);
		it->stage = ITEM_PUTTING;
		return it;
	}
}

/* The next item, or NULL when the pump is over. Lock held. */
static struct item *next_item(struct pump *p)
{
	while (!p->is_over) {
		int64_t now_us = pump_now_us(p);
		struct item *it = putter_choose(p, now_us);

		if (it != NULL)
			return it;
		pump_wait(p, &p->work, putter_turn_us(p, now_us));
	}
	return NULL;
}

/* ---- one put ---- */

/* What is put: a foreign message gets its key and its digest here. */
struct put {
	char key[OBJECTKEY_SIZE];
	char sha256[HASH_HEX_SIZE];
	bool is_foreign, existed;
	bool reached_store;
};

static int check_message(const struct queue_message *m, struct put *put, struct err *err)
{
	char id[UUID_TEXT_SIZE];

	put->is_foreign = m->object[0] == '\0';
	if (m->fault.code != ERR_NONE) {
		*err = m->fault;
		return -1;
	}
	hash_sha256_hex(buf_str(&m->body), put->sha256);
	if (m->sha256[0] != '\0' && strcmp(m->sha256, put->sha256) != 0)
		return err_set(err, ERR_CORRUPT,
		    "message '%s': body does not match its sha256 '%s'", m->id, m->sha256);
	if (put->is_foreign) {
		objectkey_foreign(m->sent_at_ms, str_from(m->id), put->key);
		return 0;
	}
	/* Who can send to the queue must not choose any path in the store. */
	if (!objectkey_parse(str_from(m->object), id, NULL))
		return err_set(err, ERR_INVALID, "message '%s': '%s' is not a key of an envelope",
		    m->id, m->object);
	memcpy(put->key, m->object, sizeof(put->key));
	return 0;
}

/* Who may send to the queue may say any number; no record is shorter than a byte. */
static size_t record_count(const struct queue_message *m)
{
	return m->record_count <= m->body.n ? m->record_count : 0;
}

static int put_message(struct pump *p, const struct item *it, struct put *put, struct err *err)
{
	const struct queue_message *m = &it->message;
	const struct store_metadata metadata = {
		.record_count = record_count(m),
		.sent_at_ms = m->sent_at_ms,
		.received_at_ms = it->received_at_ms,
		.traceparent = str_from(m->traceparent),
		.message_id = str_from(m->id),
	};
	int rc;

	if (check_message(m, put, err) != 0)
		return -1;
	put->reached_store = true;
	CRASH_POINT("worker-before-put");
	rc = store_put(p->options.store, str_from(put->key), buf_str(&m->body), put->sha256,
	    &metadata, &put->existed, err);
	CRASH_POINT("worker-after-put");
	return rc;
}

/* ---- judging the outcome ---- */

/*
 * The same message will fail again whatever the store does. Everything else, a denied or
 * missing store included, is the store's trouble: nothing may die of that.
 */
static bool is_permanent(enum err_code code)
{
	return code == ERR_INVALID || code == ERR_CONFLICT || code == ERR_CORRUPT;
}

static enum gate_result gate_result(const struct put *put, int rc, enum err_code code)
{
	if (!put->reached_store)
		return GATE_NEUTRAL;
	if (rc == 0 || code == ERR_CONFLICT)
		return GATE_SUCCESS; /* it answered, and truly */
	return is_permanent(code) ? GATE_NEUTRAL : GATE_FAILURE;
}

static void begin_window(const struct pump *p, struct item *it)
{
	it->successes_seen = p->gate.successes;
	it->stumbled_seen = p->stumbled;
}

/*
 * A message that fails again and again while others pass is the trouble itself. Others do
 * pass when of those that came meanwhile nearly all were stored at their first put: in an
 * outage none are, in a long brown-out few, and then nobody gets a strike.
 */
static void count_failure(struct pump *p, struct item *it)
{
	if (it->attempts++ == 0) {
		p->stumbled++;
		begin_window(p, it);
	} else if (p->gate.successes - it->successes_seen >= PUMP_STRIKE_SUCCESSES) {
		uint64_t stumbled = p->stumbled - it->stumbled_seen;

		it->strikes += p->gate.successes - it->successes_seen >=
		    stumbled * PUMP_STRIKE_SUCCESSES;
		begin_window(p, it);
	}
}

enum putter_verdict putter_judge(struct pump *p, struct item *it, int rc, enum err_code code)
{
	if (rc == 0)
		return VERDICT_STORED;
	if (is_permanent(code))
		return VERDICT_REFUSED;
	count_failure(p, it);
	return it->strikes < PUMP_STRIKES_MAX ? VERDICT_RETRY : VERDICT_REFUSED;
}

/* ---- after the put ---- */

static void observe_ages(const struct pump *p, const struct item *it)
{
	const struct queue_message *m = &it->message;
	int64_t now_ms = clock_wall_ms(p->options.clock);
	struct str rest = buf_str(&m->body), line;
	struct record first;
	struct err err;

	worker_observe_hop(WORKER_RECEIVED_STORED, now_ms - it->received_at_ms);
	if (m->object[0] == '\0' || !envelope_next(&rest, &line) ||
	    record_parse(line, &first, &err) != 0)
		return;
	worker_observe_hop(WORKER_ACCEPTED_SENT, m->sent_at_ms - first.accepted_at_ms);
	worker_observe_hop(WORKER_ACCEPTED_STORED, now_ms - first.accepted_at_ms);
}

static void count_stored(const struct pump *p, const struct item *it, const struct put *put)
{
	worker_set(WORKER_LAST_SUCCESS, clock_wall_ms(p->options.clock) * 1000);
	if (put->existed) {
		worker_count(WORKER_DUPLICATE, 1);
		return;
	}
	worker_count(WORKER_STORED, 1);
	worker_count(WORKER_RECORDS, (int64_t)record_count(&it->message));
	worker_count(WORKER_FOREIGN, put->is_foreign);
	observe_ages(p, it);
}

static void log_stored(const struct item *it, const struct put *put)
{
	struct traceparent trace = { .trace_id = "" };

	if (!log_is_on(LOG_DEBUG))
		return;
	(void)traceparent_parse(str_from(it->message.traceparent), &trace); /* or none */
	log_debug("envelope stored", "object", put->key, "records",
	    LOG_INT((int64_t)record_count(&it->message)), "existed",
	    put->existed ? "true" : "false", "messaging.message.id", it->message.id, "trace_id",
	    trace.trace_id[0] != '\0' ? trace.trace_id : NULL, NULL);
}

static void log_refused(const struct item *it, const struct put *put, const struct err *err)
{
	log_error("message refused", "error.type", err_name(err->code), "error.message", err->text,
	    "object", put->key[0] != '\0' ? put->key : NULL, "messaging.message.id", it->message.id,
	    "receives", LOG_INT(it->message.receive_count), NULL);
}

static void await_retry(struct pump *p, struct item *it)
{
	it->stage = ITEM_WAITING;
	it->due_us = pump_now_us(p) +
	    gate_backoff_us(it->attempts, RETRY_BASE_MS, RETRY_MAX_MS, pump_random());
	item_list_push_due(&p->waiting, it);
	if (p->is_draining)
		(void)pthread_cond_signal(&p->progress); /* which gives it back */
	else
		(void)pthread_cond_signal(&p->work);
}

static void await_delete(struct pump *p, struct item *it)
{
	it->stage = ITEM_STORED;
	it->attempts = 0;
	it->due_us = 0;
	item_list_push_due(&p->to_delete, it);
	(void)pthread_cond_signal(&p->stored);
	if (p->to_delete.count > p->batch_max)
		(void)pthread_cond_signal(&p->overflow);
}

/* Lock held. */
static void hand_on(struct pump *p, struct item *it, enum putter_verdict verdict)
{
	if (it->is_lost) {
		pump_settle(p, it);
		return;
	}
	switch (verdict) {
	case VERDICT_STORED:
		await_delete(p, it);
		break;
	case VERDICT_RETRY:
		await_retry(p, it);
		break;
	case VERDICT_REFUSED:
		/* Not at once: each return is one receive nearer to the dead letters. */
		worker_count(WORKER_REFUSED, 1);
		pump_return(p, it, p->options.visibility_s);
		break;
	}
}

static void put_item(struct pump *p, struct item *it)
{
	struct put put = { .key = "" };
	struct err err = { 0 };
	int rc = put_message(p, it, &put, &err);
	enum putter_verdict verdict;

	if (rc == 0) {
		count_stored(p, it, &put);
		log_stored(it, &put);
	} else {
		pump_failed(put.reached_store ? WORKER_FAILED_PUT : WORKER_FAILED_CHECK, it, &err);
	}
	pthread_mutex_lock(&p->lock);
	verdict = putter_judge(p, it, rc, err.code);
	if (verdict == VERDICT_REFUSED)
		log_refused(it, &put, &err);
	pump_store_result(p, gate_result(&put, rc, err.code), &err);
	hand_on(p, it, verdict);
	pthread_mutex_unlock(&p->lock);
}

void *putter_run(void *pump)
{
	struct pump *p = pump;
	struct item *it;

	for (;;) {
		pthread_mutex_lock(&p->lock);
		it = next_item(p);
		pthread_mutex_unlock(&p->lock);
		if (it == NULL)
			return NULL;
		put_item(p, it);
	}
}
