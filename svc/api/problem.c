#include "problem.h"

#include <string.h>

#include "json.h"
#include "uuid.h"

enum { BODY_MAX = 2048 };

static const struct {
	unsigned status;
	const char *title;
} titles[] = {
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 422, "Unprocessable Content" },
	{ 431, "Request Header Fields Too Large" },
	{ 503, "Service Unavailable" },
};

static const char *title_of(unsigned status)
{
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Error";
}

void request_id(const struct httpd_request *r, const struct clock *clock, char out[REQUEST_ID_SIZE])
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	const struct httpd_field *sent = &r->fields[HTTPD_X_REQUEST_ID];
	char fresh[UUID_TEXT_SIZE];

	if (sent->count == 1 && sent->value.n > 0 && sent->value.n < REQUEST_ID_SIZE &&
	    str_only(sent->value, allowed)) {
		memcpy(out, sent->value.p, sent->value.n);
		out[sent->value.n] = '\0';
		return;
	}
	uuid_v7(clock, fresh);
	memcpy(out, fresh, sizeof(fresh));
}

void problem_answer(struct httpd_request *r, const char *id, const struct problem *p)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "type", "about:blank");
	json_member_text(&w, "title", title_of(p->status));
	json_member_uint(&w, "status", p->status);
	if (p->detail)
		json_member_text(&w, "detail", p->detail);
	json_member_text(&w, "error", p->error);
	json_member_text(&w, "request_id", id);
	json_object_end(&w);
	httpd_answer(r,
	    &(struct httpd_answer){
		.status = p->status,
		.type = "application/problem+json",
		.body = buf_str(&body),
		.fields = { { "X-Request-Id", id }, { p->name, p->value } },
		.is_last = p->is_last,
	    });
	buf_release(&body);
}
