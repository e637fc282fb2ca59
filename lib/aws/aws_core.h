/*
 * aws_core: what the files of the client share. Private to lib/aws/aws*.c and their tests.
 */
#ifndef OPS_AWS_CORE_H
#define OPS_AWS_CORE_H

#include <pthread.h>

#include "aws.h"
#include "creds.h"
#include "endpoint.h"
#include "retry.h"
#include "skew.h"
#include "uuid.h"

/* What the first call finds out; read-only from then on. */
struct aws_setup {
	struct profiles *profiles;
	const char *profile; /* its name; borrowed from the client or the environment */
	struct http *http;
	struct creds_cache *creds;
	char region[REGION_MAX + 1];
	unsigned attempts_max;
};

/* A derived key, under a name made of all that it was derived from. */
struct aws_signing_key {
	bool is_set;
	unsigned char name[HASH_SIZE], key[HASH_SIZE];
};

/* Of one service. */
struct aws_client {
	_Atomic bool has_endpoint;
	struct endpoint endpoint; /* in the client's region */
	struct aws_signing_key signing_key;
	struct retry_bucket bucket;
	_Atomic uint64_t calls, retries, throttled;
};

struct aws {
	char *program, *profile, *region, *endpoint_url; /* as wanted by the caller */
	const struct clock *clock;
	int creds_timeout_ms;
	bool caller_repeats;
	struct http_stop stop;
	int total_ms; /* of calls that set none; 0: no limit */
	enum aws_trace trace;
	void (*trace_line)(void *arg, struct str line);
	void *trace_arg;

	/* Tests set their own before the first call. */
	void (*sleep_ms)(int64_t ms);
	double (*random01)(void);

	pthread_mutex_t lock; /* of setting up, of endpoints, of signing keys */
	_Atomic bool is_set_up;
	struct aws_setup setup;
	struct skew skew;
	struct aws_client clients[AWS_SERVICE_COUNT];
};

/* aws.c: in [0,1), for retry_next(). */
double aws_random01(void);

/* The first call reads files and environment; further ones return at once. */
int aws_set_up(struct aws *a, struct err *err) ATTR_MUST_CHECK;

/* Of a service in a region; NULL: the client's. */
int aws_endpoint(struct aws *a, enum aws_service_id service, const char *region,
    struct endpoint *out, struct err *err) ATTR_MUST_CHECK;

/* ---- one call, on its caller's stack ---- */

struct aws_exchange {
	struct aws *aws;
	const struct aws_request *request;
	const struct aws_operation *op;
	const struct aws_service *service;
	struct aws_client *client;
	struct aws_answer *answer;

	const char *region;
	struct endpoint endpoint;
	struct buf form; /* Query: the body with Action and Version */
	struct str body;
	char body_sha256[HASH_HEX_SIZE];
	char id[UUID_TEXT_SIZE]; /* the same for all attempts */
	int64_t ends_at_ms;      /* by clock_mono_ms(); 0: never */

	const struct creds *creds;
	struct retry retry;
	bool was_resigned, was_renewed; /* each is tried once */
	int64_t skew_s;                 /* that the attempt is signed with */
};

/* "sqs SendMessageBatch on queue 'ops'" */
enum { AWS_NAME_SIZE = 224 };
void aws_exchange_name(const struct aws_exchange *x, char out[AWS_NAME_SIZE]);

/* Values that nothing shown may hold; points into x. */
enum { AWS_SECRETS = 3 };
void aws_exchange_secrets(const struct aws_exchange *x, struct str out[AWS_SECRETS]);

/* ---- aws_request.c: the signed request of one attempt ---- */

enum { AWS_HEADERS_MAX = SIGV4_PAIRS_MAX };

struct aws_signed {
	struct http_request http; /* points into what follows */
	struct http_header headers[AWS_HEADERS_MAX];
	struct buf url, authorization, text;
	struct str secrets[AWS_SECRETS];
};

/* Release `out` also after -1. ERR_INVALID: header, key or bucket that cannot be sent. */
int aws_sign(const struct aws_exchange *x, int timeout_ms, struct aws_signed *out, struct err *err)
    ATTR_MUST_CHECK;
void aws_signed_release(struct aws_signed *s); /* wipes */

/* ---- aws_attempt.c: one attempt: sent, and its answer judged ---- */

/* What a body of success is to be, and is. */
enum aws_document_kind { AWS_DOCUMENT_NONE, AWS_DOCUMENT_JSON, AWS_DOCUMENT_XML };
struct aws_document {
	enum aws_document_kind wanted;
	struct json *json;
	struct xml *xml;
};

/* Of a failed attempt. */
struct aws_outcome {
	enum retry_class class;
	struct str cause; /* the error code, or what it must have been; points into x->answer */
	struct skew_reading skew;
};

int aws_attempt(struct aws_exchange *x, struct aws_document *d, struct aws_outcome *o,
    struct err *err) ATTR_MUST_CHECK;

/* All but the memory and the number of attempts. */
void aws_answer_reset(struct aws_answer *answer);

/* ---- aws_error.c: what a service says when it refuses ---- */

enum { AWS_MESSAGE_SIZE = 512 };

struct aws_error {
	char code[AWS_CODE_SIZE];       /* without namespace and URL; "" when none was said */
	char message[AWS_MESSAGE_SIZE]; /* its first line, without any of the secrets */
	char region[REGION_MAX + 1];    /* S3: where the bucket is */
	char request_id[AWS_REQUEST_ID_SIZE];
};

/*
 * From JSON and XML of any protocol, and from headers: services answer in another format than they
 * were asked in when it is not they who refuse. Never fails: what is not there is "".
 */
void aws_error_read(const struct http_response *response, const struct str *secrets, size_t count,
    struct aws_error *out);

/* Of an answer that is no error: request_id and region, from its headers. */
void aws_error_read_head(const struct http_response *response, struct aws_error *out);

/* Whether a body that came with status 200 is an error all the same. */
bool aws_error_is_document(struct str body);

enum err_code aws_error_code(int status, struct str code);

/* Whether an answer named a region in which the bucket is, and which was not asked. */
bool aws_is_elsewhere(const struct aws_exchange *x, const char *region);

/* The text for people; returns -1. */
int aws_error_set(const struct aws_exchange *x, const struct aws_error *e, int status,
    struct err *err);

/* ---- aws_trace.c ---- */

void aws_trace_text(const struct aws *a, const char *fmt, ...) ATTR_PRINTF(2, 3);
void aws_trace_request(const struct aws_exchange *x, const struct http_request *request);

/* failure: why no answer came, or NULL. */
void aws_trace_answer(const struct aws_exchange *x, int64_t took_ms, const struct err *failure);

#endif
