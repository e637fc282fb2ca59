/* A secret of Secrets Manager: what is asked for, and what is made of answers. */
#include "fake_json.h"
#include "secret_history.h"

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

static void begin_with(fake_json_fn *fn)
{
	struct secret_options options = { .aws = fake_json_start(fn) };
	struct err err;

	if (secret_open(&secret, STR("secretsmanager:api/token"), &options, &err) != 0)
		test_die("%s", err.text);
}

static void begin(const char *current_body, const char *previous_body)
{
	current = current_body;
	previous = previous_body;
	begin_with(answer);
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

/* ---- history ---- */

/* Two pages, in no order; the value of the one that is pending may not be read. */
static void tell_history(const struct fake_call *call, struct fake_answer *a)
{
	const char *id = json_get_text(json_get(call->body, "VersionId"), "");

	if (call->op == SECRETSMANAGER_LIST_SECRET_VERSION_IDS) {
		CHECK(json_get_bool(json_get(call->body, "IncludeDeprecated"), false));
		CHECK_TEXT(json_get_text(json_get(call->body, "NextToken"), ""),
		    call->number == 1 ? "" : "more");
		buf_adds(&a->body,
		    call->number == 1
			? "{\"Versions\":[{\"VersionId\":\"old\",\"CreatedDate\":1795000000.5},"
			  "{\"VersionId\":\"now\",\"CreatedDate\":1795000002.25,"
			  "\"VersionStages\":[\"AWSCURRENT\",\"live\"]}],\"NextToken\":\"more\"}"
			: "{\"Versions\":[{\"VersionId\":\"next\",\"CreatedDate\":1795000002.5,"
			  "\"VersionStages\":[\"AWSPENDING\"]}]}");
	} else if (strcmp(id, "now") == 0) {
		buf_adds(&a->body, "{\"SecretString\":\"first\"}");
	} else {
		CHECK_TEXT(id, "next");
		a->refused = ERR_DENIED;
		a->code = "AccessDeniedException";
	}
}

static void test_history(void)
{
	static const struct {
		const char *version, *labels, *value; /* value NULL: not read */
		int64_t made_at;
	} want[] = {
		{ "next", "AWSPENDING\n", NULL, 1795000002 },
		{ "now", "AWSCURRENT\nlive\n", "first", 1795000002 },
		{ "old", "", NULL, 1795000000 },
	};
	struct secret_history h;
	struct err err;

	begin_with(tell_history);
	CHECK_OK(secret_history_read(secret, &h, &err), &err);
	CHECK_INT(h.count, ARRAY_SIZE(want));
	for (size_t i = 0; i < h.count; i++) {
		char fingerprint[HASH_FINGERPRINT_SIZE] = "";

		test_case = want[i].version;
		if (want[i].value != NULL)
			hash_fingerprint(str_from(want[i].value), fingerprint);
		CHECK_TEXT(h.items[i].version, want[i].version);
		CHECK_TEXT(h.items[i].labels, want[i].labels);
		CHECK_TEXT(h.items[i].fingerprint, fingerprint);
		CHECK_INT(h.items[i].made_at, want[i].made_at);
		CHECK_INT(h.items[i].is_current, i == 1);
	}
	CHECK_STR(fake_json_calls(),
	    STR("ListSecretVersionIds ListSecretVersionIds GetSecretValue GetSecretValue "));
	secret_history_release(&h);
	end();
}

static const struct test tests[] = {
	{ "rows", test_rows },
	{ "rotate", test_rotate },
	{ "history", test_history },
};

TEST_MAIN(tests)
