#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "aws_core.h"
#include "redact.h"

enum { LINE_MAX_BYTES = 96 * 1024, BODY_MAX_BYTES = 16 * 1024 };

static void put(const struct aws *a, struct buf *line)
{
	a->trace_line(a->trace_arg, buf_str(line));
	buf_wipe(line);
}

void aws_trace_text(const struct aws *a, const char *fmt, ...)
{
	struct buf line = BUF_INIT(LINE_MAX_BYTES);
	va_list args;

	if (a->trace == AWS_TRACE_OFF)
		return;
	va_start(args, fmt);
	buf_addv(&line, fmt, args);
	va_end(args);
	put(a, &line);
}

/* All bodies pass here, so that none is shown which its row in aws_ops.c hides. */
static void trace_body(const struct aws_exchange *x, const char *mark, struct str body,
    bool is_hidden, const struct str *secrets)
{
	struct buf line = BUF_INIT(LINE_MAX_BYTES);

	if (body.n == 0)
		return;
	buf_adds(&line, mark);
	if (is_hidden)
		buf_addf(&line, "[%zu bytes, not shown]", body.n);
	else
		redact_body(&line, body, BODY_MAX_BYTES, secrets, AWS_SECRETS);
	put(x->aws, &line);
}

static void trace_target(const struct aws_exchange *x, const struct http_request *request,
    const struct str *secrets)
{
	struct buf line = BUF_INIT(LINE_MAX_BYTES);

	buf_addf(&line, "> %s ", request->method);
	redact_body(&line, str_from(request->url), LINE_MAX_BYTES, secrets, AWS_SECRETS);
	put(x->aws, &line);
}

static void trace_header(const struct aws_exchange *x, const char *mark, struct str header,
    const struct str *secrets)
{
	struct buf line = BUF_INIT(LINE_MAX_BYTES);

	buf_adds(&line, mark);
	redact_header(&line, header, secrets, AWS_SECRETS);
	put(x->aws, &line);
}

void aws_trace_request(const struct aws_exchange *x, const struct http_request *request)
{
	struct str secrets[AWS_SECRETS];
	struct buf header = BUF_INIT(LINE_MAX_BYTES);

	if (x->aws->trace < AWS_TRACE_WIRE)
		return;
	aws_exchange_secrets(x, secrets);
	trace_target(x, request, secrets);
	for (size_t i = 0; i < request->header_count; i++) {
		buf_reset(&header);
		buf_addf(&header, "%s: %s", request->headers[i].name, request->headers[i].value);
		trace_header(x, "> ", buf_str(&header), secrets);
	}
	buf_wipe(&header);
	trace_body(x, "> ", request->body, x->op->hides_request, secrets);
}

static void trace_wire(const struct aws_exchange *x)
{
	struct str rest = buf_str(&x->answer->http.headers), line, secrets[AWS_SECRETS];
	bool is_hidden = x->op->hides_answer && x->answer->http.status < 300;

	aws_exchange_secrets(x, secrets);
	while (rest.n > 0) {
		(void)str_cut(rest, '\n', &line, &rest);
		line = str_trim(line);
		if (line.n > 0)
			trace_header(x, "< ", line, secrets);
	}
	trace_body(x, "< ", buf_str(&x->answer->http.body), is_hidden, secrets);
}

/* "sqs SendMessageBatch 200 12ms attempt 1 <request id>" */
void aws_trace_answer(const struct aws_exchange *x, int64_t took_ms, const struct err *failure)
{
	const struct aws_answer *answer = x->answer;
	struct buf line = BUF_INIT(LINE_MAX_BYTES);

	if (x->aws->trace == AWS_TRACE_OFF)
		return;
	if (x->aws->trace >= AWS_TRACE_WIRE)
		trace_wire(x);
	buf_addf(&line, "%s %s ", x->service->iam_prefix, x->op->name);
	if (answer->status)
		buf_addf(&line, "%d", answer->status);
	else
		buf_adds(&line, "-");
	buf_addf(&line, " %" PRId64 "ms attempt %u", took_ms, x->retry.attempt);
	if (answer->code[0])
		buf_addf(&line, " %s", answer->code);
	else if (failure)
		buf_addf(&line, " %s", err_name(failure->code));
	if (answer->request_id[0])
		buf_addf(&line, " %s", answer->request_id);
	put(x->aws, &line);
}
