/* endpoint.c: the hosts of AWS as botocore's rule sets give them, and what overrides them. */
#include "endpoint.h"

#include "aws_env.h"
#include "data.h"

static const char *text_of(const struct json *row, size_t index)
{
	return json_get_text(json_at(row, index), "");
}

static void test_hosts(void)
{
	struct json *doc = data_load("endpoints/hosts.json");
	const struct endpoint_options o = { 0 };
	size_t count = data_count(doc);

	for (size_t i = 0; i < count; i++) {
		const struct json *row = json_at(doc, i);
		struct endpoint e = { .is_override = true };
		struct err err;

		test_case = text_of(row, 3);
		env_words(text_of(row, 2));
		CHECK_OK(endpoint_resolve(&o, "X", text_of(row, 0), text_of(row, 1), &e, &err),
		    &err);
		CHECK_TEXT(e.url, text_of(row, 3));
		CHECK(!e.is_override);
	}
	env_clear();
	json_free(doc);
}

static const char config[] = "[default]\n"
			     "region = eu-north-1\n"
			     "[profile fips]\n"
			     "use_fips_endpoint = true\n"
			     "region = not/one\n"
			     "[profile url]\n"
			     "endpoint_url = http://profile\n"
			     "[profile services]\n"
			     "services = local\n"
			     "endpoint_url = http://profile\n"
			     "[profile ignoring]\n"
			     "ignore_configured_endpoint_urls = TRUE\n"
			     "endpoint_url = http://profile\n"
			     "[services local]\n"
			     "sqs =\n"
			     "  endpoint_url = http://services/\n"
			     "elastic_load_balancing_v2 =\n"
			     "  endpoint_url = http://elb\n";

static struct profiles *load(void)
{
	struct profiles *p = NULL;
	struct err err;

	if (profiles_parse(&p, str_from(config), "config", STR_NONE, "", &err) != 0)
		test_die("%s", err.text);
	return p;
}

#define PLAIN "https://sqs.eu-west-1.amazonaws.com"

static void test_overrides(void)
{
	static const struct {
		const char *name, *env, *profile, *override, *service_id,
		    *url; /* NULL: ERR_CONFIG */
	} cases[] = {
		{ "none", "", NULL, NULL, "SQS", PLAIN },
		{ "caller first", "AWS_ENDPOINT_URL_SQS=http://env", "services", "http://mine",
		    "SQS", "http://mine" },
		{ "caller, ignoring the rest", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", NULL,
		    "http://mine", "SQS", "http://mine" },
		{ "service's variable",
		    "AWS_ENDPOINT_URL_SQS=http://sqs AWS_ENDPOINT_URL=http://all", "services", NULL,
		    "SQS", "http://sqs" },
		{ "another's variable",
		    "AWS_ENDPOINT_URL_SQS=http://sqs AWS_ENDPOINT_URL=http://all", "services", NULL,
		    "SSM", "http://all" },
		{ "empty variable", "AWS_ENDPOINT_URL_SQS= AWS_ENDPOINT_URL=", NULL, NULL, "SQS",
		    PLAIN },
		{ "services before profile", "", "services", NULL, "SQS", "http://services" },
		{ "services by id", "", "services", NULL, "ELASTIC_LOAD_BALANCING_V2",
		    "http://elb" },
		{ "services without it", "", "services", NULL, "SSM", "http://profile" },
		{ "profile", "", "url", NULL, "SQS", "http://profile" },
		{ "AWS_PROFILE", "AWS_PROFILE=url", NULL, NULL, "SQS", "http://profile" },
		{ "ignored by variable", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", "url", NULL,
		    "SQS", PLAIN },
		{ "ignored by profile", "AWS_ENDPOINT_URL=http://all", "ignoring", NULL, "SQS",
		    PLAIN },
		{ "variable wins over profile",
		    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false AWS_ENDPOINT_URL=http://all",
		    "ignoring", NULL, "SQS", "http://all" },
		{ "port, path, slashes", "", NULL, "https://[::1]:4566/a/b//", "SQS",
		    "https://[::1]:4566/a/b" },
		{ "FIPS", "AWS_USE_FIPS_ENDPOINT=true", NULL, NULL, "SQS",
		    "https://sqs-fips.eu-west-1.amazonaws.com" },
		{ "FIPS of profile", "", "fips", NULL, "SQS",
		    "https://sqs-fips.eu-west-1.amazonaws.com" },
		{ "FIPS and override", "", "fips", "http://mine", "SQS", NULL },
		{ "dual-stack and override", "AWS_USE_DUALSTACK_ENDPOINT=true", "url", NULL, "SQS",
		    NULL },
		{ "not a switch", "AWS_USE_FIPS_ENDPOINT=1", NULL, NULL, "SQS", NULL },
		{ "not a switch either", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=yes", NULL, NULL,
		    "SQS", NULL },
		{ "no scheme", "", NULL, "localhost:9324", "SQS", NULL },
		{ "other scheme", "", NULL, "ftp://h", "SQS", NULL },
		{ "no host", "", NULL, "http://", "SQS", NULL },
		{ "no host, a port", "", NULL, "http://:80", "SQS", NULL },
		{ "user", "", NULL, "http://u:p@h", "SQS", NULL },
		{ "query", "", NULL, "http://h?x", "SQS", NULL },
		{ "fragment", "", NULL, "http://h#x", "SQS", NULL },
		{ "blank", "", NULL, "http://h x", "SQS", NULL },
		{ "line end", "", NULL, "http://h\r\nX: y", "SQS", NULL },
		{ "empty", "", NULL, "", "SQS", NULL },
	};
	struct profiles *p = load();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct endpoint_options o = { p, cases[i].profile, cases[i].override };
		struct endpoint e = { .url = "" };
		struct err err;

		test_case = cases[i].name;
		env_words(cases[i].env);
		if (!cases[i].url) {
			CHECK_ERR(
			    endpoint_resolve(&o, cases[i].service_id, "sqs", "eu-west-1", &e, &err),
			    &err, ERR_CONFIG);
			continue;
		}
		CHECK_OK(endpoint_resolve(&o, cases[i].service_id, "sqs", "eu-west-1", &e, &err),
		    &err);
		CHECK_TEXT(e.url, cases[i].url);
		CHECK_INT(e.is_override,
		    str_has_prefix(str_from(e.url), STR("http://")) ||
			strstr(e.url, "::1") != NULL);
	}
	env_clear();
	profiles_free(p);
}

static void test_override_length(void)
{
	struct buf url = BUF_INIT(2 * ENDPOINT_URL_MAX);
	struct endpoint_options o = { 0 };
	struct endpoint e;
	struct err err;

	buf_adds(&url, "http://");
	while (url.n < ENDPOINT_URL_MAX - 1)
		buf_addc(&url, 'h');
	o.override_url = buf_text(&url);
	CHECK_OK(endpoint_resolve(&o, "SQS", "sqs", "eu-west-1", &e, &err), &err);
	CHECK_TEXT(e.url, o.override_url);
	buf_addc(&url, 'h');
	o.override_url = buf_text(&url);
	CHECK_ERR(endpoint_resolve(&o, "SQS", "sqs", "eu-west-1", &e, &err), &err, ERR_CONFIG);
	buf_release(&url);
}

#define N63 "a23456789012345678901234567890123456789012345678901234567890123"

static void test_regions(void)
{
	static const struct {
		const char *name, *env, *profile, *wanted, *region;
		enum err_code code;
	} cases[] = {
		{ "profile", "", NULL, NULL, "eu-north-1", ERR_NONE },
		{ "AWS_DEFAULT_REGION", "AWS_DEFAULT_REGION=a-1", NULL, NULL, "a-1", ERR_NONE },
		{ "AWS_REGION", "AWS_REGION=b-1 AWS_DEFAULT_REGION=a-1", NULL, NULL, "b-1",
		    ERR_NONE },
		{ "wanted", "AWS_REGION=b-1", NULL, "c-1", "c-1", ERR_NONE },
		{ "none", "", "url", NULL, NULL, ERR_NOTFOUND },
		{ "bad in profile", "", "fips", NULL, NULL, ERR_CONFIG },
		{ "bad in environment", "AWS_REGION=a.b", NULL, NULL, NULL, ERR_CONFIG },
		{ "bad wanted", "", NULL, "", NULL, ERR_CONFIG },
		{ "longest", "", NULL, N63, N63, ERR_NONE },
		{ "too long", "", NULL, N63 "4", NULL, ERR_CONFIG },
		{ "hyphen first", "", NULL, "-a", NULL, ERR_CONFIG },
		{ "hyphen last", "", NULL, "a-", NULL, ERR_CONFIG },
		{ "upper case", "", NULL, "EU-west-1", NULL, ERR_CONFIG },
	};
	struct profiles *p = load();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct endpoint_options o = { p, cases[i].profile, NULL };
		char region[REGION_MAX + 1] = "untouched";
		struct err err;

		test_case = cases[i].name;
		env_words(cases[i].env);
		if (cases[i].code != ERR_NONE) {
			CHECK_ERR(region_resolve(&o, cases[i].wanted, region, &err), &err,
			    cases[i].code);
			CHECK_TEXT(region, "untouched");
			continue;
		}
		CHECK_OK(region_resolve(&o, cases[i].wanted, region, &err), &err);
		CHECK_TEXT(region, cases[i].region);
	}
	env_clear();
	profiles_free(p);
}

static void test_bad_region(void)
{
	const struct endpoint_options o = { 0 };
	struct endpoint e;
	struct err err;

	CHECK_ERR(endpoint_resolve(&o, "SQS", "sqs", "evil.example/", &e, &err), &err, ERR_CONFIG);
	CHECK(strstr(err.text, "evil.example/"));
}

static const struct test tests[] = {
	{ "hosts", test_hosts },
	{ "overrides", test_overrides },
	{ "override length", test_override_length },
	{ "regions", test_regions },
	{ "bad region", test_bad_region },
};

TEST_MAIN(tests)
