#include "fake_s3.h"

#include <stdlib.h>

enum { BODY_MAX = 2 * STORE_OBJECT_MAX };

static struct {
	const struct fake_answer *answers;
	size_t count, next;
	bool is_real;
	struct clock_fake clock; /* the store's */
	int64_t take_ms;
	int last_total_ms;
	struct buf calls, last, last_body, notices;
} fake = {
	.calls = BUF_INIT(4096),
	.last = BUF_INIT(16 * 1024),
	.last_body = BUF_INIT(BODY_MAX),
	.notices = BUF_INIT(4096),
};

void fake_s3_answers(const struct fake_answer *answers, size_t count)
{
	fake.answers = answers;
	fake.count = count;
	fake.next = 0;
	buf_reset(&fake.calls);
}

struct str fake_s3_calls(void)
{
	return buf_str(&fake.calls);
}

struct str fake_s3_last(void)
{
	return buf_str(&fake.last);
}

struct str fake_s3_last_body(void)
{
	return buf_str(&fake.last_body);
}

struct str fake_s3_notices(void)
{
	return buf_str(&fake.notices);
}

void fake_s3_be_real(bool is_real)
{
	fake.is_real = is_real;
}

void fake_s3_take_ms(int64_t ms)
{
	fake.take_ms = ms;
}

int fake_s3_last_total_ms(void)
{
	return fake.last_total_ms;
}

static void keep_notice(void *arg, const char *text)
{
	buf_addf(arg, "%s\n", text);
}

struct store *fake_s3_open(const char *url)
{
	struct store_options options = {
		.clock = &fake.clock.base,
		.aws = (struct aws *)(void *)&fake, /* nobody looks into it */
		.notice = keep_notice,
		.notice_arg = &fake.notices,
	};
	extern const struct store_ops store_s3_ops;
	struct store *s = NULL;
	struct err err;

	clock_fake_init(&fake.clock, 1795249600123); /* 2026-11-21T08:26:40.123Z */
	buf_reset(&fake.notices);
	fake.is_real = false;
	fake.take_ms = 0;
	if (store_s3_ops.open(&s, str_from(url), &options, &err) != 0)
		abort(); /* the test's own URL */
	return s;
}

void fake_s3_close(struct store *s)
{
	store_close(s);
	buf_release(&fake.calls);
	buf_release(&fake.last);
	buf_release(&fake.last_body);
	buf_release(&fake.notices);
}

/* ---- aws.c ---- */

void aws_answer_init(struct aws_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	http_response_init(&answer->http, BODY_MAX);
}

void aws_answer_release(struct aws_answer *answer)
{
	http_response_release(&answer->http);
}

int aws_is_real(struct aws *a, enum aws_service_id service, bool *out, struct err *err)
{
	(void)a;
	(void)service;
	(void)err;
	*out = fake.is_real;
	return 0;
}

static void write_down(const struct aws_request *r)
{
	static const char *const names[AWS_OP_COUNT] = {
		[S3_PUT_OBJECT] = "PUT",
		[S3_GET_OBJECT] = "GET",
		[S3_HEAD_OBJECT] = "HEAD",
		[S3_LIST_OBJECTS_V2] = "LIST",
	};
	bool has_condition = false;

	buf_reset(&fake.last);
	buf_addf(&fake.last, "bucket %.*s\nkey %.*s\n", STR_ARG(r->bucket), STR_ARG(r->key));
	for (size_t i = 0; i < r->query_count; i++)
		buf_addf(&fake.last, "%.*s=%.*s\n", STR_ARG(r->query[i].name),
		    STR_ARG(r->query[i].value));
	for (size_t i = 0; i < r->header_count; i++) {
		has_condition = has_condition || str_is(r->headers[i].name, "If-None-Match");
		buf_addf(&fake.last, "%.*s: %.*s\n", STR_ARG(r->headers[i].name),
		    STR_ARG(r->headers[i].value));
	}
	buf_reset(&fake.last_body);
	buf_add(&fake.last_body, r->body);
	buf_addf(&fake.calls, "%s%s%s%s%s ", names[r->op], has_condition ? "?" : "",
	    r->region ? "@" : "", r->region ? r->region : "", fake.next < fake.count ? "" : "!");
}

static enum err_code code_of(int status)
{
	static const struct {
		int status;
		enum err_code code;
	} rows[] = {
		{ 0, ERR_IO },
		{ 301, ERR_CONFIG },
		{ 307, ERR_CONFIG },
		{ 403, ERR_DENIED },
		{ 404, ERR_NOTFOUND },
		{ 409, ERR_CONFLICT },
		{ 412, ERR_CONFLICT },
		{ 501, ERR_BUSY },
		{ 503, ERR_BUSY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].status == status)
			return rows[i].code;
	return ERR_INVALID;
}

int aws_call(struct aws *a, const struct aws_request *r, struct aws_answer *answer, struct err *err)
{
	static const struct fake_answer none = { 0 };
	const struct fake_answer *f = fake.next < fake.count ? &fake.answers[fake.next] : &none;

	(void)a;
	write_down(r);
	fake.next++;
	fake.last_total_ms = r->total_ms;
	clock_fake_advance(&fake.clock, fake.take_ms);
	answer->status = answer->http.status = f->status;
	(void)snprintf(answer->code, sizeof(answer->code), "%s", f->code ? f->code : "");
	(void)snprintf(answer->bucket_region, sizeof(answer->bucket_region), "%s",
	    f->region ? f->region : "");
	buf_reset(&answer->http.headers);
	buf_add(&answer->http.headers, str_from(f->headers));
	buf_reset(&answer->http.body);
	buf_add(&answer->http.body, str_from(f->body));
	if (f->status >= 200 && f->status < 300 && !f->code)
		return 0;
	return err_set(err, code_of(f->status), "key '%.*s': %d %s", STR_ARG(r->key), f->status,
	    answer->code);
}

int aws_call_xml(struct aws *a, const struct aws_request *r, struct aws_answer *answer,
    struct xml **out, struct err *err)
{
	return aws_call(a, r, answer, err) == 0 ? xml_parse(buf_str(&answer->http.body), out, err)
						: -1;
}
