/*
 * why_case: one thing is wrong in a world that is well, and what the rules of why.h find then. Part of a
 * test, whose checks it makes.
 */
#ifndef OPS_TEST_WHY_CASE_H
#define OPS_TEST_WHY_CASE_H

#include "why_world.h"

#include "test.h"

enum { WHY_FOUND_MAX = 4 };

struct why_case {
	const char *name;
	void (*make)(void);                           /* what is wrong; NULL: nothing */
	const char *causes[WHY_FOUND_MAX];            /* all of them, in their order */
	const char *service, *text, *evidence, *next; /* of the first; parts of them */
};

static bool why_has_evidence(const struct cause *c, const char *part)
{
	for (size_t i = 0; i < c->evidence_count; i++)
		if (strstr(c->evidence[i], part) != NULL)
			return true;
	return false;
}

static void why_check_first(const struct why_case *wanted)
{
	const struct cause *c = &world.causes.items[0];

	CHECK_TEXT(c->service ? c->service : "", wanted->service ? wanted->service : "");
	CHECK(strstr(c->text, wanted->text) != NULL);
	CHECK(wanted->evidence == NULL || why_has_evidence(c, wanted->evidence));
	CHECK(c->next[0] != '\0');
	CHECK(wanted->next == NULL || strstr(c->next, wanted->next) != NULL);
}

static void why_check(const struct why_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t wanted = 0;

		test_case = cases[i].name;
		why_make_well();
		if (cases[i].make != NULL)
			cases[i].make();
		why_rank(&world.facts, &world.causes);
		while (wanted < WHY_FOUND_MAX && cases[i].causes[wanted] != NULL)
			wanted++;
		CHECK_INT(world.causes.count, wanted);
		for (size_t k = 0; k < wanted && k < world.causes.count; k++)
			CHECK_TEXT(world.causes.items[k].name, cases[i].causes[k]);
		if (wanted > 0 && world.causes.count > 0)
			why_check_first(&cases[i]);
	}
}

#endif
