/*
 * http_core: private to http*.c, which together are the home of libcurl: the pool of handles
 * (http_pool.c), what is sent (http_request.c), what comes back (http_answer.c).
 */
#ifndef OPS_HTTP_CORE_H
#define OPS_HTTP_CORE_H

#include <curl/curl.h>
#include <pthread.h>

#include "clock.h"
#include "http.h"

enum {
	HTTP_HEADERS_MAX = 64 * 1024,
	/*
	 * Shorter than the idle limit of load balancers (ALB: 60 s), so that it is seldom the
	 * other side that closes first.
	 */
	HTTP_IDLE_AGE_S = 50,
	HTTP_IDLE_MAX = 256, /* handles kept; more callers at once than that open new connections */
};

/* ---- the pool ---- */

struct http_idle {
	CURL *easy;
	uint64_t origin; /* of its last call */
	int64_t since_us;
};

struct http_pool {
	const struct clock *clock;
	pthread_mutex_t lock; /* of what follows */
	struct http_idle idle[HTTP_IDLE_MAX];
	size_t count;
};

void http_pool_init(struct http_pool *p, const struct clock *clock);
void http_pool_release(struct http_pool *p);

/* "https://host:port", of a URL. What follows is not for texts: it may be a secret, or long. */
struct str http_origin(const char *url);

/* Whose connections a request may use: a hash of its origin and protocol. */
uint64_t http_pool_origin(const struct http_request *r);

/* The handle that was last used for this origin, or a new one. ERR_IO: none to be had. */
CURL *http_pool_take(struct http_pool *p, uint64_t origin, struct err *err);
void http_pool_give(struct http_pool *p, CURL *easy, uint64_t origin);

/* ---- one call, on its caller's stack ---- */

struct http_call {
	const struct http_request *request;
	struct http_response *response;
	CURL *easy;
	struct curl_slist *lines;
	bool head_is_whole;
	bool head_is_too_large;
	const struct http_stop *stop;
	bool is_stopped;    /* says stop */
	bool has_enough;    /* says request->take */
	uint64_t body_size; /* bytes that came, collected or taken */
	char detail[CURL_ERROR_SIZE];
};

bool http_is_stopped(const struct http_stop *stop);

/* ---- the request ---- */

/* Method and URL; *is_local: this machine or link-local, where no proxy may stand between. */
int http_request_check(const struct http_request *r, bool *is_local, struct err *err)
    ATTR_MUST_CHECK;

/* The headers as libcurl's list; freed with http_lines_free(), also after -1. */
int http_lines_make(const struct http_request *r, struct curl_slist **out, struct err *err)
    ATTR_MUST_CHECK;
void http_lines_free(struct curl_slist *lines); /* wipes */

/* ---- the answer ---- */

/* Callbacks of libcurl; arg is the call. */
size_t http_take_header(char *data, size_t size, size_t n, void *arg);
size_t http_take_body(char *data, size_t size, size_t n, void *arg);
int http_on_progress(void *arg, curl_off_t down_max, curl_off_t down, curl_off_t up_max,
    curl_off_t up);

/* What libcurl's result means: fills response->status and timing, or says what went wrong. */
int http_answer_judge(struct http_call *c, CURLcode code, struct err *err) ATTR_MUST_CHECK;

#endif
