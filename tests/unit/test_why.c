/* Every rule on facts that are made up: one thing is wrong in a system that is well. */
#include "why.h"

#include "test.h"

enum { API, WORKER };

#define NOW_MS    INT64_C(1763712000000)
#define AGO_MS(s) (NOW_MS - (s)*INT64_C(1000))

static struct context context;
static struct facts facts;
static struct causes causes;
static struct elb_target targets[4];
static struct alarm alarm_items[2];

static void copy(char *out, const char *text)
{
	memcpy(out, text, strlen(text) + 1);
}

static void make_service(size_t i, const char *name)
{
	struct facts_service *s = &facts.services[i];
	struct ecs_deployment *d = &s->ecs.deployments[0];

	copy(context.services[i].name, name);
	copy(context.services[i].values[SERVICE_ECS], name);
	s->service = &context.services[i];
	s->ecs_fact.state = s->rollout_fact.state = s->waiting.fact.state = s->stops_fact.state =
	    FACT_KNOWN;
	s->ecs.is_found = true;
	copy(s->ecs.status, "ACTIVE");
	s->ecs.desired = s->ecs.running = 2;
	s->ecs.deployment_count = 1;
	copy(d->status, "PRIMARY");
	d->rollout = ECS_ROLLOUT_COMPLETED;
	d->desired = d->running = 2;
}

static void add_targets(struct facts_targets *g, size_t count)
{
	memset(targets, 0, sizeof(targets));
	*g = (struct facts_targets){ .fact.state = FACT_KNOWN, .name = "tg" };
	g->targets.items = targets;
	g->targets.count = count;
	g->targets.by_state[ELB_HEALTHY] = count;
}

/* A system with api behind a load balancer, worker, queue, token and alarms, all well. */
static void make_well(void)
{
	memset(&context, 0, sizeof(context));
	memset(&facts, 0, sizeof(facts));
	memset(alarm_items, 0, sizeof(alarm_items));
	copy(context.name, "prod");
	copy(context.values[CONTEXT_CLUSTER], "main");
	copy(context.values[CONTEXT_ALARMS], "prod-");
	context.service_count = facts.service_count = 2;
	facts.context = &context;
	facts.at_ms = NOW_MS;
	for (size_t i = 0; i < FACTS_PATH_COUNT; i++)
		facts.answers[i] = (struct facts_answer){ .fact.state = FACT_KNOWN, .status = 200 };
	facts.queue.fact.state = facts.store.fact.state = facts.secret.fact.state = FACT_KNOWN;
	facts.token = (struct facts_token){ .fact.state = FACT_KNOWN, .is_accepted = true };
	facts.alarms_fact.state = FACT_KNOWN;
	facts.alarms = (struct alarms){ .items = alarm_items, .count = 2 };
	facts.alarms.by_state[ALARM_OK] = 2;
	make_service(API, "api");
	make_service(WORKER, "worker");
	copy(context.services[API].values[SERVICE_PROBE], "https://api.example.com/health");
	copy(context.services[API].values[SERVICE_LOGS], "/prod/api");
	copy(context.services[WORKER].values[SERVICE_LOGS], "/prod/worker");
	facts.services[API].probe =
	    (struct facts_probe){ .fact.state = FACT_KNOWN, .is_good = true, .status = 200 };
	add_targets(&facts.services[API].groups[0], 2);
}

static void fail(struct fact *fact, enum err_code code, const char *text)
{
	fact->state = FACT_FAILED;
	(void)err_set(&fact->err, code, "%s", text);
}

/* ---- what may be wrong ---- */

static void sicken(size_t count, enum elb_state state)
{
	struct facts_targets *g = &facts.services[API].groups[0];

	for (size_t i = 0; i < count; i++) {
		targets[i] = (struct elb_target){ .id = "10.0.0.1", .port = 80, .state = state };
		copy(targets[i].reason, "Target.Timeout");
	}
	g->targets.by_state[ELB_HEALTHY] -= count;
	g->targets.by_state[state] += count;
}

static void all_unhealthy(void)
{
	sicken(2, ELB_UNHEALTHY);
}

static void one_unhealthy(void)
{
	sicken(1, ELB_UNHEALTHY);
}

static void classic_down(void)
{
	sicken(2, ELB_UNHEALTHY);
	facts.services[API].groups[0].is_classic = true;
}

static void no_target(void)
{
	add_targets(&facts.services[API].groups[0], 0);
}

static void stop_tasks(size_t i, enum stop_kind kind)
{
	struct stops *s = &facts.services[i].stops;

	s->count = 1;
	s->tasks = s->failures = 4;
	s->groups[0] = (struct stop_group){ .kind = kind,
		.count = 4,
		.has_exit_code = true,
		.exit_code = 137,
		.last_ms = AGO_MS(90),
		.task_id = "0123456789abcdef" };
	s->groups[0].line_count = 1;
	copy(s->groups[0].lines[0], "the last words");
	facts.services[i].ecs.running = 1;
}

static void out_of_memory(void)
{
	stop_tasks(API, STOP_MEMORY);
}

static void cannot_pull(void)
{
	stop_tasks(WORKER, STOP_PULL);
}

static void memory_and_targets(void)
{
	stop_tasks(API, STOP_MEMORY);
	sicken(2, ELB_UNHEALTHY);
}

static void replaced_only(void)
{
	struct stops *s = &facts.services[API].stops;

	s->count = s->tasks = 1;
	s->groups[0] = (struct stop_group){ .kind = STOP_SCHEDULER, .count = 1 };
}

static void never_starts(void)
{
	struct facts_waiting *w = &facts.services[API].waiting;

	w->waiting = 1;
	w->oldest_ms = AGO_MS(600);
	copy(w->status, "PROVISIONING");
	copy(w->task_id, "fedcba9876543210");
	facts.services[API].ecs.running = 1;
}

static void starts_now(void)
{
	never_starts();
	facts.services[API].waiting.oldest_ms = AGO_MS(60);
	facts.services[API].ecs.running = 2;
}

static void too_few(void)
{
	facts.services[WORKER].ecs.running = 0;
	facts.services[WORKER].ecs.event_count = 1;
	facts.services[WORKER].ecs.events[0].at_ms = AGO_MS(60);
	copy(facts.services[WORKER].ecs.events[0].message, "was unable to place a task");
}

static void missing(void)
{
	facts.services[API].ecs = (struct ecs_service){ .is_found = false };
}

static void scaled_down(void)
{
	facts.services[WORKER].ecs.desired = facts.services[WORKER].ecs.running = 0;
}

static void roll(enum ecs_rollout_status status, enum ecs_breaker breaker, int count)
{
	facts.services[API].has_rollout = true;
	facts.services[API].rollout = (struct ecs_rollout){ .status = status,
		.breaker = breaker,
		.breaker_count = count,
		.breaker_threshold = 3 };
}

static void rolled_back(void)
{
	roll(ECS_ROLLBACK_SUCCESSFUL, ECS_BREAKER_TRIGGERED, 3);
	copy(facts.services[API].rollout.rollback_reason, "the circuit breaker was triggered");
}

static void rolled_back_by_alarm(void)
{
	roll(ECS_ROLLBACK_FAILED, ECS_BREAKER_MONITORING, 0);
	copy(facts.services[API].rollout.alarms_status, "TRIGGERED");
	copy(facts.services[API].rollout.triggered_alarm, "prod-5xx");
}

static void rollout_failed(void)
{
	struct ecs_deployment *d = &facts.services[API].ecs.deployments[0];

	d->rollout = ECS_ROLLOUT_FAILED;
	copy(d->rollout_reason, "tasks failed to start");
}

static void not_running(void)
{
	copy(context.local_dir, "/home/x/local");
}

static void disk_full(void)
{
	facts.store.has_space = true;
	facts.store.free_mib = 12;
}

static void rollout_slow(void)
{
	struct ecs_deployment *d = &facts.services[API].ecs.deployments[0];

	roll(ECS_IN_PROGRESS, ECS_BREAKER_MONITORING, 2);
	d->rollout = ECS_ROLLOUT_IN_PROGRESS;
	d->created_ms = AGO_MS(1200);
}

static void rollout_young(void)
{
	rollout_slow();
	facts.services[API].ecs.deployments[0].created_ms = AGO_MS(60);
	facts.services[API].rollout.breaker_count = 0;
}

static void probe_fails(void)
{
	facts.services[API].probe =
	    (struct facts_probe){ .fact.state = FACT_KNOWN, .status = 502, .text = "Bad Gateway" };
}

static void probe_unanswered(void)
{
	facts.services[API].groups[0].fact.state = FACT_NONE;
	fail(&facts.services[API].probe.fact, ERR_IO, "connection refused");
}

static void grpc_fails(void)
{
	facts.services[API].probe = (struct facts_probe){ .fact.state = FACT_KNOWN,
		.is_grpc = true,
		.text = "NOT_SERVING" };
}

static void sick_task(void)
{
	facts.services[API].waiting.unhealthy = 1;
	copy(facts.services[API].waiting.sick_task, "0123456789abcdef");
}

static void expired(void)
{
	fail(&facts.queue.fact, ERR_CREDENTIALS, "sqs GetQueueAttributes: ExpiredToken");
	fail(&facts.services[API].ecs_fact, ERR_CREDENTIALS, "ecs DescribeServices: ExpiredToken");
}

static void denied(void)
{
	fail(&facts.alarms_fact, ERR_DENIED, "may not cloudwatch:DescribeAlarms");
}

static void throttled(void)
{
	fail(&facts.services[API].stops_fact, ERR_BUSY, "ecs ListTasks: ThrottlingException");
}

static void unreachable(void)
{
	fail(&facts.alarms_fact, ERR_IO, "connection refused");
}

static void store_fails(void)
{
	fail(&facts.store.fact, ERR_NOTFOUND, "bucket 'x' does not exist");
	facts.queue.stats.dead = 3;
}

static void store_fails_worker(void)
{
	facts.worker_metrics = (struct facts_metrics){ .is_known = true, .has_store_state = true };
}

static void queue_fails(void)
{
	fail(&facts.queue.fact, ERR_NOTFOUND, "queue 'x' does not exist");
	copy(facts.queue.fact.next, "run: opsctl context check prod");
}

static void secret_fails(void)
{
	fail(&facts.secret.fact, ERR_NOTFOUND, "parameter '/x' does not exist");
}

static void api_fails(void)
{
	facts.answers[FACTS_API_READYZ].status = 503;
	copy(facts.answers[FACTS_API_READYZ].text, "draining");
}

static void api_fails_unlogged(void)
{
	api_fails();
	context.services[API].values[SERVICE_LOGS][0] = '\0';
}

static void api_silent(void)
{
	for (unsigned i = FACTS_API_LIVEZ; i <= FACTS_API_HEALTH; i++)
		fail(&facts.answers[i].fact, ERR_IO, "could not resolve host");
}

static void worker_fails(void)
{
	fail(&facts.answers[FACTS_WORKER_LIVEZ].fact, ERR_IO, "connection refused");
}

static void token_refused(void)
{
	facts.token.is_accepted = false;
	facts.token.status = 401;
	copy(facts.secret.fingerprint, "01234567");
}

static void token_rotated(void)
{
	token_refused();
	facts.secret.changed_at = AGO_MS(600) / 1000;
}

static void backlog(void)
{
	facts.queue.stats = (struct queue_stats){ .visible = 20, .oldest_age_s = 1200 };
	facts.services[WORKER].ecs.running = 0;
	facts.services[WORKER].ecs.desired = 0;
}

static void backlog_young(void)
{
	facts.queue.stats = (struct queue_stats){ .visible = 20, .oldest_age_s = 100 };
}

static void dead_letters(void)
{
	facts.queue.stats.dead = 12;
	facts.queue.has_before = true;
	facts.queue.dead_before = 9;
}

static void dead_reasons(void)
{
	dead_letters();
	facts.queue.dead[0] = (struct facts_dead){ 9, "not acceptable", "no email_timestream" };
	facts.queue.dead[1] = (struct facts_dead){ 2, "would pass", "" };
	facts.queue.dead_count = 2;
	facts.queue.dead_others = 1;
}

static void alarm_fires(void)
{
	alarm_items[1] = (struct alarm){ .name = "prod-5xx",
		.state = ALARM_FIRING,
		.reason = "too many",
		.since_ms = AGO_MS(240) };
	facts.alarms.by_state[ALARM_FIRING] = 1;
}

static void not_running_yet(void)
{
	not_running();
	fail(&facts.queue.fact, ERR_NOTFOUND, "queue.db does not exist");
	fail(&facts.store.fact, ERR_NOTFOUND, "store does not exist");
	fail(&facts.secret.fact, ERR_NOTFOUND, "token does not exist");
}

static void stopped_worker(void)
{
	worker_fails();
	facts.stopped_worker = 4711;
	facts.queue.stats = (struct queue_stats){ .visible = 3, .oldest_age_s = 5 };
}

static void stopped_api(void)
{
	api_fails();
	facts.stopped_api = 4712;
}

static void not_recorded(struct fact *fact)
{
	fail(fact, ERR_NOTFOUND, "not in the recording: the thing is on one machine");
	fact->is_unrecorded = true;
}

static void unrecorded(void)
{
	not_recorded(&facts.queue.fact);
	not_recorded(&facts.store.fact);
	not_recorded(&facts.secret.fact);
	not_recorded(&facts.answers[FACTS_API_LIVEZ].fact);
	not_recorded(&facts.services[API].probe.fact);
	not_recorded(&facts.services[API].ecs_fact);
}

/* ---- what is found ---- */

#define MANY 4
static const struct {
	const char *name;
	void (*make)(void);
	const char *causes[MANY];                     /* all of them, in their order */
	const char *service, *text, *evidence, *next; /* of the first; parts of them */
} cases[] = {
	{ "well", NULL, { NULL }, NULL, NULL, NULL, NULL },
	{ "replaced tasks", replaced_only, { NULL }, NULL, NULL, NULL, NULL },
	{ "a task that starts", starts_now, { NULL }, NULL, NULL, NULL, NULL },
	{ "a young rollout", rollout_young, { NULL }, NULL, NULL, NULL, NULL },
	{ "a young backlog", backlog_young, { NULL }, NULL, NULL, NULL, NULL },
	{ "a replay of what was not asked", unrecorded, { NULL }, NULL, NULL, NULL, NULL },
	{ "no healthy target", all_unhealthy, { "failing-open" }, "api", "failing open",
	    "10.0.0.1:80 unhealthy: it does not answer", "opsctl logs --service api" },
	{ "classic", classic_down, { "failing-open" }, "api", "sends nothing", "tg: 0 of 2", NULL },
	{ "one of two", one_unhealthy, { "targets-unhealthy" }, "api", "1 of 2 targets",
	    "10.0.0.1:80", "opsctl logs --service api" },
	{ "no target", no_target, { "nothing-registered" }, "api", "nothing is registered with tg",
	    "2 of 2 tasks run", "opsctl verify" },
	{ "out of memory", out_of_memory, { "tasks-stop" }, "api", "out of memory",
	    "| the last words", "--task 0123456789abcdef" },
	{ "cannot pull", cannot_pull, { "tasks-stop" }, "worker", "cannot be pulled",
	    "4 x the image cannot be pulled", "opsctl logs --service worker" },
	{ "the reason before what follows", memory_and_targets, { "tasks-stop", "failing-open" },
	    "api", "out of memory", NULL, NULL },
	{ "never starts", never_starts, { "tasks-do-not-start" }, "api", "1 waiting task",
	    "task fedcba987654 is PROVISIONING", "opsctl verify" },
	{ "too few", too_few, { "too-few-tasks" }, "worker", "0 of 2 tasks run",
	    "was unable to place a task", "opsctl logs --service worker" },
	{ "missing", missing, { "service-missing" }, "api", "'api' does not exist", "cluster main",
	    "opsctl context show" },
	{ "scaled down", scaled_down, { "scaled-to-nothing" }, "worker", "no task is wanted", NULL,
	    "desired count" },
	{ "rolled back", rolled_back, { "rolled-back" }, "api",
	    "was rolled back: the circuit breaker tripped", "circuit breaker: 3 of 3",
	    "opsctl logs --service api" },
	{ "by an alarm", rolled_back_by_alarm, { "rolled-back" }, "api",
	    "failed, and so did its rollback: an alarm fired", "alarm prod-5xx", NULL },
	{ "failed, no more is known", rollout_failed, { "rolled-back" }, "api",
	    "the last rollout failed", "tasks failed to start", NULL },
	{ "not running", not_running, { "not-running" }, NULL, "does not run", "/home/x/local",
	    "opsctl up" },
	{ "what follows from it", not_running_yet, { "not-running" }, NULL, "does not run",
	    "/home/x/local", "opsctl up" },
	{ "disk", disk_full, { "disk-full" }, NULL, "nearly full", "12 MiB free", "make room" },
	{ "a slow rollout", rollout_slow, { "rollout-slow" }, "api", "under way for 20 min",
	    "circuit breaker: 2 of 3", "opsctl rollback api" },
	{ "probe", probe_fails, { "probe-fails" }, "api", "though targets are healthy",
	    "HTTP 502: Bad Gateway", "opsctl logs --service api" },
	{ "probe unanswered", probe_unanswered, { "probe-fails" }, "api", "the probe fails",
	    "connection refused", NULL },
	{ "gRPC", grpc_fails, { "probe-fails" }, "api", "the probe fails", "gRPC NOT_SERVING",
	    NULL },
	{ "a sick task", sick_task, { "tasks-unhealthy" }, "api", "1 unhealthy task",
	    "0123456789ab", "--task 0123456789abcdef" },
	{ "expired", expired, { "credentials" }, NULL, "2 parts could not be asked", "queue: sqs",
	    "opsctl context check" },
	{ "denied", denied, { "denied" }, NULL, "1 part", "alarms: may not", "opsctl iam health" },
	{ "throttled", throttled, { "throttled" }, NULL, "throttles", "api: ecs ListTasks", NULL },
	{ "unreachable", unreachable, { "unreachable" }, NULL, "no answer about 1 part",
	    "alarms: connection refused", "--timeout" },
	{ "store", store_fails, { "store-fails", "dead-letters" }, NULL, "the store fails",
	    "3 dead letters", "opsctl verify" },
	{ "store of the worker", store_fails_worker, { "store-fails" }, NULL, "the store fails",
	    "the worker says", NULL },
	{ "queue", queue_fails, { "queue-fails" }, NULL, "the queue cannot be asked",
	    "queue 'x' does not exist", "opsctl context check prod" },
	{ "secret", secret_fails, { "secret-fails" }, NULL, "the token cannot be read",
	    "parameter '/x'", NULL },
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
	{ "alarm", alarm_fires, { "alarms" }, NULL, "1 firing alarm",
	    "prod-5xx for 4 min: too many", "prod-" },
};

static bool has_evidence(const struct cause *c, const char *part)
{
	for (size_t i = 0; i < c->evidence_count; i++)
		if (strstr(c->evidence[i], part) != NULL)
			return true;
	return false;
}

static void check_first(size_t n)
{
	const struct cause *c = &causes.items[0];

	CHECK_TEXT(c->service ? c->service : "", cases[n].service ? cases[n].service : "");
	CHECK(strstr(c->text, cases[n].text) != NULL);
	CHECK(cases[n].evidence == NULL || has_evidence(c, cases[n].evidence));
	CHECK(c->next[0] != '\0');
	CHECK(cases[n].next == NULL || strstr(c->next, cases[n].next) != NULL);
}

static void test_rules(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t wanted = 0;

		test_case = cases[i].name;
		make_well();
		if (cases[i].make != NULL)
			cases[i].make();
		why_rank(&facts, &causes);
		while (wanted < MANY && cases[i].causes[wanted] != NULL)
			wanted++;
		CHECK_INT(causes.count, wanted);
		for (size_t k = 0; k < wanted && k < causes.count; k++)
			CHECK_TEXT(causes.items[k].name, cases[i].causes[k]);
		if (wanted > 0 && causes.count > 0)
			check_first(i);
	}
}

static void test_each_text_once(void)
{
	static const char text[] = "no AWS credentials: none anywhere";
	char long_text[ERR_TEXT_MAX];

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	for (int i = 0; i < 2; i++) {
		make_well();
		fail(&facts.queue.fact, ERR_CREDENTIALS, i == 0 ? text : long_text);
		fail(&facts.store.fact, ERR_CREDENTIALS,
		    i == 0 ? "store s3://b: no AWS credentials: none anywhere" : long_text);
		fail(&facts.services[API].ecs_fact, ERR_CREDENTIALS, i == 0 ? text : long_text);
		why_rank(&facts, &causes);
		CHECK_INT(causes.count, 1);
		CHECK_INT(causes.items[0].evidence_count, 1);
		CHECK(strstr(causes.items[0].text, "3 parts") != NULL);
	}
}

/* Everything is wrong with everything: no more than there is room for, and it is told. */
static void test_bound(void)
{
	make_well();
	for (size_t i = 0; i < CONTEXT_SERVICES_MAX; i++) {
		make_service(i, "api");
		stop_tasks(i, STOP_EXIT);
		facts.services[i].waiting.unhealthy = 1;
	}
	facts.service_count = CONTEXT_SERVICES_MAX;
	why_rank(&facts, &causes);
	CHECK_INT(causes.count, WHY_CAUSES_MAX);
	CHECK_INT(causes.left_out, 2 * CONTEXT_SERVICES_MAX - WHY_CAUSES_MAX);
}

/* Nothing was asked: nothing is claimed. */
static void test_nothing(void)
{
	make_well();
	memset(&facts, 0, sizeof(facts));
	facts.context = &context;
	why_rank(&facts, &causes);
	CHECK_INT(causes.count, 0);
}

static const struct test tests[] = {
	{ "rules", test_rules },
	{ "each text once", test_each_text_once },
	{ "bound", test_bound },
	{ "nothing", test_nothing },
};

TEST_MAIN(tests)
