/*
 * Queue and store of AWS, call by call, on answers that are cut at every offset, partial in every
 * way, far too large, or never come. Names begin with the number of the fault. Run by with_server.py,
 * which has started the fault server and set the SDKs' variables for it.
 */
#include "test.h"

#include <sys/resource.h>

#include "aws.h"
#include "queue.h"
#include "store.h"

enum { DOOR_MAX = 64 * 1024, RULE_MAX = 4096, BODY_SIZE = 300, HIDDEN_S = 1, LONG_S = 600 };

static struct {
	struct http *door;
	struct aws *aws;
	struct queue *queue;
	struct store *store;
	struct queue_message messages[QUEUE_BATCH_MAX];
} t;

/* ---- the fault server's own door ---- */

static void door(const char *method, const char *path, const char *body, struct http_response *out)
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

static void order(const char *method, const char *path, const char *body)
{
	struct http_response r;

	door(method, path, body, &r);
	http_response_release(&r);
}

static ATTR_PRINTF(1, 2) void fault(const char *format, ...)
{
	char rule[RULE_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(rule, sizeof(rule), format, args);
	va_end(args);
	order("POST", "/_fault", rule);
}

static uint64_t state_of(const char *name, const char *inner)
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
static void open_ports(const char *queue_name, const char *attempts)
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

static void close_ports(void)
{
	for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
		queue_message_release(&t.messages[i]);
	queue_close(t.queue);
	store_close(t.store);
	aws_close(t.aws);
	http_close(t.door);
}

static const char *body_text(void)
{
	static char body[BODY_SIZE + 1];

	memset(body, 'b', BODY_SIZE);
	return body;
}

static struct queue_entry entry(void)
{
	return (struct queue_entry){
		.body = str_from(body_text()),
		.object = STR("2026/11/21/12/0193a5a0-0000-7000-8000-000000000000.ndjson"),
		.record_count = 1,
	};
}

static void send_all(size_t count)
{
	struct queue_entry entries[QUEUE_BATCH_MAX];
	struct err err;

	for (size_t i = 0; i < count; i++)
		entries[i] = entry();
	if (queue_send(t.queue, entries, count, &err) != 0)
		test_die("%s", err.text);
}

/* Exactly count, which must be there. */
static void receive_all(size_t count, struct queue_lease *leases)
{
	struct err err;
	size_t n;

	if (queue_receive(t.queue, t.messages, count, 0, LONG_S, &n, &err) != 0 || n != count)
		test_die("%zu of %zu received", n, count);
	for (size_t i = 0; i < count; i++)
		leases[i] = (struct queue_lease){ .receipt = t.messages[i].receipt };
}

/* ---- 8: applied, and of the answer only the first bytes ---- */

/* One call; the code of its result. `at` tells one from another. */
typedef enum err_code call_fn(size_t at);

static enum err_code send_one(size_t at)
{
	struct queue_entry e = entry();
	struct err err;

	(void)at;
	return queue_send(t.queue, &e, 1, &err) != 0 ? err.code : e.result.code;
}

static enum err_code put_one(size_t at)
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

static enum err_code delete_one(size_t at)
{
	struct err err;

	(void)at;
	return queue_delete(t.queue, &lease, 1, &err) != 0 ? err.code : lease.result.code;
}

static enum err_code extend_one(size_t at)
{
	struct err err;

	(void)at;
	return queue_extend(t.queue, &lease, 1, LONG_S, &err) != 0 ? err.code : lease.result.code;
}

static enum err_code receive_one(size_t at)
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

static void send_and_lease(void)
{
	send_all(1);
	receive_all(1, &lease);
}

static void send_first(void)
{
	send_all(1);
}

/*
 * libcurl by itself repeats what went out on a kept connection that then closes without one whole
 * line: "HTTP/1.1 200 Fault\r\n" is the first.
 */
enum { KEPT_BYTES = 20 };

/*
 * At every offset: nothing is taken for done before its answer is whole, what is said of it lets
 * the caller try again, and the same once more succeeds though it has been done already.
 */
static void cut_everywhere(const char *queue_name, const char *op, void (*prepare)(void),
    call_fn *call)
{
	uint64_t size = 1;

	open_ports(queue_name, "1");
	for (size_t at = 0; at <= size; at++) {
		enum err_code code;

		if (prepare)
			prepare();
		fault("{\"op\":\"%s\",\"what\":\"cut\",\"at\":%zu}", op, at);
		code = call(at);
		size = state_of("answer_bytes", NULL);
		if (at < size && !err_is_transient(code) && (code != ERR_NONE || at >= KEPT_BYTES))
			TEST_FAIL("%s cut at %zu of %" PRIu64 ": %s", op, at, size, err_name(code));
		if (at == size)
			CHECK_INT(code, ERR_NONE);
		else if (call != receive_one) /* what was received is hidden */
			CHECK_INT(call(at), ERR_NONE);
	}
	printf("%s: cut at 0 to %" PRIu64 "\n", op, size);
	close_ports();
}

static void test_send_cut(void)
{
	cut_everywhere("cut-send", "SendMessageBatch", NULL, send_one);
}

static void test_put_cut(void)
{
	cut_everywhere("cut-put", "PutObject", NULL, put_one);
	open_ports("cut-put", "1");
	CHECK_INT(state_of("s3", "overwrites"), 0);
	close_ports();
}

static void test_delete_cut(void)
{
	cut_everywhere("cut-delete", "DeleteMessageBatch", send_and_lease, delete_one);
}

static void test_extend_cut(void)
{
	cut_everywhere("cut-extend", "ChangeMessageVisibilityBatch", send_and_lease, extend_one);
}

static void test_receive_cut(void)
{
	cut_everywhere("cut-receive", "ReceiveMessage", send_first, receive_one);
}

/* ---- 9: every subset of a batch ---- */

enum { SUBSETS = 1 << QUEUE_BATCH_MAX };

/* Which of those that fail are the sender's fault; mixed with the subset itself, always the same. */
static unsigned senders_of(unsigned mask)
{
	return mask & (mask * 0x9E37u >> 3);
}

static bool is_in(unsigned mask, size_t i)
{
	return (mask >> i & 1) != 0;
}

static void order_partial(const char *op, unsigned mask)
{
	fault("{\"op\":\"%s\",\"what\":\"partial\",\"mask\":%u,\"sender_mask\":%u}", op, mask,
	    senders_of(mask));
}

static void check_result(unsigned mask, size_t i, const struct err *result)
{
	if ((result->code == ERR_NONE) == is_in(mask, i))
		TEST_FAIL("subset %x, entry %zu: %s", mask, i, err_name(result->code));
	if (is_in(mask, i) && is_in(senders_of(mask), i) == err_is_transient(result->code))
		TEST_FAIL("subset %x, entry %zu: %s: %s", mask, i, err_name(result->code),
		    result->text);
}

static void test_send_subsets(void)
{
	struct queue_entry entries[QUEUE_BATCH_MAX];
	struct err err;

	open_ports("subset-send", "1");
	for (unsigned mask = 0; mask < SUBSETS; mask++) {
		for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
			entries[i] = entry();
		order_partial("SendMessageBatch", mask);
		CHECK_OK(queue_send(t.queue, entries, QUEUE_BATCH_MAX, &err), &err);
		for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
			check_result(mask, i, &entries[i].result);
	}
	close_ports();
}

static void test_lease_subsets(void)
{
	struct queue_lease leases[QUEUE_BATCH_MAX];
	struct err err;

	open_ports("subset-lease", "1");
	for (unsigned mask = 0; mask < SUBSETS; mask++) {
		send_all(QUEUE_BATCH_MAX);
		receive_all(QUEUE_BATCH_MAX, leases);
		order_partial("ChangeMessageVisibilityBatch", mask);
		CHECK_OK(queue_extend(t.queue, leases, QUEUE_BATCH_MAX, LONG_S, &err), &err);
		for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
			check_result(mask, i, &leases[i].result);
		order_partial("DeleteMessageBatch", mask);
		CHECK_OK(queue_delete(t.queue, leases, QUEUE_BATCH_MAX, &err), &err);
		for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
			check_result(mask, i, &leases[i].result);
	}
	close_ports();
}

/* first, others: whether they may count as done. */
static const struct {
	const char *code;
	bool first, others;
} misnamed[] = {
	{ "unknown", false, true },
	{ "missing", false, true },
	{ "duplicate", true, false },
};

static void test_ids(void)
{
	struct queue_entry entries[QUEUE_BATCH_MAX];
	struct err err;

	open_ports("ids", "1");
	for (size_t k = 0; k < ARRAY_SIZE(misnamed); k++) {
		for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
			entries[i] = entry();
		fault("{\"op\":\"SendMessageBatch\",\"what\":\"ids\",\"code\":\"%s\"}",
		    misnamed[k].code);
		CHECK_OK(queue_send(t.queue, entries, QUEUE_BATCH_MAX, &err), &err);
		for (size_t i = 0; i < QUEUE_BATCH_MAX; i++)
			if (entries[i].result.code == ERR_NONE &&
			    !(i == 0 ? misnamed[k].first : misnamed[k].others))
				TEST_FAIL("%s: entry %zu counts as sent", misnamed[k].code, i);
	}
	close_ports();
}

/* ---- 6 and 7: connections that hang, and that break when they are used again ---- */

static void test_half_open(void)
{
	struct err err;
	size_t n;

	open_ports("half-open", "1");
	send_all(1);
	fault("{\"op\":\"ReceiveMessage\",\"what\":\"silence\"}");
	CHECK_ERR(queue_receive(t.queue, t.messages, 1, 1, LONG_S, &n, &err), &err, ERR_TIMEOUT);
	CHECK_OK(queue_receive(t.queue, t.messages, 1, 1, LONG_S, &n, &err), &err);
	CHECK_INT(n, 1);
	close_ports();
}

/* The connection was kept, and closes, or is reset, exactly when a request is on it. */
static void test_kept_connection(void)
{
	static const char *const ways[] = { "drop", "reset" };

	open_ports("kept", "3");
	for (size_t k = 0; k < ARRAY_SIZE(ways); k++) {
		for (size_t n = 0; n < 10; n++) {
			fault("{\"op\":\"SendMessageBatch\",\"what\":\"%s\"}", ways[k]);
			CHECK_INT(send_one(0), ERR_NONE);
			fault("{\"op\":\"PutObject\",\"what\":\"%s\"}", ways[k]);
			CHECK_INT(put_one(k * 1000 + n + 100000), ERR_NONE);
			send_and_lease();
			fault("{\"op\":\"DeleteMessageBatch\",\"what\":\"%s\"}", ways[k]);
			CHECK_INT(delete_one(0), ERR_NONE);
		}
	}
	close_ports();
}

/* Reset while nobody used them, as a load balancer does after its idle time: nobody notices. */
static void test_idle_connection(void)
{
	struct aws_counts before, after;

	open_ports("idle", "1");
	aws_counts(t.aws, AWS_SQS, &before);
	for (size_t n = 0; n < 20; n++) {
		order("POST", "/_reset", "");
		CHECK_INT(send_one(0), ERR_NONE);
		CHECK_INT(put_one(n + 200000), ERR_NONE);
	}
	aws_counts(t.aws, AWS_SQS, &after);
	CHECK_INT(after.calls - before.calls, 20);
	CHECK_INT(after.retries, before.retries);
	close_ports();
}

/* ---- 10: once the budget of repeats is spent, a call is one request ---- */

static void test_budget(void)
{
	enum { SPENDING = 40, SPENT = 20 };
	struct aws_counts before, after;
	struct queue_stats stats;
	struct err err;

	open_ports("budget", "3");
	fault("{\"op\":\"GetQueueAttributes\",\"what\":\"refuse\",\"status\":500,\"times\":0,"
	      "\"code\":\"InternalError\"}");
	for (size_t i = 0; i < SPENDING; i++)
		CHECK_ERR(queue_stats(t.queue, &stats, &err), &err, ERR_BUSY);
	aws_counts(t.aws, AWS_SQS, &before);
	for (size_t i = 0; i < SPENT; i++)
		CHECK_ERR(queue_stats(t.queue, &stats, &err), &err, ERR_BUSY);
	aws_counts(t.aws, AWS_SQS, &after);
	CHECK_INT(after.calls - before.calls, SPENT);
	order("DELETE", "/_fault", "");
	CHECK_OK(queue_stats(t.queue, &stats, &err), &err);
	close_ports();
}

/* ---- conditional writes that race ---- */

static void test_conflict(void)
{
	open_ports("conflict", "1");
	fault("{\"op\":\"PutObject\",\"what\":\"refuse\",\"status\":409,\"times\":3,"
	      "\"code\":\"ConditionalRequestConflict\"}");
	CHECK_INT(put_one(200000), ERR_NONE);
	close_ports();
}

/* ---- answers that are meant to hurt ---- */

static bool count_key(void *arg, struct str key, uint64_t size_bytes)
{
	(void)key;
	(void)size_bytes;
	++*(size_t *)arg;
	return true;
}

static const char bomb[] =
    "<?xml version=\\\"1.0\\\"?><!DOCTYPE l [<!ENTITY a \\\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\\">"
    "<!ENTITY b \\\"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\\\"><!ENTITY c \\\"&b;&b;&b;&b;&b;&b;&b;&b;\\\">"
    "<!ENTITY d \\\"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\\\"><!ENTITY e \\\"&d;&d;&d;&d;&d;&d;&d;&d;\\\">"
    "<!ENTITY f \\\"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\\\"><!ENTITY g \\\"&f;&f;&f;&f;&f;&f;&f;&f;\\\">]>"
    "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>&g;</Key><Size>1</Size>"
    "</Contents></ListBucketResult>";

static void test_bombs(void)
{
	char deep[1024];
	struct err err;
	size_t n = 0;

	open_ports("bombs", "1");
	fault("{\"op\":\"ListObjectsV2\",\"what\":\"raw\",\"status\":200,\"body\":\"%s\"}", bomb);
	CHECK_ERR(store_list(t.store, STR_NONE, count_key, &n, &err), &err, ERR_CORRUPT);
	CHECK_INT(n, 0);

	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	fault("{\"op\":\"ReceiveMessage\",\"what\":\"raw\",\"status\":200,"
	      "\"body\":\"{\\\"Messages\\\":%s\"}",
	    deep);
	CHECK_ERR(queue_receive(t.queue, t.messages, 1, 0, LONG_S, &n, &err), &err, ERR_CORRUPT);
	close_ports();
}

static const char *const huge_ops[] = { "ReceiveMessage", "GetObject", "ListObjectsV2",
	"SendMessageBatch", "PutObject", "DeleteMessageBatch" };

static void call_each(struct err *err)
{
	struct buf out = BUF_INIT(STORE_OBJECT_MAX);
	struct queue_lease none = { .receipt = "x.1" };
	size_t n;

	CHECK_ERR(queue_receive(t.queue, t.messages, 10, 0, LONG_S, &n, err), err, ERR_CORRUPT);
	CHECK_ERR(store_get(t.store, STR("cut/0"), &out, NULL, err), err, ERR_CORRUPT);
	CHECK_ERR(store_list(t.store, STR_NONE, count_key, &n, err), err, ERR_CORRUPT);
	CHECK_INT(send_one(0), ERR_IO); /* unknown, as with no answer at all */
	CHECK(err_is_transient(put_one(300000)));
	CHECK_ERR(queue_delete(t.queue, &none, 1, err), err, ERR_CORRUPT);
	buf_release(&out);
}

/* 1 GiB each; what is kept of it is bounded, also where freed memory is kept in quarantine. */
static void test_huge(void)
{
	enum { GROWTH_MAX_KIB = 512 * 1024 };
	struct rusage before, after;
	struct err err;

	open_ports("huge", "1");
	for (size_t i = 0; i < ARRAY_SIZE(huge_ops); i++)
		fault("{\"op\":\"%s\",\"what\":\"huge\",\"at\":1073741824}", huge_ops[i]);
	(void)getrusage(RUSAGE_SELF, &before);
	call_each(&err);
	(void)getrusage(RUSAGE_SELF, &after);
	CHECK(after.ru_maxrss - before.ru_maxrss < GROWTH_MAX_KIB);
	close_ports();
}

static const struct test tests[] = {
	{ "06-half-open", test_half_open },
	{ "06-idle-connection", test_idle_connection },
	{ "07-kept-connection", test_kept_connection },
	{ "08-send-cut", test_send_cut },
	{ "08-put-cut", test_put_cut },
	{ "08-delete-cut", test_delete_cut },
	{ "08-extend-cut", test_extend_cut },
	{ "08-receive-cut", test_receive_cut },
	{ "08-bombs", test_bombs },
	{ "08-huge", test_huge },
	{ "09-send-subsets", test_send_subsets },
	{ "09-lease-subsets", test_lease_subsets },
	{ "09-ids", test_ids },
	{ "10-budget", test_budget },
	{ "12-conflict", test_conflict },
};

TEST_MAIN(tests)
