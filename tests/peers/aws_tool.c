/*
 * aws_tool: the AWS client from the command line, for the scripts beside it.
 *
 *	aws_tool operations     what lib/aws calls: {"service", "operation", "permission"} per line
 *	aws_tool serve          answers a JSON object on each line of standard input with one:
 *
 * {"do": "call", "operation": "PutObject", and as struct aws_request has them: "body",
 *  "body_sha256", "bucket", "key", "query": {}, "headers": {}, "region", "total_ms"}
 * {"do": "presign", "method", "host", "path", "query": {}, "expires_s"}: "target", with the keys of
 *  the environment
 * {"do": "identity"}: "account", "arn", "provider", "expires_at"
 * {"do": "advance", "ms"}: the client's clock goes on; it is the machine's otherwise
 *
 * Answers have "ok", else "error" and "text"; a call's also status, code, attempts, skew_s, head and
 * body of the last HTTP answer. With AWS_TOOL_TRACE set, the wire on standard error.
 */
#include <unistd.h>

#include "aws.h"
#include "profile.h"

enum {
	LINE_MAX_BYTES = 8 * 1024 * 1024,
	PAIRS_MAX = SIGV4_PAIRS_MAX,
	CREDS_TIMEOUT_MS = 60000, /* a busy machine must not make us ask again */
};

/* The machine's clock and what was advanced. */
static struct {
	struct clock base;
	int64_t ahead_ms;
} shifted;

static int64_t shifted_wall_ms(const struct clock *c)
{
	(void)c;
	return clock_wall_ms(&clock_system) + shifted.ahead_ms;
}

static int64_t shifted_mono_us(const struct clock *c)
{
	(void)c;
	return clock_mono_us(&clock_system) + shifted.ahead_ms * 1000;
}

/* ---- what a line says ---- */

static struct str member(const struct json *line, const char *name)
{
	return str_from(json_get_text(json_get(line, name), NULL));
}

static const char *member_text(const struct json *line, const char *name)
{
	return json_get_text(json_get(line, name), NULL);
}

static size_t read_pairs(const struct json *object, struct sigv4_pair pairs[PAIRS_MAX])
{
	size_t n = json_count(object);

	if (n > PAIRS_MAX)
		n = PAIRS_MAX;
	for (size_t i = 0; i < n; i++) {
		const char *name = json_key_at(object, i);

		pairs[i].name = str_from(name);
		pairs[i].value = str_from(json_get_text(json_get(object, name), ""));
	}
	return n;
}

static int find_operation(const char *name, enum aws_op *op, struct err *err)
{
	for (size_t i = 0; i < AWS_OP_COUNT; i++) {
		if (name && strcmp(aws_operations[i].name, name) == 0) {
			*op = (enum aws_op)i;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "no operation '%s'", name ? name : "");
}

/* ---- what it may ask for; each appends its members to the answer ---- */

static void write_answer(struct json_writer *w, const struct aws *a,
    const struct aws_answer *answer)
{
	json_member_int(w, "status", answer->status);
	json_member_text(w, "code", answer->code);
	json_member_uint(w, "attempts", answer->attempts);
	json_member_int(w, "skew_s", aws_skew_s(a));
	json_member_str(w, "head", buf_str(&answer->http.headers));
	json_member_str(w, "body", buf_str(&answer->http.body));
}

static int call(struct aws *a, const struct json *line, struct json_writer *w, struct err *err)
{
	struct sigv4_pair query[PAIRS_MAX], headers[PAIRS_MAX];
	struct aws_request r = {
		.body = member(line, "body"),
		.body_sha256 = member_text(line, "body_sha256"),
		.resource = member_text(line, "resource"),
		.region = member_text(line, "region"),
		.total_ms = (int)json_get_int(json_get(line, "total_ms"), 0),
		.answer_max = LINE_MAX_BYTES / 2,
		.bucket = member(line, "bucket"),
		.key = member(line, "key"),
		.query = query,
		.query_count = read_pairs(json_get(line, "query"), query),
		.headers = headers,
		.header_count = read_pairs(json_get(line, "headers"), headers),
	};
	struct aws_answer answer;
	int rc;

	if (find_operation(member_text(line, "operation"), &r.op, err) != 0)
		return -1;
	aws_answer_init(&answer);
	rc = aws_call(a, &r, &answer, err);
	write_answer(w, a, &answer);
	aws_answer_release(&answer);
	return rc;
}

static int presign(struct aws *a, const struct json *line, struct json_writer *w, struct err *err)
{
	struct sigv4_pair query[PAIRS_MAX];
	struct sigv4_pair host = { STR("host"), member(line, "host") };
	struct sigv4_keys keys = {
		.access_key_id = str_from(profile_env("AWS_ACCESS_KEY_ID")),
		.secret_access_key = str_from(profile_env("AWS_SECRET_ACCESS_KEY")),
	};
	struct sigv4_request r = {
		.method = member(line, "method"),
		.path = member(line, "path"),
		.query = query,
		.query_count = read_pairs(json_get(line, "query"), query),
		.headers = &host,
		.header_count = 1,
		.payload_hash = STR(SIGV4_UNSIGNED_PAYLOAD),
		.is_path_encoded_once = true,
		.is_path_kept = true,
		.service = STR("s3"),
		.at_s = clock_wall_s(&shifted.base),
	};
	unsigned expires_s = (unsigned)json_get_int(json_get(line, "expires_s"), 60);
	struct buf target = BUF_INIT(SIGV4_TEXT_MAX);
	const char *region;
	int rc = -1;

	if (aws_region(a, &region, err) != 0)
		return -1;
	r.region = str_from(region);
	if (sigv4_presign(&r, &keys, expires_s, &target, err) == 0) {
		json_member_str(w, "target", buf_str(&target));
		rc = 0;
	}
	buf_wipe(&target);
	return rc;
}

static int identity(struct aws *a, const struct json *line, struct json_writer *w, struct err *err)
{
	struct aws_identity who;

	(void)line;
	if (aws_identity(a, &who, err) != 0)
		return -1;
	json_member_text(w, "account", who.account);
	json_member_text(w, "arn", who.arn);
	json_member_text(w, "provider", who.provider);
	json_member_int(w, "expires_at", who.expires_at);
	return 0;
}

static int advance(struct aws *a, const struct json *line, struct json_writer *w, struct err *err)
{
	(void)a;
	(void)w;
	(void)err;
	shifted.ahead_ms += json_get_int(json_get(line, "ms"), 0);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct aws *a, const struct json *line, struct json_writer *w, struct err *err);
} orders[] = {
	{ "call", call },
	{ "presign", presign },
	{ "identity", identity },
	{ "advance", advance },
};

/* ---- lines ---- */

static int obey(struct aws *a, const struct json *line, struct json_writer *w, struct err *err)
{
	const char *name = member_text(line, "do");

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (name && strcmp(orders[i].name, name) == 0)
			return orders[i].run(a, line, w, err);
	}
	return err_set(err, ERR_USAGE, "no order '%s'", name ? name : "");
}

static void answer_line(struct aws *a, struct str text)
{
	struct buf out = BUF_INIT(LINE_MAX_BYTES);
	struct json *line = NULL;
	struct json_writer w;
	struct err err;
	int rc;

	json_writer_init(&w, &out);
	json_object_begin(&w);
	rc = json_parse(text, &line, &err);
	if (rc == 0)
		rc = obey(a, line, &w, &err);
	json_member_bool(&w, "ok", rc == 0);
	if (rc != 0) {
		json_member_text(&w, "error", err_name(err.code));
		json_member_text(&w, "text", err.text);
	}
	json_object_end(&w);
	puts(out.full ? "{\"ok\":false,\"error\":\"corrupt\",\"text\":\"answer too long\"}"
		      : buf_text(&out));
	(void)fflush(stdout); /* the script sees that nothing comes */
	json_free(line);
	buf_release(&out);
}

static void trace_line(void *arg, struct str line)
{
	(void)arg;
	fprintf(stderr, "%.*s\n", STR_ARG(line));
}

static int serve(struct err *err)
{
	struct aws_options options = {
		.program = "aws-tool/1",
		.clock = &shifted.base,
		.creds_timeout_ms = CREDS_TIMEOUT_MS,
		.trace = getenv("AWS_TOOL_TRACE") ? AWS_TRACE_WIRE : AWS_TRACE_OFF,
		.trace_line = trace_line,
	};
	char *line = NULL;
	size_t size = 0;
	struct aws *a;
	ssize_t n;

	shifted.base = (struct clock){ shifted_wall_ms, shifted_mono_us };
	if (aws_open(&a, &options, err) != 0)
		return -1;
	while ((n = getline(&line, &size, stdin)) > 0)
		answer_line(a, (struct str){ line, (size_t)n });
	free(line);
	aws_close(a);
	return 0;
}

static int operations(struct err *err)
{
	(void)err;
	for (size_t i = 0; i < AWS_OP_COUNT; i++) {
		const struct aws_operation *op = &aws_operations[i];
		const struct aws_service *service = &aws_services[op->service];

		printf("{\"service\":\"%s\",\"operation\":\"%s\",\"permission\":\"%s:%s\"}\n",
		    service->name, op->name, service->iam_prefix, op->iam ? op->iam : op->name);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct err err;
	int rc = -1;

	if (argc == 2 && strcmp(argv[1], "operations") == 0)
		rc = operations(&err);
	else if (argc == 2 && strcmp(argv[1], "serve") == 0)
		rc = serve(&err);
	else
		rc = err_set(&err, ERR_USAGE, "usage: aws_tool operations | serve");
	if (rc != 0)
		fprintf(stderr, "aws_tool: %s\n", err.text);
	return rc != 0;
}
