/*
 * api_settings: the settings of ops-api: one table row each, read once at the start.
 */
#ifndef OPS_API_SETTINGS_H
#define OPS_API_SETTINGS_H

#include "payload.h"
#include "service.h"

enum auth_mode {
	AUTH_EITHER,    /* a signature or a token */
	AUTH_TOKEN,     /* a token; a signature that is there must verify too */
	AUTH_SIGNATURE, /* a signature */
};
#define AUTH_MODE_CHOICES "either|token|signature" /* in enum order */

struct api_settings {
	struct service_settings service;
	const char *queue, *secret; /* URLs */
	struct setting_address listen;
	int auth;           /* enum auth_mode */
	int payload_policy; /* enum payload_policy */
	int64_t secret_ttl_s, secret_grace_s;
	int64_t max_body_bytes, max_connections, max_pending_bytes;
	int64_t request_timeout_s, drain_grace_s;
	int64_t envelope_max_records, envelope_max_bytes;
	int64_t senders; /* 0: as the queue likes it */
	int64_t threads; /* 0: one per processor */
};

extern const struct service api_service;

#endif
