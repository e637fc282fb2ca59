#include "aws_core.h"
#include "creds_provider.h"

/* Whether it may pass by itself. */
static bool is_worth_another(enum retry_class class)
{
	return class == RETRY_TRANSIENT || class == RETRY_THROTTLING;
}

static enum retry_class classify(const struct http_response *response, int rc,
    const struct err *err)
{
	struct aws_error e;

	if (rc != 0)
		return retry_classify(0, STR_NONE, err->code);
	aws_error_read(response, NULL, 0, &e);
	return retry_classify(response->status, str_from(e.code), ERR_NONE);
}

int creds_http(struct creds_kit *kit, const struct creds_call *call, struct http_response *response,
    struct err *err)
{
	struct http_request request = call->request;
	struct retry r;
	int64_t delay_ms;
	int rc;

	request.is_off_tape = true; /* all that it says is a secret */
	if (kit->options->timeout_ms > 0)
		request.total_timeout_ms = kit->options->timeout_ms;
	retry_begin(&r, &kit->bucket, call->tries, false);
	for (;;) {
		enum retry_class class;

		rc = http_call(kit->options->http, &request, response, err);
		if (rc == 0 && response->status == 200)
			break;
		class = classify(response, rc, err);
		if (!is_worth_another(class) ||
		    !retry_next(&r, class, aws_random01(), -1, &delay_ms))
			return rc == 0 ? 0 : err_wrap(err, "%s", call->what);
		clock_sleep_ms(delay_ms);
	}
	retry_succeeded(&r);
	return 0;
}

int creds_http_refused(const struct creds_call *call, const struct http_response *response,
    struct err *err)
{
	struct aws_error e;
	char status[32];

	aws_error_read(response, call->secrets, call->secret_count, &e);
	(void)snprintf(status, sizeof(status), "HTTP %d", response->status);
	return err_set(err, aws_error_code(response->status, str_from(e.code)), "%s: %s%s%s",
	    call->what, e.code[0] ? e.code : status, e.message[0] ? ": " : "", e.message);
}

int creds_http_200(struct creds_kit *kit, const struct creds_call *call,
    struct http_response *response, struct err *err)
{
	if (creds_http(kit, call, response, err) != 0)
		return -1;
	return response->status == 200 ? 0 : creds_http_refused(call, response, err);
}

int creds_http_draft(struct creds_kit *kit, const struct creds_call *call,
    const struct creds_format *format, struct creds_draft *d, struct err *err)
{
	struct http_response response;
	int rc;

	http_response_init(&response, CREDS_ANSWER_MAX);
	rc = creds_http_200(kit, call, &response, err);
	if (rc == 0 && creds_draft_parse(buf_str(&response.body), format, d, err) != 0)
		rc = err_wrap(err, "%s", call->what);
	http_response_release(&response);
	return rc;
}
