#include <string.h>

#include "aws_core.h"

enum {
	ATTEMPT_TIMEOUT_MS = 30000,
	POLL_MARGIN_MS = 10000, /* beyond the wait: an answer that late is not coming */
};

void aws_answer_reset(struct aws_answer *answer)
{
	answer->status = 0;
	answer->http.status = 0;
	answer->code[0] = answer->request_id[0] = answer->bucket_region[0] = '\0';
	buf_reset(&answer->http.headers);
	buf_reset(&answer->http.body);
}

static int timeout_ms(const struct aws_exchange *x)
{
	int64_t ms = x->request->wait_s > 0 ? x->request->wait_s * INT64_C(1000) + POLL_MARGIN_MS
					    : ATTEMPT_TIMEOUT_MS;
	int64_t left_ms = x->ends_at_ms - clock_mono_ms(x->aws->clock);

	if (x->ends_at_ms && left_ms < ms)
		ms = left_ms > 1 ? left_ms : 1;
	return (int)ms;
}

/*
 * The moment that Date tells lies between sending and receiving; but the answer to a long poll is
 * made at its end.
 */
static struct skew_reading learn_skew(struct aws_exchange *x, int64_t sent_ms, int64_t received_ms)
{
	const struct http_response *http = &x->answer->http;

	if (x->op->is_long_poll)
		sent_ms = received_ms;
	return skew_learn(&x->aws->skew, http_response_header(http, "Date"),
	    http_response_header(http, "Age"), sent_ms, received_ms);
}

/* Whether the end of the body is told: an empty one may be what a broken connection left. */
static bool is_framed(const struct http_response *http)
{
	return !str_has_prefix(buf_str(&http->headers), STR("HTTP/1")) ||
	    http_response_header(http, "Content-Length").n > 0 ||
	    http_response_header(http, "Transfer-Encoding").n > 0;
}

static int parse(struct aws_exchange *x, struct aws_document *d, struct err *err)
{
	struct str body = str_trim(buf_str(&x->answer->http.body));

	if (d->wanted == AWS_DOCUMENT_XML)
		return xml_parse(body, &d->xml, err);
	if (d->wanted == AWS_DOCUMENT_NONE)
		return 0;
	if (body.n == 0 && is_framed(&x->answer->http))
		body = STR("{}");
	if (body.n == 0 || *body.p != '{')
		return err_set(err, ERR_CORRUPT, "the answer is not a JSON object");
	return json_parse(body, &d->json, err);
}

static int wrap(const struct aws_exchange *x, struct err *err)
{
	char name[AWS_NAME_SIZE];

	aws_exchange_name(x, name);
	return err_wrap(err, "%s", name);
}

/* A body that is not what the protocol says is not the service's: it may be when asked again. */
static int take_document(struct aws_exchange *x, struct aws_document *d, struct aws_outcome *o,
    struct err *err)
{
	if (parse(x, d, err) == 0)
		return 0;
	o->class = RETRY_TRANSIENT;
	err->code = ERR_CORRUPT;
	(void)err_wrap(err, "HTTP %d", x->answer->status);
	return wrap(x, err);
}

static void copy_text(char *out, size_t size, const char *text)
{
	(void)snprintf(out, size, "%s", text);
}

/* What every answer may tell beside its body. */
static void keep_ids(struct aws_answer *answer, const struct aws_error *e)
{
	copy_text(answer->request_id, sizeof(answer->request_id), e->request_id);
	copy_text(answer->bucket_region, sizeof(answer->bucket_region), e->region);
}

/* HEAD has no body to name the cause: it may be one of those that can be repaired. */
static const struct {
	int status;
	const char *code;
} unsaid[] = {
	{ 400, "ExpiredToken" },
	{ 403, "SignatureDoesNotMatch" },
};

static struct str cause_of(const struct aws_exchange *x, int status)
{
	bool is_unsaid = x->op->method && strcmp(x->op->method, "HEAD") == 0 &&
	    !aws_is_elsewhere(x, x->answer->bucket_region);

	for (size_t i = 0; is_unsaid && i < ARRAY_SIZE(unsaid); i++)
		if (unsaid[i].status == status)
			return str_from(unsaid[i].code);
	return str_from(x->answer->code);
}

static int refused(struct aws_exchange *x, int status, struct aws_outcome *o, struct err *err)
{
	struct aws_answer *answer = x->answer;
	struct str secrets[AWS_SECRETS];
	struct aws_error e;

	aws_exchange_secrets(x, secrets);
	aws_error_read(&answer->http, secrets, AWS_SECRETS, &e);
	copy_text(answer->code, sizeof(answer->code), e.code);
	keep_ids(answer, &e);
	o->cause = cause_of(x, status);
	o->class = retry_classify(status, o->cause, ERR_NONE);
	if (o->class == RETRY_THROTTLING)
		x->client->throttled++;
	return aws_error_set(x, &e, status, err);
}

static int judge(struct aws_exchange *x, struct aws_document *d, struct aws_outcome *o,
    struct err *err)
{
	int status = x->answer->status;
	struct aws_error head;

	if (status < 200 || status > 299)
		return refused(x, status, o, err);
	if (!x->op->answers_bytes && aws_error_is_document(buf_str(&x->answer->http.body)))
		return refused(x, 500, o, err);
	aws_error_read_head(&x->answer->http, &head);
	keep_ids(x->answer, &head);
	return take_document(x, d, o, err);
}

static int transmit(struct aws_exchange *x, const struct http_request *request,
    struct aws_document *d, struct aws_outcome *o, struct err *err)
{
	const struct clock *clock = x->aws->clock;
	int64_t sent_ms = clock_wall_ms(clock), began_ms = clock_mono_ms(clock);
	int rc;

	aws_answer_reset(x->answer);
	x->answer->attempts = x->retry.attempt;
	x->client->calls++;
	x->client->retries += x->retry.attempt > 1;
	aws_trace_request(x, request);

	rc = http_call(x->aws->setup.http, request, &x->answer->http, err);
	if (rc != 0) {
		aws_answer_reset(x->answer); /* half an answer is none */
		o->class = retry_classify(0, STR_NONE, err->code);
		(void)wrap(x, err);
	} else {
		x->answer->status = x->answer->http.status;
		o->skew = learn_skew(x, sent_ms, clock_wall_ms(clock));
		rc = judge(x, d, o, err);
	}
	aws_trace_answer(x, clock_mono_ms(clock) - began_ms, rc == 0 ? NULL : err);
	return rc;
}

int aws_attempt(struct aws_exchange *x, struct aws_document *d, struct aws_outcome *o,
    struct err *err)
{
	struct aws_signed s;
	int rc;

	*o = (struct aws_outcome){ .class = RETRY_NEVER };
	if (!x->creds && creds_get(x->aws->setup.creds, &x->creds, err) != 0)
		return -1;

	if (!x->was_resigned)
		x->skew_s = skew_s(&x->aws->skew);
	if (aws_sign(x, timeout_ms(x), &s, err) == 0)
		rc = transmit(x, &s.http, d, o, err);
	else
		rc = wrap(x, err);
	aws_signed_release(&s);
	return rc;
}
