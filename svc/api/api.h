/*
 * api: what the parts of ops-api share. Made by main before any thread, unmade by it
 * after all of them; the parts guard themselves.
 */
#ifndef OPS_API_H
#define OPS_API_H

#include <stdatomic.h>

#include "api_settings.h"
#include "cloud.h"
#include "deadline.h"
#include "httpd.h"

struct api {
	struct api_settings settings;
	const struct clock *clock;
	struct cloud cloud;
	struct httpd *httpd;
	struct admin *admin;
	struct queue *queue;
	struct keyring *keyring;
	struct outbox *outbox;
	struct replay *replay;
	struct deadline deadline;
	atomic_bool is_started; /* all of the above is there, for the threads of `admin` */
	atomic_bool is_draining;
};

#endif
