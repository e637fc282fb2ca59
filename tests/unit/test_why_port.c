/* Causes that lie in queue, store and secret, and what piles up in them. */
#include "why_case.h"

/* ---- what may be wrong ---- */

static void disk_full(void)
{
	world.facts.store.has_space = true;
	world.facts.store.free_mib = 12;
}

static void store_fails(void)
{
	why_fail(&world.facts.store.fact, ERR_NOTFOUND, "bucket 'x' does not exist");
	world.facts.queue.stats.dead = 3;
}

static void store_fails_worker(void)
{
	world.facts.worker_metrics = (struct facts_metrics){ .is_known = true,
		.has_store_state = true };
}

static void queue_fails(void)
{
	why_fail(&world.facts.queue.fact, ERR_NOTFOUND, "queue 'x' does not exist");
	why_copy(world.facts.queue.fact.next, "run: opsctl context check prod");
}

static void secret_fails(void)
{
	why_fail(&world.facts.secret.fact, ERR_NOTFOUND, "parameter '/x' does not exist");
}

static void backlog(void)
{
	world.facts.queue.stats = (struct queue_stats){ .visible = 20, .oldest_age_s = 1200 };
	world.facts.services[WHY_WORKER].ecs.running = 0;
	world.facts.services[WHY_WORKER].ecs.desired = 0;
}

static void backlog_young(void)
{
	world.facts.queue.stats = (struct queue_stats){ .visible = 20, .oldest_age_s = 100 };
}

static void dead_letters(void)
{
	world.facts.queue.stats.dead = 12;
	world.facts.queue.has_before = true;
	world.facts.queue.dead_before = 9;
}

static void dead_reasons(void)
{
	dead_letters();
	world.facts.queue.dead[0] = (struct facts_dead){ 9, "not acceptable",
		"no email_timestream" };
	world.facts.queue.dead[1] = (struct facts_dead){ 2, "would pass", "" };
	world.facts.queue.dead_count = 2;
	world.facts.queue.dead_others = 1;
}

/* ---- what is found ---- */

static const struct why_case cases[] = {
	{ "a young backlog", backlog_young, { NULL }, NULL, NULL, NULL, NULL },
	{ "disk", disk_full, { "disk-full" }, NULL, "nearly full", "12 MiB free", "make room" },
	{ "store", store_fails, { "store-fails", "dead-letters" }, NULL, "the store fails",
	    "3 dead letters", "opsctl verify" },
	{ "store of the worker", store_fails_worker, { "store-fails" }, NULL, "the store fails",
	    "the worker says", NULL },
	{ "queue", queue_fails, { "queue-fails" }, NULL, "the queue cannot be asked",
	    "queue 'x' does not exist", "opsctl context check prod" },
	{ "secret", secret_fails, { "secret-fails" }, NULL, "the token cannot be read",
	    "parameter '/x'", NULL },
	{ "backlog", backlog, { "backlog", "scaled-to-nothing" }, NULL, "waits for 20 min",
	    "0 of 0 tasks of the worker run", "opsctl logs --service worker" },
	{ "dead letters", dead_letters, { "dead-letters" }, NULL, "12 messages",
	    "3 more than at the last look", "opsctl dlq ls" },
	{ "why letters are dead", dead_reasons, { "dead-letters" }, NULL, "12 messages",
	    "9 not acceptable: no email_timestream", "opsctl dlq ls" },
	{ "letters that would pass", dead_reasons, { "dead-letters" }, NULL, "12 messages",
	    "2 would pass", NULL },
	{ "letters of other reasons", dead_reasons, { "dead-letters" }, NULL, "12 messages",
	    "1 of other reasons", NULL },
};

static void test_rules(void)
{
	why_check(cases, ARRAY_SIZE(cases));
}

static const struct test tests[] = {
	{ "rules", test_rules },
};

TEST_MAIN(tests)
