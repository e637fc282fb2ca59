#include <unistd.h>

#include "admin.h"
#include "cloud.h"
#include "ecs_agent.h"
#include "gauges.h"
#include "log.h"
#include "protection.h"
#include "pump.h"
#include "stop.h"
#include "worker_metrics.h"
#include "worker_settings.h"

/* Everything that runs. */
struct worker {
	struct cloud cloud;
	struct queue *queue;
	struct store *store;
	struct pump *pump;
	struct ticker *gauges;
	struct protection *protection;
	struct admin *admin;
};

static bool is_alive(void *arg)
{
	struct worker *w = arg;

	return pump_is_alive(w->pump);
}

/* A store or queue that is away makes nobody unready: restarting the worker would not help. */
static bool is_ready(void *arg, const char **why)
{
	(void)arg;
	*why = "draining";
	return !stop_requested();
}

static void render(void *arg, struct buf *out)
{
	(void)arg;
	worker_metrics_render(out);
}

/* A server that keeps less than AWS does: once each, see store.h. */
static void log_notice(void *arg, const char *text)
{
	(void)arg;
	log_warn("store keeps less than promised", "notice", text, NULL);
}

static int open_ports(struct worker *w, const struct worker_settings *s, struct err *err)
{
	const struct queue_options queue_options = { .create = true, .aws = w->cloud.aws };
	const struct store_options store_options = {
		.create = true,
		.aws = w->cloud.aws,
		.notice = log_notice,
	};

	if (queue_open(&w->queue, str_from(s->queue), &queue_options, err) != 0)
		return -1;
	return store_open(&w->store, str_from(s->store), &store_options, err);
}

static void open_pump(struct worker *w, const struct worker_settings *s)
{
	const struct pump_options options = {
		.queue = w->queue,
		.store = w->store,
		.clock = &clock_system,
		.receivers = (unsigned)s->receivers,
		.putters = (unsigned)s->putters,
		.visibility_s = (unsigned)s->visibility_timeout_s,
		.max_in_flight = (unsigned)s->max_in_flight,
	};

	w->pump = pump_open(&options);
}

static int open_admin(struct worker *w, const struct worker_settings *s, struct err *err)
{
	const struct admin_options options = {
		.listen = s->service.admin_listen,
		.is_alive = is_alive,
		.is_ready = is_ready,
		.render = render,
		.arg = w,
	};

	return admin_open(&w->admin, &options, err);
}

/* Off the ECS there is nobody to ask. */
static int open_protection(struct worker *w, const struct worker_settings *s, struct err *err)
{
	if (s->task_protection == TASK_PROTECTION_OFF || !ecs_agent_can_protect())
		return 0;
	return protection_open(&w->protection, w->cloud.http, err);
}

/* The pump starts last: nothing is received before everything else is known to work. */
static int worker_open(struct worker *w, const struct worker_settings *s, struct err *err)
{
	if (cloud_open(&w->cloud, worker_service.name, err) != 0 || open_ports(w, s, err) != 0)
		return -1;
	open_pump(w, s);
	if (open_admin(w, s, err) != 0 || gauges_open(&w->gauges, w->queue, err) != 0 ||
	    open_protection(w, s, err) != 0)
		return -1;
	return pump_start(w->pump, err);
}

static void worker_close(struct worker *w)
{
	protection_close(w->protection);
	ticker_close(w->gauges);
	admin_close(w->admin);
	pump_close(w->pump);
	store_close(w->store);
	queue_close(w->queue);
	cloud_close(&w->cloud);
}

/* The exit is part of the time that the drain may take. */
static int64_t drain_ms(const struct worker_settings *s)
{
	return s->service.drain_timeout_s * 1000 - 500;
}

static int run(struct worker *w, const struct worker_settings *s)
{
	enum stop_event event;

	log_info("listening", "role", "admin", "server.address", s->service.admin_listen.host,
	    "server.port", LOG_INT(admin_port(w->admin)), NULL);
	while ((event = stop_wait(-1)) != STOP_STOP)
		if (event == STOP_RELOAD)
			service_reload(&s->service);
	log_info("draining", "in_flight", LOG_INT(worker_get(WORKER_IN_FLIGHT)), NULL);
	if (pump_drain(w->pump, drain_ms(s))) {
		log_info("stopped", NULL);
		return 0;
	}
	log_error("stopped before all was settled: the queue delivers it again", "in_flight",
	    LOG_INT(worker_get(WORKER_IN_FLIGHT)), NULL);
	_exit(1); /* threads are still in calls that use what would be closed */
}

int main(int argc, char **argv)
{
	struct worker_settings settings;
	struct worker worker = { 0 };
	struct err err;
	int status;

	if (!service_begin(&worker_service, argc, argv, &settings, &status))
		return status;
	if (worker_open(&worker, &settings, &err) == 0)
		status = run(&worker, &settings);
	else
		status = service_refuse(&err);
	worker_close(&worker);
	return status;
}
