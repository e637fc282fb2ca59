/*
 * ports: opens what the context of a command names; on failure the next step is set. The one
 * place that does, so that a failure has the same exit status in every command. What is on AWS
 * shares one client, opened at need: region and profile are the context's, else as the SDKs have
 * them; with -v each of its calls is a line on stderr.
 */
#ifndef OPS_PORTS_H
#define OPS_PORTS_H

#include "aws.h"
#include "cli.h"
#include "http.h"
#include "queue.h"
#include "secret.h"
#include "store.h"

/* Of a call to AWS that sets no limit of its own, repeats included: somebody waits for it. */
enum { PORTS_CALL_MS = 30 * 1000 };

/* The client itself, for services that have no port; borrowed until the command ends. */
int ports_aws(struct cli *cli, struct aws **out, struct err *err) ATTR_MUST_CHECK;

int ports_queue(struct cli *cli, struct queue **out, struct err *err) ATTR_MUST_CHECK;

/*
 * For a queue of which dead letters may be changed: it tells `progress`, which the caller has begun,
 * how far it is. `redrive_rate` as queue.h has it.
 */
int ports_queue_watched(struct cli *cli, struct progress *progress, unsigned redrive_rate,
    struct queue **out, struct err *err) ATTR_MUST_CHECK;

int ports_store(struct cli *cli, struct store **out, struct err *err) ATTR_MUST_CHECK;

/* For both versions of the token, or to replace it. */
int ports_secret(struct cli *cli, struct secret **out, struct err *err) ATTR_MUST_CHECK;

/* The current token of the context; *out is initialised here and wiped by the caller. */
int ports_token(struct cli *cli, struct secret_value *out, struct err *err) ATTR_MUST_CHECK;

/* Who we are to AWS, from STS. */
int ports_identity(struct cli *cli, struct aws_identity *out, struct err *err) ATTR_MUST_CHECK;

/* ERR_CONFIG: the context is of another account. One that names none fits all. */
int ports_check_account(const struct context *c, const struct aws_identity *who, struct err *err)
    ATTR_MUST_CHECK;

/*
 * Before a change of what has no account in its name: ask who we are, and whether that is the
 * account of the context. 0 where the context names none.
 */
int ports_guard_account(struct cli *cli, struct err *err) ATTR_MUST_CHECK;

void ports_close(struct cli *cli); /* the client of AWS; when all ports are closed */

/*
 * Set the next step after a queue, store or token of the context could not be opened or read; always
 * -1. What is there but is not what it must be (a token others can read, a damaged queue file)
 * becomes ERR_CONFIG: 1 is an answer, and there is none.
 */
int ports_failed(struct cli *cli, struct err *err);

/* The same for what the value of that key names; where it is no HTTP, a recording keeps the error. */
int ports_refused(struct cli *cli, enum context_key key, struct err *err);

/* The same for a refusal of AWS that came from deeper within a command, if no step is set yet. */
void ports_explain(struct cli *cli, enum err_code code);

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
