/* Which trouble with the previous secret costs its grace, and which costs the reading. */
#include "fake_json.h"
#include "keyring.h"
#include "test.h"

static enum err_code previous_fails;

/* "current" is version 2, "former" version 1. */
static void answer(const struct fake_call *call, struct fake_answer *a)
{
	bool is_current = str_is(str_from(json_get_text(json_get(call->body, "Name"), "")), "/t");

	a->refused = is_current ? ERR_NONE : previous_fails;
	buf_addf(&a->body,
	    "{\"Parameter\":{\"Version\":%d,\"Value\":\"%s\",\"LastModifiedDate\":1795249599}}",
	    is_current ? 2 : 1, is_current ? "current" : "former");
}

static const struct {
	const char *name;
	enum err_code fails, code; /* code: of the reading */
	size_t keys;
} rows[] = {
	{ "both there", ERR_NONE, ERR_NONE, 2 },
	{ "no longer kept", ERR_NOTFOUND, ERR_NONE, 1 },
	{ "not for us", ERR_DENIED, ERR_NONE, 1 },
	{ "not one that we take", ERR_INVALID, ERR_NONE, 1 },
	{ "throttled", ERR_BUSY, ERR_BUSY, 0 },
	{ "no answer", ERR_TIMEOUT, ERR_TIMEOUT, 0 },
	{ "broken connection", ERR_IO, ERR_IO, 0 },
	{ "garbled answer", ERR_CORRUPT, ERR_CORRUPT, 0 },
	{ "expired credentials", ERR_CREDENTIALS, ERR_CREDENTIALS, 0 },
};

static void test_previous(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct keyring_options options = { .url = "ssm:/t",
			.aws = fake_json_start(answer),
			.ttl_s = 300,
			.grace_s = 86400,
			.clock = &clock_system };
		struct keyring_state state = { .count = 0 };
		struct keyring *k = NULL;
		struct err err;

		test_case = rows[i].name;
		previous_fails = rows[i].fails;
		if (rows[i].code != ERR_NONE)
			CHECK_ERR(keyring_open(&k, &options, &err), &err, rows[i].code);
		else
			CHECK_OK(keyring_open(&k, &options, &err), &err);
		if (k)
			keyring_state(k, &state);
		CHECK_INT(state.count, rows[i].keys);
		keyring_close(k);
		fake_json_stop();
	}
}

/* A server that does not say since when: the grace is that of the first reading, and ends. */
static void answer_without_date(const struct fake_call *call, struct fake_answer *a)
{
	bool is_current = str_is(str_from(json_get_text(json_get(call->body, "Name"), "")), "/t");

	buf_addf(&a->body, "{\"Parameter\":{\"Version\":%d,\"Value\":\"%s\"}}", is_current ? 2 : 1,
	    is_current ? "current" : "former");
}

static bool is_accepted(struct keyring *k, const char *token)
{
	struct key_name which;
	unsigned generation;

	return keyring_match_token(k, str_from(token), &which, &generation);
}

static void await_read_at(struct keyring *k, int64_t at_s)
{
	struct keyring_state state;

	keyring_reload(k);
	do {
		clock_sleep_ms(1);
		keyring_state(k, &state);
	} while (state.read_at_s < at_s);
}

static void test_grace_ends(void)
{
	struct clock_fake clock;
	struct keyring_options options = { .url = "ssm:/t",
		.aws = fake_json_start(answer_without_date),
		.ttl_s = 1000000,
		.grace_s = 100,
		.clock = &clock.base };
	struct keyring *k;
	struct err err;

	clock_fake_init(&clock, INT64_C(1700000000000));
	if (keyring_open(&k, &options, &err) != 0 || keyring_start(k, &err) != 0)
		test_die("%s", err.text);
	for (int i = 1; i <= 3; i++) {
		CHECK(is_accepted(k, "former"));
		clock_fake_advance(&clock, 33000);
		await_read_at(k, 1700000000 + i * 33);
	}
	clock_fake_advance(&clock, 1000);
	CHECK(!is_accepted(k, "former"));
	CHECK(is_accepted(k, "current"));
	keyring_close(k);
	fake_json_stop();
}

static const struct test tests[] = {
	{ "previous", test_previous },
	{ "grace ends", test_grace_ends },
};

TEST_MAIN(tests)
