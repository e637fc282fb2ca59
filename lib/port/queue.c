#include "queue.h"

#include <assert.h>

#include "port_url.h"

extern const struct queue_ops queue_sqlite_ops, queue_sqs_ops;

static const struct {
	const char *scheme; /* text before ':' in the URL */
	const struct queue_ops *ops;
} backends[] = {
	{ "sqlite", &queue_sqlite_ops }, { "https", &queue_sqs_ops },
	{ "http", &queue_sqs_ops }, /* a server that stands in for SQS */
};

enum {
	/* Names, types and the record count of the four attributes of a message on SQS, rounded up. */
	ATTRIBUTES_OVERHEAD = 96,
};

void queue_message_init(struct queue_message *m)
{
	*m = (struct queue_message){ .body = BUF_INIT(QUEUE_BODY_MAX) };
}

static void message_reset(struct queue_message *m)
{
	struct buf body = m->body;

	buf_reset(&body);
	*m = (struct queue_message){ .body = body };
}

void queue_message_release(struct queue_message *m)
{
	if (m)
		buf_release(&m->body);
}

static const char *scheme(size_t row)
{
	return row < ARRAY_SIZE(backends) ? backends[row].scheme : NULL;
}

int queue_open(struct queue **out, struct str url, const struct queue_options *options,
    struct err *err)
{
	size_t row;

	if (port_url_pick(url, scheme, &row, err) != 0)
		return err_wrap(err, "queue URL '%.*s'", STR_ARG(url));
	return backends[row].ops->open(out, url, options, err);
}

void queue_close(struct queue *q)
{
	if (q)
		q->ops->close(q);
}

const struct queue_traits *queue_traits(const struct queue *q)
{
	return q->traits ? q->traits : &q->ops->traits;
}

size_t queue_entry_size(const struct queue_entry *e)
{
	return e->body.n + e->object.n + e->sha256.n + e->traceparent.n + ATTRIBUTES_OVERHEAD;
}

static void check_entry(struct queue_entry *e, size_t size_max)
{
	e->result.code = ERR_NONE;
	e->result.text[0] = '\0';
	if (e->body.n == 0)
		(void)err_set(&e->result, ERR_INVALID, "message body: must not be empty");
	else if (queue_entry_size(e) > size_max)
		(void)err_set(&e->result, ERR_INVALID,
		    "message of %zu bytes with its attributes: at most %zu", queue_entry_size(e),
		    size_max);
	else if (e->object.n >= OBJECTKEY_SIZE)
		(void)err_set(&e->result, ERR_INVALID, "object key of %zu bytes: at most %d",
		    e->object.n, OBJECTKEY_SIZE - 1);
	else if (e->sha256.n != 0 && e->sha256.n != HASH_HEX_LEN)
		(void)err_set(&e->result, ERR_INVALID,
		    "sha256 of %zu characters: must be %d hex digits", e->sha256.n, HASH_HEX_LEN);
	else if (e->traceparent.n >= TRACEPARENT_SIZE)
		(void)err_set(&e->result, ERR_INVALID, "traceparent of %zu bytes: at most %d",
		    e->traceparent.n, TRACEPARENT_LEN);
}

/* Number of good entries; *size is what they count. */
static size_t check_entries(const struct queue *q, struct queue_entry *entries, size_t count,
    size_t *size)
{
	size_t max = queue_traits(q)->body_max, good = 0;

	*size = 0;
	for (size_t i = 0; i < count; i++) {
		check_entry(&entries[i], max < QUEUE_BODY_MAX ? max : QUEUE_BODY_MAX);
		if (entries[i].result.code != ERR_NONE)
			continue;
		good++;
		*size += queue_entry_size(&entries[i]);
	}
	return good;
}

int queue_send(struct queue *q, struct queue_entry *entries, size_t count, struct err *err)
{
	size_t size;
	int rc;

	assert(count > 0 && count <= queue_traits(q)->batch_max);
	if (check_entries(q, entries, count, &size) == 0)
		return 0;
	if (size > queue_traits(q)->body_max)
		rc = err_set(err, ERR_INVALID, "%zu bytes in one send: at most %zu", size,
		    queue_traits(q)->body_max);
	else
		rc = q->ops->send(q, entries, count, err);
	/* A caller who looks only at entries must see it. */
	for (size_t i = 0; rc != 0 && i < count; i++)
		if (entries[i].result.code == ERR_NONE)
			entries[i].result = *err;
	return rc;
}

int queue_receive(struct queue *q, struct queue_message *messages, size_t max, unsigned wait_s,
    unsigned visibility_s, size_t *count, struct err *err)
{
	assert(max > 0 && max <= queue_traits(q)->batch_max && wait_s <= QUEUE_WAIT_MAX_S);
	assert(visibility_s >= 1 && visibility_s <= QUEUE_VISIBILITY_MAX_S);
	for (size_t i = 0; i < max; i++)
		message_reset(&messages[i]);
	return q->ops->receive(q, messages, max, wait_s, visibility_s, count, err);
}

void queue_interrupt(struct queue *q)
{
	q->ops->interrupt(q);
}

static void leases_begin(struct queue_lease *leases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		leases[i].result.code = ERR_NONE;
		leases[i].result.text[0] = '\0';
	}
}

static int leases_end(struct queue_lease *leases, size_t count, int rc, const struct err *err)
{
	for (size_t i = 0; rc != 0 && i < count; i++)
		leases[i].result = *err;
	return rc;
}

int queue_delete(struct queue *q, struct queue_lease *leases, size_t count, struct err *err)
{
	assert(count > 0 && count <= queue_traits(q)->batch_max);
	leases_begin(leases, count);
	return leases_end(leases, count, q->ops->remove(q, leases, count, err), err);
}

int queue_extend(struct queue *q, struct queue_lease *leases, size_t count, unsigned visibility_s,
    struct err *err)
{
	assert(count > 0 && count <= queue_traits(q)->batch_max);
	assert(visibility_s <= QUEUE_VISIBILITY_MAX_S);
	leases_begin(leases, count);
	return leases_end(leases, count, q->ops->extend(q, leases, count, visibility_s, err), err);
}

int queue_stats(struct queue *q, struct queue_stats *out, struct err *err)
{
	return q->ops->stats(q, out, err);
}

int queue_dead_list(struct queue *q, const char *after, struct queue_message *messages, size_t max,
    size_t *count, struct err *err)
{
	assert(max > 0);
	for (size_t i = 0; i < max; i++)
		message_reset(&messages[i]);
	return q->ops->dead_list(q, after, messages, max, count, err);
}

int queue_dead_redrive(struct queue *q, const char *const *ids, size_t count, uint64_t *moved,
    struct err *err)
{
	return q->ops->dead_redrive(q, ids, count, moved, err);
}

int queue_dead_purge(struct queue *q, const char *const *ids, size_t count, uint64_t *removed,
    struct err *err)
{
	return q->ops->dead_purge(q, ids, count, removed, err);
}
