/* A parameter of SSM on a model of its versions: what is asked, written, and told of failures. */
#include "fake_json.h"
#include "secret_history.h"

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
	bool shows_values;  /* in the history */
	bool is_locked;     /* its key is not ours to use */
	const char *type;   /* in the history */
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

static void past(struct json_writer *w, int version)
{
	json_member_text(w, "Value", model.values[version]);
	json_member_text(w, "Type", model.type);
	json_member_text(w, "LastModifiedUser", "arn:aws:iam::1:user/somebody");
	json_member_double(w, "LastModifiedDate", 1795000000.5 + version, 3);
	json_key(w, "Labels");
	json_array_begin(w);
	if (version == 1) {
		json_text(w, "blue");
		json_text(w, "live");
	}
	json_array_end(w);
}

/* Two versions a page, oldest first; the token is the next version's number. */
static void history(const struct fake_call *call, struct fake_answer *a)
{
	const char *token = json_get_text(json_get(call->body, "NextToken"), "1");
	uint64_t from = 0;
	struct json_writer w;

	if (json_get_bool(json_get(call->body, "WithDecryption"), true)) {
		CHECK(model.shows_values);
		if (model.is_locked) {
			refuse(a, ERR_DENIED, "AccessDeniedException");
			return;
		}
	}
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
		if (model.shows_values)
			past(&w, v);
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

/* ---- history ---- */

static const struct {
	const char *name, *type;
	bool is_locked, has_fingerprints;
	const char *calls; /* of three versions */
} histories[] = {
	{ "decrypted", "SecureString", false, true, "GetParameterHistory GetParameterHistory " },
	{ "plain", "String", false, true, "GetParameterHistory GetParameterHistory " },
	{ "no key", "SecureString", true, false,
	    "GetParameterHistory GetParameterHistory GetParameterHistory " },
	{ "no key is needed", "String", true, true,
	    "GetParameterHistory GetParameterHistory GetParameterHistory " },
};

static void check_past(const struct secret_history *h, int at, bool has_fingerprint)
{
	const struct secret_past *one = &h->items[at];
	int version = (int)h->count - at;
	char want[HASH_FINGERPRINT_SIZE] = "", number[16];

	if (has_fingerprint)
		hash_fingerprint(str_from(model.values[version]), want);
	(void)snprintf(number, sizeof(number), "%d", version);
	CHECK_TEXT(one->version, number);
	CHECK_TEXT(one->fingerprint, want);
	CHECK_TEXT(one->author, "arn:aws:iam::1:user/somebody");
	CHECK_TEXT(one->labels, version == 1 ? "blue\nlive\n" : "");
	CHECK_INT(one->made_at, 1795000000 + version);
	CHECK_INT(one->is_current, at == 0);
}

static void test_history(void)
{
	static const char *const values[] = { "first", "second", "third" };

	for (size_t i = 0; i < ARRAY_SIZE(histories); i++) {
		struct secret_history h;
		struct err err;

		test_case = histories[i].name;
		begin("ssm:/api/token", values, ARRAY_SIZE(values));
		model.shows_values = true;
		model.type = histories[i].type;
		model.is_locked = histories[i].is_locked;
		CHECK_OK(secret_history_read(secret, &h, &err), &err);
		CHECK_INT(h.count, 3);
		CHECK(!h.is_cut);
		for (int at = 0; at < (int)h.count; at++)
			check_past(&h, at, histories[i].has_fingerprints);
		CHECK_STR(fake_json_calls(), str_from(histories[i].calls));
		secret_history_release(&h);
		end();
	}
}

/* As many as SSM keeps, on pages that are shorter than they were to be. */
static void test_long_history(void)
{
	struct secret_history h;
	struct err err;

	begin("ssm:/api/token", NULL, 0);
	model.shows_values = true;
	model.type = "SecureString";
	while (model.count < 100)
		model.values[++model.count] = "x";
	CHECK_OK(secret_history_read(secret, &h, &err), &err);
	CHECK_INT(h.count, 100);
	check_past(&h, 0, true);
	check_past(&h, 99, true);
	secret_history_release(&h);
	model.refused[SSM_GET_PARAMETER_HISTORY] = ERR_DENIED;
	model.code = "AccessDeniedException";
	CHECK_ERR(secret_history_read(secret, &h, &err), &err, ERR_DENIED);
	end();
}

static void test_history_limit(void)
{
	struct secret_past items[SECRET_HISTORY_MAX];
	struct secret_history h = { .items = items };

	for (int i = 0; i <= SECRET_HISTORY_MAX; i++) {
		struct secret_past one = { .rank = i * 7 % (SECRET_HISTORY_MAX + 1) };

		CHECK(!h.is_cut);
		secret_history_add(&h, &one);
	}
	CHECK(h.is_cut);
	CHECK_INT(h.count, SECRET_HISTORY_MAX);
	for (int i = 0; i < SECRET_HISTORY_MAX; i++)
		CHECK_INT(items[i].rank, SECRET_HISTORY_MAX - i); /* 0 had to go */
}

static const struct test tests[] = {
	{ "previous", test_previous },
	{ "arn", test_arn },
	{ "rotations", test_rotations },
	{ "refused", test_refused },
	{ "time", test_time },
	{ "history", test_history },
	{ "long history", test_long_history },
	{ "history's limit", test_history_limit },
};

TEST_MAIN(tests)
