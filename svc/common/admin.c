#include "admin.h"

#include <stdlib.h>
#include <string.h>

#include "httpd.h"
#include "mem.h"

enum { BODY_MAX = 1024, CONNECTION_MAX = 64, METRICS_MAX = 1024 * 1024, TIMEOUT_S = 10 };

struct admin {
	struct admin_options o;
	struct httpd *httpd;
};

struct page {
	const char *path;
	void (*answer)(struct admin *a, struct httpd_request *r);
};

static void answer_text(struct httpd_request *r, unsigned status, const char *type, struct str body)
{
	httpd_answer(r,
	    &(struct httpd_answer){ .status = status,
		.type = type,
		.body = body,
		.fields = { { "Cache-Control", "no-store" } } });
}

static void answer_state(struct httpd_request *r, bool is_good, const char *good, const char *bad)
{
	struct buf body = BUF_INIT(256);

	buf_addf(&body, "{\"status\":\"%s\"}\n", is_good ? good : bad);
	answer_text(r, is_good ? 200 : 503, "application/json", buf_str(&body));
	buf_release(&body);
}

static void answer_livez(struct admin *a, struct httpd_request *r)
{
	answer_state(r, a->o.is_alive(a->o.arg), "alive", "stuck");
}

static void answer_readyz(struct admin *a, struct httpd_request *r)
{
	const char *why = "not ready";
	bool is_ready = a->o.is_ready(a->o.arg, &why);

	answer_state(r, is_ready, "ready", why);
}

static void answer_health(struct admin *a, struct httpd_request *r)
{
	const char *why = "not ready";
	bool is_ready = a->o.is_ready(a->o.arg, &why);

	answer_state(r, is_ready, "healthy", why);
}

static void answer_metrics(struct admin *a, struct httpd_request *r)
{
	struct buf text = BUF_INIT(METRICS_MAX);

	a->o.render(a->o.arg, &text);
	answer_text(r, 200, "text/plain; version=0.0.4; charset=utf-8", buf_str(&text));
	buf_release(&text);
}

static const struct page pages[] = {
	{ "/livez", answer_livez },
	{ "/readyz", answer_readyz },
	{ "/health", answer_health },
	{ "/metrics", answer_metrics },
};

static void on_head(struct httpd_request *r, void *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		if (!str_is(r->path, pages[i].path))
			continue;
		if (str_is(r->method, "GET") || str_is(r->method, "HEAD"))
			pages[i].answer(arg, r);
		else
			httpd_answer(r,
			    &(struct httpd_answer){ .status = 405,
				.fields = { { "Allow", "GET, HEAD" } } });
		return;
	}
	answer_text(r, 404, "text/plain; charset=utf-8", STR("/livez /readyz /health /metrics\n"));
}

static void on_refuse(struct httpd_request *r, unsigned status, const char *why, void *arg)
{
	struct buf body = BUF_INIT(256);

	(void)arg;
	buf_addf(&body, "%s\n", why);
	answer_text(r, status, "text/plain; charset=utf-8", buf_str(&body));
	buf_release(&body);
}

/* on_head answers everything: there is no body to wait for and nothing to defer. */
static const struct httpd_app app = { .on_head = on_head, .on_refuse = on_refuse };

int admin_open(struct admin **out, const struct admin_options *options, struct err *err)
{
	struct admin *a = xcalloc(1, sizeof(*a));
	struct httpd_options http = {
		.listen = options->listen,
		.server = "ops-admin",
		.loop_count = 1,
		.connection_max = CONNECTION_MAX,
		.body_max = BODY_MAX,
		.bodies_max = (size_t)BODY_MAX * CONNECTION_MAX,
		.request_timeout_s = TIMEOUT_S,
		.app = &app,
		.arg = a,
	};

	a->o = *options;
	if (httpd_open(&a->httpd, &http, err) != 0 || httpd_start(a->httpd, err) != 0) {
		admin_close(a);
		return -1;
	}
	*out = a;
	return 0;
}

uint16_t admin_port(const struct admin *a)
{
	return httpd_port(a->httpd);
}

void admin_close(struct admin *a)
{
	if (!a)
		return;
	httpd_close(a->httpd);
	free(a);
}
