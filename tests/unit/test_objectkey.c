#include "objectkey.h"

#include "test.h"

static const char id[] = "019aa5f0-1c7b-7abc-8def-0123456789ab";

static void test_of(void)
{
	static const struct {
		const char *id, *key;
	} cases[] = {
		{ "00000000-0000-7000-8000-000000000000",
		    "1970/01/01/00/00000000-0000-7000-8000-000000000000.ndjson" },
		{ "00000036-ee7f-7fff-bfff-ffffffffffff",
		    "1970/01/01/00/00000036-ee7f-7fff-bfff-ffffffffffff.ndjson" },
		{ "00000036-ee80-7000-8000-000000000000",
		    "1970/01/01/01/00000036-ee80-7000-8000-000000000000.ndjson" },
		{ "0197540a-0923-7000-9000-000000000000",
		    "2025/06/09/09/0197540a-0923-7000-9000-000000000000.ndjson" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char key[OBJECTKEY_SIZE], again[UUID_TEXT_SIZE];

		test_case = cases[i].id;
		objectkey_of(cases[i].id, key);
		CHECK_TEXT(key, cases[i].key);
		CHECK_INT(strlen(key), OBJECTKEY_LEN);
		CHECK(objectkey_parse(str_from(key), again, NULL));
		CHECK_TEXT(again, cases[i].id);
	}
}

static void test_parse(void)
{
	char key[OBJECTKEY_SIZE], again[UUID_TEXT_SIZE] = "kept";
	int64_t ms = -7, want_ms = 0;

	objectkey_of(id, key);
	for (size_t n = 0; n < OBJECTKEY_LEN; n++)
		CHECK(!objectkey_parse((struct str){ key, n }, again, &ms));
	for (size_t i = 0; i < OBJECTKEY_LEN; i++) { /* no byte may be another */
		char was = key[i];

		key[i] = was == 'x' ? 'y' : 'x';
		CHECK(!objectkey_parse(str_from(key), again, &ms));
		key[i] = was;
	}
	CHECK_TEXT(again, "kept");
	CHECK_INT(ms, -7);
	CHECK(!objectkey_parse(STR_NONE, again, &ms));
	CHECK(objectkey_parse(str_from(key), again, &ms));
	CHECK_TEXT(again, id);
	CHECK(uuid_v7_parse(str_from(id), &want_ms));
	CHECK_INT(ms, want_ms);
}

static void test_parse_refuses(void)
{
	static const char *const keys[] = {
		"1970/01/01/01/00000000-0000-7000-8000-000000000000.ndjson", /* not its own hour */
		"1970-01-01-00-00000000-0000-7000-8000-000000000000.ndjson",
		"1970/01/01/00/00000000-0000-4000-8000-000000000000.ndjson", /* version 4 */
		"1970/01/01/00/00000000-0000-7000-8000-00000000000A.ndjson",
		"1970/01/01/00/00000000-0000-7000-8000-000000000000.NDJSON",
		"1970/01/01/00/00000000-0000-7000-8000-000000000000.ndjsonx",
		"/1970/01/01/00/00000000-0000-7000-8000-000000000000.ndjson",
		"10889/08/02/05/ffffffff-ffff-7000-8000-000000000000.ndjson",
		"foreign/1970/01/01/00/0-1",
	};
	char again[UUID_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		test_case = keys[i];
		CHECK(!objectkey_parse(str_from(keys[i]), again, NULL));
	}
}

static void test_foreign(void)
{
	static const struct {
		int64_t sent_at_ms;
		struct str id;
		const char *key;
	} cases[] = {
		{ 0, { "1", 1 }, "foreign/1970/01/01/00/0-1" },
		{ -5, { "1", 1 }, "foreign/1970/01/01/00/0-1" },
		{ INT64_C(1749465045123), { "0f3c5dba-4a5f-4a3b-9d3a-2f4f3f1f0a11", 36 },
		    "foreign/2025/06/09/10/1749465045123-0f3c5dba-4a5f-4a3b-9d3a-2f4f3f1f0a11" },
		/* SHA-256 of "../x", of "", and of 65 times "a" */
		{ 0, { "../x", 4 },
		    "foreign/1970/01/01/00/"
		    "0-d6b96a97d147daaae49eb87a5ca7bfbc280e79551016df8aa5edc5920d21c274" },
		{ 0, { "", 0 },
		    "foreign/1970/01/01/00/"
		    "0-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ INT64_MAX,
		    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 65 },
		    "foreign/9999/12/31/23/"
		    "253402300799999-"
		    "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char key[OBJECTKEY_SIZE];

		test_case = cases[i].key;
		objectkey_foreign(cases[i].sent_at_ms, cases[i].id, key);
		CHECK_TEXT(key, cases[i].key);
	}
}

/* Messages of before, at and after a moment, with ids at both ends of the alphabet. */
static void test_foreign_floor(void)
{
	static const int64_t at_ms = INT64_C(1749466800000); /* an hour begins */
	static const struct str ids[] = { { "-", 1 }, { "1", 1 }, { "zz", 2 }, { "", 0 } };
	char floor[OBJECTKEY_SIZE], key[OBJECTKEY_SIZE];

	objectkey_foreign_floor(at_ms, floor);
	CHECK_TEXT(floor, "foreign/2025/06/09/11/1749466800000-");
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		objectkey_foreign(at_ms, ids[i], key);
		CHECK(strcmp(floor, key) < 0);
		objectkey_foreign(at_ms + 1, ids[i], key);
		CHECK(strcmp(floor, key) < 0);
		objectkey_foreign(at_ms - 1, ids[i], key);
		CHECK(strcmp(floor, key) > 0);
	}
}

static void test_floor(void)
{
	struct clock_fake clock;
	char floor[OBJECTKEY_SIZE], key[OBJECTKEY_SIZE], made[UUID_TEXT_SIZE];

	clock_fake_init(&clock, INT64_C(1749466799900)); /* an hour ends within the loop */
	for (int i = 0; i < 400; i++) {
		objectkey_floor(clock_wall_ms(&clock.base), floor);
		uuid_v7(&clock.base, made);
		objectkey_of(made, key);
		CHECK(strcmp(floor, key) < 0);
		objectkey_floor(clock_wall_ms(&clock.base) + 2, floor); /* ids may run 1 ms ahead */
		CHECK(strcmp(floor, key) > 0);
		clock_fake_advance(&clock, 1);
	}
	objectkey_floor(-1, floor);
	CHECK_TEXT(floor, "1970/01/01/00/00000000-0000-7000-8000-000000000000");
	objectkey_floor(INT64_MAX, floor);
	CHECK(strncmp(floor, "9999/12/31/23/", 14) == 0);
}

/* Keys sort as their envelopes were made: readers list after the last one they saw. */
static void test_order(void)
{
	char last[OBJECTKEY_SIZE] = "", key[OBJECTKEY_SIZE], made[UUID_TEXT_SIZE];
	struct clock_fake clock;

	clock_fake_init(&clock, INT64_C(1749466799990));
	for (int i = 0; i < 2000; i++) {
		uuid_v7(&clock.base, made);
		objectkey_of(made, key);
		CHECK(strcmp(last, key) < 0);
		memcpy(last, key, sizeof(last));
		if (i % 100 == 0)
			clock_fake_advance(&clock, 1);
	}
}

static const struct test tests[] = {
	{ "of", test_of },
	{ "parse", test_parse },
	{ "parse refuses", test_parse_refuses },
	{ "foreign", test_foreign },
	{ "foreign floor", test_foreign_floor },
	{ "floor", test_floor },
	{ "order", test_order },
};

TEST_MAIN(tests)
