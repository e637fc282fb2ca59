#include <stdatomic.h>
#include <unistd.h>

#include "admin.h"
#include "cloud.h"
#include "deadline.h"
#include "ecs_agent.h"
#include "gauges.h"
#include "log.h"
#include "protection.h"
#include "pump.h"
#include "stop.h"
#include "worker_metrics.h"
#include "worker_settings.h"

enum { GIVE_BACK_S = 5 };

/* Everything that runs. */
struct worker {
	struct worker_settings settings;
	struct cloud cloud;
	struct queue *queue;
	struct store *store;
	struct pump *pump;
	struct gauges *gauges;
	struct protection *protection;
	struct admin *admin;
	struct deadline deadline;
	atomic_bool is_started; /* the pump is there, for the thread of `admin` */
};

static bool is_alive(void *arg)
{
	struct worker *w = arg;

	return !atomic_load(&w->is_started) || pump_is_alive(w->pump);
}

/*
 * A store or queue that goes away later makes nobody unready: restarting the worker would not help.
 */
static bool is_ready(void *arg, const char **why)
{
	bool is_started = atomic_load(&((struct worker *)arg)->is_started);

	*why = is_started ? "draining" : "starting";
	return is_started && !stop_requested();
}

static void render(void *arg, struct buf *out)
{
	struct worker *w = arg;

	worker_metrics_render(out);
	cloud_render(&w->cloud, out);
}

/* A server that keeps less than AWS does: once each, see store.h. */
static void log_notice(void *arg, const char *text)
{
	(void)arg;
	log_warn("store keeps less than promised", "notice", text, NULL);
}

/*
 * A bucket that does not exist is a mistake, and as good a reason not to start as a queue that does
 * not. A store that is away for now, or that we may not look at, is the pump's business: puts tell.
 */
static int check_store(struct worker *w, struct err *err)
{
	if (store_check(w->store, err) == 0 || err_is_transient(err->code) ||
	    err->code == ERR_DENIED)
		return 0;
	return err_wrap(err, "OPS_STORE");
}

/* Again and again, until both are there. */
static int open_ports(void *arg, struct err *err)
{
	struct worker *w = arg;
	const struct worker_settings *s = &w->settings;
	const struct queue_options queue_options = { .create = true, .aws = w->cloud.aws };
	const struct store_options store_options = {
		.create = true,
		.aws = w->cloud.aws,
		.notice = log_notice,
	};

	if (!w->queue && queue_open(&w->queue, str_from(s->queue), &queue_options, err) != 0)
		return -1;
	if (store_open(&w->store, str_from(s->store), &store_options, err) != 0)
		return -1;
	return check_store(w, err);
}

/*
 * A receive that waits on SQS cannot be given up (queue.h): the drain must have time for it, and for
 * giving back what it brings.
 */
static unsigned receive_wait_s(const struct worker_settings *s)
{
	int64_t wait_s = s->service.drain_timeout_s - GIVE_BACK_S;

	if (wait_s < 1)
		return 1;
	return wait_s < QUEUE_WAIT_MAX_S ? (unsigned)wait_s : QUEUE_WAIT_MAX_S;
}

static void open_pump(struct worker *w)
{
	const struct worker_settings *s = &w->settings;
	const struct pump_options options = {
		.queue = w->queue,
		.store = w->store,
		.clock = &clock_system,
		.receivers = (unsigned)s->receivers,
		.putters = (unsigned)s->putters,
		.visibility_s = (unsigned)s->visibility_timeout_s,
		.max_in_flight = (unsigned)s->max_in_flight,
		.wait_s = receive_wait_s(s),
	};

	w->pump = pump_open(&options);
}

static int open_admin(struct worker *w, struct err *err)
{
	const struct setting_address *listen = &w->settings.service.admin_listen;
	const struct admin_options options = {
		.listen = *listen,
		.is_alive = is_alive,
		.is_ready = is_ready,
		.render = render,
		.arg = w,
	};

	if (admin_open(&w->admin, &options, err) != 0)
		return err_wrap(err, "OPS_ADMIN_LISTEN");
	log_info("listening", "role", "admin", "server.address", listen->host, "server.port",
	    LOG_INT(admin_port(w->admin)), NULL);
	return 0;
}

/* Off the ECS there is nobody to ask. */
static int open_protection(struct worker *w, struct err *err)
{
	if (w->settings.task_protection == TASK_PROTECTION_OFF || !ecs_agent_can_protect())
		return 0;
	return protection_open(&w->protection, w->cloud.http, err);
}

/*
 * The private port is there first: the queue may be away, and whoever looks must see that this is
 * alive and not ready. The pump starts last: nothing is received before everything else works.
 */
static int worker_open(struct worker *w, struct err *err)
{
	if (cloud_open(&w->cloud, worker_service.name, err) != 0 || open_admin(w, err) != 0 ||
	    service_await(open_ports, w, err) != 0)
		return -1;
	cloud_started(&w->cloud);
	open_pump(w);
	if (gauges_open(&w->gauges, w->queue, err) != 0 || open_protection(w, err) != 0 ||
	    pump_start(w->pump, err) != 0)
		return -1;
	atomic_store(&w->is_started, true);
	return 0;
}

/* All is settled: what is still being asked of AWS is for nobody. */
static void worker_close(struct worker *w)
{
	deadline_close(&w->deadline);
	deadline_await(&w->deadline, "task protection");
	protection_close(w->protection);
	cloud_give_up(&w->cloud);
	deadline_await(&w->deadline, "queue depth");
	gauges_close(w->gauges);
	deadline_await(&w->deadline, "admin port");
	admin_close(w->admin);
	deadline_await(&w->deadline, "queue and store");
	pump_close(w->pump);
	store_close(w->store);
	queue_close(w->queue);
	cloud_close(&w->cloud);
}

static int run(struct worker *w)
{
	enum stop_event event;

	log_info("started", NULL);
	while ((event = stop_wait(-1)) != STOP_STOP)
		if (event == STOP_RELOAD)
			service_reload(&w->settings.service);
	deadline_begin(&w->deadline, w->settings.service.drain_timeout_s);
	log_info("draining", "in_flight", LOG_INT(worker_get(WORKER_IN_FLIGHT)), NULL);
	if (pump_drain(w->pump, deadline_drain_ms(&w->deadline))) {
		log_info("stopped", NULL);
		return 0;
	}
	log_error("stopped before all was settled: the queue delivers it again", "in_flight",
	    LOG_INT(worker_get(WORKER_IN_FLIGHT)), NULL);
	_exit(1); /* threads are still in calls that use what would be closed */
}

int main(int argc, char **argv)
{
	static struct worker worker;
	struct err err;
	int status;

	if (!service_begin(&worker_service, argc, argv, &worker.settings, &status))
		return status;
	if (worker_open(&worker, &err) == 0) {
		status = run(&worker);
	} else {
		deadline_begin(&worker.deadline, worker.settings.service.drain_timeout_s);
		status = service_refuse(&err);
	}
	worker_close(&worker);
	return status;
}
