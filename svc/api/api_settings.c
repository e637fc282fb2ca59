#include "api_settings.h"

#include <inttypes.h>
#include <stdio.h>

#include "httpd.h"
#include "record.h"

#define FIELD(name)   offsetof(struct api_settings, name)
#define INT_MAX_BYTES (INT64_C(16) * 1024 * 1024 * 1024)

static const struct setting rows[] = {
	{ .env = "OPS_QUEUE",
	    .type = SETTING_URL,
	    .choices = "sqlite|https|http",
	    .help = "the queue that records go to",
	    .offset = FIELD(queue) },
	{ .env = "OPS_SECRET",
	    .type = SETTING_URL,
	    .choices = "file|env|ssm|secretsmanager",
	    .help = "where the shared token is read from",
	    .offset = FIELD(secret),
	    .is_private = true },
	{ .env = "OPS_LISTEN",
	    .type = SETTING_ADDRESS,
	    .fallback = "127.0.0.1:8080",
	    .help = "address of the public port; port 0 picks a free one",
	    .offset = FIELD(listen) },
	SERVICE_ROWS(struct api_settings, service, "127.0.0.1:9090"),
	{ .env = "OPS_DRAIN_GRACE_S",
	    .type = SETTING_INT,
	    .fallback = "3",
	    .min = 0,
	    .max = 600,
	    .unit = "s",
	    .help = "how long after SIGTERM new requests are still served",
	    .offset = FIELD(drain_grace_s) },
	{ .env = "OPS_AUTH",
	    .type = SETTING_CHOICE,
	    .fallback = "either",
	    .choices = AUTH_MODE_CHOICES,
	    .help = "credentials that are accepted",
	    .offset = FIELD(auth) },
	{ .env = "OPS_SECRET_TTL_S",
	    .type = SETTING_INT,
	    .fallback = "300",
	    .min = 1,
	    .max = 86400,
	    .unit = "s",
	    .help = "time between two reads of the secret",
	    .offset = FIELD(secret_ttl_s) },
	{ .env = "OPS_SECRET_GRACE_S",
	    .type = SETTING_INT,
	    .fallback = "86400",
	    .min = 0,
	    .max = 2592000,
	    .unit = "s",
	    .help = "how long the previous secret is accepted after a rotation",
	    .offset = FIELD(secret_grace_s) },
	{ .env = "OPS_PAYLOAD_POLICY",
	    .type = SETTING_CHOICE,
	    .fallback = "auto",
	    .choices = PAYLOAD_POLICY_CHOICES,
	    .help = "what a payload must contain",
	    .offset = FIELD(payload_policy) },
	{ .env = "OPS_MAX_BODY_BYTES",
	    .type = SETTING_INT,
	    .fallback = "262144",
	    .min = 64,
	    .max = 1024 * 1024,
	    .unit = "bytes",
	    .help = "longest request body",
	    .offset = FIELD(max_body_bytes) },
	{ .env = "OPS_MAX_CONNECTIONS",
	    .type = SETTING_INT,
	    .fallback = "10000",
	    .min = 1,
	    .max = 1000000,
	    .help = "most connections open at one time, an equal share for each thread; more wait",
	    .offset = FIELD(max_connections) },
	{ .env = "OPS_REQUEST_TIMEOUT_S",
	    .type = SETTING_INT,
	    .fallback = "30",
	    .min = 1,
	    .max = 3600,
	    .unit = "s",
	    .help = "longest time for a body to come, and then for the queue to take it",
	    .offset = FIELD(request_timeout_s) },
	{ .env = "OPS_MAX_PENDING_BYTES",
	    .type = SETTING_INT,
	    .fallback = "67108864",
	    .min = 1024,
	    .max = INT_MAX_BYTES,
	    .unit = "bytes",
	    .help = "most bytes of records that wait for the queue, and of bodies being received",
	    .offset = FIELD(max_pending_bytes) },
	{ .env = "OPS_ENVELOPE_MAX_RECORDS",
	    .type = SETTING_INT,
	    .fallback = "1000",
	    .min = 1,
	    .max = 100000,
	    .help = "most records in one queue message, hence in one object",
	    .offset = FIELD(envelope_max_records) },
	{ .env = "OPS_ENVELOPE_MAX_BYTES",
	    .type = SETTING_INT,
	    .fallback = "900000",
	    .min = 512,
	    .max = 1024 * 1024,
	    .unit = "bytes",
	    .help = "longest queue message",
	    .offset = FIELD(envelope_max_bytes) },
	{ .env = "OPS_SENDERS",
	    .type = SETTING_INT,
	    .fallback = "0",
	    .min = 0,
	    .max = 256,
	    .help =
		"threads that send to the queue; 0: as the queue likes it (8 for SQS, 1 for sqlite)",
	    .offset = FIELD(senders) },
	{ .env = "OPS_THREADS",
	    .type = SETTING_INT,
	    .fallback = "0",
	    .min = 0,
	    .max = 64,
	    .help = "threads that serve connections; 0: one per processor",
	    .offset = FIELD(threads) },
};

static const char *const of_the_worker[] = { "OPS_STORE", "OPS_RECEIVERS", "OPS_PUTTERS",
	"OPS_VISIBILITY_TIMEOUT_S", "OPS_MAX_IN_FLIGHT", "OPS_TASK_PROTECTION", NULL };

/* Combinations that cannot work. */
static int check(const void *settings, struct err *err)
{
	const struct api_settings *s = settings;
	int64_t record_max = s->max_body_bytes + RECORD_OVERHEAD_MAX;

	if (s->envelope_max_bytes < record_max)
		return err_set(err, ERR_CONFIG,
		    "OPS_ENVELOPE_MAX_BYTES='%" PRId64
		    "': must be at least OPS_MAX_BODY_BYTES plus %d, %" PRId64,
		    s->envelope_max_bytes, RECORD_OVERHEAD_MAX, record_max);
	if (s->max_pending_bytes < record_max)
		return err_set(err, ERR_CONFIG,
		    "OPS_MAX_PENDING_BYTES='%" PRId64
		    "': must be at least OPS_MAX_BODY_BYTES plus %d, %" PRId64,
		    s->max_pending_bytes, RECORD_OVERHEAD_MAX, record_max);
	if (s->drain_grace_s > s->service.drain_timeout_s)
		return err_set(err, ERR_CONFIG,
		    "OPS_DRAIN_GRACE_S='%" PRId64
		    "': must be at most OPS_DRAIN_TIMEOUT_S, %" PRId64,
		    s->drain_grace_s, s->service.drain_timeout_s);
	return 0;
}

static void print_details(void)
{
	/* The caller flushes and checks. */
	(void)printf("libmicrohttpd %s\n", httpd_library_version());
}

const struct service api_service = {
	.name = "ops-api",
	.about = "Accepts JSON payloads over HTTP; answers when a queue holds them durably.",
	.details = print_details,
	.settings = { .rows = rows,
	    .count = ARRAY_SIZE(rows),
	    .foreign = of_the_worker,
	    .flags = service_flags },
	.common_offset = offsetof(struct api_settings, service),
	.check = check,
};
