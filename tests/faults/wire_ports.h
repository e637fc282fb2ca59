/*
 * wire_ports: queue and store of AWS on the fault server, as test_wire*.c call them. Run by
 * with_server.py, which has started the server and set the SDKs' variables for it. Beside test.h,
 * whose counts are each program's own.
 */
#ifndef OPS_FAULTS_WIRE_PORTS_H
#define OPS_FAULTS_WIRE_PORTS_H

#include "aws.h"
#include "queue.h"
#include "store.h"
#include "test.h"

enum { DOOR_MAX = 64 * 1024, RULE_MAX = 4096, BODY_SIZE = 300, HIDDEN_S = 1, LONG_S = 600 };

static struct {
	struct http *door;
	struct aws *aws;
	struct queue *queue;
	struct store *store;
	struct queue_message messages[QUEUE_BATCH_MAX];
} t;

/* ---- the fault server's own door ---- */

static inline void door(const char *method, const char *path, const char *body,
    struct http_response *out)
{
	char url[256];
	struct http_request r = { .method = method, .url = url, .body = str_from(body) };
	struct err err;

	r.has_body = r.body.n > 0;
	(void)snprintf(url, sizeof(url), "%s%s", getenv("FAULT_SERVER"), path);
	http_response_init(out, DOOR_MAX);
	if (http_call(t.door, &r, out, &err) != 0)
		test_die("%s: %s", path, err.text);
	if (out->status != 200)
		test_die("%s: %s", path, buf_text(&out->body));
}

static inline void order(const char *method, const char *path, const char *body)
{
	struct http_response r;

	door(method, path, body, &r);
	http_response_release(&r);
}

static inline ATTR_PRINTF(1, 2) void fault(const char *format, ...)
{
	char rule[RULE_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(rule, sizeof(rule), format, args);
	va_end(args);
	order("POST", "/_fault", rule);
}

static inline uint64_t state_of(const char *name, const char *inner)
{
	struct http_response r;
	struct json *doc;
	struct err err;
	uint64_t n;

	door("GET", "/_state", "", &r);
	if (json_parse(buf_str(&r.body), &doc, &err) != 0)
		test_die("state: %s", err.text);
	n = (uint64_t)json_get_int(
	    inner ? json_get(json_get(doc, name), inner) : json_get(doc, name), 0);
	json_free(doc);
	http_response_release(&r);
	return n;
}

/* ---- what is tested ---- */

/* attempts: of the client, so that a test sees each outcome, or what repeats make of them. */
static inline void open_ports(const char *queue_name, const char *attempts)
{
	const struct aws_options options = { .program = "test-wire/1" };
	const struct http_options door_options = { .user_agent = "test-wire/1" };
	struct queue_options queue_options = { 0 };
	struct store_options store_options = { 0 };
	char url[256];
	struct err err;

	(void)setenv("AWS_MAX_ATTEMPTS", attempts, 1);
	(void)snprintf(url, sizeof(url), "%s/000000000000/%s", getenv("FAULT_SERVER"), queue_name);
	if (http_open(&t.door, &door_options, &err) != 0 || aws_open(&t.aws, &options, &err) != 0)
		test_die("%s", err.text);
	queue_options.aws = store_options.aws = t.aws;
	if (queue_open(&t.queue, str_from(url), &queue_options, &err) != 0 ||
	    store_open(&t.store, STR("s3://wire"), &store_options, &err) != 0)
		test_die("%s", err.text);
	for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
		queue_message_init(&t.messages[i]);
	order("DELETE", "/_fault", "");
	order("POST", "/_receives", "1000000");
}

static inline void close_ports(void)
{
	for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
		queue_message_release(&t.messages[i]);
	queue_close(t.queue);
	store_close(t.store);
	aws_close(t.aws);
	http_close(t.door);
}

static inline const char *body_text(void)
{
	static char body[BODY_SIZE + 1];

	memset(body, 'b', BODY_SIZE);
	return body;
}

static inline struct queue_entry entry(void)
{
	return (struct queue_entry){
		.body = str_from(body_text()),
		.object = STR("2026/11/21/12/0193a5a0-0000-7000-8000-000000000000.ndjson"),
		.record_count = 1,
	};
}

static inline void send_all(size_t count)
{
	struct queue_entry entries[QUEUE_BATCH_MAX];
	struct err err;

	for (size_t i = 0; i < count; i++)
		entries[i] = entry();
	if (queue_send(t.queue, entries, count, &err) != 0)
		test_die("%s", err.text);
}

/* Exactly count, which must be there. */
static inline void receive_all(size_t count, struct queue_lease *leases)
{
	struct err err;
	size_t n;

	if (queue_receive(t.queue, t.messages, count, 0, LONG_S, &n, &err) != 0 || n != count)
		test_die("%zu of %zu received", n, count);
	for (size_t i = 0; i < count; i++)
		leases[i] = (struct queue_lease){ .receipt = t.messages[i].receipt };
}

/* ---- one call each: the code of its result; `at` tells one from another ---- */

typedef enum err_code call_fn(size_t at);

static inline enum err_code send_one(size_t at)
{
	struct queue_entry e = entry();
	struct err err;

	(void)at;
	return queue_send(t.queue, &e, 1, &err) != 0 ? err.code : e.result.code;
}

static inline enum err_code put_one(size_t at)
{
	char key[64], sha256[HASH_HEX_SIZE];
	struct err err;

	(void)snprintf(key, sizeof(key), "cut/%zu", at);
	hash_sha256_hex(str_from(body_text()), sha256);
	return store_put(t.store, str_from(key), str_from(body_text()), sha256, NULL, NULL, &err) !=
		0
	    ? err.code
	    : ERR_NONE;
}

static struct queue_lease lease;

static inline enum err_code delete_one(size_t at)
{
	struct err err;

	(void)at;
	return queue_delete(t.queue, &lease, 1, &err) != 0 ? err.code : lease.result.code;
}

static inline enum err_code extend_one(size_t at)
{
	struct err err;

	(void)at;
	return queue_extend(t.queue, &lease, 1, LONG_S, &err) != 0 ? err.code : lease.result.code;
}

static inline enum err_code receive_one(size_t at)
{
	struct err err;
	size_t n;

	(void)at;
	if (queue_receive(t.queue, t.messages, 1, 0, HIDDEN_S, &n, &err) != 0)
		return err.code;
	if (n == 0)
		return ERR_IO; /* libcurl asked again, and what was lost is hidden */
	CHECK_STR(buf_str(&t.messages[0].body), str_from(body_text()));
	return ERR_NONE;
}

static inline void send_and_lease(void)
{
	send_all(1);
	receive_all(1, &lease);
}

static inline void send_first(void)
{
	send_all(1);
}

#endif
