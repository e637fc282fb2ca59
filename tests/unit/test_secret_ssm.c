/* A parameter of SSM on a model of its versions: what is asked, written, and told of failures. */
#include "fake_json.h"
#include "secret.h"

#include "test.h"

enum { VERSIONS_MAX = 128 };

static struct {
	const char *values[VERSIONS_MAX]; /* by version, from 1 */
	int count, oldest;                /* versions below are gone */
	int others;                       /* writes of somebody else during ours */
	unsigned attempts;
	enum err_code refused[AWS_OP_COUNT];
	const char *code;
	const char *key_id; /* of the latest version */
	int64_t take_ms;    /* of each call */
	int last_total_ms;  /* that a call was given */
} model;

static struct clock_fake fake_clock;
static struct secret *secret;

/* ---- the model ---- */

static void describe(struct fake_answer *a, int version)
{
	struct json_writer w;

	json_writer_init(&w, &a->body);
	json_object_begin(&w);
	json_key(&w, "Parameter");
	json_object_begin(&w);
	json_member_text(&w, "Name", "/api/token");
	json_member_text(&w, "Type", "SecureString");
	json_member_text(&w, "Value", model.values[version]);
	json_member_int(&w, "Version", version);
	json_member_double(&w, "LastModifiedDate", 1795000000.5 + version, 3);
	json_object_end(&w);
	json_object_end(&w);
}

static void refuse(struct fake_answer *a, enum err_code err, const char *code)
{
	a->refused = err;
	a->code = code;
}

static void get(const struct fake_call *call, struct fake_answer *a)
{
	struct str name = str_from(json_get_text(json_get(call->body, "Name"), "")), number;
	uint64_t version = (uint64_t)model.count;

	CHECK(json_get_bool(json_get(call->body, "WithDecryption"), false));
	if (str_cut(name, ':', &name, &number) && !str_has_prefix(name, STR("arn")))
		CHECK(str_to_u64(number, &version));
	if (model.count == 0)
		refuse(a, ERR_NOTFOUND, "ParameterNotFound");
	else if ((int)version < model.oldest)
		refuse(a, ERR_NOTFOUND, "ParameterVersionNotFound");
	else
		describe(a, (int)version);
}

/* Two versions a page, oldest first; the token is the next version's number. */
static void history(const struct fake_call *call, struct fake_answer *a)
{
	const char *token = json_get_text(json_get(call->body, "NextToken"), "1");
	uint64_t from = 0;
	struct json_writer w;

	CHECK(!json_get_bool(json_get(call->body, "WithDecryption"), true));
	CHECK(str_to_u64(str_from(token), &from));
	json_writer_init(&w, &a->body);
	json_object_begin(&w);
	json_key(&w, "Parameters");
	json_array_begin(&w);
	for (int v = (int)from; v <= model.count && v < (int)from + 2; v++) {
		json_object_begin(&w);
		json_member_int(&w, "Version", v);
		json_member_text(&w, "KeyId", v == model.count ? model.key_id : "alias/old");
		json_member_text(&w, "Tier", "Advanced");
		json_object_end(&w);
	}
	json_array_end(&w);
	if ((int)from + 2 <= model.count) {
		char next[16];

		(void)snprintf(next, sizeof(next), "%d", (int)from + 2);
		json_member_text(&w, "NextToken", next);
	}
	json_object_end(&w);
}

static void put(const struct fake_call *call, struct fake_answer *a)
{
	CHECK_STR(call->request->secret,
	    str_from(json_get_text(json_get(call->body, "Value"), "")));
	CHECK_INT(json_get_bool(json_get(call->body, "Overwrite"), false), model.count > 0);
	if (model.count > 0) {
		CHECK_TEXT(json_get_text(json_get(call->body, "KeyId"), ""), model.key_id);
		CHECK_TEXT(json_get_text(json_get(call->body, "Tier"), ""), "Advanced");
	}
	CHECK_TEXT(json_get_text(json_get(call->body, "Type"), ""), "SecureString");
	a->attempts = model.attempts;
	for (int i = 0; i < model.others; i++)
		model.values[++model.count] = "another's";
	for (unsigned i = 0; i < (model.attempts ? model.attempts : 1); i++)
		model.values[++model.count] = "second"; /* what all these tests put */
	buf_addf(&a->body, "{\"Version\":%d}", model.count);
}

static void answer(const struct fake_call *call, struct fake_answer *a)
{
	model.last_total_ms = call->request->total_ms;
	clock_fake_advance(&fake_clock, model.take_ms);
	if (model.refused[call->op] != ERR_NONE)
		refuse(a, model.refused[call->op], model.code);
	else if (call->op == SSM_GET_PARAMETER)
		get(call, a);
	else if (call->op == SSM_GET_PARAMETER_HISTORY)
		history(call, a);
	else
		put(call, a);
}

/* ---- the secret under test ---- */

static void begin(const char *url, const char *const *values, size_t count)
{
	struct secret_options options = {
		.clock = &fake_clock.base,
		.aws = fake_json_start(answer),
	};
	struct err err;

	clock_fake_init(&fake_clock, 1795249600123);
	memset(&model, 0, sizeof(model));
	model.key_id = "alias/ours";
	for (size_t i = 0; i < count && values[i]; i++)
		model.values[++model.count] = values[i];
	if (secret_open(&secret, str_from(url), &options, &err) != 0)
		test_die("%s", err.text);
}

static void end(void)
{
	secret_close(secret);
	fake_json_stop();
}

/* ---- reading ---- */

enum { ROW_MAX = 16 };

static const struct {
	const char *name, *values[ROW_MAX];
	int oldest;
	const char *previous; /* NULL: ERR_NOTFOUND */
	const char *version;
	int changed_at; /* after 1795000000 */
} rows[] = {
	{ "first", { "a" }, 1, NULL, NULL, 0 },
	{ "second", { "a", "b" }, 1, "a", "1", 2 },
	{ "third", { "a", "b", "c" }, 1, "b", "2", 3 },
	{ "written twice", { "a", "b", "b" }, 1, "a", "1", 2 },
	{ "many times", { "a", "b", "b", "b", "b" }, 1, "a", "1", 2 },
	{ "never another", { "b", "b", "b" }, 1, NULL, NULL, 0 },
	{ "the one before is gone", { "a", "b", "c" }, 3, NULL, NULL, 0 },
	{ "too long ago", { "a", "b", "b", "b", "b", "b", "b", "b", "b", "b" }, 1, NULL, NULL, 0 },
};

static void check_previous(size_t i)
{
	struct secret_value v;
	struct err err;

	secret_value_init(&v);
	if (!rows[i].previous) {
		CHECK_ERR(secret_get(secret, SECRET_PREVIOUS, &v, &err), &err, ERR_NOTFOUND);
		CHECK_INT(v.bytes.n, 0);
		return;
	}
	CHECK_OK(secret_get(secret, SECRET_PREVIOUS, &v, &err), &err);
	CHECK_STR(buf_str(&v.bytes), str_from(rows[i].previous));
	CHECK_TEXT(v.version, rows[i].version);
	CHECK_INT(v.changed_at, 1795000000 + rows[i].changed_at);
	secret_value_wipe(&v);
}

static void test_previous(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct secret_value v;
		struct err err;

		test_case = rows[i].name;
		begin("ssm:/api/token", rows[i].values, ROW_MAX);
		model.oldest = rows[i].oldest;
		secret_value_init(&v);
		CHECK_OK(secret_get(secret, SECRET_CURRENT, &v, &err), &err);
		CHECK_STR(buf_str(&v.bytes), str_from(model.values[model.count]));
		CHECK_INT(v.changed_at, 1795000000 + model.count);
		secret_value_wipe(&v);
		check_previous(i);
		end();
	}
}

static void test_arn(void)
{
	static const char *const values[] = { "first" };
	struct secret_value v;
	struct err err;

	begin("ssm:arn:aws:ssm:eu-west-1:1:parameter/api/token", values, 1);
	secret_value_init(&v);
	CHECK_OK(secret_get(secret, SECRET_CURRENT, &v, &err), &err);
	secret_value_wipe(&v);
	CHECK_OK(secret_rotate(secret, STR("second"), &err), &err);
	/* PutParameter takes no ARN. */
	CHECK(str_contains(fake_json_bodies(), STR("{\"Name\":\"/api/token\",\"Value\"")));
	end();
}

/* All calls of the search share its time, and none begins behind it. */
static void test_time(void)
{
	static const char *const values[] = { "a", "b", "b", "b", "b" };
	struct secret_value v;
	struct err err;

	secret_value_init(&v);
	begin("ssm:/api/token", values, ARRAY_SIZE(values));
	model.take_ms = 6000;
	CHECK_ERR(secret_get(secret, SECRET_PREVIOUS, &v, &err), &err, ERR_TIMEOUT);
	CHECK_STR(fake_json_calls(), STR("GetParameter GetParameter GetParameter "));
	CHECK_INT(model.last_total_ms, 15000 - 2 * 6000);
	model.take_ms = 2999;
	CHECK_OK(secret_get(secret, SECRET_PREVIOUS, &v, &err), &err);
	end();
	secret_value_wipe(&v);
}

/* ---- rotating ---- */

static const struct {
	const char *name, *values[4];
	int others;
	unsigned attempts;
	enum err_code want;
	const char *calls;
} rotations[] = {
	{ "plain", { "first" }, 0, 1, ERR_NONE, "GetParameter GetParameterHistory PutParameter " },
	{ "on a later page", { "x", "y", "first" }, 0, 1, ERR_NONE,
	    "GetParameter GetParameterHistory GetParameterHistory PutParameter " },
	{ "already current", { "first", "second" }, 0, 1, ERR_NONE, "GetParameter " },
	{ "not there yet", { NULL }, 0, 1, ERR_NONE, "GetParameter PutParameter " },
	{ "repeated", { "first" }, 0, 2, ERR_NONE,
	    "GetParameter GetParameterHistory PutParameter " },
	{ "somebody else was quicker", { "first" }, 1, 1, ERR_CONFLICT,
	    "GetParameter GetParameterHistory PutParameter " },
};

static void test_rotations(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rotations); i++) {
		struct err err;

		test_case = rotations[i].name;
		begin("ssm:/api/token", rotations[i].values, 4);
		model.others = rotations[i].others;
		model.attempts = rotations[i].attempts;
		if (rotations[i].want == ERR_NONE)
			CHECK_OK(secret_rotate(secret, STR("second"), &err), &err);
		else
			CHECK_ERR(secret_rotate(secret, STR("second"), &err), &err,
			    rotations[i].want);
		CHECK_STR(fake_json_calls(), str_from(rotations[i].calls));
		end();
	}
}

static const struct {
	enum aws_op op;
	enum err_code code;
	const char *aws_code, *says;
} failures[] = {
	{ SSM_GET_PARAMETER, ERR_DENIED, "AccessDeniedException", "GetParameter" },
	{ SSM_GET_PARAMETER, ERR_BUSY, "ThrottlingException", "GetParameter" },
	{ SSM_GET_PARAMETER_HISTORY, ERR_DENIED, "AccessDeniedException", "GetParameterHistory" },
	{ SSM_PUT_PARAMETER, ERR_INVALID, "ParameterMaxVersionLimitExceeded", "label" },
	{ SSM_PUT_PARAMETER, ERR_BUSY, "TooManyUpdates", "try again" },
	{ SSM_PUT_PARAMETER, ERR_IO, NULL, "PutParameter" },
};

static void test_refused(void)
{
	static const char *const values[] = { "first" };

	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		struct err err;

		test_case = failures[i].aws_code;
		begin("ssm:/api/token", values, 1);
		model.refused[failures[i].op] = failures[i].code;
		model.code = failures[i].aws_code;
		CHECK_ERR(secret_rotate(secret, STR("second"), &err), &err, failures[i].code);
		CHECK(str_contains(str_from(err.text), str_from(failures[i].says)));
		CHECK(!str_contains(str_from(err.text), STR("second")) &&
		    !str_contains(str_from(err.text), STR("first")));
		end();
	}
}

static const struct test tests[] = {
	{ "previous", test_previous },
	{ "arn", test_arn },
	{ "rotations", test_rotations },
	{ "refused", test_refused },
	{ "time", test_time },
};

TEST_MAIN(tests)
