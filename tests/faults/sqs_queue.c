#include "sqs_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "world.h"

enum { IDS = 1 << 14 };

_Atomic unsigned sqs_receives_max = 5;

static struct sqs_queue queues[SQS_QUEUES_MAX];
static size_t queue_count;
static struct sqs_message *ids[IDS]; /* of all queues: an id is one message's */

static const struct str dead_suffix = { "-dlq", 4 };

/* ---- queues ---- */

struct sqs_queue *sqs_queue_named(const char *name)
{
	struct sqs_queue *q;

	for (size_t i = 0; i < queue_count; i++)
		if (strcmp(queues[i].name, name) == 0)
			return &queues[i];
	if (queue_count == SQS_QUEUES_MAX || name[0] == '\0' || strlen(name) >= SQS_NAME_SIZE)
		return NULL;
	q = &queues[queue_count++];
	(void)snprintf(q->name, sizeof(q->name), "%s", name);
	return q;
}

size_t sqs_queue_count(void)
{
	return queue_count;
}

struct sqs_queue *sqs_queue_at(size_t i)
{
	return &queues[i];
}

bool sqs_queue_is_dead(const struct sqs_queue *q)
{
	return str_has_suffix(str_from(q->name), dead_suffix);
}

struct sqs_queue *sqs_queue_dead_of(const struct sqs_queue *q)
{
	char name[SQS_NAME_SIZE + 4];

	(void)snprintf(name, sizeof(name), "%s%.*s", q->name, STR_ARG(dead_suffix));
	return sqs_queue_named(name);
}

struct sqs_queue *sqs_queue_source_of(const struct sqs_queue *q)
{
	char name[SQS_NAME_SIZE];

	(void)snprintf(name, sizeof(name), "%.*s", (int)(strlen(q->name) - dead_suffix.n), q->name);
	return sqs_queue_named(name);
}

/* ---- by id ---- */

static struct sqs_message **slot_of(struct str id)
{
	size_t hash = 5381;
	struct sqs_message **at;

	for (size_t i = 0; i < id.n; i++)
		hash = hash * 33 ^ (unsigned char)id.p[i];
	at = &ids[hash % IDS];
	while (*at != NULL && !str_is(id, (*at)->id))
		at = &(*at)->next_of_id;
	return at;
}

/* ---- the visible ---- */

static void show(struct sqs_queue *q, struct sqs_message *m)
{
	m->queue = q;
	m->place = 0;
	m->behind = NULL;
	m->before = q->last;
	*(q->last != NULL ? &q->last->behind : &q->first) = m;
	q->last = m;
	q->visible++;
}

static void unshow(struct sqs_queue *q, struct sqs_message *m)
{
	*(m->before != NULL ? &m->before->behind : &q->first) = m->behind;
	*(m->behind != NULL ? &m->behind->before : &q->last) = m->before;
	q->visible--;
}

/* ---- the hidden: a heap whose root, at 1, comes back first ---- */

static void set_place(struct sqs_queue *q, size_t i, struct sqs_message *m)
{
	q->heap[i] = m;
	m->place = i;
}

static void rise(struct sqs_queue *q, struct sqs_message *m, size_t i)
{
	for (; i > 1 && q->heap[i / 2]->visible_at_ms > m->visible_at_ms; i /= 2)
		set_place(q, i, q->heap[i / 2]);
	set_place(q, i, m);
}

static void sink(struct sqs_queue *q, struct sqs_message *m, size_t i)
{
	for (size_t child; (child = 2 * i) <= q->hidden; i = child) {
		if (child < q->hidden &&
		    q->heap[child + 1]->visible_at_ms < q->heap[child]->visible_at_ms)
			child++;
		if (q->heap[child]->visible_at_ms >= m->visible_at_ms)
			break;
		set_place(q, i, q->heap[child]);
	}
	set_place(q, i, m);
}

static void hide(struct sqs_queue *q, struct sqs_message *m)
{
	if (q->hidden + 1 >= q->heap_room) {
		q->heap_room = 2 * q->heap_room + 64;
		q->heap = xrealloc(q->heap, q->heap_room * sizeof(struct sqs_message *));
	}
	m->queue = q;
	q->delayed += m->receives == 0;
	rise(q, m, ++q->hidden);
}

static void unhide(struct sqs_queue *q, struct sqs_message *m)
{
	struct sqs_message *last = q->heap[q->hidden--];
	size_t i = m->place;

	q->delayed -= m->receives == 0;
	if (last == m)
		return;
	if (last->visible_at_ms < m->visible_at_ms)
		rise(q, last, i);
	else
		sink(q, last, i);
}

/* ---- both ---- */

static void come_back(struct sqs_queue *q, struct sqs_message *m)
{
	bool is_spent = m->receives >= sqs_receives_max && !sqs_queue_is_dead(q);

	show(is_spent ? sqs_queue_dead_of(q) : q, m);
}

void sqs_queue_put(struct sqs_queue *q, struct sqs_message *m, int64_t now_ms)
{
	struct sqs_message **slot = slot_of(str_from(m->id));

	if (*slot == NULL) {
		*slot = m;
		m->next_of_id = NULL;
	}
	if (m->visible_at_ms > now_ms)
		hide(q, m);
	else
		come_back(q, m);
}

void sqs_queue_remove(struct sqs_queue *q, struct sqs_message *m)
{
	*slot_of(str_from(m->id)) = m->next_of_id;
	if (m->place > 0)
		unhide(q, m);
	else
		unshow(q, m);
}

void sqs_queue_wake(struct sqs_queue *q, int64_t now_ms)
{
	while (q->hidden > 0 && q->heap[1]->visible_at_ms <= now_ms) {
		struct sqs_message *m = q->heap[1];

		unhide(q, m);
		come_back(q, m);
	}
}

struct sqs_message *sqs_queue_find(const struct sqs_queue *q, const char *receipt,
    unsigned *generation)
{
	struct sqs_message *m;
	struct str id, number;
	uint64_t n = 0;

	str_cut(str_from(receipt), '.', &id, &number);
	(void)str_to_u64(number, &n);
	*generation = (unsigned)n;
	m = *slot_of(id);
	return m != NULL && m->queue == q ? m : NULL;
}
