/* http.c: a call that waits is given up when its program stops, and none begins then. */
#include <pthread.h>
#include <stdatomic.h>

#include "http.h"
#include "test.h"
#include "web.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static bool has_ended;         /* the call; the server answers no earlier */
static atomic_bool is_waiting; /* the server has the request */

static bool wait_for_end(void *arg, struct str request, struct buf *answer)
{
	(void)arg, (void)request, (void)answer;
	is_waiting = true;
	pthread_mutex_lock(&lock);
	while (!has_ended)
		pthread_cond_wait(&ended, &lock);
	pthread_mutex_unlock(&lock);
	return false;
}

static void end(void)
{
	pthread_mutex_lock(&lock);
	has_ended = true;
	pthread_cond_broadcast(&ended);
	pthread_mutex_unlock(&lock);
}

/* As soon as the call waits for its answer. */
static bool is_wanted(void *arg)
{
	(void)arg;
	return is_waiting;
}

static void test_stop(void)
{
	const struct http_options options = { .user_agent = "test/1", .stop = { is_wanted, NULL } };
	struct http_response response;
	struct http *h = NULL;
	char url[64];
	const struct http_request request = { .method = "GET", .url = url };
	unsigned connections;
	struct err err;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", web_port());
	http_response_init(&response, 100);
	CHECK_OK(http_open(&h, &options, &err), &err);
	CHECK_ERR(http_call(h, &request, &response, &err), &err, ERR_STOPPED);
	connections = web_connections();
	CHECK_ERR(http_call(h, &request, &response, &err), &err, ERR_STOPPED);
	CHECK_INT(web_connections(), connections);
	end();
	http_response_release(&response);
	http_close(h);
}

static const struct test tests[] = {
	{ "stop", test_stop },
};

int main(int argc, char **argv)
{
	int rc;

	web_start(wait_for_end, NULL);
	rc = test_main(tests, ARRAY_SIZE(tests), argc, argv);
	web_stop();
	return rc;
}
