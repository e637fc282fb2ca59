/*
 * fill_queue: put envelopes into a queue as ops-api would, so that the worker can be
 * measured alone.
 *
 *   fill_queue QUEUE_URL ENVELOPES RECORDS_EACH DATA_BYTES
 */
#include <inttypes.h>

#include "envelope.h"
#include "mem.h"
#include "queue.h"

enum { SEND_MAX = 64, MEMBER_BYTES = 50 };

static void add_records(struct envelope *e, uint64_t count, struct str data)
{
	struct buf line = BUF_INIT(1 << 20);

	for (uint64_t i = 0; i < count; i++) {
		char id[UUID_TEXT_SIZE];
		struct record r = { .accepted_at_ms = clock_wall_ms(&clock_system),
			.data = { data } };

		uuid_v7(&clock_system, id);
		r.id = str_from(id);
		buf_reset(&line);
		record_write(&line, &r);
		if (!envelope_add(e, buf_str(&line)))
			abort();
	}
	buf_release(&line);
}

static int send_some(struct queue *q, size_t count, uint64_t records, struct str data,
    struct err *err)
{
	struct envelope envelopes[SEND_MAX];
	struct queue_entry entries[SEND_MAX] = { 0 };
	int rc;

	for (size_t i = 0; i < count; i++) {
		envelope_init(&envelopes[i], &clock_system, 1 << 20);
		add_records(&envelopes[i], records, data);
		envelope_seal(&envelopes[i]);
		entries[i].body = buf_str(&envelopes[i].body);
		entries[i].object = str_from(envelopes[i].key);
		entries[i].sha256 = str_from(envelopes[i].sha256);
		entries[i].record_count = records;
	}
	rc = queue_send(q, entries, count, err);
	for (size_t i = 0; i < count; i++) {
		if (rc == 0 && entries[i].result.code != ERR_NONE)
			rc = err_set(err, entries[i].result.code, "%s", entries[i].result.text);
		envelope_release(&envelopes[i]);
	}
	return rc;
}

/* Members of a few dozen bytes, as payloads have them: a single string would be read in no time. */
static struct str make_data(uint64_t size)
{
	struct buf data = BUF_INIT(1 << 20);

	buf_adds(&data, "{\"email_timestream\":\"2025-06-09T10:30:45Z\"");
	for (unsigned i = 0; data.n + MEMBER_BYTES + 2 < size; i++)
		buf_addf(&data, ",\"email_field_%03u\":\"a value of some words\"", i % 1000);
	buf_adds(&data, ",\"pad\":\"");
	while (data.n + 2 < size)
		buf_addc(&data, 'x');
	buf_adds(&data, "\"}");
	return buf_str(&data); /* lives as long as the program */
}

int main(int argc, char **argv)
{
	struct queue_options options = { .create = true };
	uint64_t left, records, size, per_call;
	struct queue *q = NULL;
	struct err err;
	int rc = 0;

	if (argc != 5 || !str_to_u64(str_from(argv[2]), &left) ||
	    !str_to_u64(str_from(argv[3]), &records) || !str_to_u64(str_from(argv[4]), &size)) {
		fprintf(stderr, "usage: fill_queue QUEUE_URL ENVELOPES RECORDS_EACH DATA_BYTES\n");
		return 2;
	}
	rc = queue_open(&q, str_from(argv[1]), &options, &err);
	if (rc == 0) {
		struct str data = make_data(size);
		size_t fit = queue_traits(q)->body_max / (records * (size + RECORD_OVERHEAD_MAX));

		per_call = queue_traits(q)->batch_max < SEND_MAX ? queue_traits(q)->batch_max
								 : SEND_MAX;
		if (fit && fit < per_call)
			per_call = fit;
		while (rc == 0 && left) {
			uint64_t n = left < per_call ? left : per_call;

			rc = send_some(q, n, records, data, &err);
			left -= n;
		}
		free((void *)(uintptr_t)data.p);
	}
	if (rc != 0)
		fprintf(stderr, "fill_queue: %s\n", err.text);
	queue_close(q);
	return rc != 0;
}
