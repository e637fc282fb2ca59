#include <string.h>

#include "aws_core.h"

enum {
	ANSWER_MAX = 1024 * 1024,
	STEP_MS = 100,      /* of a pause that can be stopped */
	NAME_PART_MAX = 96, /* of a resource in a text: keys may be 1024 bytes long */
};

void aws_answer_init(struct aws_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	http_response_init(&answer->http, ANSWER_MAX);
}

void aws_answer_release(struct aws_answer *answer)
{
	if (!answer)
		return;
	http_response_release(&answer->http);
	answer->status = 0;
}

/* ---- what texts need ---- */

void aws_exchange_name(const struct aws_exchange *x, char out[AWS_NAME_SIZE])
{
	bool is_bucket = x->op->noun && strcmp(x->op->noun, "bucket") == 0;
	struct str resource = str_from(x->request->resource);
	int n;

	if (resource.n == 0)
		resource = is_bucket ? x->request->bucket : x->request->key;
	n = snprintf(out, AWS_NAME_SIZE, "%s %s", x->service->iam_prefix, x->op->name);
	if (x->op->noun && resource.n > 0)
		(void)snprintf(out + n, AWS_NAME_SIZE - (size_t)n, " on %s '%.*s%s'", x->op->noun,
		    STR_ARG(str_slice(resource, 0, NAME_PART_MAX)),
		    resource.n > NAME_PART_MAX ? "..." : "");
}

void aws_exchange_secrets(const struct aws_exchange *x, struct str out[AWS_SECRETS])
{
	out[0] = str_from(x->creds->secret_access_key);
	out[1] = str_from(x->creds->session_token);
	out[2] = x->request->secret;
}

/* ---- before the first attempt ---- */

/* A Query form names its operation, a JSON body is at least an object, all others are as given. */
static void make_body(struct aws_exchange *x)
{
	const struct aws_request *r = x->request;

	x->body = r->body;
	if (x->service->protocol == AWS_QUERY) {
		buf_init(&x->form, r->body.n + 256);
		buf_addf(&x->form, "Action=%s&Version=%s", x->op->name, x->service->target);
		if (r->body.n > 0)
			buf_addc(&x->form, '&');
		buf_add(&x->form, r->body);
		x->body = buf_str(&x->form);
	} else if (x->service->protocol != AWS_REST_XML && r->body.n == 0) {
		x->body = STR("{}");
	}
	if (r->body_sha256 && x->service->protocol != AWS_QUERY)
		(void)snprintf(x->body_sha256, sizeof(x->body_sha256), "%s", r->body_sha256);
	else
		hash_sha256_hex(x->body, x->body_sha256);
}

/* A queue's URL may name a server that is not AWS's; what the environment says is stronger. */
static int choose_endpoint(struct aws_exchange *x, struct err *err)
{
	const struct aws_request *r = x->request;

	if (aws_endpoint(x->aws, x->op->service, r->region, &x->endpoint, err) != 0)
		return -1;
	return r->endpoint_url && !x->endpoint.is_override
	    ? endpoint_override(r->endpoint_url, &x->endpoint, err)
	    : 0;
}

static int begin(struct aws_exchange *x, struct err *err)
{
	struct aws *a = x->aws;
	const struct aws_request *r = x->request;
	int total_ms = r->total_ms > 0 ? r->total_ms : a->total_ms;

	if (aws_set_up(a, err) != 0)
		return -1;
	x->region = r->region ? r->region : a->setup.region;
	if (choose_endpoint(x, err) != 0)
		return -1;
	if (total_ms > 0)
		x->ends_at_ms = clock_mono_ms(a->clock) + total_ms;
	make_body(x);
	uuid_v7(a->clock, x->id);
	retry_begin(&x->retry, &x->client->bucket, a->setup.attempts_max, x->op->is_long_poll);
	return 0;
}

/* ---- whether to try again ---- */

/*
 * Refused credentials are given back, and others asked for. The same ones again: the provider has
 * no better, and the service's word stands. An error of the provider says more than the service's.
 */
static bool renew(struct aws_exchange *x, struct err *err)
{
	const struct creds *old = x->creds;
	bool is_other;

	if (x->was_renewed)
		return false;
	x->was_renewed = true;
	creds_reject(x->aws->setup.creds, old);
	if (creds_get(x->aws->setup.creds, &x->creds, err) != 0) {
		x->creds = old;
		return false;
	}
	is_other = strcmp(old->access_key_id, x->creds->access_key_id) != 0 ||
	    strcmp(old->session_token, x->creds->session_token) != 0 ||
	    strcmp(old->secret_access_key, x->creds->secret_access_key) != 0;
	creds_release(old);
	return is_other;
}

static bool resign(struct aws_exchange *x, const struct aws_outcome *o)
{
	int64_t signed_with_s = x->skew_s;

	if (x->was_resigned)
		return false;
	x->was_resigned = true;
	x->skew_s = o->skew.offset_s;
	return skew_explains(&o->skew, signed_with_s, o->cause);
}

/* Whether the cause of this failure is gone, or may be the next time. */
static bool is_worth_it(struct aws_exchange *x, const struct aws_outcome *o, struct err *err)
{
	if (o->class == RETRY_SKEW)
		return resign(x, o);
	if (o->class == RETRY_CREDENTIALS)
		return renew(x, err);
	if (x->aws->caller_repeats)
		return false;
	return o->class == RETRY_THROTTLING ||
	    (o->class == RETRY_TRANSIENT && x->op->is_repeatable);
}

static int64_t retry_after_ms(const struct aws_exchange *x)
{
	uint64_t ms;

	if (!str_to_u64(http_response_header(&x->answer->http, "x-amz-retry-after"), &ms))
		return -1;
	return ms > INT32_MAX ? INT32_MAX : (int64_t)ms;
}

static bool has_time_for(const struct aws_exchange *x, int64_t ms)
{
	return !x->ends_at_ms || clock_mono_ms(x->aws->clock) + ms < x->ends_at_ms;
}

static bool is_stopped(const struct aws_exchange *x)
{
	const struct http_stop *stop = &x->aws->stop;

	return (x->request->stop && atomic_load(x->request->stop)) ||
	    (stop->is_wanted && stop->is_wanted(stop->arg));
}

/* In short steps where somebody may say stop; whether nobody did. */
static bool rest(const struct aws_exchange *x, int64_t ms)
{
	bool is_stoppable = x->request->stop || x->aws->stop.is_wanted;
	int64_t step_ms = is_stoppable ? STEP_MS : ms;

	for (; ms > 0 && !is_stopped(x); ms -= step_ms)
		x->aws->sleep_ms(ms < step_ms ? ms : step_ms);
	return !is_stopped(x);
}

/* Pauses, and says whether to go on. */
static bool again(struct aws_exchange *x, const struct aws_outcome *o, struct err *err)
{
	int64_t delay_ms;
	bool goes_on;

	if (is_stopped(x) || !is_worth_it(x, o, err))
		return false;
	goes_on = retry_next(&x->retry, o->class, x->aws->random01(), retry_after_ms(x), &delay_ms);
	if (has_time_for(x, delay_ms) && rest(x, delay_ms))
		return goes_on;
	retry_cancel(&x->retry);
	return false;
}

static int exchange(struct aws_exchange *x, struct aws_document *d, struct err *err)
{
	struct aws_outcome o;

	if (begin(x, err) != 0)
		return -1;
	while (aws_attempt(x, d, &o, err) != 0)
		if (!again(x, &o, err))
			return -1;
	retry_succeeded(&x->retry);
	return 0;
}

static int call(struct aws *a, const struct aws_request *r, struct aws_answer *answer,
    struct aws_document *d, struct err *err)
{
	const struct aws_operation *op = &aws_operations[r->op];
	struct aws_answer own;
	struct aws_exchange x = {
		.aws = a,
		.request = r,
		.op = op,
		.service = &aws_services[op->service],
		.client = &a->clients[op->service],
		.answer = answer ? answer : &own,
	};
	int rc;

	aws_answer_init(&own);
	aws_answer_reset(x.answer);
	x.answer->attempts = 0;
	x.answer->http.body.max = r->answer_max ? r->answer_max : ANSWER_MAX;
	rc = exchange(&x, d, err);
	creds_release(x.creds);
	buf_wipe(&x.form);
	aws_answer_release(&own);
	return rc;
}

int aws_call(struct aws *a, const struct aws_request *r, struct aws_answer *answer, struct err *err)
{
	struct aws_document d = { .wanted = AWS_DOCUMENT_NONE };

	return call(a, r, answer, &d, err);
}

int aws_call_json(struct aws *a, const struct aws_request *r, struct aws_answer *answer,
    struct json **out, struct err *err)
{
	struct aws_document d = { .wanted = AWS_DOCUMENT_JSON };

	if (call(a, r, answer, &d, err) != 0)
		return -1;
	*out = d.json;
	return 0;
}

int aws_call_xml(struct aws *a, const struct aws_request *r, struct aws_answer *answer,
    struct xml **out, struct err *err)
{
	struct aws_document d = { .wanted = AWS_DOCUMENT_XML };

	if (call(a, r, answer, &d, err) != 0)
		return -1;
	*out = d.xml;
	return 0;
}
