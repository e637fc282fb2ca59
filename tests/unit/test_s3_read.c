/* get, head, list and check of an S3 store: what they make of answers, and what they ask. */
#include "fake_s3.h"
#include "test.h"

#define X_63  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X_127 X_63 X_63 "x"
#define KEY   "2026/11/21/08/x"
#define BYTES "{\"a\":1}\n"

#define SUM       "x-amz-checksum-sha256: 40ZDICGwQXlRjZYU81YMzXE1Sk7hAd3LiT1pWanWMBw=\n"
#define SUM_OTHER "x-amz-checksum-sha256: 2SmKENGwc1g33EvYXaxkGw887yekfl1TpU8vP1svz/o=\n"
#define HEX       "e346432021b04179518d9614f3560ccd71354a4ee101ddcb893d6959a9d6301c"
#define HEX_OTHER "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"
#define META      "x-amz-meta-sha256: " HEX "\n"
#define DATE      "Last-Modified: Sat, 21 Nov 2026 08:26:40 GMT\n"

/* ---- get and head ---- */

static const struct {
	const char *name;
	struct fake_answer answer;
	enum err_code get, head; /* ERR_NONE: success */
	const char *sha256;      /* that head tells */
	int64_t stored_at_ms;
} objects[] = {
	{ "checksum", { .status = 200, .headers = SUM DATE, .body = BYTES }, ERR_NONE, ERR_NONE,
	    HEX, 1795249600000 },
	{ "metadata", { .status = 200, .headers = META, .body = BYTES }, ERR_NONE, ERR_NONE, HEX,
	    0 },
	{ "both", { .status = 200, .headers = SUM META, .body = BYTES }, ERR_NONE, ERR_NONE, HEX,
	    0 },
	{ "checksum of parts, metadata",
	    { .status = 200, .headers = "x-amz-checksum-sha256: AAAA-2\n" META, .body = BYTES },
	    ERR_NONE, ERR_NONE, HEX, 0 },
	{ "checksum that is too short, metadata",
	    { .status = 200, .headers = "x-amz-checksum-sha256: AAAA\n" META, .body = BYTES },
	    ERR_NONE, ERR_NONE, HEX, 0 },
	{ "other checksum", { .status = 200, .headers = SUM_OTHER META, .body = BYTES },
	    ERR_CORRUPT, ERR_NONE, HEX_OTHER, 0 },
	{ "other bytes", { .status = 200, .headers = META, .body = "other" }, ERR_CORRUPT, ERR_NONE,
	    HEX, 0 },
	{ "cut", { .status = 200, .headers = SUM, .body = "{\"a\"" }, ERR_CORRUPT, ERR_NONE, HEX,
	    0 },
	{ "nothing", { .status = 200, .headers = SUM, .body = "" }, ERR_CORRUPT, ERR_NONE, HEX, 0 },
	{ "no digest", { .status = 200, .headers = DATE, .body = BYTES }, ERR_CORRUPT, ERR_NONE, "",
	    1795249600000 },
	{ "digest in capitals",
	    { .status = 200,
		.headers = "x-amz-meta-sha256: "
			   "E346432021B04179518D9614F3560CCD71354A4EE101DDCB893D6959A9D6301C\n",
		.body = BYTES },
	    ERR_CORRUPT, ERR_NONE, "", 0 },
	{ "bad date", { .status = 200, .headers = SUM "Last-Modified: yesterday\n", .body = BYTES },
	    ERR_NONE, ERR_NONE, HEX, 0 },
	{ "missing", { .status = 404, .code = "NoSuchKey" }, ERR_NOTFOUND, ERR_NOTFOUND, NULL, 0 },
	{ "denied", { .status = 403, .code = "AccessDenied" }, ERR_DENIED, ERR_DENIED, NULL, 0 },
	{ "key of the bytes is off", { .status = 400, .code = "KMS.DisabledException" }, ERR_DENIED,
	    ERR_DENIED, NULL, 0 },
	{ "busy", { .status = 503, .code = "SlowDown" }, ERR_BUSY, ERR_BUSY, NULL, 0 },
};

#define ASKED "bucket bucket\nkey in/" KEY "\nx-amz-checksum-mode: ENABLED\n"

static void test_get(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		struct store *s = fake_s3_open("s3://bucket/in/");
		struct buf out = BUF_INIT(100);
		struct store_info info = { .size_bytes = 99 };
		struct err err;

		test_case = objects[i].name;
		buf_adds(&out, "before");
		fake_s3_answers(&objects[i].answer, 1);
		if (objects[i].get == ERR_NONE) {
			CHECK_OK(store_get(s, STR(KEY), &out, &info, &err), &err);
			CHECK_STR(buf_str(&out), STR("before" BYTES));
			CHECK_INT(info.size_bytes, strlen(BYTES));
			CHECK_TEXT(info.sha256, objects[i].sha256);
			CHECK_INT(info.stored_at_ms, objects[i].stored_at_ms);
		} else {
			CHECK_ERR(store_get(s, STR(KEY), &out, &info, &err), &err, objects[i].get);
			CHECK(str_contains(str_from(err.text), STR(KEY)));
			CHECK_STR(buf_str(&out), STR("before"));
			CHECK_INT(info.size_bytes, 99);
		}
		CHECK_STR(fake_s3_calls(), STR("GET "));
		CHECK_STR(fake_s3_last(), STR(ASKED));
		buf_release(&out);
		fake_s3_close(s);
	}
}

static void test_head(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
		struct store *s = fake_s3_open("s3://bucket/in/");
		struct fake_answer answer = objects[i].answer;
		struct store_info info = { .size_bytes = 99 };
		struct buf headers = BUF_INIT(1000);
		struct err err;

		test_case = objects[i].name;
		buf_addf(&headers, "Content-Length: 8\n%s", answer.headers ? answer.headers : "");
		answer.headers = buf_text(&headers);
		answer.body = NULL;
		fake_s3_answers(&answer, 1);
		if (objects[i].head == ERR_NONE) {
			CHECK_OK(store_head(s, STR(KEY), &info, &err), &err);
			CHECK_INT(info.size_bytes, 8);
			CHECK_TEXT(info.sha256, objects[i].sha256);
			CHECK_INT(info.stored_at_ms, objects[i].stored_at_ms);
		} else {
			CHECK_ERR(store_head(s, STR(KEY), &info, &err), &err, objects[i].head);
			CHECK_INT(info.size_bytes, 99);
		}
		CHECK_STR(fake_s3_calls(), STR("HEAD "));
		CHECK_STR(fake_s3_last(), STR(ASKED));
		buf_release(&headers);
		fake_s3_close(s);
	}
}

static const struct {
	const char *name, *headers;
	int64_t sent_at_ms, received_at_ms, written_at_ms;
	const char *message_id;
} ways[] = {
	{ "whole",
	    "x-amz-meta-sent-at: 2026-11-21T08:26:40.001Z\n"
	    "x-amz-meta-received-at: 2026-11-21T08:26:40.002Z\n"
	    "x-amz-meta-written-at: 2026-11-21T08:26:40.003Z\nx-amz-meta-message-id: m-1\n",
	    1795249600001, 1795249600002, 1795249600003, "m-1" },
	{ "none", "", 0, 0, 0, "" },
	{ "not times",
	    "x-amz-meta-sent-at: soon\nx-amz-meta-received-at:\n"
	    "x-amz-meta-written-at: 2026-13-01T00:00:00Z\n",
	    0, 0, 0, "" },
	{ "longest id", "x-amz-meta-message-id: " X_127 "\n", 0, 0, 0, X_127 },
	{ "id too long", "x-amz-meta-message-id: " X_127 "x\n", 0, 0, 0, "" },
};

static void test_way(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct store *s = fake_s3_open("s3://bucket/in/");
		struct fake_answer answer = { .status = 200, .headers = ways[i].headers };
		struct store_info info;
		struct err err;

		test_case = ways[i].name;
		fake_s3_answers(&answer, 1);
		CHECK_OK(store_head(s, STR(KEY), &info, &err), &err);
		CHECK_INT(info.sent_at_ms, ways[i].sent_at_ms);
		CHECK_INT(info.received_at_ms, ways[i].received_at_ms);
		CHECK_INT(info.written_at_ms, ways[i].written_at_ms);
		CHECK_TEXT(info.message_id, ways[i].message_id);
		fake_s3_close(s);
	}
}

/* ---- list ---- */

#define PAGE(items) "<ListBucketResult>" items "</ListBucketResult>"
#define ITEM(key)   "<Contents><Key>" key "</Key><Size>3</Size></Contents>"
#define MORE(token)                                                                                \
	"<IsTruncated>true</IsTruncated><NextContinuationToken>" token "</NextContinuationToken>"
#define OK(text)                                                                                   \
	{                                                                                          \
		.status = 200, .body = PAGE(text)                                                  \
	}

enum { PAGES_MAX = 4 };

static const struct {
	const char *name, *url, *after;
	struct fake_answer pages[PAGES_MAX];
	size_t stop_at; /* key; 0: never */
	const char *keys;
	enum err_code code;
	const char *calls, *last;
} lists[] = {
	{ "empty", "s3://bucket/in/", "", { OK("") }, 0, "", ERR_NONE, "LIST ",
	    "bucket bucket\nkey \nlist-type=2\nencoding-type=url\nprefix=in/\n" },
	{ "no prefix", "s3://bucket", "", { OK(ITEM("a") ITEM("b")) }, 0, "a b ", ERR_NONE, "LIST ",
	    "bucket bucket\nkey \nlist-type=2\nencoding-type=url\nprefix=\n" },
	{ "after", "s3://bucket/in+/", "2026/x", { OK(ITEM("in+/2026/y")) }, 0, "2026/y ", ERR_NONE,
	    "LIST ",
	    "bucket bucket\nkey \nlist-type=2\nencoding-type=url\nprefix=in+/\n"
	    "start-after=in+/2026/x\n" },
	{ "pages", "s3://bucket/in", "k",
	    { OK(MORE("t+/=1") ITEM("inl")), OK(MORE("t2")), OK(ITEM("inm")) }, 0, "l m ", ERR_NONE,
	    "LIST LIST LIST ",
	    "bucket bucket\nkey \nlist-type=2\nencoding-type=url\nprefix=in\nstart-after=ink\n"
	    "continuation-token=t2\n" },
	{ "start-after ignored", "s3://bucket", "b", { OK(ITEM("a") ITEM("b") ITEM("c")) }, 0, "c ",
	    ERR_NONE, "LIST ", NULL },
	{ "stopped within a page", "s3://bucket", "", { OK(MORE("t") ITEM("a") ITEM("b")) }, 1,
	    "a ", ERR_NONE, "LIST ", NULL },
	{ "stopped at its end", "s3://bucket", "", { OK(MORE("t") ITEM("a")) }, 1, "a ", ERR_NONE,
	    "LIST ", NULL },
	{ "others' objects", "s3://bucket/in/", "",
	    { OK("<EncodingType>url</EncodingType>" ITEM("in/") ITEM("in/.x/y") ITEM("in/a") ITEM(
		"in/a%20b") ITEM("in/b//c") ITEM("in/c/") ITEM("in/d") ITEM("in/%C3%BC")) },
	    0, "a d ", ERR_NONE, "LIST ", NULL },
	{ "not in order", "s3://bucket", "", { OK(ITEM("b") ITEM("a")) }, 0, "b ", ERR_CORRUPT,
	    "LIST ", NULL },
	{ "twice", "s3://bucket", "", { OK(ITEM("a") ITEM("a")) }, 0, "a ", ERR_CORRUPT, "LIST ",
	    NULL },
	{ "one page again and again", "s3://bucket", "",
	    { OK(MORE("t") ITEM("a")), OK(MORE("u") ITEM("a")) }, 0, "a ", ERR_CORRUPT,
	    "LIST LIST ", NULL },
	{ "one token again and again", "s3://bucket", "", { OK(MORE("t")), OK(MORE("t")) }, 0, "",
	    ERR_CORRUPT, "LIST LIST ", NULL },
	{ "prefix ignored", "s3://bucket/in/", "", { OK(ITEM("other")) }, 0, "", ERR_CORRUPT,
	    "LIST ", NULL },
	{ "not a listing", "s3://bucket", "", { { .status = 200, .body = "<html></html>" } }, 0, "",
	    ERR_CORRUPT, "LIST ", NULL },
	{ "second page denied", "s3://bucket", "", { OK(MORE("t") ITEM("a")), { .status = 403 } },
	    0, "a ", ERR_DENIED, "LIST LIST ", NULL },
	{ "elsewhere", "s3://bucket", "",
	    { { .status = 301, .region = "eu-west-3" }, OK(MORE("t") ITEM("a")), OK(ITEM("b")) }, 0,
	    "a b ", ERR_NONE, "LIST LIST@eu-west-3 LIST@eu-west-3 ", NULL },
};

struct seen {
	struct buf keys;
	size_t count, stop_at;
};

static bool on_key(void *arg, struct str key, uint64_t size_bytes)
{
	struct seen *seen = arg;

	CHECK_INT(size_bytes, 3);
	buf_addf(&seen->keys, "%.*s ", STR_ARG(key));
	return ++seen->count != seen->stop_at;
}

static void test_list(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct store *s = fake_s3_open(lists[i].url);
		struct seen seen = { .keys = BUF_INIT(1000), .stop_at = lists[i].stop_at };
		struct str after = str_from(lists[i].after);
		struct err err;

		test_case = lists[i].name;
		fake_s3_answers(lists[i].pages, PAGES_MAX);
		if (lists[i].code == ERR_NONE) {
			CHECK_OK(store_list(s, after, on_key, &seen, &err), &err);
		} else {
			CHECK_ERR(store_list(s, after, on_key, &seen, &err), &err, lists[i].code);
			CHECK(str_contains(str_from(err.text), STR("s3://bucket")));
		}
		CHECK_STR(buf_str(&seen.keys), str_from(lists[i].keys));
		CHECK_STR(fake_s3_calls(), str_from(lists[i].calls));
		if (lists[i].last)
			CHECK_STR(fake_s3_last(), str_from(lists[i].last));
		buf_release(&seen.keys);
		fake_s3_close(s);
	}
}

/* ---- check ---- */

static const struct {
	const char *name;
	struct fake_answer answer;
	enum err_code code;
} checks[] = {
	{ "good", OK("<KeyCount>0</KeyCount>"), ERR_NONE },
	{ "no bucket", { .status = 404, .code = "NoSuchBucket" }, ERR_NOTFOUND },
	{ "denied", { .status = 403, .code = "AccessDenied" }, ERR_DENIED },
	{ "somebody's web page", { .status = 200, .body = "<html></html>" }, ERR_CORRUPT },
	{ "unreachable", { .status = 0 }, ERR_IO },
};

static void test_check(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct store *s = fake_s3_open("s3://bucket/in/");
		struct err err;

		test_case = checks[i].name;
		fake_s3_answers(&checks[i].answer, 1);
		if (checks[i].code == ERR_NONE)
			CHECK_OK(store_check(s, &err), &err);
		else
			CHECK_ERR(store_check(s, &err), &err, checks[i].code);
		CHECK_STR(fake_s3_calls(), STR("LIST "));
		CHECK_STR(fake_s3_last(),
		    STR("bucket bucket\nkey \nlist-type=2\nmax-keys=0\nprefix=in/\n"));
		fake_s3_close(s);
	}
}

static const struct test tests[] = {
	{ "get", test_get },
	{ "head", test_head },
	{ "way", test_way },
	{ "list", test_list },
	{ "check", test_check },
};

TEST_MAIN(tests)
