#include "queue_sqs_place.h"

#include "test.h"

#define X_16 "0123456789abcdef"
#define X_80 X_16 X_16 X_16 X_16 X_16

static const struct {
	const char *url, *endpoint, *region, *account, *name;
} good[] = {
	{ "https://sqs.eu-west-1.amazonaws.com/123456789012/ops", "", "eu-west-1", "123456789012",
	    "ops" },
	{ "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/ops", "", "cn-north-1",
	    "123456789012", "ops" },
	{ "https://sqs.eusc-de-east-1.amazonaws.eu/123456789012/a-B_9", "", "eusc-de-east-1",
	    "123456789012", "a-B_9" },
	{ "https://SQS.eu-west-1.AmazonAWS.com/1/x", "", "eu-west-1", "1", "x" },
	{ "https://sqs-fips.us-east-1.amazonaws.com/1/x",
	    "https://sqs-fips.us-east-1.amazonaws.com", "us-east-1", "1", "x" },
	{ "https://sqs.us-east-1.api.aws/1/x", "https://sqs.us-east-1.api.aws", "us-east-1", "1",
	    "x" },
	{ "https://vpce-0a-1b.sqs.us-east-1.vpce.amazonaws.com/1/x",
	    "https://vpce-0a-1b.sqs.us-east-1.vpce.amazonaws.com", "us-east-1", "1", "x" },
	{ "https://sqs.eu-west-1.amazonaws.com:8443/1/x",
	    "https://sqs.eu-west-1.amazonaws.com:8443", "eu-west-1", "1", "x" },
	{ "http://127.0.0.1:9324/000000000000/ops", "http://127.0.0.1:9324", "", "000000000000",
	    "ops" },
	{ "http://[::1]:9324/000000000000/ops", "http://[::1]:9324", "", "000000000000", "ops" },
	{ "https://queue.example/queue/eu-west-1/0/ops", "https://queue.example", "", "0", "ops" },
	{ "https://sqs.eu-west-1.amazonaws.com.example/1/x",
	    "https://sqs.eu-west-1.amazonaws.com.example", "", "1", "x" },
	{ "http://sqs.local/1/" X_80, "http://sqs.local", "", "1", X_80 },
};

static void test_good(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct sqs_place p;
		struct err err;

		test_case = good[i].url;
		CHECK_OK(sqs_place_parse(str_from(good[i].url), &p, &err), &err);
		CHECK_TEXT(p.url, good[i].url);
		CHECK_TEXT(p.endpoint, good[i].endpoint);
		CHECK_STR(str_from(p.region), str_from(good[i].region));
		CHECK_TEXT(p.account, good[i].account);
		CHECK_TEXT(p.name, good[i].name);
	}
}

/* What the text must name. */
static const struct {
	const char *url, *names;
} bad[] = {
	{ "", "https://" },
	{ "ftp://h/1/x", "https://" },
	{ "HTTP://h/1/x", "https://" },
	{ "https:", "https://<host>/<account>/<queue>" },
	{ "https:/sqs/1/x", "https://<host>/<account>/<queue>" },
	{ "http://", "/<account>/<queue>" },
	{ "http:///1/x", "/<account>/<queue>" },
	{ "http://h", "/<account>/<queue>" },
	{ "http://h/", "/<account>/<queue>" },
	{ "http://h/x", "/<account>/<queue>" },
	{ "http://h//x", "account ''" },
	{ "http://h/1/", "queue ''" },
	{ "http://h/1/x y", "nothing else" },
	{ "http://h/1/x?y", "nothing else" },
	{ "http://h/1/x#y", "nothing else" },
	{ "http://user:pass@h/1/x", "nothing else" },
	{ "http://h/1/x\n", "nothing else" },
	{ "http://h/1/x.fifo", "FIFO" },
	{ "http://h/1/x.y", "queue 'x.y'" },
	{ "http://h/a.b/x", "account 'a.b'" },
	{ "http://h/1/" X_80 "x", "1 to 80" },
	{ "http://h/" X_80 "/x", "account" },
	{ "http://h/" X_80 X_80 X_80 X_80 X_80 X_80 X_80 "/1/x", "longer than" },
	{ "http://" X_80 X_80 X_80 X_80 "/1/x", "longer than" },
	{ "http://sqs.eu-west-1.amazonaws.com/1/x", "https only" },
	{ "https://sqs..amazonaws.com/1/x", "region ''" },
	{ "https://sqs." X_80 ".amazonaws.com/1/x", "region" },
};

static void test_bad(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct sqs_place p = { .name = "before" };
		struct err err;

		test_case = bad[i].url;
		CHECK_ERR(sqs_place_parse(str_from(bad[i].url), &p, &err), &err, ERR_CONFIG);
		CHECK_TEXT(p.name, "before");
		CHECK(str_contains(str_from(err.text), str_from(bad[i].names)));
	}
}

static const struct {
	const char *near, *arn, *url; /* NULL: ERR_CORRUPT */
} beside[] = {
	{ "https://sqs.eu-west-1.amazonaws.com/1/ops", "arn:aws:sqs:eu-west-1:2:dead",
	    "https://sqs.eu-west-1.amazonaws.com/2/dead" },
	{ "http://h:1/queue/0/ops", "arn:aws:sqs:elasticmq:0:ops-dlq",
	    "http://h:1/queue/0/ops-dlq" },
	{ "http://h:1/0/ops", "", NULL },
	{ "http://h:1/0/ops", "arn:aws:sqs:eu-west-1:1", NULL },
	{ "http://h:1/0/ops", "arn:aws:sns:eu-west-1:1:x", NULL },
	{ "http://h:1/0/ops", "urn:aws:sqs:eu-west-1:1:x", NULL },
	{ "http://h:1/0/ops", "arn:aws:sqs:eu-west-1:1:", NULL },
	{ "http://h:1/0/ops", "arn:aws:sqs:eu-west-1:1:x/../y", NULL },
	{ "http://h:1/0/ops", "arn:aws:sqs:eu-west-1:1:x.fifo", NULL },
};

static void test_beside(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(beside); i++) {
		struct sqs_place near, p;
		struct err err;

		test_case = beside[i].arn;
		CHECK_OK(sqs_place_parse(str_from(beside[i].near), &near, &err), &err);
		if (!beside[i].url) {
			CHECK_ERR(sqs_place_beside(&near, str_from(beside[i].arn), &p, &err), &err,
			    ERR_CORRUPT);
			continue;
		}
		CHECK_OK(sqs_place_beside(&near, str_from(beside[i].arn), &p, &err), &err);
		CHECK_TEXT(p.url, beside[i].url);
		CHECK(sqs_place_has_arn(&p, str_from(beside[i].arn)));
		CHECK(!sqs_place_has_arn(&near, str_from(beside[i].arn)));
	}
}

static const struct test tests[] = {
	{ "good", test_good },
	{ "bad", test_bad },
	{ "beside", test_beside },
};

TEST_MAIN(tests)
