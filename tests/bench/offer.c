/*
 * offer: POST one body at a fixed rate, whatever becomes of the earlier ones: an open loop, as
 * many independent clients are. All connections are opened before; each request takes an idle one.
 *
 *   offer PORT RATE_PER_S SECONDS CONNECTIONS BODY_FILE
 *
 * Prints one JSON object. Latencies count from the sending, which waits for no answer; how much
 * later than due that was is `late`: the want of processor time of this program. `unsent` had no
 * connection to go by.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "str.h"

enum {
	ANSWER_MAX = 2048,
	EVENTS_MAX = 512,
	BURST = 64, /* requests before a look at the answers */
	REQUEST_MAX = 1 << 20,
	BUCKET_US = 100, /* of the latencies; the last one holds all above */
	BUCKETS = 100000,
	GRACE_US = 5000000, /* after the last request, for the answers still due */
};

struct client {
	int fd;
	bool is_busy;
	int64_t sent_us;
	size_t received;
	char answer[ANSWER_MAX];
};

struct histogram {
	uint64_t count;
	uint32_t buckets[BUCKETS];
};

static struct {
	uint16_t port;
	int epoll;
	struct str request;
	struct client *clients;
	struct client **idle; /* a ring: used in turn, so that none idles for long and is closed */
	size_t client_count, idle_first, idle_count;
	struct histogram accepted, refused, late;
	uint64_t unsent, other, broken;
} offer;

static int64_t now_us(void)
{
	return clock_mono_us(&clock_system);
}

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- times ---- */

static void histogram_add(struct histogram *h, int64_t us)
{
	int64_t bucket = us / BUCKET_US;

	h->count++;
	h->buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

static int64_t percentile_us(const struct histogram *h, uint64_t percent)
{
	uint64_t wanted = (h->count * percent + 99) / 100, seen = 0;
	int64_t i = 0;

	while (i < BUCKETS && (seen += h->buckets[i]) < wanted)
		i++;
	return (i + 1) * BUCKET_US;
}

/* ---- connections ---- */

static void idle_add(struct client *c)
{
	offer.idle[(offer.idle_first + offer.idle_count++) % offer.client_count] = c;
}

static struct client *idle_take(void)
{
	struct client *c = offer.idle[offer.idle_first];

	offer.idle_first = (offer.idle_first + 1) % offer.client_count;
	offer.idle_count--;
	return c;
}

static void client_open(struct client *c)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(offer.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event wanted = { .events = EPOLLIN, .data.ptr = c };

	/* Loopback: connecting never waits for long, and makes the rest simple. */
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) != 0 ||
	    fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0 ||
	    epoll_ctl(offer.epoll, EPOLL_CTL_ADD, c->fd, &wanted) != 0)
		die("connect");
	idle_add(c);
}

static void client_lose(struct client *c)
{
	offer.broken++;
	(void)close(c->fd); /* and epoll forgets it */
	c->fd = -1;         /* its place stays empty: this ends as an error anyway */
}

static void client_send(struct client *c, int64_t due_us)
{
	c->sent_us = now_us();
	c->received = 0;
	c->is_busy = true;
	histogram_add(&offer.late, c->sent_us - due_us);
	/* A request is shorter than a socket's buffer, and the last answer was read. */
	if (send(c->fd, offer.request.p, offer.request.n, MSG_NOSIGNAL) != (ssize_t)offer.request.n)
		client_lose(c);
}

static void offer_one(int64_t due_us)
{
	if (offer.idle_count > 0)
		client_send(idle_take(), due_us);
	else
		offer.unsent++;
}

/* ---- answers ---- */

/* The whole answer's length, or 0 while it is not known. */
static size_t answer_length(struct str text)
{
	static const char name[] = "\r\ncontent-length:";
	size_t head = 0, length = 0;
	struct str value;
	uint64_t n;

	for (size_t i = 0; i + 4 <= text.n && head == 0; i++)
		if (memcmp(text.p + i, "\r\n\r\n", 4) == 0)
			head = i + 4;
	for (size_t i = 0; i + sizeof(name) - 1 < head && length == 0; i++) {
		if (!str_eq_nocase(str_slice(text, i, i + sizeof(name) - 1), str_from(name)))
			continue;
		(void)str_cut(str_skip(text, i + sizeof(name) - 1), '\r', &value, &text);
		length = str_to_u64(str_trim(value), &n) ? head + n : 0;
	}
	return length;
}

static void take_answer(struct client *c)
{
	struct str status = str_slice((struct str){ c->answer, c->received }, 9, 12);
	int64_t latency_us = now_us() - c->sent_us;

	if (str_is(status, "200"))
		histogram_add(&offer.accepted, latency_us);
	else if (str_is(status, "503"))
		histogram_add(&offer.refused, latency_us);
	else
		offer.other++;
	c->is_busy = false;
	idle_add(c);
}

static void client_read(struct client *c)
{
	ssize_t n = recv(c->fd, c->answer + c->received, ANSWER_MAX - c->received, 0);
	size_t length;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || !c->is_busy) {
		client_lose(c);
		return;
	}
	c->received += (size_t)n;
	length = answer_length((struct str){ c->answer, c->received });
	if (length > 0 && c->received >= length)
		take_answer(c);
}

static void read_ready(int wait_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(offer.epoll, events, EVENTS_MAX, wait_ms);

	for (int i = 0; i < n; i++)
		client_read(events[i].data.ptr);
}

/* ---- the run ---- */

/* Request number i is due i / rate after the beginning, however late we are. */
static void run(uint64_t rate, uint64_t seconds)
{
	const uint64_t total = rate * seconds;
	const int64_t began_us = now_us();
	uint64_t next = 0;
	int64_t until_us;

	while (next < total) {
		int64_t due_us = began_us + (int64_t)(next * 1000000 / rate);
		bool is_due = due_us <= now_us();

		if (is_due)
			offer_one(due_us);
		next += is_due;
		if (!is_due || next % BURST == 0)
			read_ready(is_due ? 0 : 1);
	}
	until_us = now_us() + GRACE_US;
	while (offer.idle_count + offer.broken < offer.client_count && now_us() < until_us)
		read_ready(10);
}

static void print_result(uint64_t seconds)
{
	printf("{\"seconds\": %" PRIu64 ", \"sent\": %" PRIu64 ", \"unsent\": %" PRIu64
	       ", \"accepted\": %" PRIu64 ", \"refused\": %" PRIu64 ", \"other\": %" PRIu64
	       ", \"broken\": %" PRIu64 ", \"late_p99_us\": %" PRId64
	       ", \"accepted_p99_us\": %" PRId64 ", \"refused_p50_us\": %" PRId64
	       ", \"refused_p99_us\": %" PRId64 "}\n",
	    seconds, offer.late.count, offer.unsent, offer.accepted.count, offer.refused.count,
	    offer.other, offer.broken, percentile_us(&offer.late, 99),
	    percentile_us(&offer.accepted, 99), percentile_us(&offer.refused, 50),
	    percentile_us(&offer.refused, 99));
}

static void make_request(struct buf *out, const char *body_file)
{
	struct buf body = BUF_INIT(REQUEST_MAX);
	FILE *in = fopen(body_file, "re");
	char piece[4096];
	size_t n;

	if (!in)
		die(body_file);
	while ((n = fread(piece, 1, sizeof(piece), in)) > 0)
		buf_add(&body, (struct str){ piece, n });
	(void)fclose(in); /* only read */
	buf_addf(out,
	    "POST /submit HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    body.n);
	buf_add(out, buf_str(&body));
	buf_release(&body);
}

int main(int argc, char **argv)
{
	struct buf request = BUF_INIT(REQUEST_MAX);
	uint64_t port, rate, seconds, connections;

	if (argc != 6 || !str_to_u64(str_from(argv[1]), &port) || port > UINT16_MAX ||
	    !str_to_u64(str_from(argv[2]), &rate) || rate == 0 ||
	    !str_to_u64(str_from(argv[3]), &seconds) ||
	    !str_to_u64(str_from(argv[4]), &connections) || connections == 0) {
		fprintf(stderr, "usage: offer PORT RATE_PER_S SECONDS CONNECTIONS BODY_FILE\n");
		return 2;
	}
	make_request(&request, argv[5]);
	offer.port = (uint16_t)port;
	offer.request = buf_str(&request);
	offer.client_count = (size_t)connections;
	offer.clients = xcalloc(offer.client_count, sizeof(*offer.clients));
	offer.idle = xcalloc(offer.client_count, sizeof(struct client *));
	offer.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (offer.epoll < 0)
		die("epoll");
	for (size_t i = 0; i < offer.client_count; i++)
		client_open(&offer.clients[i]);
	run(rate, seconds);
	print_result(seconds);
	free(offer.clients);
	free(offer.idle);
	buf_release(&request);
	return offer.broken > 0 || offer.other > 0;
}
