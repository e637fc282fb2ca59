/* A secret of Secrets Manager: what is asked for, and what is made of answers. */
#include "fake_json.h"
#include "secret.h"

#include "test.h"

static struct secret *secret;
static const char *current, *previous; /* bodies; NULL: no such version */

static void answer(const struct fake_call *call, struct fake_answer *a)
{
	const char *stage = json_get_text(json_get(call->body, "VersionStage"), "");
	const char *body = strcmp(stage, "AWSCURRENT") == 0 ? current : previous;

	CHECK_TEXT(json_get_text(json_get(call->body, "SecretId"), ""), "api/token");
	if (call->op == SECRETSMANAGER_PUT_SECRET_VALUE) {
		CHECK_INT(strlen(json_get_text(json_get(call->body, "ClientRequestToken"), "")),
		    36);
		CHECK_STR(call->request->secret, STR("second"));
		return;
	}
	if (body) {
		buf_adds(&a->body, body);
		return;
	}
	a->refused = ERR_NOTFOUND;
	a->code = "ResourceNotFoundException";
}

static void begin(const char *current_body, const char *previous_body)
{
	struct secret_options options = { .aws = fake_json_start(answer) };
	struct err err;

	current = current_body;
	previous = previous_body;
	if (secret_open(&secret, STR("secretsmanager:api/token"), &options, &err) != 0)
		test_die("%s", err.text);
}

static void end(void)
{
	secret_close(secret);
	fake_json_stop();
}

#define NOW    "{\"SecretString\":\"first\",\"VersionId\":\"v-2\",\"CreatedDate\":1795000002.25}"
#define BEFORE "{\"SecretString\":\"zeroth\",\"VersionId\":\"v-1\",\"CreatedDate\":1795000001}"

static const struct {
	const char *name, *current, *previous;
	enum secret_which which;
	enum err_code code;
	const char *value, *version;
	int64_t changed_at;
} rows[] = {
	{ "current", NOW, NULL, SECRET_CURRENT, ERR_NONE, "first", "v-2", 1795000002 },
	{ "previous", NOW, BEFORE, SECRET_PREVIOUS, ERR_NONE, "zeroth", "v-1", 1795000002 },
	{ "no previous", NOW, NULL, SECRET_PREVIOUS, ERR_NOTFOUND, NULL, NULL, 0 },
	{ "none", NULL, NULL, SECRET_CURRENT, ERR_NOTFOUND, NULL, NULL, 0 },
	{ "binary", "{\"SecretBinary\":\"eA==\"}", NULL, SECRET_CURRENT, ERR_INVALID, NULL, NULL,
	    0 },
	{ "empty", "{\"SecretString\":\"\"}", NULL, SECRET_CURRENT, ERR_INVALID, NULL, NULL, 0 },
	{ "no names or times", "{\"SecretString\":\"x\"}", NULL, SECRET_CURRENT, ERR_NONE, "x", "",
	    0 },
};

static void test_rows(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct secret_value v;
		struct err err;

		test_case = rows[i].name;
		begin(rows[i].current, rows[i].previous);
		secret_value_init(&v);
		if (rows[i].code == ERR_NONE) {
			CHECK_OK(secret_get(secret, rows[i].which, &v, &err), &err);
			CHECK_STR(buf_str(&v.bytes), str_from(rows[i].value));
			CHECK_TEXT(v.version, rows[i].version);
			CHECK_INT(v.changed_at, rows[i].changed_at);
		} else {
			CHECK_ERR(secret_get(secret, rows[i].which, &v, &err), &err, rows[i].code);
			CHECK_INT(v.bytes.n, 0);
		}
		secret_value_wipe(&v);
		end();
	}
}

static void test_rotate(void)
{
	struct err err;

	begin(NOW, BEFORE);
	CHECK_OK(secret_rotate(secret, STR("second"), &err), &err);
	CHECK_STR(fake_json_calls(), STR("GetSecretValue PutSecretValue "));
	CHECK_OK(secret_rotate(secret, STR("first"), &err), &err); /* already current */
	CHECK_STR(fake_json_calls(), STR("GetSecretValue PutSecretValue GetSecretValue "));
	end();
	begin(NULL, NULL);
	CHECK_ERR(secret_rotate(secret, STR("second"), &err), &err, ERR_NOTFOUND);
	CHECK(!str_contains(str_from(err.text), STR("second")));
	end();
}

static const struct test tests[] = {
	{ "rows", test_rows },
	{ "rotate", test_rotate },
};

TEST_MAIN(tests)
