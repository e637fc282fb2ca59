/* What is found out of made-up facts: causes that lie in no part of the system alone, and the whole. */
#include "why_case.h"

/* ---- what may be wrong ---- */

static void not_running(void)
{
	why_copy(world.context.local_dir, "/home/x/local");
}

static void expired(void)
{
	why_fail(&world.facts.queue.fact, ERR_CREDENTIALS, "sqs GetQueueAttributes: ExpiredToken");
	why_fail(&world.facts.services[WHY_API].ecs_fact, ERR_CREDENTIALS,
	    "ecs DescribeServices: ExpiredToken");
}

static void denied(void)
{
	why_fail(&world.facts.alarms_fact, ERR_DENIED, "may not cloudwatch:DescribeAlarms");
}

static void throttled(void)
{
	why_fail(&world.facts.services[WHY_API].stops_fact, ERR_BUSY,
	    "ecs ListTasks: ThrottlingException");
}

static void unreachable(void)
{
	why_fail(&world.facts.alarms_fact, ERR_IO, "connection refused");
}

static void api_fails(void)
{
	world.facts.answers[FACTS_API_READYZ].status = 503;
	why_copy(world.facts.answers[FACTS_API_READYZ].text, "draining");
}

static void api_fails_unlogged(void)
{
	api_fails();
	world.context.services[WHY_API].values[SERVICE_LOGS][0] = '\0';
}

static void api_silent(void)
{
	for (unsigned i = FACTS_API_LIVEZ; i <= FACTS_API_HEALTH; i++)
		why_fail(&world.facts.answers[i].fact, ERR_IO, "could not resolve host");
}

static void worker_fails(void)
{
	why_fail(&world.facts.answers[FACTS_WORKER_LIVEZ].fact, ERR_IO, "connection refused");
}

static void token_refused(void)
{
	world.facts.token.is_accepted = false;
	world.facts.token.status = 401;
	why_copy(world.facts.secret.fingerprint, "01234567");
}

static void token_rotated(void)
{
	token_refused();
	world.facts.secret.changed_at = WHY_AGO_MS(600) / 1000;
}

static void alarm_fires(void)
{
	world.alarms[1] = (struct alarm){ .name = "prod-5xx",
		.state = ALARM_FIRING,
		.reason = "too many",
		.since_ms = WHY_AGO_MS(240) };
	world.facts.alarms.by_state[ALARM_FIRING] = 1;
}

static void not_running_yet(void)
{
	not_running();
	why_fail(&world.facts.queue.fact, ERR_NOTFOUND, "queue.db does not exist");
	why_fail(&world.facts.store.fact, ERR_NOTFOUND, "store does not exist");
	why_fail(&world.facts.secret.fact, ERR_NOTFOUND, "token does not exist");
}

static void stopped_worker(void)
{
	worker_fails();
	world.facts.stopped_worker = 4711;
	world.facts.queue.stats = (struct queue_stats){ .visible = 3, .oldest_age_s = 5 };
}

static void stopped_api(void)
{
	api_fails();
	world.facts.stopped_api = 4712;
}

static void not_recorded(struct fact *fact)
{
	why_fail(fact, ERR_NOTFOUND, "not in the recording: the thing is on one machine");
	fact->is_unrecorded = true;
}

static void unrecorded(void)
{
	not_recorded(&world.facts.queue.fact);
	not_recorded(&world.facts.store.fact);
	not_recorded(&world.facts.secret.fact);
	not_recorded(&world.facts.answers[FACTS_API_LIVEZ].fact);
	not_recorded(&world.facts.services[WHY_API].probe.fact);
	not_recorded(&world.facts.services[WHY_API].ecs_fact);
}

/* ---- what is found ---- */

static const struct why_case cases[] = {
	{ "well", NULL, { NULL }, NULL, NULL, NULL, NULL },
	{ "a replay of what was not asked", unrecorded, { NULL }, NULL, NULL, NULL, NULL },
	{ "not running", not_running, { "not-running" }, NULL, "does not run", "/home/x/local",
	    "opsctl up" },
	{ "what follows from it", not_running_yet, { "not-running" }, NULL, "does not run",
	    "/home/x/local", "opsctl up" },
	{ "expired", expired, { "credentials" }, NULL, "2 parts could not be asked", "queue: sqs",
	    "opsctl context check" },
	{ "denied", denied, { "denied" }, NULL, "1 part", "alarms: may not", "opsctl iam health" },
	{ "throttled", throttled, { "throttled" }, NULL, "throttles", "api: ecs ListTasks", NULL },
	{ "unreachable", unreachable, { "unreachable" }, NULL, "no answer about 1 part",
	    "alarms: connection refused", "--timeout" },
	{ "api", api_fails, { "api-fails" }, NULL, "ops-api does not answer",
	    "/readyz answers 503: draining", "opsctl logs --service api" },
	{ "api, whose log is not known", api_fails_unlogged, { "api-fails" }, NULL,
	    "ops-api does not answer", NULL, "see: the log of ops-api" },
	{ "nobody for api", api_silent, { "api-fails" }, NULL, "nobody answers for ops-api",
	    "could not resolve host", "opsctl probe" },
	{ "worker", worker_fails, { "worker-fails" }, NULL, "ops-worker does not answer",
	    "/livez: connection refused", "opsctl logs --service worker" },
	{ "a stopped worker", stopped_worker, { "worker-fails" }, NULL, "ops-worker is stopped",
	    "3 messages in the queue", "kill -CONT 4711" },
	{ "a stopped api", stopped_api, { "api-fails" }, NULL, "ops-api is stopped", "process 4712",
	    "kill -CONT 4712" },
	{ "token", token_refused, { "token-refused" }, NULL, "refuses the token",
	    "fingerprint 01234567 is answered 401", "opsctl token check" },
	{ "token written lately", token_rotated, { "token-refused" }, NULL,
	    "ops-api refuses the token of this context", "written 10 min ago",
	    "opsctl token check" },
	{ "alarm", alarm_fires, { "alarms" }, NULL, "1 firing alarm",
	    "prod-5xx for 4 min: too many", "prod-" },
};

static void test_rules(void)
{
	why_check(cases, ARRAY_SIZE(cases));
}

static void test_each_text_once(void)
{
	static const char text[] = "no AWS credentials: none anywhere";
	char long_text[ERR_TEXT_MAX];

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	for (int i = 0; i < 2; i++) {
		why_make_well();
		why_fail(&world.facts.queue.fact, ERR_CREDENTIALS, i == 0 ? text : long_text);
		why_fail(&world.facts.store.fact, ERR_CREDENTIALS,
		    i == 0 ? "store s3://b: no AWS credentials: none anywhere" : long_text);
		why_fail(&world.facts.services[WHY_API].ecs_fact, ERR_CREDENTIALS,
		    i == 0 ? text : long_text);
		why_rank(&world.facts, &world.causes);
		CHECK_INT(world.causes.count, 1);
		CHECK_INT(world.causes.items[0].evidence_count, 1);
		CHECK(strstr(world.causes.items[0].text, "3 parts") != NULL);
	}
}

/* Everything is wrong with everything: no more than there is room for, and it is told. */
static void test_bound(void)
{
	why_make_well();
	for (size_t i = 0; i < CONTEXT_SERVICES_MAX; i++) {
		why_make_service(i, "api");
		why_stop_tasks(i, STOP_EXIT);
		world.facts.services[i].waiting.unhealthy = 1;
	}
	world.facts.service_count = CONTEXT_SERVICES_MAX;
	why_rank(&world.facts, &world.causes);
	CHECK_INT(world.causes.count, WHY_CAUSES_MAX);
	CHECK_INT(world.causes.left_out, 2 * CONTEXT_SERVICES_MAX - WHY_CAUSES_MAX);
}

/* Nothing was asked: nothing is claimed. */
static void test_nothing(void)
{
	why_make_well();
	memset(&world.facts, 0, sizeof(world.facts));
	world.facts.context = &world.context;
	why_rank(&world.facts, &world.causes);
	CHECK_INT(world.causes.count, 0);
}

static const struct test tests[] = {
	{ "rules", test_rules },
	{ "each text once", test_each_text_once },
	{ "bound", test_bound },
	{ "nothing", test_nothing },
};

TEST_MAIN(tests)
