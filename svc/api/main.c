#include <malloc.h>
#include <unistd.h>

#include "admin.h"
#include "api.h"
#include "api_metrics.h"
#include "keyring.h"
#include "log.h"
#include "outbox.h"
#include "problem.h"
#include "record.h"
#include "replay.h"
#include "routes.h"
#include "stop.h"
#include "submit.h"

enum { QUIET_CHECK_MS = 10000, RETRY_BUSY_S = 1 };
enum { CALL_MS = 10000 }; /* the longest call that a queue makes */

/* ---- what httpd calls ---- */

static void on_head(struct httpd_request *r, void *arg)
{
	operations[route_find(r)].head(arg, r);
}

/* Only rows with a body step let a body come without having answered. */
static void on_body(struct httpd_request *r, void *arg)
{
	operations[route_find(r)].body(arg, r);
}

static void on_return(struct httpd_request *r, void *arg)
{
	(void)arg;
	submit_return(r);
}

static void on_done(struct httpd_request *r, void *arg)
{
	struct api *api = arg;

	count_request(route_find(r), r->status, clock_mono_us(api->clock) - r->started_us);
	submit_done(r);
}

static void on_turn_end(unsigned loop, void *arg)
{
	struct api *api = arg;

	log_gather(); /* a decision is logged before what it lets through goes on its way */
	outbox_hand_over(api->outbox, loop);
}

static void on_refuse(struct httpd_request *r, unsigned status, const char *why, void *arg)
{
	struct problem p = { .status = status, .error = "Malformed request", .detail = why };
	struct api *api = arg;
	char id[REQUEST_ID_SIZE], retry_after_s[LOG_INT_SIZE];

	if (status == 413)
		p.error = "Request body too large";
	else if (status == 414 || status == 431)
		p.error = "Request head too large";
	else if (status == 503)
		p = (struct problem){ .status = status,
			.error = "Too much is being received",
			.name = "Retry-After",
			.value = log_int(RETRY_BUSY_S, retry_after_s) };
	request_id(r, api->clock, id);
	problem_answer(r, id, &p);
}

static const struct httpd_app app = {
	.on_head = on_head,
	.on_body = on_body,
	.on_return = on_return,
	.on_done = on_done,
	.on_turn_end = on_turn_end,
	.on_refuse = on_refuse,
};

/* ---- what admin calls ---- */

/* While it waits for queue and secret there is nothing that could be stuck. */
static bool is_alive(void *arg)
{
	struct api *api = arg;

	return !atomic_load(&api->is_started) || httpd_is_alive(api->httpd);
}

static bool is_ready(void *arg, const char **why)
{
	struct api *api = arg;
	bool is_started = atomic_load(&api->is_started);

	*why = is_started ? "draining" : "starting";
	return is_started && !atomic_load(&api->is_draining);
}

static void render(void *arg, struct buf *out)
{
	struct api *api = arg;

	api_metrics_render(api, out);
	cloud_render(&api->cloud, out);
}

/* ---- start ---- */

static void give_back(void *arg, unsigned loop, struct httpd_request *list)
{
	httpd_return(((struct api *)arg)->httpd, loop, list);
}

/* Again and again, until both are there. */
static int open_ports(void *arg, struct err *err)
{
	struct api *api = arg;
	const struct api_settings *s = &api->settings;
	const struct queue_options queue_options = { .create = true, .aws = api->cloud.aws };
	const struct keyring_options keyring_options = {
		.url = s->secret,
		.aws = api->cloud.aws,
		.ttl_s = s->secret_ttl_s,
		.grace_s = s->secret_grace_s,
		.clock = api->clock,
		.give_back = give_back,
		.arg = api,
	};

	if (!api->keyring && keyring_open(&api->keyring, &keyring_options, err) != 0)
		return -1;
	return queue_open(&api->queue, str_from(s->queue), &queue_options, err);
}

static int await_ports(struct api *api, struct err *err)
{
	if (service_await(open_ports, api, err) != 0)
		return -1;
	cloud_started(&api->cloud);
	return 0;
}

/* What no message could carry is 413, and not a 503 that invites to send it again. */
static int limit_bodies(struct api *api, struct err *err)
{
	struct api_settings *s = &api->settings;
	int64_t max = (int64_t)outbox_line_max(api->queue) - RECORD_OVERHEAD_MAX;

	if (s->max_body_bytes <= max)
		return 0;
	if (max <= 0)
		return err_set(err, ERR_CONFIG, "OPS_QUEUE: takes messages of %zu bytes: too few",
		    queue_traits(api->queue)->body_max);
	log_warn("bodies are limited to what the queue takes", "setting", "OPS_MAX_BODY_BYTES",
	    "set", LOG_INT(s->max_body_bytes), "limit", LOG_INT(max), NULL);
	s->max_body_bytes = max;
	return 0;
}

static int open_http(struct api *api, struct err *err)
{
	const struct api_settings *s = &api->settings;
	const struct httpd_options options = {
		.listen = s->listen,
		.server = "ops-api",
		.loop_count = (unsigned)s->threads,
		.connection_max = (unsigned)s->max_connections,
		.body_max = (size_t)s->max_body_bytes,
		.bodies_max = (size_t)s->max_pending_bytes,
		.request_timeout_s = (unsigned)s->request_timeout_s,
		.clock = api->clock,
		.app = &app,
		.arg = api,
	};

	if (httpd_open(&api->httpd, &options, err) != 0)
		return err_wrap(err, "OPS_LISTEN");
	if (httpd_connection_max(api->httpd) < s->max_connections)
		log_warn("fewer connections than set: the limit of open files is too low", "limit",
		    LOG_INT(httpd_connection_max(api->httpd)), NULL);
	return 0;
}

static int open_outbox(struct api *api, struct err *err)
{
	const struct api_settings *s = &api->settings;
	const struct outbox_options options = {
		.queue = api->queue,
		.clock = api->clock,
		.loop_count = httpd_loop_count(api->httpd),
		.senders = (unsigned)s->senders,
		.bytes_max = (size_t)s->max_pending_bytes,
		.envelope_records_max = (size_t)s->envelope_max_records,
		.envelope_bytes_max = (size_t)s->envelope_max_bytes,
		.deliver = submit_deliver,
		.arg = api,
	};

	return outbox_open(&api->outbox, &options, err);
}

static void log_listening(const char *role, const struct setting_address *at, uint16_t port)
{
	log_info("listening", "role", role, "server.address", at->host, "server.port",
	    LOG_INT(port), NULL);
}

static int open_admin(struct api *api, struct err *err)
{
	const struct admin_options options = {
		.listen = api->settings.service.admin_listen,
		.is_alive = is_alive,
		.is_ready = is_ready,
		.render = render,
		.arg = api,
	};

	if (admin_open(&api->admin, &options, err) != 0)
		return err_wrap(err, "OPS_ADMIN_LISTEN");
	log_listening("admin", &options.listen, admin_port(api->admin));
	return 0;
}

/*
 * An envelope's buffer is made and freed with every send: it must not be a mapping of its own
 * each time, nor make the heap shrink and grow again. Fixed, so that one large body cannot
 * raise the thresholds for ever.
 */
static void keep_memory(void)
{
#ifdef __GLIBC__
	(void)mallopt(M_MMAP_THRESHOLD, 1024 * 1024);
	(void)mallopt(M_TRIM_THRESHOLD, 2 * 1024 * 1024); /* both only cost speed when refused */
#endif
}

/*
 * The private port is there first: queue and secret may be away, and whoever looks must see that
 * this is alive and not ready. The public port is last: clients are refused, not left waiting.
 */
static int api_open(struct api *api, struct err *err)
{
	keep_memory();
	api_metrics_init();
	api->replay = replay_open();
	if (cloud_open(&api->cloud, api_service.name, err) != 0 || open_admin(api, err) != 0 ||
	    await_ports(api, err) != 0 || limit_bodies(api, err) != 0 || open_http(api, err) != 0 ||
	    open_outbox(api, err) != 0 || keyring_start(api->keyring, err) != 0 ||
	    httpd_start(api->httpd, err) != 0)
		return -1;
	atomic_store(&api->is_started, true);
	return 0;
}

/* ---- stop ---- */

/* Those that call others before those that they call. No request is under way any more. */
static void api_close(struct api *api)
{
	deadline_close(&api->deadline);
	cloud_give_up(&api->cloud);
	deadline_await(&api->deadline, "admin port");
	admin_close(api->admin);
	deadline_await(&api->deadline, "public port");
	httpd_close(api->httpd);
	deadline_await(&api->deadline, "senders");
	outbox_close(api->outbox);
	deadline_await(&api->deadline, "secret");
	keyring_close(api->keyring);
	deadline_await(&api->deadline, "queue");
	replay_close(api->replay);
	queue_close(api->queue);
	cloud_close(&api->cloud);
}

/* The start failed: loops that were running by then may have taken requests already. */
static void abandon(struct api *api, int status)
{
	if (!api->httpd)
		return;
	httpd_quiesce(api->httpd);
	if (!httpd_wait_idle(api->httpd, api->settings.service.drain_timeout_s * 1000))
		_exit(status); /* threads are still in calls that use what would be closed */
}

/*
 * A queue that is away must not keep clients without an answer until it is too late for one: no call
 * begins so late that it might not be over in time.
 */
static void end_calls(struct api *api)
{
	int64_t left_ms = deadline_drain_ms(&api->deadline);
	int64_t call_ms = left_ms / 2 < CALL_MS ? left_ms / 2 : CALL_MS;

	outbox_end_at(api->outbox, (clock_mono_ms(api->clock) + left_ms - call_ms) * 1000);
}

static bool drain(struct api *api)
{
	int64_t grace_ms = api->settings.drain_grace_s * 1000;

	log_info("draining", "requests", LOG_INT((int64_t)httpd_request_count(api->httpd)), NULL);
	atomic_store(&api->is_draining, true);
	httpd_drain(api->httpd);
	if (grace_ms > deadline_drain_ms(&api->deadline))
		grace_ms = deadline_drain_ms(&api->deadline);
	if (grace_ms > 0) /* load balancers learn slowly that nothing more should come */
		clock_sleep_ms(grace_ms);
	httpd_quiesce(api->httpd);
	end_calls(api);
	return httpd_wait_idle(api->httpd, deadline_drain_ms(&api->deadline));
}

/* After a burst: pages between what is still in use go back to the system only when asked for. */
static void give_back_memory(struct api *api)
{
#ifdef __GLIBC__
	if (httpd_request_count(api->httpd) == 0)
		(void)malloc_trim(0); /* whether anything went back does not matter */
#else
	(void)api;
#endif
}

static int run(struct api *api)
{
	enum stop_event event;

	log_info("started", "microhttpd", httpd_library_version(), "loops",
	    LOG_INT(httpd_loop_count(api->httpd)), "connections",
	    LOG_INT(httpd_connection_max(api->httpd)), NULL);
	log_listening("public", &api->settings.listen, httpd_port(api->httpd));
	while ((event = stop_wait(QUIET_CHECK_MS)) != STOP_STOP) {
		if (event == STOP_RELOAD) {
			service_reload(&api->settings.service);
			keyring_reload(api->keyring);
		} else if (event == STOP_TIMEOUT)
			give_back_memory(api);
	}
	deadline_begin(&api->deadline, api->settings.service.drain_timeout_s);
	if (drain(api)) {
		log_info("stopped", NULL);
		return 0;
	}
	/* What is not answered was not acknowledged: the clients send it again. */
	log_error("stopped before all was answered", "requests",
	    LOG_INT((int64_t)httpd_request_count(api->httpd)), NULL);
	_exit(1); /* threads are still in calls that use what would be closed */
}

int main(int argc, char **argv)
{
	static struct api api = { .clock = &clock_system };
	struct err err;
	int status;

	if (!service_begin(&api_service, argc, argv, &api.settings, &status))
		return status;
	if (api_open(&api, &err) == 0) {
		status = run(&api);
	} else {
		deadline_begin(&api.deadline, api.settings.service.drain_timeout_s);
		status = service_refuse(&err);
		abandon(&api, status);
	}
	api_close(&api);
	return status;
}
