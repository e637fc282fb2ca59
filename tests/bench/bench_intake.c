/*
 * bench_intake: ns per request and per KB for what the intake does with one body, alone
 * and together. Not a test: run it by hand on a quiet machine.
 */
#include <stdio.h>

#include "objectkey.h"
#include "payload.h"
#include "record.h"
#include "webhook.h"

enum { ROUNDS = 9, REPEATS = 20000, BODY_MAX = 64 * 1024 };

/* What every step works on; the steps write into it so that none is optimised away. */
struct bench {
	struct buf body, line;
	struct payload payload;
	struct record record;
	struct webhook_headers headers;
	char signature[WEBHOOK_SIGNATURE_SIZE];
	uint64_t sink;
};

static const struct str key = { "whsec bytes of a usual length 32", 32 };
static const int64_t now_s = 1749465045;

static void step_scan(struct bench *b)
{
	enum scan_kind kind;
	struct err err;

	b->sink += (uint64_t)scan_check(buf_str(&b->body), &kind, &err);
}

static void step_payload(struct bench *b)
{
	enum payload_fault fault;
	int64_t epoch_ms = 0;
	struct err err;

	if (payload_parse(buf_str(&b->body), &b->payload, &fault, &err) == 0 &&
	    payload_check(&b->payload, PAYLOAD_AUTO, &epoch_ms, &fault, &err) == 0)
		b->sink += (uint64_t)epoch_ms;
}

static void step_record(struct bench *b)
{
	b->record.data[0] = b->payload.data[0];
	b->record.data[1] = b->payload.data[1];
	buf_reset(&b->line);
	record_write(&b->line, &b->record);
	b->sink += b->line.n;
}

static void step_parse(struct bench *b)
{
	struct record r;
	struct err err;

	b->sink += (uint64_t)record_parse(buf_str(&b->line), &r, &err);
}

static void step_verify(struct bench *b)
{
	b->sink += (uint64_t)webhook_verify(&b->headers, buf_str(&b->body), &key, 1, now_s, NULL);
}

static void step_key(struct bench *b)
{
	char id[UUID_TEXT_SIZE], name[OBJECTKEY_SIZE];

	uuid_v7(&clock_system, id);
	objectkey_of(id, name);
	b->sink += (uint64_t)name[0];
}

static void step_all(struct bench *b)
{
	step_payload(b);
	step_record(b);
}

static const struct {
	const char *name;
	void (*run)(struct bench *b);
} steps[] = {
	{ "scan_check", step_scan },
	{ "payload parse + check", step_payload },
	{ "record_write", step_record },
	{ "scan + payload + record", step_all },
	{ "record_parse", step_parse },
	{ "webhook_verify, one key", step_verify },
	{ "uuid_v7 + objectkey_of", step_key },
};

/* The best of several rounds: what disturbs only ever slows down. */
static double best_ns(struct bench *b, void (*run)(struct bench *))
{
	int64_t best_us = INT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		int64_t start_us = clock_mono_us(&clock_system), took_us;

		for (int i = 0; i < REPEATS; i++)
			run(b);
		took_us = clock_mono_us(&clock_system) - start_us;
		best_us = took_us < best_us ? took_us : best_us;
	}
	return (double)best_us * 1000 / REPEATS;
}

/* An e-mail as a nested or flat body of about `size` bytes. */
static void make_body(struct buf *out, size_t size, bool is_nested)
{
	buf_adds(out, "{\"token\":\"my-secret-token\",");
	buf_adds(out, is_nested ? "\"data\":{" : "");
	buf_adds(out,
	    "\"email_subject\":\"Happy new year!\",\"email_sender\":\"John Doe\","
	    "\"email_timestream\":\"1749465045\",\"email_content\":\"");
	while (out->n + 60 < size)
		buf_adds(out, "Just want to say... Happy new year, dear R\xc3\xa9my!\\n");
	buf_adds(out, is_nested ? "\"}}" : "\"}");
}

static void measure(size_t size, bool is_nested)
{
	struct bench b = {
		.body = BUF_INIT(BODY_MAX),
		.line = BUF_INIT(BODY_MAX),
		.record = { .id = STR("0197540a-0923-7000-9000-000000000000"),
		    .accepted_at_ms = 1 },
	};

	make_body(&b.body, size, is_nested);
	webhook_sign(key, STR("msg_1"), now_s, buf_str(&b.body), b.signature);
	b.headers = (struct webhook_headers){ STR("msg_1"), STR("1749465045"),
		str_from(b.signature), 1, 1, 1 };
	printf("%zu bytes, %s\n", b.body.n, is_nested ? "nested" : "flat");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		double ns = best_ns(&b, steps[i].run);

		printf("  %-26s %8.0f ns %8.0f ns/KB\n", steps[i].name, ns,
		    ns * 1024 / (double)b.body.n);
	}
	if (b.sink == 0)
		printf("nothing was done\n");
	buf_release(&b.body);
	buf_release(&b.line);
}

int main(void)
{
	measure(256, false);
	measure(1024, false);
	measure(1024, true);
	measure(16 * 1024, true);
	return 0;
}
