/*
 * aws_peer: a service of the test's own (web.h) that answers as a handler says, and a client that
 * knows only this one. Handlers run one at a time.
 */
#ifndef OPS_TEST_AWS_PEER_H
#define OPS_TEST_AWS_PEER_H

#include <pthread.h>

#include "aws_core.h"
#include "aws_env.h"
#include "test.h"
#include "web.h"

/* number: 1 is the first since peer_handle(). Appends the raw answer; false: closes after it. */
typedef bool peer_fn(struct str request, unsigned number, struct buf *answer);

static struct {
	char url[64];
	pthread_mutex_t lock; /* of what follows */
	peer_fn *handler;
	unsigned requests;
	struct buf last;
} peer = { .lock = PTHREAD_MUTEX_INITIALIZER, .last = BUF_INIT(WEB_REQUEST_MAX) };

static inline bool peer_serve(void *arg, struct str request, struct buf *answer)
{
	bool keeps;

	(void)arg;
	pthread_mutex_lock(&peer.lock);
	buf_reset(&peer.last);
	buf_add(&peer.last, request);
	keeps = peer.handler(request, ++peer.requests, answer);
	pthread_mutex_unlock(&peer.lock);
	return keeps;
}

static inline void peer_start(void)
{
	web_start(peer_serve, NULL);
	snprintf(peer.url, sizeof(peer.url), "http://127.0.0.1:%u", web_port());
}

static inline void peer_stop(void)
{
	web_stop();
	buf_release(&peer.last);
}

static inline void peer_handle(peer_fn *handler)
{
	pthread_mutex_lock(&peer.lock);
	peer.handler = handler;
	peer.requests = 0;
	pthread_mutex_unlock(&peer.lock);
}

static inline unsigned peer_requests(void)
{
	unsigned n;

	pthread_mutex_lock(&peer.lock);
	n = peer.requests;
	pthread_mutex_unlock(&peer.lock);
	return n;
}

/* Of the request that came last. No call may be under way. */
static inline struct str peer_header(const char *name)
{
	return web_header(buf_str(&peer.last), name);
}

/* The handler of those who only look at the request. */
static inline bool peer_answer_nothing(struct str request, unsigned number, struct buf *answer)
{
	(void)request;
	(void)number;
	web_answer(answer, 200, "x-amzn-RequestId: r-1\r\n", STR("{}"));
	return true;
}

/* ---- the client ---- */

#define PEER_SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define PEER_TOKEN  "IQoJb3JpZ2luX2VjEXAMPLE"

/* Nothing of the machine's own configuration. */
static inline void peer_environment(void)
{
	static const char *const set[][2] = {
		{ "AWS_CONFIG_FILE", "/nonexistent/config" },
		{ "AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials" },
		{ "AWS_EC2_METADATA_DISABLED", "true" },
		{ "AWS_REGION", "eu-west-1" },
		{ "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE" },
		{ "AWS_SECRET_ACCESS_KEY", PEER_SECRET },
		{ "AWS_SESSION_TOKEN", PEER_TOKEN },
	};

	env_clear();
	for (size_t i = 0; i < ARRAY_SIZE(set); i++)
		env_set(set[i][0], set[i][1]);
}

/* Pauses are counted, not slept. */
static _Atomic int64_t peer_slept_ms;
static _Atomic unsigned peer_sleeps;

static inline void peer_sleep(int64_t ms)
{
	peer_slept_ms += ms;
	peer_sleeps++;
}

static inline double peer_half(void)
{
	return 0.5;
}

static inline struct aws *peer_client_with(struct aws_options o)
{
	struct aws *a = NULL;
	struct err err;

	o.program = "test/1";
	o.endpoint_url = peer.url;
	if (aws_open(&a, &o, &err) != 0)
		test_die("aws_open: %s", err.text);
	a->sleep_ms = peer_sleep;
	a->random01 = peer_half;
	peer_slept_ms = 0;
	peer_sleeps = 0;
	return a;
}

static inline struct aws *peer_client(void)
{
	return peer_client_with((struct aws_options){ .trace = AWS_TRACE_OFF });
}

/* The main function of a program of such tests. */
#define PEER_MAIN(tests)                                                                           \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		int rc;                                                                            \
                                                                                                   \
		peer_environment();                                                                \
		peer_start();                                                                      \
		rc = test_main(tests, ARRAY_SIZE(tests), argc, argv);                              \
		peer_stop();                                                                       \
		return rc;                                                                         \
	}

#endif
