/* What a submission is answered; openapi.yaml has them all. */
#include <assert.h>

#include "api_metrics.h"
#include "crash.h"
#include "log.h"
#include "submit_core.h"

enum { RETRY_QUEUE_S = 5, ANSWER_MAX = 512 };

/* Of those whose credentials were not accepted another line tells. */
static void audit_refusal(const struct submission *s, const struct problem *p)
{
	struct auth_context context = submit_audit_context(s);

	if (s->auth.key.fingerprint[0] != '\0')
		auth_audit_refusal(&s->auth, p->error, &context);
}

void submit_answer_problem(struct submission *s, const struct problem *p)
{
	audit_refusal(s, p);
	problem_answer(s->request, s->request_id, p);
}

void submit_answer_unauthorized(struct submission *s)
{
	submit_answer_problem(s,
	    &(struct problem){
		.status = 401,
		.error = auth_error(&s->auth),
		.name = "WWW-Authenticate",
		.value = auth_challenge((enum auth_mode)s->api->settings.auth),
	    });
}

void submit_answer_unavailable(struct submission *s, const char *error, int64_t retry_after_s)
{
	submit_answer_problem(s,
	    &(struct problem){ .status = 503,
		.error = error,
		.name = "Retry-After",
		.value = LOG_INT(retry_after_s) });
}

void submit_answer_payload(struct submission *s, enum payload_fault fault, const char *detail)
{
	count_rejection(fault);
	submit_answer_problem(s,
	    &(struct problem){ .status = 400,
		.error = payload_fault_text(fault),
		.detail = detail });
}

/* id and object hold nothing that JSON would escape. */
void submit_answer_accepted(struct submission *s)
{
	struct buf body = BUF_INIT(ANSWER_MAX);

	(void)buf_room(&body, ANSWER_MAX); /* one block at once */
	buf_adds(&body, "{\"message\":\"Payload accepted and queued.\",\"id\":\"");
	buf_adds(&body, s->id);
	buf_adds(&body, "\",\"object\":\"");
	buf_adds(&body, s->parcel.object);
	buf_adds(&body, "\"}");
	assert(!body.full);
	CRASH_POINT("api-before-answer");
	httpd_answer(s->request,
	    &(struct httpd_answer){
		.status = 200,
		.type = "application/json",
		.body = buf_str(&body),
		.fields = { { "X-Request-Id", s->request_id } },
	    });
	buf_release(&body);
}

void submit_answer_outcome(struct submission *s)
{
	if (s->parcel.result == ERR_NONE)
		submit_answer_accepted(s);
	else
		submit_answer_unavailable(s, "The queue did not confirm the payload; send it again",
		    RETRY_QUEUE_S);
}
