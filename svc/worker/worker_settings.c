#include "worker_settings.h"

#include <inttypes.h>

#include "pump.h"

#define FIELD(name) offsetof(struct worker_settings, name)

/* clang-format off */
static const struct setting rows[] = {
	{ .env = "OPS_QUEUE", .type = SETTING_URL, .choices = "sqlite|https|http",
	  .help = "queue to receive from", .offset = FIELD(queue) },
	{ .env = "OPS_STORE", .type = SETTING_URL, .choices = "file|s3",
	  .help = "store to write objects to", .offset = FIELD(store) },
	{ .env = "OPS_RECEIVERS", .type = SETTING_INT, .fallback = "2",
	  .min = 1, .max = PUMP_RECEIVERS_MAX,
	  .help = "threads that receive", .offset = FIELD(receivers) },
	{ .env = "OPS_PUTTERS", .type = SETTING_INT, .fallback = "16",
	  .min = 1, .max = PUMP_PUTTERS_MAX,
	  .help = "threads that write to the store", .offset = FIELD(putters) },
	{ .env = "OPS_VISIBILITY_TIMEOUT_S", .type = SETTING_INT, .fallback = "60",
	  .min = 2, .max = QUEUE_VISIBILITY_MAX_S, .unit = "s",
	  .help = "how long a message stays hidden unless it is extended, which happens in time",
	  .offset = FIELD(visibility_timeout_s) },
	{ .env = "OPS_MAX_IN_FLIGHT", .type = SETTING_INT, .fallback = "128",
	  .min = 1, .max = PUMP_IN_FLIGHT_MAX,
	  .help = "messages held at a time, at the most", .offset = FIELD(max_in_flight) },
	{ .env = "OPS_TASK_PROTECTION", .type = SETTING_CHOICE, .fallback = "auto",
	  .choices = TASK_PROTECTION_CHOICES,
	  .help = "on ECS, protect the task from scale-in while messages are in flight",
	  .offset = FIELD(task_protection) },
	SERVICE_ROWS(struct worker_settings, service, "127.0.0.1:9091"),
};
/* clang-format on */

/* One environment file may serve both programs. */
static const char *const of_ops_api[] = { "OPS_LISTEN", "OPS_SECRET", "OPS_SECRET_TTL_S",
	"OPS_SECRET_GRACE_S", "OPS_AUTH", "OPS_PAYLOAD_POLICY", "OPS_MAX_BODY_BYTES",
	"OPS_MAX_CONNECTIONS", "OPS_REQUEST_TIMEOUT_S", "OPS_MAX_PENDING_BYTES",
	"OPS_ENVELOPE_MAX_RECORDS", "OPS_ENVELOPE_MAX_BYTES", "OPS_SENDERS", "OPS_THREADS",
	"OPS_DRAIN_GRACE_S", NULL };

/* Combinations that cannot work. */
static int check(const void *settings, struct err *err)
{
	const struct worker_settings *s = settings;

	if (s->receivers > s->max_in_flight)
		return err_set(err, ERR_CONFIG,
		    "OPS_RECEIVERS '%" PRId64
		    "': must not be more than OPS_MAX_IN_FLIGHT, %" PRId64,
		    s->receivers, s->max_in_flight);
	return 0;
}

const struct service worker_service = {
	.name = "ops-worker",
	.about = "moves envelopes from the queue to the store",
	.settings = {
		.rows = rows,
		.count = ARRAY_SIZE(rows),
		.foreign = of_ops_api,
		.flags = service_flags,
	},
	.common_offset = offsetof(struct worker_settings, service),
	.check = check,
};
