/* creds_container.c: whom it trusts, what it sends, what may come back. */
#include "fake_creds.h"
#include "test.h"

#define GOOD                                                                                       \
	"{\"RoleArn\":\"x\",\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"" SENTINEL "\","           \
	"\"Token\":\"t\",\"Expiration\":\"2026-11-21T09:00:00Z\"}"

static const struct fake_row good[] = { { "GET /c?id=1 ", 200, "", GOOD, false } };

static const struct fake_setting container = {
	.config = "",
	.variables = { { "AWS_CONTAINER_CREDENTIALS_FULL_URI", "/c?id=1", NULL } },
};

/* Nobody is asked before the URL is judged; these never get as far. */
static void test_hosts(void)
{
	static const struct {
		const char *variable, *url, *want;
	} cases[] = {
		{ "FULL", "http://192.0.2.1/c",
		    "config: AWS_CONTAINER_CREDENTIALS_FULL_URI: host "
		    "'192.0.2.1': without TLS it must be this machine, or "
		    "the endpoint of ECS or EKS" },
		{ "FULL", "http://169.254.169.254/c",
		    "config: AWS_CONTAINER_CREDENTIALS_FULL_URI: host '169.254.169.254': " },
		{ "FULL", "http://169.254.170.3/c", "config: " },
		{ "FULL", "http://[fd00:ec2::24]/c",
		    "config: AWS_CONTAINER_CREDENTIALS_FULL_URI: host 'fd00:ec2::24': " },
		{ "FULL", "http://[::]/c",
		    "config: AWS_CONTAINER_CREDENTIALS_FULL_URI: host '::'" },
		{ "FULL", "http://128.0.0.1:80/c",
		    "config: AWS_CONTAINER_CREDENTIALS_FULL_URI: host '128.0.0.1': " },
		{ "FULL", "http://127.0.0.1.invalid/c",
		    "config: AWS_CONTAINER_CREDENTIALS_FULL_URI: host '127.0.0.1.invalid': " },
		{ "FULL", "http://user:" SENTINEL "@127.0.0.1/c",
		    "config: AWS_CONTAINER_CREDENTIALS_FULL_URI: must be an http or https URL" },
		{ "FULL", "http://127.0.0.1\\@192.0.2.1/c", "config: " },
		{ "FULL", "ftp://127.0.0.1/" SENTINEL,
		    "config: AWS_CONTAINER_CREDENTIALS_FULL_URI: must be an http or https URL" },
		{ "FULL", "127.0.0.1/c", "config: " },
		{ "FULL", "http:///c", "config: " },
		{ "FULL", "http://127.0.0.1/a b", "config: " },
		{ "RELATIVE", "c",
		    "config: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: must begin with '/'" },
		{ "RELATIVE", "@192.0.2.1/c", "config: " },
		{ "RELATIVE", "/c\r\nX: y", "config: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_session s;
		char variable[64];

		test_case = cases[i].url;
		fake_clear();
		(void)snprintf(variable, sizeof(variable), "AWS_CONTAINER_CREDENTIALS_%s_URI",
		    cases[i].variable);
		env_set(variable, cases[i].url);
		fake_open(&s, "", NULL);
		CHECK_BEGINS(fake_get(&s), cases[i].want);
		fake_close(&s);
	}
}

static void test_length(void)
{
	char url[4096] = "/";
	struct fake_session s;

	memset(url + 1, 'c', sizeof(url) - 2);
	fake_clear();
	env_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", url);
	fake_open(&s, "", NULL);
	CHECK_TEXT(fake_get(&s),
	    "config: URL of the container endpoint: longer than 2047 characters");
	fake_close(&s);
}

/* By name, when it means this machine. */
static void test_names(void)
{
	struct fake_session s;
	const char *colon;
	char url[128];

	fake_open_in(&s, &container, NULL);
	colon = strrchr(fake_url("/c?id=1"), ':');
	(void)snprintf(url, sizeof(url), "http://localhost%s", colon);
	env_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
	fake_answer(good, ARRAY_SIZE(good));
	CHECK_TEXT(fake_get(&s), "A/" SENTINEL "/t//container endpoint//3600");
	fake_close(&s);
}

static void test_token(void)
{
	static const struct {
		const char *name, *variable, *file, *want, *sent;
	} cases[] = {
		{ "none", NULL, NULL, "A/", NULL },
		{ "in a variable", "Basic " SENTINEL, NULL, "A/",
		    "\r\nAuthorization: Basic " SENTINEL "\r\n" },
		{ "a file wins", "no", SENTINEL, "A/", "\r\nAuthorization: " SENTINEL "\r\n" },
		{ "an empty file is none", "no", "", "A/", NULL },
		{ "LF", NULL, SENTINEL "\n", "config: ~/token: ", NULL },
		{ "CR", SENTINEL "\rX: y", NULL,
		    "config: AWS_CONTAINER_AUTHORIZATION_TOKEN: too "
		    "long, or more than one line",
		    NULL },
		{ "LF in a variable", SENTINEL "\nX: y", NULL,
		    "config: AWS_CONTAINER_AUTHORIZATION_TOKEN: ", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_session s;

		test_case = cases[i].name;
		fake_open_in(&s, &container, NULL);
		env_set("AWS_CONTAINER_AUTHORIZATION_TOKEN", cases[i].variable);
		if (cases[i].file) {
			fake_write("token", cases[i].file);
			env_set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "~/token");
		}
		fake_answer(good, ARRAY_SIZE(good));
		CHECK_BEGINS(fake_get(&s), cases[i].want);
		CHECK(!cases[i].sent || fake_was_sent(cases[i].sent));
		CHECK(cases[i].sent || !fake_was_sent("Authorization"));
		if (cases[i].file)
			fake_remove("token");
		fake_close(&s);
	}
}

static void test_token_read_again(void)
{
	struct fake_session s;

	fake_open_in(&s, &container, NULL);
	env_set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "~/token");
	CHECK_BEGINS(fake_get(&s), "credentials: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: ");
	fake_answer(good, ARRAY_SIZE(good));
	fake_write("token", "first");
	clock_fake_advance(&s.clock, 1000);
	(void)fake_get(&s);
	fake_write("token", "second");
	clock_fake_advance(&s.clock, 55 * 60 * 1000);
	(void)fake_get(&s);
	CHECK(fake_was_sent("\r\nAuthorization: first\r\n"));
	CHECK(fake_was_sent("\r\nAuthorization: second\r\n"));
	fake_remove("token");
	fake_close(&s);
}

static void test_answers(void)
{
	static const struct {
		const char *name;
		struct fake_row row;
		const char *want;
		unsigned requests;
	} cases[] = {
		{ "refused",
		    { "GET", 403, "", "{\"code\":\"AccessDenied\",\"message\":\"no\"}", false },
		    "denied: container endpoint: AccessDenied: no", 1 },
		{ "unknown", { "GET", 404, "", "no", false },
		    "credentials: container endpoint: HTTP 404", 1 },
		{ "a message with the token",
		    { "GET", 400, "", "{\"code\":\"Bad\",\"message\":\"" SENTINEL "\"}", false },
		    "credentials: container endpoint: Bad: [redacted]", 1 },
		{ "conflict", { "GET", 409, "", "", false },
		    "credentials: container endpoint: HTTP 409", 1 },
		{ "throttled", { "GET", 429, "", "", false }, "busy: container endpoint: HTTP 429",
		    3 },
		{ "down", { "GET", 503, "", "", false }, "busy: container endpoint: HTTP 503", 3 },
		{ "no answer", { "GET", 0, "", "", false },
		    "io: container endpoint: GET http://127.0.0.1:", 3 },
		{ "redirect", { "GET", 302, "Location: http://192.0.2.1/\r\n", "", false },
		    "config: container endpoint: HTTP 302", 1 },
		{ "empty", { "GET", 200, "", "", false }, "corrupt: container endpoint: JSON", 1 },
		{ "not JSON", { "GET", 200, "", "<" SENTINEL ">", false },
		    "corrupt: container endpoint: not JSON", 1 },
		{ "not an object", { "GET", 200, "", "[]", false },
		    "corrupt: container endpoint: AccessKeyId is missing", 1 },
		{ "no secret", { "GET", 200, "", "{\"AccessKeyId\":\"" SENTINEL "\"}", false },
		    "corrupt: container endpoint: SecretAccessKey is missing", 1 },
		{ "a number", { "GET", 200, "", "{\"AccessKeyId\":1}", false },
		    "corrupt: container endpoint: AccessKeyId is missing", 1 },
		{ "no time",
		    { "GET", 200, "",
			"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\",\"Expiration\":\"x\"}",
			false },
		    "corrupt: container endpoint: Expiration is not a time", 1 },
		{ "the epoch is not never",
		    { "GET", 200, "",
			"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\",\"Expiration\":"
			"\"1970-01-01T00:00:00Z\"}",
			false },
		    "credentials: container endpoint: expired at 1970-01-01T00:00:01Z", 1 },
		{ "null is never",
		    { "GET", 200, "",
			"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\",\"Expiration\":null}",
			false },
		    "A/s///container endpoint//never", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_session s;

		test_case = cases[i].name;
		fake_open_in(&s, &container, NULL);
		env_set("AWS_CONTAINER_AUTHORIZATION_TOKEN", SENTINEL);
		fake_answer(&cases[i].row, 1);
		CHECK_BEGINS(fake_get(&s), cases[i].want);
		CHECK_INT(fake_requests(), cases[i].requests);
		fake_close(&s);
	}
}

static const struct test tests[] = {
	{ "hosts", test_hosts },
	{ "length", test_length },
	{ "names", test_names },
	{ "token", test_token },
	{ "token read again", test_token_read_again },
	{ "answers", test_answers },
};

FAKE_MAIN(tests)
