#include "gather.h"

#include <assert.h>
#include <string.h>

#include "fanout.h"
#include "field.h"
#include "gather_ask.h"
#include "mem.h"
#include "ports.h"
#include "recording.h"
#include "stop.h"

enum {
	CORE_ASKS = FACTS_PATH_COUNT + 6,        /* metrics twice, queue, store, secret, alarms */
	SERVICE_ASKS = 4 + FACTS_GROUPS_MAX + 1, /* the first: a share of ask_services() */
	ASKS_MAX = CORE_ASKS + CONTEXT_SERVICES_MAX * SERVICE_ASKS,
	BATCHES_MAX = CONTEXT_SERVICES_MAX / ASK_SERVICES + 1,
};

struct plan {
	struct cli *cli;
	const struct gather_wish *wish;
	struct facts *facts;
	struct http *http;
	struct http_stop stop;
	struct aws *aws;
	struct ask asks[ASKS_MAX];
	size_t count;
	struct fact batches[BATCHES_MAX];
	struct fact unheard[2]; /* of metrics: a service that gives none has a row of its own */
};

static struct ask *add(struct plan *p, int (*run)(struct ask *a, struct err *err), const char *what,
    struct fact *fact, size_t part)
{
	struct ask *a = &p->asks[p->count++];

	assert(p->count <= ASKS_MAX);
	*a = (struct ask){ .run = run, .what = what, .fact = fact, .part = part };
	a->wish = p->wish;
	a->http = p->http;
	a->stop = p->stop;
	a->aws = p->aws;
	a->facts = p->facts;
	return a;
}

/* One that opens ports, which tell the next step to a struct cli of its own. */
static void add_port(struct plan *p, int (*run)(struct ask *a, struct err *err), const char *what,
    struct fact *fact)
{
	add(p, run, what, fact, 0)->cli = fanout_cli(p->cli);
}

/* ---- what to ask ---- */

static bool has(const struct plan *p, enum context_key key)
{
	return p->facts->context->values[key][0] != '\0';
}

static bool wants(const struct plan *p, unsigned part, enum context_key key)
{
	return (p->wish->parts & part) != 0 && has(p, key);
}

static void plan_core(struct plan *p)
{
	struct facts *f = p->facts;

	for (size_t i = 0; i < FACTS_PATH_COUNT; i++)
		if (wants(p, GATHER_PATHS, facts_path_base((enum facts_path)i)))
			(void)add(p, ask_path, facts_path_name((enum facts_path)i),
			    &f->answers[i].fact, i);
	if (wants(p, GATHER_METRICS, CONTEXT_API_ADMIN_URL))
		(void)add(p, ask_metrics, "metrics", &p->unheard[0], CONTEXT_API_ADMIN_URL);
	if (wants(p, GATHER_METRICS, CONTEXT_WORKER_ADMIN_URL))
		(void)add(p, ask_metrics, "metrics", &p->unheard[1], CONTEXT_WORKER_ADMIN_URL);
	if (wants(p, GATHER_QUEUE, CONTEXT_QUEUE))
		add_port(p, ask_queue, "queue", &f->queue.fact);
	if (wants(p, GATHER_STORE, CONTEXT_STORE))
		add_port(p, ask_store, "store", &f->store.fact);
	if (wants(p, GATHER_SECRET, CONTEXT_SECRET))
		add_port(p, ask_secret, "secret", &f->secret.fact);
	if (wants(p, GATHER_ALARMS, CONTEXT_ALARMS))
		(void)add(p, ask_alarms, "alarms", &f->alarms_fact, 0);
}

/* One that was steady the last time, and so has nothing new to tell about its tasks. */
static bool take_over(const struct plan *p, size_t i)
{
	struct facts_service *s = &p->facts->services[i];
	const struct facts_service *was = p->wish->last ? &p->wish->last->services[i] : NULL;

	if (was == NULL || was->ecs_fact.state != FACT_KNOWN || !ecs_is_steady(&was->ecs) ||
	    was->rollout_fact.state != FACT_KNOWN || was->waiting.fact.state != FACT_KNOWN ||
	    facts_is_rolling(was))
		return false;
	s->rollout_fact = was->rollout_fact;
	s->has_rollout = was->has_rollout;
	s->rollout = was->rollout;
	s->waiting = was->waiting;
	return true;
}

static void plan_ecs(struct plan *p, size_t i)
{
	struct facts_service *s = &p->facts->services[i];
	const char *what = s->service->name;

	add(p, ask_stops, what, &s->stops_fact, 0)->service = s;
	if (take_over(p, i))
		return;
	add(p, ask_rollout, what, &s->rollout_fact, 0)->service = s;
	add(p, ask_waiting, what, &s->waiting.fact, 0)->service = s;
}

/* "arn:...:targetgroup/NAME/ID" is NAME. */
static void name_group(struct facts_targets *group, const char *value)
{
	struct str head, name, rest;

	if (!str_cut(str_from(value), '/', &head, &rest))
		rest = head;
	(void)str_cut(rest, '/', &name, &rest);
	(void)snprintf(group->name, sizeof(group->name), "%.*s", STR_ARG(name));
}

static void plan_targets(struct plan *p, struct facts_service *s)
{
	static const enum context_service_key keys[FACTS_GROUPS_MAX] = {
		SERVICE_TARGETS,
		SERVICE_TARGETS_2,
		SERVICE_ELB,
	};

	for (size_t k = 0; k < FACTS_GROUPS_MAX; k++) {
		const char *value = s->service->values[keys[k]];

		if (value[0] == '\0')
			continue;
		s->groups[k].is_classic = keys[k] == SERVICE_ELB;
		name_group(&s->groups[k], value);
		add(p, ask_targets, s->service->name, &s->groups[k].fact, k)->service = s;
	}
}

/* Says so where ECS cannot be asked for want of a cluster. */
static bool can_ask_ecs(struct plan *p, struct facts_service *s)
{
	if (s->service->values[SERVICE_ECS][0] == '\0')
		return false;
	if (has(p, CONTEXT_CLUSTER))
		return true;
	s->ecs_fact.state = FACT_FAILED;
	(void)err_set(&s->ecs_fact.err, ERR_CONFIG, "the context has no cluster");
	return false;
}

static void plan_services(struct plan *p)
{
	size_t in_batch = ASK_SERVICES, batches = 0;

	for (size_t i = 0; i < p->facts->service_count; i++) {
		struct facts_service *s = &p->facts->services[i];

		if (!p->wish->services[i])
			continue;
		if (can_ask_ecs(p, s)) {
			if (in_batch == ASK_SERVICES) {
				(void)add(p, ask_services, "ECS services", &p->batches[batches++],
				    i);
				in_batch = 0;
			}
			in_batch++;
			plan_ecs(p, i);
		}
		plan_targets(p, s);
		if (s->service->values[SERVICE_PROBE][0] != '\0')
			add(p, ask_probe, s->service->name, &s->probe.fact, 0)->service = s;
	}
}

/* ---- asking ---- */

static int run_ask(void *arg, struct err *err)
{
	struct ask *a = arg;

	return a->run(a, err);
}

static void settle(struct cli *cli, struct ask *a, const struct fanout_job *job)
{
	a->fact->state = job->rc == 0 ? FACT_KNOWN : FACT_FAILED;
	a->fact->err = job->err;
	if (job->rc != 0) {
		recording_settle(cli, &a->fact->err);
		a->fact->is_unrecorded = recording_lacks(cli, &a->fact->err);
	}
	if (a->cli != NULL)
		field_copy(a->fact->next, sizeof(a->fact->next), a->cli->next);
	free(a->cli);
}

/* What was said of several services is said of each. */
static void share_batches(struct plan *p)
{
	size_t nth = 0;

	for (size_t i = 0; i < p->facts->service_count; i++) {
		struct facts_service *s = &p->facts->services[i];

		if (p->wish->services[i] && s->service->values[SERVICE_ECS][0] != '\0' &&
		    has(p, CONTEXT_CLUSTER))
			s->ecs_fact = p->batches[nth++ / ASK_SERVICES];
	}
}

static void run(struct plan *p)
{
	struct fanout_job *jobs = xcalloc(p->count + 1, sizeof(*jobs));

	for (size_t i = 0; i < p->count; i++)
		jobs[i] = (struct fanout_job){
			.what = p->asks[i].what,
			.run = run_ask,
			.arg = &p->asks[i],
		};
	fanout_run(p->cli, p->wish->is_watched ? NULL : "looking", jobs, p->count,
	    p->wish->is_watched);
	for (size_t i = 0; i < p->count; i++)
		settle(p->cli, &p->asks[i], &jobs[i]);
	share_batches(p);
	free(jobs);
}

/* No client of ours: nothing that is asked through it can be. */
static void give_up(struct plan *p, const struct err *err)
{
	for (size_t i = 0; i < p->count; i++) {
		p->asks[i].fact->state = FACT_FAILED;
		p->asks[i].fact->err = *err;
		free(p->asks[i].cli);
	}
}

static bool is_stopping(void *arg)
{
	(void)arg; /* the program's */
	return stop_requested();
}

static int open_clients(struct plan *p, struct err *err)
{
	struct http_options options = {
		.user_agent = "opsctl/" OPS_VERSION,
		.total_timeout_ms = p->wish->timeout_ms,
	};

	if (p->wish->is_watched)
		p->stop.is_wanted = is_stopping;
	options.stop = p->stop;
	if (http_open(&p->http, &options, err) != 0 || ports_aws(p->cli, &p->aws, err) != 0)
		return -1;
	aws_bound(p->aws, p->wish->timeout_ms, p->stop);
	return 0;
}

void gather(struct cli *cli, const struct gather_wish *wish, struct facts *out)
{
	struct plan *p = xcalloc(1, sizeof(*p));
	struct err err;
	int rc;

	p->cli = cli;
	p->wish = wish;
	p->facts = out;
	memset(out, 0, sizeof(*out)); /* large: no copy of it on the stack */
	out->context = &cli->context;
	out->at_ms = clock_wall_ms(cli->clock);
	out->service_count = cli->context.service_count;
	for (size_t i = 0; i < out->service_count; i++)
		out->services[i].service = &cli->context.services[i];
	rc = open_clients(p, &err);
	plan_core(p);
	plan_services(p);
	if (rc == 0)
		run(p);
	else
		give_up(p, &err);
	if (!recording_is_replay(cli))
		gather_processes(out);
	cli->next[0] = '\0'; /* each fact has its own */
	http_close(p->http);
	free(p);
}
