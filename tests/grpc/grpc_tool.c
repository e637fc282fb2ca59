/*
 * grpc_tool URL TIMEOUT_MS: what grpc_probe() says of it, as JSON.
 */
#include <signal.h>

#include "grpc.h"
#include "json.h"

static void write_result(struct json_writer *w, const struct grpc_result *r)
{
	char text[GRPC_MESSAGE_MAX + 64];

	grpc_describe(r, text, sizeof(text));
	json_member_text(w, "status", grpc_status_name(r->status));
	json_member_int(w, "http_status", r->http_status);
	json_member_text(w, "message", r->message);
	json_member_text(w, "text", text);
	json_member_bool(w, "good", grpc_is_good(r));
	json_member_bool(w, "timed", r->timing.total_us > 0);
}

static void write_error(struct json_writer *w, const struct err *err)
{
	json_member_text(w, "error", err_name(err->code));
	json_member_text(w, "text", err->text);
}

int main(int argc, char **argv)
{
	struct buf out = BUF_INIT(16 * 1024);
	struct json_writer w;
	const struct http_stop never = { .is_wanted = NULL };
	struct grpc_result result;
	struct err err;

	if (argc != 3)
		return 2;
	(void)signal(SIGPIPE, SIG_IGN); /* as every program of ours */
	json_writer_init(&w, &out);
	json_object_begin(&w);
	if (grpc_probe(argv[1], (int)strtol(argv[2], NULL, 10), never, &result, &err) == 0)
		write_result(&w, &result);
	else
		write_error(&w, &err);
	json_object_end(&w);
	puts(buf_text(&out));
	buf_release(&out);
	return 0;
}
