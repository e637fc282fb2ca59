#include "idset.h"

#include "test.h"

static struct str name(char out[16], unsigned i)
{
	snprintf(out, 16, "id-%u", i);
	return str_from(out);
}

static void test_add_and_find(void)
{
	struct idset s = IDSET_INIT(100000);
	struct idset_entry *e;
	char text[16];

	CHECK(idset_find(&s, STR("id-1")) == NULL);
	for (unsigned i = 0; i < 10000; i++) {
		e = idset_add(&s, name(text, i));
		if (!e)
			test_die("not added");
		CHECK_INT(e->count, 0);
		e->word = i;
		e->count = 1;
	}
	CHECK_INT(s.count, 10000);
	for (unsigned i = 0; i < 10000; i++) { /* all outlived the growth */
		e = idset_find(&s, name(text, i));
		if (!e || e->word != i)
			TEST_FAIL("lost %s", text);
	}
	e = idset_add(&s, STR("id-7"));
	CHECK(e && e->word == 7 && e->count == 1);
	CHECK_INT(s.count, 10000);
	CHECK(idset_find(&s, STR("id-10000")) == NULL);
	idset_release(&s);
	CHECK(idset_find(&s, STR("id-7")) == NULL);
	idset_release(&s);
}

static void test_maximum(void)
{
	struct idset s = IDSET_INIT(3);

	CHECK(idset_add(&s, STR("a")) && idset_add(&s, STR("b")) && idset_add(&s, STR_NONE));
	CHECK(idset_add(&s, STR("d")) == NULL);
	CHECK(idset_add(&s, STR("a")) != NULL); /* it is there already */
	CHECK(idset_find(&s, STR_NONE) != NULL);
	CHECK_INT(s.count, 3);
	idset_release(&s);
}

static void test_digest(void)
{
	CHECK(idset_digest(STR("a")) == idset_digest(STR("a")));
	CHECK(idset_digest(STR("a")) != idset_digest(STR("b")));
}

static const struct test tests[] = {
	{ "add and find", test_add_and_find },
	{ "maximum", test_maximum },
	{ "digest", test_digest },
};

TEST_MAIN(tests)
