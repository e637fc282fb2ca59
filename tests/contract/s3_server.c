/*
 * What is particular to S3, against a server that judges: signatures, clocks, digests, names that
 * must be encoded, long listings. Needs CONTRACT_STORE_URL, see contract_store.h.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "contract_store.h"

/* A store as `begin()` makes it, with a client of its own; both are closed with close_own(). */
struct own {
	struct aws *aws;
	struct store *store;
};

static struct own open_own(const struct aws_options *options)
{
	struct store_options store_options = { 0 };
	struct own own = { 0 };
	struct err err;

	if (aws_open(&own.aws, options, &err) != 0)
		test_die("%s", err.text);
	store_options.aws = own.aws;
	if (store_open(&own.store, str_from(url), &store_options, &err) != 0)
		test_die("%s", err.text);
	return own;
}

static void close_own(struct own *own)
{
	store_close(own->store);
	aws_close(own->aws);
}

/* ---- who calls ---- */

static const struct {
	const char *name, *variable, *value;
} impostors[] = {
	{ "wrong secret", "AWS_SECRET_ACCESS_KEY", "peer/secret+access=kez" },
	{ "unknown key", "AWS_ACCESS_KEY_ID", "AKIAPEERPEERPEERPEEX" },
};

static void test_impostors(void)
{
	if (peer_differs("signatures"))
		return;
	begin();
	for (size_t i = 0; i < ARRAY_SIZE(impostors); i++) {
		char *good = xstrdup(getenv(impostors[i].variable));
		struct aws_options options = { .program = "contract" };
		struct store_info info;
		struct own own;
		struct err err;

		test_case = impostors[i].name;
		(void)setenv(impostors[i].variable, impostors[i].value, 1);
		own = open_own(&options);
		CHECK_ERR(put(own.store, KEY, STR("x"), NULL, &err), &err, ERR_CREDENTIALS);
		CHECK(!str_contains(str_from(err.text), str_from(getenv("AWS_SECRET_ACCESS_KEY"))));
		CHECK_ERR(store_check(own.store, &err), &err, ERR_CREDENTIALS);
		(void)setenv(impostors[i].variable, good, 1);
		CHECK_ERR(store_head(store, STR(KEY), &info, &err), &err, ERR_NOTFOUND);
		close_own(&own);
		free(good);
	}
	end();
}

/* The server says which region is right; asked once more, and remembered. */
static void test_other_region(void)
{
	struct aws_options options = { .program = "contract", .region = "eu-west-3" };
	struct aws_counts counts;
	struct own own;
	struct err err;

	if (peer_differs("regions"))
		return;
	begin();
	own = open_own(&options);
	CHECK_OK(put(own.store, KEY, STR("x"), NULL, &err), &err);
	CHECK_OK(put(own.store, KEY "2", STR("x"), NULL, &err), &err);
	aws_counts(own.aws, AWS_S3, &counts);
	CHECK_INT(counts.calls, 3);
	close_own(&own);
	end();
}

/* ---- when ---- */

static int64_t ahead_wall_ms(const struct clock *c)
{
	(void)c;
	return clock_wall_ms(&clock_system) + 20 * 60 * 1000;
}

static int64_t behind_wall_ms(const struct clock *c)
{
	(void)c;
	return clock_wall_ms(&clock_system) - 20 * 60 * 1000;
}

static int64_t same_mono_us(const struct clock *c)
{
	(void)c;
	return clock_mono_us(&clock_system);
}

static void test_skewed_clock(void)
{
	static const struct {
		const char *name;
		struct clock clock;
		int64_t skew_s;
	} rows[] = {
		{ "20 minutes ahead", { ahead_wall_ms, same_mono_us }, -1200 },
		{ "20 minutes behind", { behind_wall_ms, same_mono_us }, 1200 },
	};

	if (peer_differs("clocks"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct aws_options options = { .program = "contract", .clock = &rows[i].clock };
		struct aws_counts counts;
		struct own own;
		struct err err;

		test_case = rows[i].name;
		begin();
		own = open_own(&options);
		CHECK_OK(put(own.store, KEY, STR("x"), NULL, &err), &err);
		CHECK_OK(put(own.store, KEY "2", STR("x"), NULL, &err), &err);
		aws_counts(own.aws, AWS_S3, &counts);
		CHECK_INT(counts.calls, 3);
		CHECK_INT(counts.retries, 1); /* corrected once, then remembered */
		/* Between an answer and its reading a busy machine may do much else. */
		CHECK(llabs(aws_skew_s(own.aws) - rows[i].skew_s) <= 60);
		close_own(&own);
		end();
	}
}

/* ---- what ---- */

static void test_tampered(void)
{
	static const char *const digests[] = {
		"e346432021b04179518d9614f3560ccd71354a4ee101ddcb893d6959a9d6301c", /* of others */
		"0000000000000000000000000000000000000000000000000000000000000000",
	};
	struct store_info info;
	struct err err;

	if (peer_differs("digests"))
		return;
	begin();
	for (size_t i = 0; i < ARRAY_SIZE(digests); i++) {
		test_case = digests[i];
		CHECK_ERR(store_put(store, STR(KEY), STR("x"), digests[i], NULL, NULL, &err), &err,
		    ERR_IO);
		CHECK_ERR(store_head(store, STR(KEY), &info, &err), &err, ERR_NOTFOUND);
	}
	end();
}

/* More than a store takes, put there by somebody else. */
static void test_larger_than_ours(void)
{
	struct buf large = BUF_INIT(STORE_OBJECT_MAX + 1), out = BUF_INIT(2 * STORE_OBJECT_MAX);
	struct err err;

	memset(buf_room(&large, STORE_OBJECT_MAX + 1), 'x', STORE_OBJECT_MAX + 1);
	buf_added(&large, STORE_OBJECT_MAX + 1);
	begin();
	backend->damage(url, KEY, buf_str(&large));
	CHECK_ERR(store_get(store, STR(KEY), &out, NULL, &err), &err, ERR_CORRUPT);
	CHECK_ERR(put(store, KEY, STR("x"), NULL, &err), &err, ERR_CONFLICT);
	CHECK_INT(out.n, 0);
	buf_release(&large);
	buf_release(&out);
	end();
}

static void test_metadata(void)
{
	static const char *const headers[][2] = {
		{ "Content-Type", "application/x-ndjson" },
		{ "x-amz-meta-records", "3" },
		{ "x-amz-meta-envelope-id", "01934e2b-7d0c-7000-8000-000000000001" },
		{ "x-amz-meta-accepted-at", "2024-11-21T10:01:33.196Z" },
		{ "x-amz-meta-sent-at", "2026-11-21T08:26:40.123Z" },
		{ "x-amz-meta-received-at", "2026-11-21T08:26:41.000Z" },
		{ "x-amz-meta-message-id", "m-1" },
		{ "x-amz-meta-traceparent",
		    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" },
		{ "x-amz-meta-sha256",
		    "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" },
	};
	const char *key = "2024/11/21/10/01934e2b-7d0c-7000-8000-000000000001.ndjson";
	struct store_metadata metadata = {
		.record_count = 3,
		.sent_at_ms = 1795249600123,
		.received_at_ms = 1795249601000,
		.message_id = STR("m-1"),
		.traceparent = STR("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
	};
	struct buf name = BUF_INIT(STORE_PREFIX_MAX + STORE_KEY_MAX);
	struct aws_request r = { .op = S3_HEAD_OBJECT };
	struct aws_answer answer;
	struct s3_url place;
	struct err err;

	begin();
	CHECK_OK(store_put(store, str_from(key), STR("x"), headers[8][1], &metadata, NULL, &err),
	    &err);
	CHECK_OK(s3_url_parse(str_from(url), &place, &err), &err);
	buf_add(&name, place.prefix);
	buf_adds(&name, key);
	r.bucket = place.bucket;
	r.key = buf_str(&name);
	aws_answer_init(&answer);
	CHECK_OK(aws_call(client(), &r, &answer, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		test_case = headers[i][0];
		CHECK_STR(http_response_header(&answer.http, headers[i][0]),
		    str_from(headers[i][1]));
	}
	aws_answer_release(&answer);
	buf_release(&name);
	end();
}

/* ---- where ---- */

static bool on_name(void *arg, struct str key, uint64_t size)
{
	buf_addf(arg, "%.*s=%" PRIu64 " ", STR_ARG(key), size);
	return true;
}

static void check_names(const char *after, const char *want)
{
	struct buf names = BUF_INIT(1000);
	struct err err;

	CHECK_OK(store_list(store, str_from(after), on_name, &names, &err), &err);
	CHECK_STR(buf_str(&names), str_from(want));
	buf_release(&names);
}

static void test_prefixes(void)
{
	static const char *const prefixes[] = {
		"with blank/",
		"a+b/",
		"a=b/",
		"a%b/",
		"a%20b/",
		"a%2Fb/",
		"a%25/",
		"a&b=c/",
		"#a/",
		"a;b/",
		"a:b/",
		"a@b/",
		"a$b/",
		"a,b/",
		"a*b/",
		"a'b/",
		"a\"b/",
		"a\\b/",
		"~a/",
		"(a)/",
		"[a]/",
		"{a}/",
		"<a>/",
		"a|b/",
		"a^b/",
		"a`b/",
		"a!b/",
		"\xc3\xbc/",
		"\xe6\x97\xa5\xe6\x9c\xac/",
		"\xf0\x9f\x93\xa6/",
		"no-slash-",
		"\xc3\xbc +=%\xf0\x9f\x93\xa6 x/y z/",
	};
	size_t base;
	struct err err;

	begin();
	base = strlen(url);
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		store_close(store);
		(void)snprintf(url + base, sizeof(url) - base, "%s", prefixes[i]);
		store = open_again();
		test_case = prefixes[i];
		CHECK_OK(put(store, "2026/a", STR("1"), NULL, &err), &err);
		CHECK_OK(put(store, "2026/b=c", STR("22"), NULL, &err), &err);
		check_get("2026/a", STR("1"));
		check_get("2026/b=c", STR("22"));
		check_names("", "2026/a=1 2026/b=c=2 ");
		check_names("2026/a", "2026/b=c=2 ");
		check_names("2026/b=c", "");
	}
	end();
}

/* ---- more than one page ---- */

enum { PAGED = 2050, PAGED_THREADS = 4 };

static atomic_uint put_errors;

static void *put_many(void *arg)
{
	unsigned first = (unsigned)(uintptr_t)arg;
	char key[32];
	struct err err;

	for (unsigned i = first; i < PAGED; i += PAGED_THREADS) {
		(void)snprintf(key, sizeof(key), "2026/%05u", i);
		if (put(store, key, STR("x"), NULL, &err) != 0)
			atomic_fetch_add(&put_errors, 1);
	}
	return NULL;
}

static bool on_numbered(void *arg, struct str key, uint64_t size)
{
	unsigned *next = arg;
	char want[32];

	(void)snprintf(want, sizeof(want), "2026/%05u", *next);
	CHECK_STR(key, str_from(want));
	CHECK_INT(size, 1);
	(*next)++;
	return *next != 1500;
}

static void check_from(const char *after, unsigned from, unsigned to)
{
	struct err err;
	unsigned next = from;

	test_case = after;
	CHECK_OK(store_list(store, str_from(after), on_numbered, &next, &err), &err);
	CHECK_INT(next, to);
}

/* Tokens hold what the prefix holds, on servers whose token is a key. */
static void test_pages(void)
{
	pthread_t threads[PAGED_THREADS];

	begin();
	store_close(store);
	(void)snprintf(url + strlen(url), 32, "a+b =%%/");
	store = open_again();
	for (uintptr_t i = 0; i < PAGED_THREADS; i++)
		if (pthread_create(&threads[i], NULL, put_many, (void *)i) != 0)
			test_die("pthread_create");
	for (size_t i = 0; i < PAGED_THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	CHECK_INT(atomic_load(&put_errors), 0);
	check_from("", 0, 1500); /* until told to stop, in the second page */
	check_from("2026/00999", 1000, 1500);
	check_from("2026/01499", 1500, PAGED);
	check_from("2026/01500", 1501, PAGED);
	check_from("2026/02049", PAGED, PAGED);
	end();
}

static const struct test tests[] = {
	{ "impostors", test_impostors },
	{ "other_region", test_other_region },
	{ "skewed_clock", test_skewed_clock },
	{ "tampered", test_tampered },
	{ "larger_than_ours", test_larger_than_ours },
	{ "metadata", test_metadata },
	{ "prefixes", test_prefixes },
	{ "pages", test_pages },
};

STORE_CONTRACT_MAIN(tests)
