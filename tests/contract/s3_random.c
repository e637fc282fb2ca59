/*
 * Random names, metadata and queries, signed by us and judged by a server that nobody here wrote:
 * each must be taken for what it says. CONTRACT_SEED makes another run; it is printed. Needs
 * CONTRACT_STORE_URL, see contract_store.h.
 */
#include "contract_store.h"

enum { ROUNDS = 300, VALUE_MAX_BYTES = 60 };

/* ---- chance ---- */

static uint64_t state;

/* splitmix64: enough of chance for a test, and the same everywhere. */
static unsigned chance(unsigned n)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z ^ (z >> 31)) % n);
}

/* Any character but controls, NUL, '/' and surrogates; those that must be encoded come often. */
static unsigned random_character(void)
{
	static const char odd[] = " +=%&?#:;@$,*'\"\\~()[]{}<>|^`!-_.";
	static const struct {
		unsigned from, count;
	} ranges[] = { { 'a', 26 }, { '0', 10 }, { 0xa0, 0xd800 - 0xa0 }, { 0x10000, 0x20000 } };
	unsigned row = chance(2 * ARRAY_SIZE(ranges));

	if (row >= ARRAY_SIZE(ranges))
		return (unsigned char)odd[chance(sizeof(odd) - 1)];
	return ranges[row].from + chance(ranges[row].count);
}

static void add_utf8(struct buf *out, unsigned c)
{
	if (c < 0x80) {
		buf_addc(out, (char)c);
	} else if (c < 0x800) {
		buf_addc(out, (char)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		buf_addc(out, (char)(0xe0 | c >> 12));
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	} else {
		buf_addc(out, (char)(0xf0 | c >> 18));
		buf_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	if (c >= 0x80)
		buf_addc(out, (char)(0x80 | (c & 0x3f)));
}

/* Its parts are bounded: they become file names on some servers. A letter keeps ".." out. */
static void random_name(struct buf *out)
{
	for (unsigned parts = 1 + chance(3); parts > 0; parts--) {
		size_t n = 1 + chance(12);

		buf_addc(out, (char)('a' + chance(26)));
		while (n--)
			add_utf8(out, random_character());
		if (parts > 1)
			buf_addc(out, '/');
	}
}

/* Printable, with runs of blanks inside. */
static void random_value(struct buf *out)
{
	size_t n = chance(VALUE_MAX_BYTES - 2);

	buf_addc(out, 'v');
	while (n--)
		buf_addc(out, chance(4) ? (char)(' ' + chance(95)) : ' ');
	buf_addc(out, 'e');
}

/* ---- one object ---- */

struct object {
	struct str bucket;
	struct buf key, value, body;
	size_t parent_n; /* of the key: what stands before the random name */
};

static int call(const struct object *o, struct aws_request *r, struct aws_answer *answer,
    struct err *err)
{
	r->bucket = o->bucket;
	return aws_call(client(), r, answer, err);
}

static void check_put(const struct object *o)
{
	struct sigv4_pair headers[] = {
		{ STR("x-amz-meta-random"), buf_str(&o->value) },
		{ STR("If-None-Match"), STR("*") },
	};
	struct aws_request r = {
		.op = S3_PUT_OBJECT,
		.key = buf_str(&o->key),
		.body = buf_str(&o->body),
		.headers = headers,
		.header_count = ARRAY_SIZE(headers),
	};
	struct aws_answer answer;
	struct err err;

	aws_answer_init(&answer);
	CHECK_OK(call(o, &r, &answer, &err), &err);
	aws_answer_release(&answer);
}

static void check_back(const struct object *o)
{
	struct aws_request r = { .op = S3_GET_OBJECT, .key = buf_str(&o->key) };
	struct aws_answer answer;
	struct err err;

	aws_answer_init(&answer);
	CHECK_OK(call(o, &r, &answer, &err), &err);
	CHECK_STR(buf_str(&answer.http.body), buf_str(&o->body));
	CHECK_STR(http_response_header(&answer.http, "x-amz-meta-random"), buf_str(&o->value));
	aws_answer_release(&answer);
}

/* The only object under the prefix that is its whole name. */
static void check_listed(const struct object *o)
{
	struct sigv4_pair query[] = {
		{ STR("list-type"), STR("2") },
		{ STR("prefix"), buf_str(&o->key) },
		{ STR("start-after"), str_slice(buf_str(&o->key), 0, o->parent_n) },
	};
	struct aws_request r = {
		.op = S3_LIST_OBJECTS_V2,
		.query = query,
		.query_count = ARRAY_SIZE(query),
	};
	struct aws_answer answer;
	struct xml *root = NULL;
	struct err err;

	r.bucket = o->bucket;
	aws_answer_init(&answer);
	CHECK_OK(aws_call_xml(client(), &r, &answer, &root, &err), &err);
	CHECK_STR(str_from(xml_get_text(xml_get(root, "Contents"), "Key", "")), buf_str(&o->key));
	xml_free(root);
	aws_answer_release(&answer);
}

static void test_random(void)
{
	const char *seed = getenv("CONTRACT_SEED");
	struct s3_url place;
	struct err err;

	state = seed ? strtoull(seed, NULL, 10) : 20261121;
	printf("seed %llu: ", (unsigned long long)state);
	begin();
	if (s3_url_parse(str_from(url), &place, &err) != 0)
		test_die("%s", err.text);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct object o = { place.bucket, BUF_INIT(1024), BUF_INIT(VALUE_MAX_BYTES),
			BUF_INIT(64), 0 };

		buf_add(&o.key, place.prefix);
		buf_addf(&o.key, "%u/", i);
		o.parent_n = o.key.n;
		random_name(&o.key);
		random_value(&o.value);
		buf_addf(&o.body, "%u", chance(1000000));
		test_case = buf_text(&o.key);
		check_put(&o);
		check_back(&o);
		check_listed(&o);
		buf_release(&o.key);
		buf_release(&o.value);
		buf_release(&o.body);
	}
	end();
}

static const struct test tests[] = {
	{ "random", test_random },
};

STORE_CONTRACT_MAIN(tests)
