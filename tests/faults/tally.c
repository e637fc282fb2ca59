#include "tally.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { OPS_MAX = 64 };

struct counter {
	char op[64];
	uint64_t calls, repeats, refused;
};

static struct {
	pthread_mutex_t lock;
	struct counter rows[OPS_MAX];
	size_t count;
} tally = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* "attempt=2; max=3" */
static bool is_repeat(const struct wire_request *r)
{
	struct str says = wire_header(r, "amz-sdk-request");

	return says.n > 0 && !str_has_prefix(says, STR("attempt=1;"));
}

/* Lock held. */
static struct counter *counter_of(const char *op)
{
	size_t i = 0;

	while (i < tally.count && strcmp(tally.rows[i].op, op) != 0)
		i++;
	if (i == tally.count && i < OPS_MAX - 1)
		(void)snprintf(tally.rows[tally.count++].op, sizeof(tally.rows[i].op), "%s", op);
	return &tally.rows[i < OPS_MAX - 1 ? i : OPS_MAX - 1];
}

void tally_call(const char *op, const struct wire_request *r)
{
	struct counter *c;

	pthread_mutex_lock(&tally.lock);
	c = counter_of(op);
	c->calls++;
	c->repeats += is_repeat(r);
	pthread_mutex_unlock(&tally.lock);
}

void tally_refused(const char *op)
{
	pthread_mutex_lock(&tally.lock);
	counter_of(op)->refused++;
	pthread_mutex_unlock(&tally.lock);
}

static void write_member(struct json_writer *w, const char *name, size_t member)
{
	json_key(w, name);
	json_object_begin(w);
	for (size_t i = 0; i < tally.count; i++) {
		uint64_t n;

		memcpy(&n, (const char *)&tally.rows[i] + member, sizeof(n));
		json_member_uint(w, tally.rows[i].op, n);
	}
	json_object_end(w);
}

void tally_write(struct json_writer *w)
{
	pthread_mutex_lock(&tally.lock);
	write_member(w, "calls", offsetof(struct counter, calls));
	write_member(w, "repeats", offsetof(struct counter, repeats));
	write_member(w, "refused", offsetof(struct counter, refused));
	pthread_mutex_unlock(&tally.lock);
}
