/* creds_sso.c, creds_sso_token.c: the login of the AWS CLI, its renewal, the role's credentials. */
#include "creds_sso.h"
#include "fake_creds.h"
#include "test.h"

/* sha1 of "s" and of "https://x.awsapps.com/start" */
#define SESSION_FILE ".aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json"
#define URL_FILE     ".aws/sso/cache/3947de8b16688092197fa616c34e01335f21d256.json"

static const char config[] = "[sso-session s]\n"
			     "sso_start_url = https://x.awsapps.com/start\n"
			     "sso_region = eu-north-1\n"
			     "[profile x]\n"
			     "sso_session = s\n"
			     "sso_account_id = 123456789012\n"
			     "sso_role_name = Ops+Read Only\n"
			     "[profile old]\n"
			     "sso_start_url = https://x.awsapps.com/start\n"
			     "sso_region = eu-north-1\n"
			     "sso_account_id = 123456789012\n"
			     "sso_role_name = Ops\n"
			     "[profile lost]\n"
			     "sso_session = nobody\n"
			     "sso_account_id = 123456789012\n"
			     "sso_role_name = Ops\n"
			     "[profile half]\n"
			     "sso_session = s\n"
			     "sso_role_name = Ops\n"
			     "[profile bearer]\n"
			     "sso_session = s\n";

#define LOGIN(expires)                                                                               \
	"{\"startUrl\":\"https://x.awsapps.com/start\",\"region\":\"eu-north-1\",\"n\":1,"           \
	"\"b\":true,\"accessToken\":\"access-" SENTINEL "\",\"expiresAt\":\"" expires                \
	"\",\"clientId\":\"id\",\"clientSecret\":\"client-" SENTINEL                                 \
	"\",\"registrationExpiresAt\":\"2027-01-01T00:00:00Z\",\"refreshToken\":\"refresh-" SENTINEL \
	"\"}"
#define LOGIN_ONLY(expires)                                                                        \
	"{\"accessToken\":\"access-" SENTINEL "\",\"expiresAt\":\"" expires "\"}"
#define KEYS                                                                                       \
	"{\"roleCredentials\":{\"accessKeyId\":\"A\",\"secretAccessKey\":\"" SENTINEL "\","        \
	"\"sessionToken\":\"t\",\"expiration\":1795251600000}}"
#define RENEWED                                                                                    \
	"{\"accessToken\":\"new-" SENTINEL "\",\"tokenType\":\"Bearer\",\"expiresIn\":28800,"      \
	"\"refreshToken\":\"next-" SENTINEL "\"}"

#define GOT(profile)                                                                               \
	"A/" SENTINEL "/t/123456789012/profile " profile ": SSO/aws sso login --profile " profile  \
	"/3600"

static const struct fake_row good[] = {
	{ "POST /token ", 200, "", RENEWED, false },
	{ "GET /federation/credentials?role_name=Ops", 200, "", KEYS, false },
};

static const struct fake_setting sso = {
	.config = config,
	.variables = { { "AWS_ENDPOINT_URL_SSO", "", NULL },
	    { "AWS_ENDPOINT_URL_SSO_OIDC", "", NULL } },
};

static void test_sent(void)
{
	struct fake_session s;

	fake_write(SESSION_FILE, LOGIN("2026-11-21T08:15:01Z"));
	fake_open_in(&s, &sso, "x");
	fake_answer(good, ARRAY_SIZE(good));
	CHECK_TEXT(fake_get(&s), GOT("x"));
	CHECK_INT(fake_requests(), 1);
	CHECK(fake_was_sent("GET /federation/credentials?role_name=Ops%2BRead%20Only&account_id="
			    "123456789012 HTTP/1.1\r\n"));
	CHECK(fake_was_sent("\r\nx-amz-sso_bearer_token: access-" SENTINEL "\r\n"));
	CHECK(!fake_was_sent("Authorization"));
	fake_close(&s);
	fake_remove(SESSION_FILE);
}

/* Under 15 minutes: renewed, and written back for the others who read the file. */
static void test_renewed(void)
{
	struct buf text = BUF_INIT(CREDS_ANSWER_MAX);
	struct fake_session s;

	fake_write(SESSION_FILE, LOGIN("2026-11-21T08:15:00Z"));
	fake_open_in(&s, &sso, "x");
	fake_answer(good, ARRAY_SIZE(good));
	CHECK_TEXT(fake_get(&s), GOT("x"));
	CHECK_INT(fake_requests(), 2);
	CHECK(fake_was_sent("{\"grantType\":\"refresh_token\",\"clientId\":\"id\",\"clientSecret\":"
			    "\"client-" SENTINEL "\",\"refreshToken\":\"refresh-" SENTINEL "\"}"));
	CHECK(fake_was_sent("\r\nContent-Type: application/json\r\n"));
	CHECK(fake_was_sent("\r\nx-amz-sso_bearer_token: new-" SENTINEL "\r\n"));
	fake_close(&s);

	fake_read(SESSION_FILE, &text);
	CHECK_TEXT(buf_text(&text),
	    "{\"startUrl\":\"https://x.awsapps.com/start\",\"region\":\"eu-north-1\",\"n\":1,"
	    "\"b\":true,\"clientId\":\"id\",\"clientSecret\":\"client-" SENTINEL
	    "\",\"registrationExpiresAt\":\"2027-01-01T00:00:00Z\",\"accessToken\":\"new-" SENTINEL
	    "\",\"refreshToken\":\"next-" SENTINEL "\",\"expiresAt\":\"2026-11-21T16:00:00Z\"}");
	CHECK_INT(fake_mode(SESSION_FILE), 0600);
	buf_release(&text);

	test_case = "the next one reads it";
	fake_open_in(&s, &sso, "x");
	fake_answer(good, ARRAY_SIZE(good));
	CHECK_TEXT(fake_get(&s), GOT("x"));
	CHECK_INT(fake_requests(), 1);
	fake_close(&s);
	fake_remove(SESSION_FILE);
}

#define LOG_IN(profile) "; log in with: aws sso login --profile " profile
#define SHUT(status, body)                                                                         \
	{                                                                                          \
		{ "POST /token ", status, "", body, false },                                       \
		    { "GET /federation/", 200, "", KEYS, false },                                  \
	}

static void test_logins(void)
{
	static const struct {
		const char *name, *profile, *file, *text;
		struct fake_row rows[2];
		const char *want;
		unsigned requests;
	} cases[] = {
		{ "older form", "old", URL_FILE, LOGIN_ONLY("2026-11-21T12:00:00UTC"),
		    SHUT(500, ""), GOT("old"), 1 },
		{ "older form is not renewed", "old", URL_FILE, LOGIN("2026-11-21T08:00:01Z"),
		    SHUT(500, ""), GOT("old"), 1 },
		{ "older form, expired", "old", URL_FILE, LOGIN("2026-11-21T08:00:00Z"),
		    SHUT(200, RENEWED),
		    "credentials: profile old: SSO: the login has expired" LOG_IN("old"), 0 },
		{ "nobody logged in", "x", NULL, NULL, SHUT(500, ""),
		    "credentials: profile x: SSO: nobody has logged in" LOG_IN("x"), 0 },
		{ "expired, without means", "x", SESSION_FILE, LOGIN_ONLY("2026-11-21T07:00:00Z"),
		    SHUT(200, RENEWED),
		    "credentials: profile x: SSO: the login has expired" LOG_IN("x"), 0 },
		{ "no time is expired", "x", SESSION_FILE, "{\"accessToken\":\"" SENTINEL "\"}",
		    SHUT(200, RENEWED),
		    "credentials: profile x: SSO: the login has expired" LOG_IN("x"), 0 },
		{ "expired, renewed", "x", SESSION_FILE, LOGIN("2026-11-21T07:00:00Z"),
		    SHUT(200, RENEWED), GOT("x"), 2 },
		{ "not renewed, but it holds", "x", SESSION_FILE, LOGIN("2026-11-21T08:14:00Z"),
		    SHUT(400, "{\"error\":\"invalid_grant\"}"), GOT("x"), 2 },
		{ "not renewed, and expired", "x", SESSION_FILE, LOGIN("2026-11-21T08:00:00Z"),
		    SHUT(400, "{\"error\":\"invalid_grant\",\"message\":\"refresh-" SENTINEL "\"}"),
		    "credentials: profile x: SSO: SSO CreateToken: HTTP 400", 1 },
		{ "renewal is down", "x", SESSION_FILE, LOGIN("2026-11-21T08:00:00Z"),
		    SHUT(503, ""),
		    "credentials: profile x: SSO: SSO CreateToken: HTTP 503" LOG_IN("x"), 3 },
		{ "renewal is garbage", "x", SESSION_FILE, LOGIN("2026-11-21T08:00:00Z"),
		    SHUT(200, "{}"),
		    "credentials: profile x: SSO: accessToken or expiresIn is missing" LOG_IN("x"),
		    1 },
		{ "not a cache file", "x", SESSION_FILE, "{\"accessToken\":\"" SENTINEL,
		    SHUT(500, ""), "corrupt: profile x: SSO: /tmp/", 0 },
		{ "no token in it", "x", SESSION_FILE, "{}", SHUT(500, ""),
		    "corrupt: profile x: SSO: /tmp/", 0 },
		{ "no time in it", "x", SESSION_FILE,
		    "{\"accessToken\":\"" SENTINEL "\",\"expiresAt\":\"soon\"}", SHUT(500, ""),
		    "corrupt: profile x: SSO: /tmp/", 0 },
		{ "no such session", "lost", NULL, NULL, SHUT(500, ""),
		    "config: profile lost: SSO: sso_start_url is missing; its sso-session is nobody",
		    0 },
		{ "no account", "half", NULL, NULL, SHUT(500, ""),
		    "config: profile half: SSO: sso_account_id is missing", 0 },
		{ "a session alone", "bearer", NULL, NULL, SHUT(500, ""),
		    "credentials: profile bearer: has no credentials", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_session s;

		test_case = cases[i].name;
		if (cases[i].file)
			fake_write(cases[i].file, cases[i].text);
		fake_open_in(&s, &sso, cases[i].profile);
		fake_answer(cases[i].rows, ARRAY_SIZE(cases[i].rows));
		CHECK_BEGINS(fake_get(&s), cases[i].want);
		CHECK_INT(fake_requests(), cases[i].requests);
		fake_close(&s);
		if (cases[i].file)
			fake_remove(cases[i].file);
	}
}

static void test_answers(void)
{
	static const struct {
		const char *name;
		struct fake_row row;
		const char *want;
		unsigned requests;
	} cases[] = {
		{ "session is over",
		    { "GET", 401, "x-amzn-ErrorType: UnauthorizedException\r\n",
			"{\"message\":\"Session token not found or invalid\"}", false },
		    "credentials: log in with 'aws sso login --profile x': profile x: SSO: "
		    "UnauthorizedException: Session token not found or invalid",
		    1 },
		{ "no access",
		    { "GET", 403, "",
			"{\"__type\":\"ForbiddenException\",\"message\":\"No access\"}", false },
		    "denied: profile x: SSO: ForbiddenException: No access", 1 },
		{ "a message with the token",
		    { "GET", 400, "", "{\"__type\":\"Bad\",\"message\":\"access-" SENTINEL "\"}",
			false },
		    "credentials: profile x: SSO: Bad: [redacted]", 1 },
		{ "throttled",
		    { "GET", 429, "", "{\"__type\":\"TooManyRequestsException\"}", false },
		    "busy: profile x: SSO: TooManyRequestsException", 3 },
		{ "down", { "GET", 500, "", "", false }, "busy: profile x: SSO: HTTP 500", 3 },
		{ "no answer", { "GET", 0, "", "", false },
		    "io: profile x: SSO: GET http://127.0.0.1:", 3 },
		{ "not JSON", { "GET", 200, "", SENTINEL, false },
		    "corrupt: profile x: SSO: not JSON", 1 },
		{ "nothing in it", { "GET", 200, "", "{\"roleCredentials\":{}}", false },
		    "corrupt: profile x: SSO: accessKeyId is missing", 1 },
		{ "expired",
		    { "GET", 200, "",
			"{\"roleCredentials\":{\"accessKeyId\":\"A\",\"secretAccessKey\":\"s\","
			"\"expiration\":1795247999000}}",
			false },
		    "credentials: profile x: SSO: expired at 2026-11-21T07:59:59Z; renew with: aws "
		    "sso login --profile x",
		    1 },
	};

	fake_write(SESSION_FILE, LOGIN("2026-11-21T12:00:00Z"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fake_session s;

		test_case = cases[i].name;
		fake_open_in(&s, &sso, "x");
		fake_answer(&cases[i].row, 1);
		CHECK_BEGINS(fake_get(&s), cases[i].want);
		CHECK_INT(fake_requests(), cases[i].requests);
		fake_close(&s);
	}
	fake_remove(SESSION_FILE);
}

static void test_update(void)
{
	static const struct {
		const char *name, *answer, *access, *refresh; /* NULL: refused */
		int64_t expires_at;
	} cases[] = {
		{ "both", "{\"accessToken\":\"a\",\"refreshToken\":\"r\",\"expiresIn\":1}", "a",
		    "r", 101 },
		{ "no new means", "{\"accessToken\":\"a\",\"expiresIn\":7776000}", "a", "old",
		    7776100 },
		{ "no life", "{\"accessToken\":\"a\"}", NULL, NULL, 0 },
		{ "dead", "{\"accessToken\":\"a\",\"expiresIn\":0}", NULL, NULL, 0 },
		{ "longer than any", "{\"accessToken\":\"a\",\"expiresIn\":7776001}", NULL, NULL,
		    0 },
		{ "no token", "{\"expiresIn\":1}", NULL, NULL, 0 },
		{ "not JSON", "accessToken", NULL, NULL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sso_token t;
		struct err err;

		test_case = cases[i].name;
		sso_token_init(&t);
		buf_adds(&t.access_token, "old");
		buf_adds(&t.refresh_token, "old");
		if (cases[i].access) {
			CHECK_OK(sso_token_update(str_from(cases[i].answer), 100, &t, &err), &err);
			CHECK_TEXT(buf_text(&t.access_token), cases[i].access);
			CHECK_TEXT(buf_text(&t.refresh_token), cases[i].refresh);
			CHECK_INT(t.expires_at, cases[i].expires_at);
		} else {
			CHECK_ERR(sso_token_update(str_from(cases[i].answer), 100, &t, &err), &err,
			    ERR_CORRUPT);
		}
		sso_token_wipe(&t);
	}
}

/* What is too long changes nothing: the token at hand may still hold. */
static void test_update_limits(void)
{
	static const struct {
		const char *name, *answer; /* up to the text that is long */
		size_t length;
		bool is_taken;
	} cases[] = {
		{ "access, longest", "{\"accessToken\":\"", CREDS_VALUE_MAX, true },
		{ "access, too long", "{\"accessToken\":\"", CREDS_VALUE_MAX + 1, false },
		{ "refresh, longest", "{\"accessToken\":\"a\",\"refreshToken\":\"", CREDS_VALUE_MAX,
		    true },
		{ "refresh, too long", "{\"accessToken\":\"a\",\"refreshToken\":\"",
		    CREDS_VALUE_MAX + 1, false },
	};
	struct buf answer = BUF_INIT(CREDS_ANSWER_MAX);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sso_token t;
		struct err err;

		test_case = cases[i].name;
		buf_reset(&answer);
		buf_adds(&answer, cases[i].answer);
		for (size_t k = 0; k < cases[i].length; k++)
			buf_addc(&answer, 'x');
		buf_adds(&answer, "\",\"expiresIn\":1}");
		sso_token_init(&t);
		buf_adds(&t.access_token, "old");
		CHECK_INT(sso_token_update(buf_str(&answer), 100, &t, &err),
		    cases[i].is_taken ? 0 : -1);
		CHECK_INT(!str_is(buf_str(&t.access_token), "old"), cases[i].is_taken);
		CHECK_INT(t.expires_at, cases[i].is_taken ? 101 : 0);
		sso_token_wipe(&t);
	}
	buf_release(&answer);
}

static const struct test tests[] = {
	{ "sent", test_sent },
	{ "renewed", test_renewed },
	{ "logins", test_logins },
	{ "answers", test_answers },
	{ "update", test_update },
	{ "update limits", test_update_limits },
};

FAKE_MAIN(tests)
