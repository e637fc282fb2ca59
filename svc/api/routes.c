#include "routes.h"

#include "problem.h"
#include "submit.h"

static void answer_status(struct api *api, struct httpd_request *r, unsigned status,
    const char *word)
{
	struct buf body = BUF_INIT(64);
	char id[REQUEST_ID_SIZE];

	request_id(r, api->clock, id);
	buf_addf(&body, "{\"status\":\"%s\"}", word);
	httpd_answer(r,
	    &(struct httpd_answer){
		.status = status,
		.type = "application/json",
		.body = buf_str(&body),
		.fields = { { "X-Request-Id", id }, { "Cache-Control", "no-store" } },
	    });
	buf_release(&body);
}

/* The secret was read and the queue opened before anything was served. */
static void health(struct api *api, struct httpd_request *r)
{
	if (atomic_load(&api->is_draining))
		answer_status(api, r, 503, "draining");
	else
		answer_status(api, r, 200, "healthy");
}

static void readyz(struct api *api, struct httpd_request *r)
{
	if (atomic_load(&api->is_draining))
		answer_status(api, r, 503, "draining");
	else
		answer_status(api, r, 200, "ready");
}

static void livez(struct api *api, struct httpd_request *r)
{
	answer_status(api, r, 200, "alive");
}

/* "GET, HEAD, OPTIONS"; empty: there is no such path. */
static void add_allowed(struct str path, struct buf *out)
{
	for (size_t i = 0; i < operation_count - 1; i++)
		if (str_is(path, operations[i].path))
			buf_addf(out, "%s%s", out->n ? ", " : "", operations[i].method);
}

static void options(struct api *api, struct httpd_request *r)
{
	struct buf allow = BUF_INIT(128);
	char id[REQUEST_ID_SIZE];

	request_id(r, api->clock, id);
	add_allowed(r->path, &allow);
	httpd_answer(r,
	    &(struct httpd_answer){
		.status = 204,
		.fields = { { "X-Request-Id", id }, { "Allow", buf_text(&allow) } },
	    });
	buf_release(&allow);
}

static void nowhere(struct api *api, struct httpd_request *r)
{
	struct buf allow = BUF_INIT(128);
	struct problem p = { .status = 404, .error = "Not found" };
	char id[REQUEST_ID_SIZE];

	request_id(r, api->clock, id);
	add_allowed(r->path, &allow);
	if (allow.n)
		p = (struct problem){ .status = 405,
			.error = "Method not allowed",
			.name = "Allow",
			.value = buf_text(&allow) };
	problem_answer(r, id, &p);
	buf_release(&allow);
}

/* Beside their own, all have what httpd refuses by itself: at the head, and 503 in the body. */
/* clang-format off */
#define GET_STATUSES     { 200, 400, 413, 414, 431, 503 }
#define LIVE_STATUSES    { 200, 400, 413, 414, 431 }
#define OPTIONS_STATUSES { 204, 400, 413, 414, 431 }
#define SUBMIT_STATUSES  { 200, 400, 401, 413, 414, 415, 422, 431, 503 }

const struct operation operations[] = {
	{ "/",        "GET",     health,      NULL,        GET_STATUSES },
	{ "/",        "HEAD",    health,      NULL,        GET_STATUSES },
	{ "/",        "POST",    submit_head, submit_body, SUBMIT_STATUSES },
	{ "/",        "OPTIONS", options,     NULL,        OPTIONS_STATUSES },
	{ "/submit",  "POST",    submit_head, submit_body, SUBMIT_STATUSES },
	{ "/submit",  "OPTIONS", options,     NULL,        OPTIONS_STATUSES },
	{ "/publish", "POST",    submit_head, submit_body, SUBMIT_STATUSES },
	{ "/publish", "OPTIONS", options,     NULL,        OPTIONS_STATUSES },
	{ "/health",  "GET",     health,      NULL,        GET_STATUSES },
	{ "/health",  "HEAD",    health,      NULL,        GET_STATUSES },
	{ "/health",  "OPTIONS", options,     NULL,        OPTIONS_STATUSES },
	{ "/livez",   "GET",     livez,       NULL,        LIVE_STATUSES },
	{ "/livez",   "HEAD",    livez,       NULL,        LIVE_STATUSES },
	{ "/livez",   "OPTIONS", options,     NULL,        OPTIONS_STATUSES },
	{ "/readyz",  "GET",     readyz,      NULL,        GET_STATUSES },
	{ "/readyz",  "HEAD",    readyz,      NULL,        GET_STATUSES },
	{ "/readyz",  "OPTIONS", options,     NULL,        OPTIONS_STATUSES },
	{ "other",    "other",   nowhere,     NULL,        { 400, 404, 405, 413, 414, 431, 503 } },
};
/* clang-format on */
const size_t operation_count = ARRAY_SIZE(operations);

size_t route_find(const struct httpd_request *r)
{
	size_t i = 0;

	while (i < operation_count - 1 &&
	    !(str_is(r->path, operations[i].path) && str_is(r->method, operations[i].method)))
		i++;
	return i;
}
