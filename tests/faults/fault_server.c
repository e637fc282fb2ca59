/*
 * fault_server: SQS, S3, SSM and container credentials in memory, as strict as AWS and as
 * unreliable as ordered. fault_server [--delay-ms N] [--seed N]; prints its URL on the first
 * line, ends on SIGTERM. One thread per connection.
 *
 *	POST /_fault	a rule (plan.h): {"op": "SendMessageBatch", "what": "cut", "at": 10, "times": 1}
 *	DELETE /_fault	forget the rules; the clock is right again
 *	POST /_wait	the body is the most ms that a long poll takes from now on
 *	POST /_receives	the body is how often a message is received before it is a dead letter; 5
 *	GET /_state	{"calls": {op: n}, "repeats": {op: n}, "refused": {op: n}, "faults": n,
 *			"answer_bytes": n, "queues": {...}, "s3": {...}}; repeats: by what the client says
 *	POST /_reset	connections that wait for a request are reset
 *	POST /_revoke	all session tokens that were given out have expired
 *	GET /_creds	container credentials; a new session token each time, good for an hour
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "idle.h"
#include "mem.h"
#include "tally.h"
#include "world.h"

enum { HUGE_PIECE = 1024 * 1024 };

static int64_t delay_ms;              /* of every call */
static _Atomic uint64_t answer_bytes; /* of the latest answer, were it whole */

/* ---- one connection ---- */

struct connection {
	int fd;
	bool is_reset; /* by idle_reset() */
	struct buf in, out;
	struct wire_request request;
	struct wire_answer answer;
};

static void write_creds(struct buf *out)
{
	char text[64], until[CLOCK_RFC3339_SIZE];
	struct json_writer w;

	(void)snprintf(text, sizeof(text), "session-token-%u", world_new_token());
	clock_rfc3339(clock_wall_ms(&clock_system) + INT64_C(3600000), until);
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_member_text(&w, "AccessKeyId", "ASIAFAULTFAULTFAULT");
	json_member_text(&w, "SecretAccessKey", "fault/secret+key");
	json_member_text(&w, "Token", text);
	json_member_text(&w, "Expiration", until);
	json_object_end(&w);
}

/* "AmazonSQS.SendMessageBatch" -> service and operation; S3 has no target. */
struct call {
	enum { CALL_SQS, CALL_SSM, CALL_S3, CALL_CREDS } service;
	char op[64];
};

static struct call call_of(const struct wire_request *r)
{
	struct call c = { .service = CALL_S3 };
	struct str service, op;

	if (str_is(r->path, "/_creds")) {
		c.service = CALL_CREDS;
		(void)snprintf(c.op, sizeof(c.op), "Credentials");
	} else if (str_cut(wire_header(r, "X-Amz-Target"), '.', &service, &op)) {
		c.service = str_is(service, "AmazonSSM") ? CALL_SSM : CALL_SQS;
		(void)snprintf(c.op, sizeof(c.op), "%.*s", STR_ARG(op));
	} else {
		(void)snprintf(c.op, sizeof(c.op), "%s", s3_op(r));
	}
	return c;
}

static void apply_json(const struct call *call, const struct wire_request *r,
    const struct plan_rule *rule, struct wire_answer *a)
{
	struct json *in = NULL;
	struct err err;

	if (json_parse(r->body, &in, &err) != 0) {
		world_refuse_json(a, 400, "SerializationException", err.text);
		return;
	}
	buf_adds(&a->headers, "Content-Type: application/x-amz-json-1.0\r\n");
	if (call->service == CALL_SSM)
		ssm_call(call->op, in, a);
	else
		sqs_call(call->op, in, rule, a);
	json_free(in);
}

static void apply(const struct call *call, const struct wire_request *r,
    const struct plan_rule *rule, struct wire_answer *a)
{
	pthread_mutex_lock(&world_lock);
	if (call->service == CALL_CREDS)
		write_creds(&a->body);
	else if (!world_check_signed(r, call->service == CALL_S3, a))
		tally_refused(call->op);
	else if (call->service == CALL_S3)
		s3_call(call->op, r, a);
	else
		apply_json(call, r, rule, a);
	pthread_mutex_unlock(&world_lock);
}

static void refuse(const struct call *call, const struct plan_rule *rule, struct wire_answer *a)
{
	if (rule->what == FAULT_RAW) {
		a->status = rule->status;
		buf_adds(&a->body, rule->body);
	} else if (call->service == CALL_S3) {
		world_refuse_xml(a, rule->status, rule->code, "as ordered");
	} else {
		world_refuse_json(a, rule->status, rule->code, "as ordered");
	}
}

/* A body without end, as far as the client can tell. */
static bool send_huge(struct connection *c, uint64_t size)
{
	static const char zeros[HUGE_PIECE];
	char head[128];
	int n = snprintf(head, sizeof(head), "HTTP/1.1 200 Fault\r\nContent-Length: %llu\r\n\r\n",
	    (unsigned long long)size);

	if (!wire_send(c->fd, (struct str){ head, (size_t)n }))
		return false;
	for (; size > HUGE_PIECE; size -= HUGE_PIECE)
		if (!wire_send(c->fd, (struct str){ zeros, HUGE_PIECE }))
			return false;
	return wire_send(c->fd, (struct str){ zeros, (size_t)size });
}

static bool trickle(int fd, struct str bytes, const struct plan_rule *rule)
{
	size_t piece = rule->at > 0 ? (size_t)rule->at : 1;

	while (bytes.n > 0) {
		if (!wire_send(fd, str_slice(bytes, 0, piece)))
			return false;
		bytes = str_skip(bytes, piece);
		clock_sleep_ms((int64_t)rule->delay_ms);
	}
	return true;
}

/* Nothing, until the client gives up, or the rules are forgotten: then all goes on where it was. */
static bool stall(int fd)
{
	enum { STEP_MS = 20 };
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };
	uint64_t epoch = plan_epoch();

	while (plan_epoch() == epoch)
		if (poll(&p, 1, STEP_MS) > 0)
			return false;
	return true;
}

/* The socket closes with what is unread, and nothing is waited for: RST. */
static bool reset(int fd)
{
	const struct linger none = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	return false;
}

/* false: the connection ends. */
static bool deliver(struct connection *c, const struct plan_rule *rule)
{
	buf_reset(&c->out);
	wire_render(&c->answer, world_now_ms() / 1000, &c->out);
	answer_bytes = c->out.n;
	if (rule->what == FAULT_CUT) {
		(void)wire_send(c->fd, str_slice(buf_str(&c->out), 0, (size_t)rule->at));
		return false;
	}
	if (rule->what == FAULT_STALL && !stall(c->fd))
		return false;
	if (rule->what == FAULT_LATE)
		clock_sleep_ms((int64_t)rule->delay_ms);
	if (rule->what == FAULT_TRICKLE)
		return trickle(c->fd, buf_str(&c->out), rule);
	return wire_send(c->fd, buf_str(&c->out));
}

static bool serve_call(struct connection *c)
{
	struct call call = call_of(&c->request);
	struct plan_rule rule = plan_take(call.op);

	tally_call(call.op, &c->request);
	if (delay_ms > 0)
		clock_sleep_ms(delay_ms);
	if (rule.what == FAULT_DROP)
		return false;
	if (rule.what == FAULT_RESET)
		return reset(c->fd);
	if (rule.what == FAULT_SILENCE && !stall(c->fd))
		return false;
	if (rule.what == FAULT_HUGE)
		return send_huge(c, rule.at);
	if (rule.what == FAULT_SKEW)
		world_set_offset(rule.offset_s);
	if (rule.what == FAULT_REFUSE || rule.what == FAULT_RAW)
		refuse(&call, &rule, &c->answer);
	else
		apply(&call, &c->request, &rule, &c->answer);
	return deliver(c, &rule);
}

/* ---- the door ---- */

static void write_state(struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object_begin(&w);
	json_member_uint(&w, "faults", plan_hits());
	json_member_uint(&w, "answer_bytes", answer_bytes);
	tally_write(&w);
	pthread_mutex_lock(&world_lock);
	json_key(&w, "queues");
	json_object_begin(&w);
	sqs_state(&w);
	json_object_end(&w);
	json_key(&w, "s3");
	json_object_begin(&w);
	s3_state(&w);
	json_object_end(&w);
	pthread_mutex_unlock(&world_lock);
	json_object_end(&w);
}

static uint64_t number_of(const struct wire_request *r)
{
	uint64_t n = 0;

	(void)str_to_u64(r->body, &n);
	return n;
}

static void serve_door(struct connection *c)
{
	const struct wire_request *r = &c->request;
	struct err err = { 0 };

	if (str_is(r->path, "/_fault") && str_is(r->method, "DELETE")) {
		plan_clear();
		world_set_offset(0);
	} else if (str_is(r->path, "/_fault")) {
		if (plan_add(r->body, &err) != 0) {
			c->answer.status = 400;
			buf_adds(&c->answer.body, err.text);
		}
	} else if (str_is(r->path, "/_state")) {
		write_state(&c->answer.body);
	} else if (str_is(r->path, "/_wait")) {
		sqs_wait_max_ms = (int64_t)number_of(r);
	} else if (str_is(r->path, "/_receives")) {
		sqs_receives_max = (unsigned)number_of(r);
	} else if (str_is(r->path, "/_reset")) {
		idle_reset();
	} else if (str_is(r->path, "/_revoke")) {
		pthread_mutex_lock(&world_lock);
		world_revoke();
		pthread_mutex_unlock(&world_lock);
	} else {
		c->answer.status = 404;
	}
	buf_reset(&c->out);
	wire_render(&c->answer, world_now_ms() / 1000, &c->out);
	(void)wire_send(c->fd, buf_str(&c->out));
}

static bool read_request(struct connection *c)
{
	bool is_there;

	idle_begin(c->fd);
	is_there = wire_read(c->fd, &c->in, &c->request);
	c->is_reset = idle_end(c->fd);
	return is_there && !c->is_reset;
}

static void *serve(void *arg)
{
	struct connection *c = arg;
	bool keeps = true;

	while (keeps && read_request(c)) {
		wire_answer_reset(&c->answer);
		if (str_has_prefix(c->request.path, STR("/_")) &&
		    !str_is(c->request.path, "/_creds"))
			serve_door(c);
		else
			keeps = serve_call(c);
		keeps = keeps && !c->request.wants_close;
	}
	(void)close(c->fd);
	if (c->is_reset)
		idle_closed();
	wire_answer_release(&c->answer);
	buf_release(&c->in);
	buf_release(&c->out);
	free(c);
	return NULL;
}

/* ---- start ---- */

static int open_listener(unsigned *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) != 0 || listen(fd, 1024) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		return -1;
	*port = ntohs(a.sin_port);
	return fd;
}

static bool start(int fd)
{
	struct connection *c = xcalloc(1, sizeof(*c));
	pthread_t thread;

	c->fd = fd;
	buf_init(&c->in, WIRE_REQUEST_MAX);
	buf_init(&c->out, WIRE_ANSWER_MAX + 64 * 1024);
	wire_answer_init(&c->answer);
	c->answer.fd = fd;
	if (pthread_create(&thread, NULL, serve, c) != 0)
		return false;
	return pthread_detach(thread) == 0;
}

static void end(int number)
{
	(void)number;
	_exit(0);
}

int main(int argc, char **argv)
{
	unsigned port;
	int listener;

	for (int i = 1; i + 1 < argc; i += 2) {
		uint64_t n;

		if (!str_to_u64(str_from(argv[i + 1]), &n))
			return 2;
		if (strcmp(argv[i], "--delay-ms") == 0)
			delay_ms = (int64_t)n;
		else if (strcmp(argv[i], "--seed") == 0)
			plan_seed(n);
		else
			return 2;
	}
	(void)signal(SIGTERM, end);
	listener = open_listener(&port);
	if (listener < 0) {
		perror("fault_server");
		return 1;
	}
	(void)printf("http://127.0.0.1:%u\n", port);
	(void)fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && !start(fd))
			return 1;
	}
}
