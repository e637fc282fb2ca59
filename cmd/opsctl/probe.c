#include "probe.h"

#include <inttypes.h>

#include "arrival.h"
#include "ports.h"
#include "sample.h"

static const char *const hop_names[PROBE_HOPS] = {
	[PROBE_SECRET] = "secret",
	[PROBE_DNS] = "dns",
	[PROBE_TCP] = "tcp",
	[PROBE_TLS] = "tls",
	[PROBE_FIRST_BYTE] = "first byte",
	[PROBE_ACCEPTED] = "accepted",
	[PROBE_QUEUED] = "queued",
	[PROBE_RECEIVED] = "received",
	[PROBE_STORED] = "stored",
	[PROBE_VISIBLE] = "visible",
};

static const char *const clock_names[PROBE_CLOCKS] = {
	[PROBE_CLOCK_API] = "ops-api",
	[PROBE_CLOCK_QUEUE] = "the queue",
	[PROBE_CLOCK_WORKER] = "ops-worker",
};

const char *probe_hop_name(enum probe_hop hop)
{
	return hop_names[hop];
}

const char *probe_clock_name(enum probe_clock clock)
{
	return clock_names[clock];
}

enum exit_code probe_exit_code(const struct probe *p)
{
	if (!p->has_failed)
		return EXIT_OK;
	return p->is_ours ? exit_code_of(p->err.code)
			  : (enum exit_code)(EXIT_PROBE_HOP + (int)p->failed_at);
}

/* ---- one canary under way ---- */

struct canary {
	struct cli *cli;
	struct store *store;
	struct probe *p;
	struct client client;
	struct buf payload;
	struct arrival arrival;
	int64_t began_us;             /* on the monotonic clock */
	int64_t sent_us, answered_us; /* since then, as all that follow */
	int64_t visible_us;
	int64_t reached_us; /* the end of the last hop that is known */
};

static int64_t now_us(const struct canary *c)
{
	return clock_mono_us(c->cli->clock) - c->began_us;
}

static void set_span(struct canary *c, enum probe_hop hop, int64_t from_us, int64_t to_us)
{
	if (to_us < from_us)
		to_us = from_us;
	c->p->spans[hop] = (struct probe_span){ from_us, to_us, NULL };
	c->reached_us = to_us;
}

/* Keep what went wrong; the next step, if one is set, is this probe's. */
static void fail(struct canary *c, enum probe_hop hop, bool is_ours, const struct err *err)
{
	struct probe *p = c->p;

	if (p->spans[hop].note)
		set_span(c, hop, c->reached_us, now_us(c));
	p->has_failed = true;
	p->failed_at = hop;
	p->is_ours = is_ours;
	p->err = *err;
	(void)snprintf(p->next, sizeof(p->next), "%s", c->cli->next);
	c->cli->next[0] = '\0';
}

/* What we may not do, or do not know how to, is no fault of the hop. */
static bool is_ours(enum err_code code)
{
	return code == ERR_CONFIG || code == ERR_CREDENTIALS || code == ERR_DENIED;
}

/* ---- to ops-api ---- */

static bool read_token(struct canary *c)
{
	struct err err;

	if (client_open(&c->client, c->cli, &err) != 0) {
		fail(c, PROBE_SECRET, true, &err);
		return false;
	}
	set_span(c, PROBE_SECRET, 0, now_us(c));
	return true;
}

static void read_timing(struct canary *c)
{
	const struct http_timing *t = &c->p->answer.timing;
	bool is_tls = str_has_prefix(str_from(c->client.url), STR("https:"));

	if (t->step > HTTP_DNS)
		set_span(c, PROBE_DNS, c->sent_us, c->sent_us + t->dns_us);
	if (t->connect_us > 0)
		set_span(c, PROBE_TCP, c->sent_us + t->dns_us, c->sent_us + t->connect_us);
	else if (t->step > HTTP_TCP)
		c->p->spans[PROBE_TCP].note = "not told apart from tls";
	if (!is_tls)
		c->p->spans[PROBE_TLS].note = "not used";
	else if (t->tls_us > 0)
		set_span(c, PROBE_TLS, c->sent_us + t->connect_us, c->sent_us + t->tls_us);
}

static void read_answer(struct canary *c)
{
	int64_t begun_us = c->sent_us + c->p->answer.timing.first_byte_us;

	set_span(c, PROBE_FIRST_BYTE, c->reached_us, begun_us);
	set_span(c, PROBE_ACCEPTED, begun_us, c->answered_us);
}

static enum probe_hop stuck_at(const struct canary *c)
{
	static const enum probe_hop hops[] = {
		[HTTP_DNS] = PROBE_DNS,
		[HTTP_TCP] = PROBE_TCP,
		[HTTP_TLS] = PROBE_TLS,
		[HTTP_ANSWER] = PROBE_FIRST_BYTE,
	};

	return hops[c->p->answer.timing.step];
}

static bool send_payload(struct canary *c)
{
	struct client_answer *answer = &c->p->answer;
	struct err err;

	c->sent_us = now_us(c);
	if (client_submit(&c->client, c->p->id, buf_str(&c->payload), answer, &err) != 0) {
		read_timing(c);
		(void)client_next(c->cli, 0, &err);
		fail(c, stuck_at(c), false, &err);
		return false;
	}
	c->answered_us = now_us(c);
	read_timing(c);
	read_answer(c);
	if (client_judge(answer, &err) != 0) {
		(void)client_next(c->cli, answer->status, &err);
		fail(c, PROBE_ACCEPTED, false, &err);
		return false;
	}
	if (!answer->id[0] || !answer->object[0]) {
		(void)err_set(&err, ERR_CORRUPT, "HTTP %d, but not an answer of ops-api",
		    answer->status);
		(void)client_next(c->cli, 0, &err);
		fail(c, PROBE_ACCEPTED, false, &err);
		return false;
	}
	return true;
}

/* ---- to the store ---- */

/* Where it is stuck, by what the queue counts: others' messages are in there too. */
static enum probe_hop blame(struct canary *c, const struct queue_stats *s)
{
	if (s->visible > 0) {
		(void)cli_next(c->cli, "run: opsctl health --why");
		return PROBE_RECEIVED;
	}
	if (s->in_flight > 0) {
		(void)cli_next(c->cli, "run: opsctl health --why");
		return PROBE_STORED;
	}
	(void)cli_next(c->cli, s->dead > 0 ? "run: opsctl dlq ls" : "run: opsctl health --why");
	return s->dead > 0 ? PROBE_STORED : PROBE_VISIBLE;
}

static void fail_late(struct canary *c, struct err *err)
{
	struct queue *queue = NULL;
	struct queue_stats s;
	struct err ignored; /* the queue may be out of this machine's reach */
	enum probe_hop hop = PROBE_VISIBLE;

	if (ports_queue(c->cli, &queue, &ignored) == 0 && queue_stats(queue, &s, &ignored) == 0) {
		hop = blame(c, &s);
		(void)err_set(err, ERR_TIMEOUT,
		    "object %s is not in the store; the queue holds %" PRIu64 " waiting, %" PRIu64
		    " under way, %" PRIu64 " dead",
		    c->p->answer.object, s.visible, s.in_flight, s.dead);
	} else {
		(void)cli_next(c->cli, "run: opsctl health --why");
	}
	queue_close(queue);
	fail(c, hop, false, err);
}

static int wait_for_it(struct canary *c, struct err *err)
{
	const struct client_answer *a = &c->p->answer;
	int64_t deadline_us = c->began_us + cli_ms(c->cli, "timeout") * 1000;
	struct buf data = BUF_INIT(CLIENT_BODY_MAX);
	int rc = client_stored_data(buf_str(&c->payload), &data, err);

	if (rc == 0)
		rc = arrival_wait(c->cli, c->store, a->object, a->id, buf_str(&data), deadline_us,
		    &c->arrival, err);
	buf_release(&data);
	return rc;
}

/* ---- the clocks of others ---- */

/* A time of theirs, which must lie in a span of ours: how far it is from that. */
static void judge_clock(struct canary *c, enum probe_clock clock, int64_t theirs_ms,
    int64_t from_us, int64_t to_us)
{
	int64_t from_ms = c->p->began_ms + from_us / 1000 - 1; /* both clocks tell whole ms */
	int64_t to_ms = c->p->began_ms + to_us / 1000 + 1;

	if (theirs_ms < from_ms)
		c->p->ahead_ms[clock] = theirs_ms - from_ms;
	else if (theirs_ms > to_ms)
		c->p->ahead_ms[clock] = theirs_ms - to_ms;
}

static int64_t ours_us(const struct canary *c, enum probe_clock clock, int64_t theirs_ms)
{
	int64_t us = (theirs_ms - c->p->ahead_ms[clock] - c->p->began_ms) * 1000;

	return us < c->visible_us ? us : c->visible_us;
}

static void read_way(struct canary *c)
{
	const struct store_info *info = &c->arrival.info;
	bool has_sent = info->sent_at_ms > 0, has_received = info->received_at_ms > 0;
	int64_t sent_us = 0, received_us = c->answered_us, stored_us;

	c->visible_us = c->arrival.verified_us - c->began_us;
	judge_clock(c, PROBE_CLOCK_API, c->arrival.accepted_at_ms, c->sent_us, c->answered_us);
	if (has_sent) {
		judge_clock(c, PROBE_CLOCK_QUEUE, info->sent_at_ms, c->sent_us, c->answered_us);
		sent_us = ours_us(c, PROBE_CLOCK_QUEUE, info->sent_at_ms);
		set_span(c, PROBE_QUEUED, ours_us(c, PROBE_CLOCK_API, c->arrival.accepted_at_ms),
		    sent_us);
	}
	if (has_received) {
		judge_clock(c, PROBE_CLOCK_WORKER, info->received_at_ms, c->sent_us, c->visible_us);
		received_us = ours_us(c, PROBE_CLOCK_WORKER, info->received_at_ms);
		set_span(c, PROBE_RECEIVED, has_sent ? sent_us : c->answered_us, received_us);
	}
	/* S3 tells whole seconds only; ops-worker knows when it began to write. */
	stored_us = info->written_at_ms > 0 ? ours_us(c, PROBE_CLOCK_WORKER, info->written_at_ms)
					    : ours_us(c, PROBE_CLOCK_API, info->stored_at_ms);
	set_span(c, PROBE_STORED, received_us, stored_us);
	set_span(c, PROBE_VISIBLE, c->p->spans[PROBE_STORED].to_us, c->visible_us);
}

/* ---- all of it ---- */

static const char not_reached[] = "not reached";
static const char not_told[] = "the store does not keep it";

static int follow(struct canary *c, struct err *err)
{
	if (!read_token(c) || !send_payload(c))
		return 0;
	if (wait_for_it(c, err) == 0) {
		c->p->spans[PROBE_QUEUED].note = c->p->spans[PROBE_RECEIVED].note = not_told;
		read_way(c);
		return 0;
	}
	if (err->code == ERR_STOPPED)
		return -1;
	if (err->code == ERR_TIMEOUT)
		fail_late(c, err);
	else
		fail(c, PROBE_VISIBLE, is_ours(err->code), err);
	return 0;
}

int probe_run(struct cli *cli, struct store *store, struct probe *out, struct err *err)
{
	struct canary c = { .cli = cli,
		.store = store,
		.p = out,
		.payload = BUF_INIT(CLIENT_BODY_MAX) };
	int rc;

	*out = (struct probe){ .began_ms = clock_wall_ms(cli->clock) };
	c.began_us = clock_mono_us(cli->clock);
	for (size_t i = 0; i < PROBE_HOPS; i++)
		out->spans[i].note = not_reached;
	client_new_id(cli->clock, out->id);
	sample_payload(&c.payload, cli->clock, 1, 0);

	rc = follow(&c, err);
	out->total_us = now_us(&c);
	client_release(&c.client);
	buf_release(&c.payload);
	return rc;
}
