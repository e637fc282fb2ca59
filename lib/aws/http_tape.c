#include "http_tape.h"

#include <pthread.h>

#include "http_tape_core.h"
#include "mem.h"

enum {
	OPERATION_MAX = 34 * 1024,
	EXCHANGES_MAX = 100 * 1000,
	LONG_NUMBER = 9, /* digits: Unix seconds and all that is longer */
};

struct exchange {
	struct json *line;
	bool is_played;
};

struct http_tape {
	http_tape_put_fn *put; /* NULL: a player */
	void *arg;
	pthread_mutex_t lock; /* of what follows */
	uint64_t kept, left_out;
	size_t bytes;
	struct exchange *exchanges;
	size_t count, capacity;

	struct clock clock; /* of a player */
	_Atomic int64_t now_ms;
};

/* The one writable thing at file scope beside libcurl's start: see the header for why. */
static struct http_tape *_Atomic installed;

void http_tape_install(struct http_tape *t)
{
	atomic_store(&installed, t);
}

struct http_tape *http_tape_installed(void)
{
	return atomic_load_explicit(&installed, memory_order_acquire);
}

bool http_tape_is_player(const struct http_tape *t)
{
	return t->put == NULL;
}

static struct http_tape *make(void)
{
	struct http_tape *t = xcalloc(1, sizeof(*t));

	(void)pthread_mutex_init(&t->lock, NULL); /* cannot fail without attributes */
	return t;
}

void http_tape_close(struct http_tape *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		json_free(t->exchanges[i].line);
	free(t->exchanges);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

void http_tape_counts(const struct http_tape *t, uint64_t *kept, uint64_t *left_out)
{
	*kept = t->put ? t->kept : t->count;
	*left_out = t->left_out;
}

/* ---- recording ---- */

struct http_tape *http_tape_recorder(http_tape_put_fn *put, void *arg)
{
	struct http_tape *t = make();

	t->put = put;
	t->arg = arg;
	return t;
}

void http_tape_keep(struct http_tape *t, const struct http_request *request,
    const struct http_response *response, const struct err *failure, int64_t began_ms)
{
	struct buf line = BUF_INIT(HTTP_TAPE_LINE_MAX);

	if (request->is_off_tape)
		return;
	http_tape_write(request, response, failure, began_ms, &line);
	pthread_mutex_lock(&t->lock);
	if (line.full || t->bytes + line.n > HTTP_TAPE_BYTES_MAX) {
		t->left_out++;
	} else {
		t->bytes += line.n;
		t->kept++;
		t->put(t->arg, buf_str(&line));
	}
	pthread_mutex_unlock(&t->lock);
	buf_wipe(&line);
}

/* ---- playing ---- */

static int64_t player_wall_ms(const struct clock *clock)
{
	const char *tape = (const char *)clock - offsetof(struct http_tape, clock);

	return atomic_load(&((const struct http_tape *)(const void *)tape)->now_ms);
}

/* Time passes for who waits, as ever. */
static int64_t player_mono_us(const struct clock *clock)
{
	(void)clock;
	return clock_mono_us(&clock_system);
}

struct http_tape *http_tape_player(int64_t at_ms)
{
	struct http_tape *t = make();

	t->now_ms = at_ms;
	t->clock = (struct clock){ .wall_ms = player_wall_ms, .mono_us = player_mono_us };
	return t;
}

const struct clock *http_tape_clock(const struct http_tape *t)
{
	return &t->clock;
}

int http_tape_load(struct http_tape *t, struct str text, struct err *err)
{
	struct json *line = NULL;

	if (t->count == EXCHANGES_MAX)
		return err_set(err, ERR_CORRUPT, "recording: more than %d exchanges",
		    EXCHANGES_MAX);
	if (json_parse(text, &line, err) != 0) {
		err->code = ERR_CORRUPT;
		return err_wrap(err, "recording");
	}
	if (!json_get_text(json_get(line, "url"), NULL) ||
	    !json_get_text(json_get(line, "operation"), NULL)) {
		json_free(line);
		return err_set(err, ERR_CORRUPT, "recording: an exchange has no url or operation");
	}
	if (t->count == t->capacity) {
		t->capacity = t->capacity > 0 ? 2 * t->capacity : 64;
		t->exchanges = xrealloc(t->exchanges, t->capacity * sizeof(*t->exchanges));
	}
	t->exchanges[t->count++] = (struct exchange){ .line = line };
	return 0;
}

/* What is asked, in the form in which it was kept. */
struct question {
	const char *method;
	struct buf operation, url, body;
	bool is_base64; /* the body */
};

static bool is_digit(struct str s)
{
	return s.n > 0 && *s.p >= '0' && *s.p <= '9';
}

static size_t digits(struct str s)
{
	size_t n = 0;

	while (is_digit(str_skip(s, n)))
		n++;
	return n;
}

/* Equal but for long numbers. */
static bool is_alike(struct str a, struct str b)
{
	while (a.n > 0 && b.n > 0) {
		size_t in_a = digits(a), in_b = digits(b);

		if (in_a >= LONG_NUMBER && in_b >= LONG_NUMBER) {
			a = str_skip(a, in_a);
			b = str_skip(b, in_b);
		} else if (*a.p == *b.p) {
			a = str_skip(a, 1);
			b = str_skip(b, 1);
		} else {
			return false;
		}
	}
	return a.n == b.n;
}

static bool has(const struct exchange *e, const char *key, struct str value)
{
	return str_eq(str_from(json_get_text(json_get(e->line, key), "")), value);
}

/* Also of the others: calls of JSON services differ in a header only. */
static bool is_same_operation(const struct exchange *e, const struct question *q)
{
	return has(e, "operation", buf_str(&q->operation));
}

static const char *body_key(const struct question *q)
{
	return q->is_base64 ? "request_base64" : "request";
}

static bool is_same(const struct exchange *e, const struct question *q)
{
	return is_same_operation(e, q) && has(e, "method", str_from(q->method)) &&
	    has(e, "url", buf_str(&q->url)) && has(e, body_key(q), buf_str(&q->body));
}

static bool is_same_but_for_times(const struct exchange *e, const struct question *q)
{
	return is_same_operation(e, q) && has(e, "method", str_from(q->method)) &&
	    is_alike(str_from(json_get_text(json_get(e->line, "url"), "")), buf_str(&q->url)) &&
	    is_alike(str_from(json_get_text(json_get(e->line, body_key(q)), "")),
		buf_str(&q->body));
}

/* Who asks again after all was played, as --watch does, hears the last word again. */
static const struct {
	bool (*fits)(const struct exchange *e, const struct question *q);
	bool is_again;
} rules[] = {
	{ is_same, false },
	{ is_same_but_for_times, false },
	{ is_same_operation, false },
	{ is_same, true },
	{ is_same_but_for_times, true },
};

static struct exchange *find(struct http_tape *t, const struct question *q)
{
	for (size_t rule = 0; rule < ARRAY_SIZE(rules); rule++) {
		struct exchange *found = NULL;

		for (size_t i = 0; i < t->count && (!found || rules[rule].is_again); i++)
			if (t->exchanges[i].is_played == rules[rule].is_again &&
			    rules[rule].fits(&t->exchanges[i], q))
				found = &t->exchanges[i];
		if (found)
			return found;
	}
	return NULL;
}

/* Threads may play in another order than was recorded: time does not go back. */
static void move_clock(struct http_tape *t, const struct exchange *e)
{
	int64_t at_ms = json_get_int(json_get(e->line, "at_ms"), 0);

	if (at_ms > atomic_load(&t->now_ms))
		atomic_store(&t->now_ms, at_ms);
}

static void ask(const struct http_request *r, struct question *q)
{
	*q = (struct question){
		.method = r->method,
		.operation = BUF_INIT(OPERATION_MAX),
		.url = BUF_INIT(OPERATION_MAX),
		.body = BUF_INIT(HTTP_TAPE_LINE_MAX),
	};
	http_tape_operation(r, &q->operation);
	http_tape_url(r, &q->url);
	if (!r->hides_request)
		q->is_base64 = http_tape_body(r, r->body, &q->body) == HTTP_TAPE_BASE64;
}

int http_tape_play(struct http_tape *t, const struct http_request *request,
    struct http_response *response, struct err *err)
{
	struct question q;
	struct exchange *e;
	int rc;

	ask(request, &q);
	pthread_mutex_lock(&t->lock);
	e = request->is_off_tape ? NULL : find(t, &q);
	if (e) {
		e->is_played = true;
		move_clock(t, e);
		rc = http_tape_answer(e->line, response, err);
	} else {
		rc = err_set(err, ERR_NOTFOUND, HTTP_TAPE_LACKS "%.*s",
		    STR_ARG(str_slice(buf_str(&q.operation), 0, ERR_TEXT_MAX / 2)));
	}
	pthread_mutex_unlock(&t->lock);
	buf_release(&q.operation);
	buf_release(&q.url);
	buf_wipe(&q.body);
	return rc;
}
