#include "submit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "api_metrics.h"
#include "httpd_guard.h"
#include "log.h"
#include "mem.h"
#include "submit_core.h"

enum { RETRY_BUSY_S = 1 };

static const char too_much_waits[] = "Too much is waiting for the queue";

/* ---- the way to the queue ---- */

static void line_release(struct submission *s)
{
	buf_release(&s->line);
	if (s->reserved)
		outbox_release(s->api->outbox, s->reserved);
	s->reserved = 0;
}

static void record_make(struct submission *s, const struct payload *p)
{
	struct record record = {
		.id = str_from(s->id),
		.accepted_at_ms = clock_wall_ms(s->api->clock),
		.traceparent = str_from(s->traceparent),
		.data = { p->data[0], p->data[1] },
	};

	buf_init(&s->line, s->reserved);
	(void)buf_room(&s->line, s->reserved); /* one block of that size */
	record_write(&s->line, &record);
	assert(!s->line.full);
	s->parcel.line = buf_str(&s->line);
}

static void enqueue(struct submission *s, const struct payload *p)
{
	const struct api_settings *settings = &s->api->settings;

	record_make(s, p);
	httpd_drop_body(s->request);
	s->parcel.loop = s->request->loop;
	s->parcel.traceparent = str_from(s->traceparent);
	s->parcel.deadline_us = clock_mono_us(s->api->clock) +
	    settings->request_timeout_s * INT64_C(1000000);
	s->stage = WAITING_FOR_QUEUE;
	httpd_defer(s->request);
	outbox_add(s->api->outbox, &s->parcel);
}

/* Tell those who sent the same id meanwhile, each in its own loop. */
static void finish_first(struct submission *s)
{
	struct replay_waiter *w, *next;

	if (!s->is_first)
		return;
	s->is_first = false;
	w = replay_finish(s->api->replay, &s->waiter,
	    s->parcel.result == ERR_NONE ? s->parcel.object : NULL);
	for (; w; w = next) {
		struct submission *other = (void *)((char *)w -
		    offsetof(struct submission, waiter));

		next = w->next;
		other->parcel.result = s->parcel.result;
		memcpy(other->parcel.object, s->parcel.object, sizeof(s->parcel.object));
		httpd_return(s->api->httpd, other->request->loop, other->request);
	}
}

struct auth_context submit_audit_context(const struct submission *s)
{
	bool has_trace = s->traceparent[0] != '\0';

	return (struct auth_context){ .request_id = s->request_id,
		.request = s->request,
		.trace_id = has_trace ? s->trace.trace_id : NULL,
		.span_id = has_trace ? s->trace.span_id : NULL };
}

static void answer_replay(struct submission *s, enum replay_event event, const char *outcome)
{
	struct auth_context context = submit_audit_context(s);

	line_release(s);
	metric_add(&replay_events[event], 1);
	auth_audit_replay(&s->auth, outcome, &context);
	httpd_drop_body(s->request);
	if (event == REPLAY_ANSWERED)
		submit_answer_accepted(s);
	else if (event == REPLAY_CONFLICT)
		submit_answer_problem(s,
		    &(struct problem){ .status = 422,
			.error = "webhook-id was used with another body" });
	else {
		s->stage = WAITING_FOR_FIRST;
		httpd_defer(s->request);
	}
}

/* Signed requests have an id of their client's: whether it was here before. */
static void check_replay(struct submission *s, const struct payload *p)
{
	unsigned char digest[HASH_SIZE];

	hash_sha256(s->request->body, digest);
	switch (
	    replay_begin(s->api->replay, s->auth.webhook.id, digest, clock_wall_s(s->api->clock),
		s->auth.timestamp_s + WEBHOOK_TOLERANCE_S, &s->waiter, s->parcel.object)) {
	case REPLAY_NEW:
		s->is_first = true;
		enqueue(s, p);
		return;
	case REPLAY_DONE:
		answer_replay(s, REPLAY_ANSWERED, "success");
		return;
	case REPLAY_WAIT:
		answer_replay(s, REPLAY_WAITED, "unknown");
		return;
	case REPLAY_OTHER:
		answer_replay(s, REPLAY_CONFLICT, "failure");
		return;
	case REPLAY_FULL:
		submit_answer_unavailable(s, "Too many webhook ids under way", RETRY_BUSY_S);
	}
}

static void admit(struct submission *s, const struct payload *p)
{
	size_t bytes = p->data[0].n + p->data[1].n + RECORD_OVERHEAD_MAX;

	if (!outbox_reserve(s->api->outbox, bytes)) {
		api_count(API_RECORDS_REFUSED, 1);
		submit_answer_unavailable(s, too_much_waits, RETRY_BUSY_S);
		return;
	}
	s->reserved = bytes;
	if (s->auth.webhook.id_count) {
		memcpy(s->id, s->auth.webhook.id.p, s->auth.webhook.id.n);
		check_replay(s, p);
	} else {
		char id[UUID_TEXT_SIZE];

		uuid_v7(s->api->clock, id);
		memcpy(s->id, id, sizeof(id));
		enqueue(s, p);
	}
}

/* ---- judging ---- */

/* false: answered or waiting. */
static bool check_credentials(struct submission *s, enum auth_step step)
{
	struct auth_context context = submit_audit_context(s);

	if (step == AUTH_INVALID) {
		submit_answer_payload(s, PAYLOAD_BAD_SHAPE, "token must be a string");
		return false;
	}
	if (step == AUTH_UNKNOWN && !s->is_rejudged) {
		s->is_rejudged = true;
		s->stage = WAITING_FOR_KEYS;
		switch (keyring_await(s->api->keyring, s->auth.generation, s->request)) {
		case KEYRING_WAITING:
			return false;
		case KEYRING_AGAIN:
			submit_return(s->request);
			return false;
		case KEYRING_NO:
			break;
		}
	}
	auth_audit(&s->auth, step == AUTH_PASSED, &context);
	if (step == AUTH_PASSED)
		return true;
	submit_answer_unauthorized(s);
	return false;
}

/* Signature, JSON, other credentials, content: a fault of an earlier kind hides all later ones. */
static void judge(struct submission *s)
{
	const struct api_settings *settings = &s->api->settings;
	enum payload_fault fault;
	enum auth_step step;
	struct payload payload;
	int64_t epoch_ms;
	struct err err;

	s->stage = JUDGING;
	step = auth_check_signature(&s->auth, (enum auth_mode)settings->auth, s->api->keyring,
	    s->request, clock_wall_s(s->api->clock));
	if (step != AUTH_OPEN && !check_credentials(s, step))
		return;
	if (payload_parse(s->request->body, &payload, &fault, &err) != 0) {
		submit_answer_payload(s, fault, err.text);
		return;
	}
	if (step == AUTH_OPEN &&
	    !check_credentials(s,
		auth_check_token(&s->auth, s->api->keyring, s->request, &payload)))
		return;
	if (payload_check(&payload, (enum payload_policy)settings->payload_policy, &epoch_ms,
		&fault, &err) != 0) {
		submit_answer_payload(s, fault, err.text);
		return;
	}
	admit(s, &payload);
}

/* ---- the calls of a request's life ---- */

static bool is_json(const struct httpd_field *type)
{
	struct str name, parameters;

	(void)str_cut(type->value, ';', &name, &parameters);
	return type->count == 1 && str_eq_nocase(str_trim(name), STR("application/json"));
}

/* A body whose record would be refused for want of room; a chunked one is only known at its end. */
static bool is_too_much(struct api *api, const struct httpd_request *r)
{
	int64_t length = httpd_guard_length(r);

	return length > 0 && !outbox_has_room(api->outbox, (size_t)length);
}

/*
 * Over capacity a refusal must be cheap, or refusing takes the time from those who are
 * served: it is decided here, before the body is kept, parsed, judged and logged.
 */
void submit_head(struct api *api, struct httpd_request *r)
{
	char id[REQUEST_ID_SIZE], retry_after_s[LOG_INT_SIZE];
	struct problem p;

	if (r->fields[HTTPD_CONTENT_ENCODING].count > 0)
		p = (struct problem){ .status = 415,
			.error = "Content-Encoding is not supported",
			.name = "Accept-Encoding",
			.value = "identity" };
	else if (!is_json(&r->fields[HTTPD_CONTENT_TYPE]))
		p = (struct problem){ .status = 415,
			.error = "Content-Type must be application/json",
			.name = "Accept",
			.value = "application/json" };
	else if (is_too_much(api, r)) {
		api_count(API_RECORDS_REFUSED, 1);
		p = (struct problem){ .status = 503,
			.error = too_much_waits,
			.name = "Retry-After",
			.value = log_int(RETRY_BUSY_S, retry_after_s) };
	} else
		return;
	request_id(r, api->clock, id);
	problem_answer(r, id, &p);
}

/* A trace that the client began goes on with a span of ours. */
static void read_trace(struct submission *s)
{
	const struct httpd_field *field = &s->request->fields[HTTPD_TRACEPARENT];

	if (field->count != 1 || !traceparent_parse(field->value, &s->trace))
		return;
	traceparent_new_span(&s->trace);
	traceparent_format(&s->trace, s->traceparent);
}

void submit_body(struct api *api, struct httpd_request *r)
{
	struct submission *s = xcalloc(1, sizeof(*s));

	s->api = api;
	s->request = r;
	r->state = s;
	request_id(r, api->clock, s->request_id);
	read_trace(s);
	judge(s);
}

void submit_return(struct httpd_request *r)
{
	struct submission *s = r->state;

	assert(s->stage != JUDGING); /* then it waits for nothing */
	switch (s->stage) {
	case JUDGING:
		return;
	case WAITING_FOR_KEYS:
		judge(s);
		return;
	case WAITING_FOR_QUEUE:
		line_release(s);
		api_count(s->parcel.result == ERR_NONE ? API_RECORDS_ACCEPTED : API_RECORDS_FAILED,
		    1);
		finish_first(s);
		submit_answer_outcome(s);
		return;
	case WAITING_FOR_FIRST:
		submit_answer_outcome(s);
	}
}

void submit_done(struct httpd_request *r)
{
	struct submission *s = r->state;

	if (!s)
		return;
	assert(!s->is_first);
	line_release(s);
	free(s);
	r->state = NULL;
}

void submit_deliver(void *arg, unsigned loop, struct parcel *list)
{
	struct httpd_request *first = NULL, **tail = &first;
	struct api *api = arg;

	for (struct parcel *p = list; p; p = p->next) {
		*tail = ((struct submission *)p)->request;
		tail = &(*tail)->next;
	}
	*tail = NULL;
	httpd_return(api->httpd, loop, first);
}
