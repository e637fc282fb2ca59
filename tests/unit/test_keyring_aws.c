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

static const struct test tests[] = {
	{ "previous", test_previous },
};

TEST_MAIN(tests)
