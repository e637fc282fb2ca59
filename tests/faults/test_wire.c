/*
 * Queue and store of AWS, call by call, on answers that are cut at every offset, far too large, or
 * never come. Names begin with the number of the fault.
 */
#include <sys/resource.h>

#include "wire_ports.h"

/* ---- 8: applied, and of the answer only the first bytes ---- */

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
	{ "10-budget", test_budget },
	{ "12-conflict", test_conflict },
};

TEST_MAIN(tests)
