#include "http_core.h"

/*
 * Each easy handle owns its connections (libcurl cannot share them between threads), so the pool is
 * a pool of handles, ordered by when they came back. The last one of an origin is the first to go
 * out: at low load one warm connection serves all calls, and the others grow old and close.
 */

void http_pool_init(struct http_pool *p, const struct clock *clock)
{
	*p = (struct http_pool){ .clock = clock };
	pthread_mutex_init(&p->lock, NULL);
}

void http_pool_release(struct http_pool *p)
{
	for (size_t i = 0; i < p->count; i++)
		curl_easy_cleanup(p->idle[i].easy);
	pthread_mutex_destroy(&p->lock);
}

struct str http_origin(const char *url)
{
	struct str text = str_from(url);
	size_t n = 0;

	for (unsigned slashes = 0; n < text.n; n++) {
		slashes += text.p[n] == '/';
		if (slashes == 3)
			break;
	}
	return str_slice(text, 0, n);
}

/* FNV-1a. Two origins of one hash would share handles, never connections: libcurl looks closer. */
uint64_t http_pool_origin(const struct http_request *r)
{
	struct str origin = http_origin(r->url);
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < origin.n; i++)
		hash = (hash ^ (unsigned char)origin.p[i]) * 0x100000001b3;
	return r->http2 ? ~hash : hash; /* libcurl would send HTTP/2 on a connection of 1.1 */
}

static void remove_at(struct http_pool *p, size_t at)
{
	for (size_t i = at + 1; i < p->count; i++)
		p->idle[i - 1] = p->idle[i];
	p->count--;
}

static CURL *find(struct http_pool *p, uint64_t origin)
{
	for (size_t i = p->count; i-- > 0;) {
		CURL *easy = p->idle[i].easy;

		if (p->idle[i].origin != origin)
			continue;
		remove_at(p, i);
		return easy;
	}
	return NULL;
}

CURL *http_pool_take(struct http_pool *p, uint64_t origin, struct err *err)
{
	CURL *easy;

	pthread_mutex_lock(&p->lock);
	easy = find(p, origin);
	pthread_mutex_unlock(&p->lock);
	if (!easy)
		easy = curl_easy_init();
	if (!easy)
		(void)err_set(err, ERR_IO, "libcurl: no handle");
	return easy;
}

/* The oldest one, when it is older than its connections may be, or there is no room. */
static CURL *find_old(struct http_pool *p, int64_t now_us)
{
	CURL *oldest = p->count > 0 ? p->idle[0].easy : NULL;

	if (!oldest ||
	    (p->count < HTTP_IDLE_MAX &&
		now_us - p->idle[0].since_us <= HTTP_IDLE_AGE_S * INT64_C(1000000)))
		return NULL;
	remove_at(p, 0);
	return oldest;
}

void http_pool_give(struct http_pool *p, CURL *easy, uint64_t origin)
{
	int64_t now_us = clock_mono_us(p->clock);
	CURL *old;

	curl_easy_reset(easy); /* forgets all options, keeps the connections */
	pthread_mutex_lock(&p->lock);
	old = find_old(p, now_us);
	p->idle[p->count++] = (struct http_idle){ easy, origin, now_us };
	pthread_mutex_unlock(&p->lock);
	/* Else what the other side closed long ago would hold a descriptor until it is used. */
	curl_easy_cleanup(old);
}
