/*
 * ports: opens what the context of a command names; on failure the next step is set. The one
 * place that does, so that a failure has the same exit status in every command.
 */
#ifndef OPS_PORTS_H
#define OPS_PORTS_H

#include "cli.h"
#include "http.h"
#include "queue.h"
#include "secret.h"
#include "store.h"

int ports_queue(struct cli *cli, struct queue **out, struct err *err) ATTR_MUST_CHECK;
int ports_store(struct cli *cli, struct store **out, struct err *err) ATTR_MUST_CHECK;

/* For both versions of the token, or to replace it. */
int ports_secret(struct cli *cli, struct secret **out, struct err *err) ATTR_MUST_CHECK;

/* The current token of the context; *out is initialised here and wiped by the caller. */
int ports_token(struct cli *cli, struct secret_value *out, struct err *err) ATTR_MUST_CHECK;

/*
 * Set the next step after a queue, store or token of the context could not be opened or read; always
 * -1. What is there but is not what it must be (a token others can read, a damaged queue file)
 * becomes ERR_CONFIG: 1 is an answer, and there is none.
 */
int ports_failed(struct cli *cli, struct err *err);

/* For calls of at most timeout_ms. */
int ports_http(struct http **out, int timeout_ms, struct err *err) ATTR_MUST_CHECK;

/*
 * GET <base><path>, where base is a URL of the context with or without a slash at its end.
 * *out is initialised by the caller. Any status is success, as in http_call().
 */
int ports_get(struct http *h, const char *base, const char *path, struct http_response *out,
    struct err *err) ATTR_MUST_CHECK;

/* Append base, less a slash at its end, and path. */
void ports_url(struct buf *out, const char *base, const char *path);

#endif
