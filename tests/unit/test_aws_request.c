/* What the AWS client sends: forms, headers, signatures, addresses. */
#include <unistd.h>

#include "aws_peer.h"

static const struct {
	const char *name, *body;
	enum aws_op op;
	const char *want_target, *want_type, *want_query_mode, *want_body;
} requests[] = {
	{ "JSON 1.0", "{\"QueueUrl\":\"q\"}", SQS_RECEIVE_MESSAGE, "AmazonSQS.ReceiveMessage",
	    "application/x-amz-json-1.0", "true", "{\"QueueUrl\":\"q\"}" },
	{ "JSON 1.1", "{\"Name\":\"n\"}", SSM_GET_PARAMETER, "AmazonSSM.GetParameter",
	    "application/x-amz-json-1.1", "", "{\"Name\":\"n\"}" },
	{ "JSON without a body", "", SQS_PURGE_QUEUE, "AmazonSQS.PurgeQueue",
	    "application/x-amz-json-1.0", "true", "{}" },
	{ "metrics", "{}", CLOUDWATCH_GET_METRIC_DATA,
	    "GraniteServiceVersion20100801.GetMetricData", "application/x-amz-json-1.0", "true",
	    "{}" },
	{ "Query", "A=b%20c", STS_GET_CALLER_IDENTITY, "",
	    "application/x-www-form-urlencoded; charset=utf-8", "",
	    "Action=GetCallerIdentity&Version=2011-06-15&A=b%20c" },
	{ "Query without a body", "", STS_GET_CALLER_IDENTITY, "",
	    "application/x-www-form-urlencoded; charset=utf-8", "",
	    "Action=GetCallerIdentity&Version=2011-06-15" },
};

static void test_requests(void)
{
	struct aws *a = peer_client();
	char host[64];

	peer_handle(peer_answer_nothing);
	snprintf(host, sizeof(host), "127.0.0.1:%u", web_port());
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		struct aws_request r = { .op = requests[i].op, .body = str_from(requests[i].body) };
		struct err err = { 0 };

		test_case = requests[i].name;
		CHECK_OK(aws_call(a, &r, NULL, &err), &err);
		CHECK_STR(web_method(buf_str(&peer.last)), STR("POST"));
		CHECK_STR(web_target(buf_str(&peer.last)), STR("/"));
		CHECK_STR(peer_header("Host"), str_from(host));
		CHECK_STR(peer_header("X-Amz-Target"), str_from(requests[i].want_target));
		CHECK_STR(peer_header("Content-Type"), str_from(requests[i].want_type));
		CHECK_STR(peer_header("x-amzn-query-mode"), str_from(requests[i].want_query_mode));
		CHECK_STR(peer_header("X-Amz-Security-Token"), STR(PEER_TOKEN));
		CHECK_STR(peer_header("amz-sdk-request"), STR("attempt=1; max=3"));
		CHECK_INT(peer_header("amz-sdk-invocation-id").n, UUID_TEXT_LEN);
		CHECK_INT(peer_header("X-Amz-Date").n, SIGV4_DATE_SIZE - 1);
		CHECK_STR(web_body(buf_str(&peer.last)), str_from(requests[i].want_body));
	}
	aws_close(a);
}

/* Every header that is sent is in SignedHeaders, but for those that libcurl adds. */
static void test_all_is_signed(void)
{
	static const char *const unsigned_ones[] = { "authorization", "user-agent",
		"content-length" };
	struct aws *a = peer_client();
	struct aws_request r = { .op = SQS_PURGE_QUEUE };
	struct str rest, line, name, value, list;
	struct err err = { 0 };

	peer_handle(peer_answer_nothing);
	CHECK_OK(aws_call(a, &r, NULL, &err), &err);
	CHECK(str_has_prefix(peer_header("Authorization"),
	    STR("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")));
	CHECK(str_contains(peer_header("Authorization"), STR("/eu-west-1/sqs/aws4_request")));
	CHECK_STR(peer_header("User-Agent"), peer_header("user-agent"));
	CHECK(str_has_prefix(peer_header("User-Agent"), STR("test/1 ua/2.1 os/linux#")));

	(void)str_cut(peer_header("Authorization"), '=', &line, &list);
	(void)str_cut(list, '=', &line, &list);
	(void)str_cut(list, ',', &list, &line);
	(void)str_cut(buf_str(&peer.last), '\n', &line, &rest);
	while (str_cut(rest, '\n', &line, &rest) && str_trim(line).n > 0) {
		struct buf lower = BUF_INIT(256);
		bool is_exempt = false;

		(void)str_cut(line, ':', &name, &value);
		for (size_t i = 0; i < ARRAY_SIZE(unsigned_ones); i++)
			is_exempt = is_exempt || str_eq_nocase(name, str_from(unsigned_ones[i]));
		for (size_t i = 0; i < name.n; i++)
			buf_addc(&lower, (char)(name.p[i] | (name.p[i] == '-' ? 0 : 0x20)));
		test_case = buf_text(&lower);
		CHECK(is_exempt || str_contains(list, buf_str(&lower)));
		test_case = "";
		buf_release(&lower);
	}
	aws_close(a);
}

/* ---- addresses ---- */

static const struct {
	const char *name, *url;
	bool is_override;
	enum aws_op op;
	const char *bucket, *key;
	const char *want_url, *want_host;
} addresses[] = {
	{ "virtual host", "https://s3.eu-west-1.amazonaws.com", false, S3_PUT_OBJECT, "my-bucket",
	    "2026/11/21/a.ndjson",
	    "https://my-bucket.s3.eu-west-1.amazonaws.com/2026/11/21/a.ndjson",
	    "my-bucket.s3.eu-west-1.amazonaws.com" },
	{ "dots in the bucket", "https://s3.eu-west-1.amazonaws.com", false, S3_GET_OBJECT,
	    "my.bucket", "k", "https://s3.eu-west-1.amazonaws.com/my.bucket/k",
	    "s3.eu-west-1.amazonaws.com" },
	{ "capitals in the bucket", "https://s3.us-east-1.amazonaws.com", false, S3_GET_OBJECT,
	    "Old", "k", "https://s3.us-east-1.amazonaws.com/Old/k", "s3.us-east-1.amazonaws.com" },
	{ "a bucket that would be another host", "https://s3.us-east-1.amazonaws.com", false,
	    S3_GET_OBJECT, "evil.example/", "k",
	    "https://s3.us-east-1.amazonaws.com/evil.example//k", "s3.us-east-1.amazonaws.com" },
	{ "listing, virtual host", "https://s3.eu-west-1.amazonaws.com", false, S3_LIST_OBJECTS_V2,
	    "b", "", "https://b.s3.eu-west-1.amazonaws.com/", "b.s3.eu-west-1.amazonaws.com" },
	{ "path style", "http://127.0.0.1:7070", true, S3_PUT_OBJECT, "my-bucket", "a/b",
	    "http://127.0.0.1:7070/my-bucket/a/b", "127.0.0.1:7070" },
	{ "listing, path style", "http://127.0.0.1:7070", true, S3_LIST_OBJECTS_V2, "my-bucket", "",
	    "http://127.0.0.1:7070/my-bucket", "127.0.0.1:7070" },
	{ "the scheme's own port", "https://s3.example:443", true, S3_PUT_OBJECT, "b", "k",
	    "https://s3.example/b/k", "s3.example" },
	{ "the other scheme's port", "http://s3.example:443", true, S3_PUT_OBJECT, "b", "k",
	    "http://s3.example:443/b/k", "s3.example:443" },
	{ "IPv6", "http://[::1]:80", true, S3_PUT_OBJECT, "b", "k", "http://[::1]/b/k", "[::1]" },
	{ "a path in front", "https://gate.example/s3", true, S3_PUT_OBJECT, "b", "k",
	    "https://gate.example/s3/b/k", "gate.example" },
	{ "a path in front, no bucket", "https://gate.example/sqs", true, SQS_PURGE_QUEUE, "", "",
	    "https://gate.example/sqs", "gate.example" },
	{ "no bucket", "https://sqs.eu-west-1.amazonaws.com", false, SQS_PURGE_QUEUE, "", "",
	    "https://sqs.eu-west-1.amazonaws.com/", "sqs.eu-west-1.amazonaws.com" },
	{ "odd keys are encoded once", "http://127.0.0.1:7070", true, S3_PUT_OBJECT, "b",
	    "a b/\xc3\xa9+=&?#%/../x",
	    "http://127.0.0.1:7070/b/a%20b/%C3%A9%2B%3D%26%3F%23%25/../x", "127.0.0.1:7070" },
	{ "a key that begins with a slash", "http://127.0.0.1:7070", true, S3_PUT_OBJECT, "b", "/k",
	    "http://127.0.0.1:7070/b//k", "127.0.0.1:7070" },
};

static struct creds fixed_creds = { .access_key_id = "AKIDEXAMPLE",
	.secret_access_key = PEER_SECRET,
	.session_token = "",
	.account_id = "",
	.provider = "test" };

/* An exchange as aws_call() has it before it signs. */
static struct aws_exchange exchange_of(struct aws *a, const struct aws_request *r, const char *url)
{
	struct aws_exchange x = { .aws = a,
		.request = r,
		.op = &aws_operations[r->op],
		.region = "eu-west-1",
		.creds = &fixed_creds,
		.id = "id",
		.retry = { .attempt = 1, .max = 3 } };

	x.service = &aws_services[x.op->service];
	x.client = &a->clients[x.op->service];
	hash_sha256_hex(STR_NONE, x.body_sha256);
	snprintf(x.endpoint.url, sizeof(x.endpoint.url), "%s", url);
	return x;
}

static struct str signed_header(const struct aws_signed *s, const char *name)
{
	for (size_t i = 0; i < s->http.header_count; i++)
		if (str_eq_nocase(str_from(s->http.headers[i].name), str_from(name)))
			return str_from(s->http.headers[i].value);
	return STR_NONE;
}

static void test_addresses(void)
{
	struct aws *a = peer_client();

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		struct aws_request r = { .op = addresses[i].op,
			.bucket = str_from(addresses[i].bucket),
			.key = str_from(addresses[i].key) };
		struct aws_exchange x = exchange_of(a, &r, addresses[i].url);
		struct aws_signed s;
		struct err err = { 0 };

		test_case = addresses[i].name;
		x.endpoint.is_override = addresses[i].is_override;
		CHECK_OK(aws_sign(&x, 1, &s, &err), &err);
		CHECK_TEXT(s.http.url, addresses[i].want_url);
		CHECK_STR(signed_header(&s, "host"), str_from(addresses[i].want_host));
		aws_signed_release(&s);
	}
	aws_close(a);
}

/* What was signed is what arrives: libcurl must not tidy it up. */
static const struct {
	const char *name, *key;
	const char *query[2][2];
	const char *want;
} targets[] = {
	{ "dot segments", "a/../b/./c", { { NULL } }, "/b/a/../b/./c" },
	{ "slashes", "/a//b/", { { NULL } }, "/b//a//b/" },
	{ "what a URL would end at", "a?b#c%20", { { NULL } }, "/b/a%3Fb%23c%2520" },
	{ "a query out of order", "", { { "prefix", "a/b c" }, { "list-type", "2" } },
	    "/b?list-type=2&prefix=a%2Fb%20c" },
	{ "a token", "", { { "continuation-token", "1+/=" }, { "a", "" } },
	    "/b?a=&continuation-token=1%2B%2F%3D" },
};

static void check_target(struct aws *a, size_t i)
{
	struct sigv4_pair query[2];
	struct aws_request r = { .op = S3_GET_OBJECT,
		.bucket = STR("b"),
		.key = str_from(targets[i].key),
		.query = query };
	struct err err = { 0 };

	while (r.query_count < 2 && targets[i].query[r.query_count][0]) {
		query[r.query_count].name = str_from(targets[i].query[r.query_count][0]);
		query[r.query_count].value = str_from(targets[i].query[r.query_count][1]);
		r.query_count++;
	}
	CHECK_OK(aws_call(a, &r, NULL, &err), &err);
	CHECK_STR(web_method(buf_str(&peer.last)), STR("GET"));
	CHECK_STR(web_target(buf_str(&peer.last)), str_from(targets[i].want));
	CHECK_STR(peer_header("x-amz-content-sha256"),
	    STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
}

static void test_targets(void)
{
	struct aws *a = peer_client();

	peer_handle(peer_answer_nothing);
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		test_case = targets[i].name;
		check_target(a, i);
	}
	aws_close(a);
}

/* The request's own URL is for where none is configured. */
static void test_own_url(void)
{
	struct aws_options o = { .program = "test/1" };
	struct aws_request r = { .op = SQS_PURGE_QUEUE, .endpoint_url = peer.url };
	struct aws *a = NULL;
	struct err err = { 0 };

	peer_handle(peer_answer_nothing);
	if (aws_open(&a, &o, &err) != 0)
		test_die("aws_open: %s", err.text);
	CHECK_OK(aws_call(a, &r, NULL, &err), &err);
	CHECK_INT(peer_requests(), 1);
	r.endpoint_url = "http://user@127.0.0.1:1";
	CHECK_ERR(aws_call(a, &r, NULL, &err), &err, ERR_CONFIG);
	aws_close(a);

	a = peer_client();
	r.endpoint_url = "http://127.0.0.1:1";
	CHECK_OK(aws_call(a, &r, NULL, &err), &err);
	CHECK_INT(peer_requests(), 2);
	aws_close(a);
}

static bool answer_role(struct str request, unsigned number, struct buf *answer)
{
	(void)number;
	if (!str_is(web_target(request), "/sts/"))
		return peer_answer_nothing(request, number, answer);
	web_answer(answer, 200, "",
	    STR("<R><Result><Credentials><AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s"
		"</SecretAccessKey><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
		"</Result></R>"));
	return true;
}

/* The server of a queue is not sent the tokens that are for STS. */
static void test_credentials_have_their_own_place(void)
{
	char path[] = "/tmp/test-token-XXXXXX", sts[96];
	struct aws_request r = { .op = SQS_PURGE_QUEUE };
	struct aws *a = peer_client();
	struct err err = { 0 };
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, "t", 1) != 1 || close(fd) != 0)
		test_die("%s", path);
	snprintf(sts, sizeof(sts), "%s/sts", peer.url);
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", path, 1);
	setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r", 1);
	setenv("AWS_ENDPOINT_URL_STS", sts, 1);
	peer_handle(answer_role);
	CHECK_OK(aws_call(a, &r, NULL, &err), &err);
	CHECK_INT(peer_requests(), 2);
	CHECK(str_contains(peer_header("Authorization"), STR("Credential=ROLE/")));
	aws_close(a);
	unlink(path);
	peer_environment();
}

/* A key kept from the call before signs as one derived anew would; another secret is another key. */
static void test_signing_key_is_kept(void)
{
	struct clock_fake clock;
	struct aws *a, *fresh;
	struct aws_request r = { .op = S3_GET_OBJECT, .bucket = STR("b"), .key = STR("k") };
	struct creds other = fixed_creds;
	static const struct {
		const char *name, *region;
		bool is_other_secret;
		int64_t ms;
	} rows[] = {
		{ "first", "eu-west-1", false, 0 },
		{ "the same", "eu-west-1", false, 0 },
		{ "another region", "us-east-1", false, 0 },
		{ "back", "eu-west-1", false, 0 },
		{ "another secret", "eu-west-1", true, 0 },
		{ "another day", "eu-west-1", true, 86400000 },
	};

	other.secret_access_key = "another";
	clock_fake_init(&clock, INT64_C(1763712930000));
	a = peer_client_with((struct aws_options){ .clock = &clock.base });
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct aws_signed kept, derived;
		struct aws_exchange x;
		struct err err = { 0 };

		test_case = rows[i].name;
		clock_fake_advance(&clock, rows[i].ms);
		fresh = peer_client_with((struct aws_options){ .clock = &clock.base });
		x = exchange_of(a, &r, peer.url);
		x.region = rows[i].region;
		x.creds = rows[i].is_other_secret ? &other : &fixed_creds;
		CHECK_OK(aws_sign(&x, 1, &kept, &err), &err);
		x.aws = fresh;
		x.client = &fresh->clients[AWS_S3];
		CHECK_OK(aws_sign(&x, 1, &derived, &err), &err);
		CHECK_STR(signed_header(&kept, "Authorization"),
		    signed_header(&derived, "Authorization"));
		aws_signed_release(&kept);
		aws_signed_release(&derived);
		aws_close(fresh);
	}
	aws_close(a);
}

static void test_what_cannot_be_sent(void)
{
	static char key[9000];
	struct sigv4_pair many[SIGV4_PAIRS_MAX], broken = { STR("x-amz-meta-a"), STR("b\r\nc: d") };
	const struct aws_request rows[] = {
		{ .op = S3_PUT_OBJECT, .bucket = STR("b"), .key = { key, sizeof(key) } },
		{ .op = S3_PUT_OBJECT,
		    .bucket = STR("b"),
		    .key = STR("k"),
		    .headers = many,
		    .header_count = SIGV4_PAIRS_MAX },
		{ .op = S3_PUT_OBJECT,
		    .bucket = STR("b"),
		    .key = STR("k"),
		    .headers = &broken,
		    .header_count = 1 },
	};
	struct aws *a = peer_client();

	memset(key, 'k', sizeof(key));
	for (size_t i = 0; i < SIGV4_PAIRS_MAX; i++)
		many[i] = (struct sigv4_pair){ STR("x-amz-meta-a"), STR("b") };
	peer_handle(peer_answer_nothing);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = { 0 };

		CHECK_ERR(aws_call(a, &rows[i], NULL, &err), &err, ERR_INVALID);
		CHECK(str_has_prefix(str_from(err.text), STR("s3 PutObject on key 'k")));
	}
	CHECK_INT(peer_requests(), 0);
	aws_close(a);
}

static const struct test tests[] = {
	{ "requests", test_requests },
	{ "all is signed", test_all_is_signed },
	{ "addresses", test_addresses },
	{ "targets", test_targets },
	{ "own url", test_own_url },
	{ "credentials have their own place", test_credentials_have_their_own_place },
	{ "signing key is kept", test_signing_key_is_kept },
	{ "what cannot be sent", test_what_cannot_be_sent },
};

PEER_MAIN(tests)
