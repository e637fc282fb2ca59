#include "ports.h"

#include "recording.h"

/* ---- errors ---- */

/* Who asks, and with what, is the first thing to know about a refusal; but not of one that passes. */
static int next_step(struct cli *cli, enum err_code code)
{
	const struct context *c = &cli->context;

	if (c->local_dir[0] != '\0' && code == ERR_NOTFOUND)
		return cli_next(cli, "run: opsctl up%s",
		    c->values[CONTEXT_URL][0] != '\0'
			? "  # when Ctrl-C has ended the one that runs"
			: "");
	if (c->local_dir[0] != '\0')
		return -1;
	if (code == ERR_BUSY && context_is_aws(c))
		return cli_next(cli, "try again; AWS_MAX_ATTEMPTS=10 tries for longer");
	if (strcmp(c->name, CONTEXT_FLAGS) == 0)
		return cli_next(cli,
		    "see who you are to AWS: context check, with the same options");
	return cli_next(cli, "run: opsctl context check %s", c->name);
}

int ports_failed(struct cli *cli, struct err *err)
{
	if (err->code == ERR_INVALID || err->code == ERR_CORRUPT)
		err->code = ERR_CONFIG;
	cli->next[0] = '\0';
	cli_take_next(cli, err);
	return cli->next[0] != '\0' ? -1 : next_step(cli, err->code);
}

int ports_refused(struct cli *cli, enum context_key key, struct err *err)
{
	(void)ports_failed(cli, err);
	recording_refused(cli, key, err);
	return -1;
}

void ports_explain(struct cli *cli, enum err_code code)
{
	bool is_about_us = code == ERR_CREDENTIALS || code == ERR_DENIED;

	if (is_about_us && cli->next[0] == '\0' && context_is_aws(&cli->context))
		(void)next_step(cli, code);
}

/* ---- AWS ---- */

/* Any thread; in one piece, so that the lines of several do not mix. */
static void trace_line(void *arg, struct str line)
{
	const struct cli *cli = arg;

	if (!cli->quiet)
		(void)fprintf(stderr, "%.*s\n", STR_ARG(line));
}

/* What the context does not say is as the SDKs have it. */
static const char *value_of(const struct cli *cli, enum context_key key)
{
	const char *value = cli->context.values[key];

	return value[0] != '\0' ? value : NULL;
}

/* One for all ports of a command. */
static int open_aws(struct cli *cli, struct err *err)
{
	static const enum aws_trace traces[] = { AWS_TRACE_OFF, AWS_TRACE_CALLS, AWS_TRACE_WIRE };
	const struct aws_options options = {
		.program = "opsctl/" OPS_VERSION,
		.profile = value_of(cli, CONTEXT_PROFILE),
		.region = value_of(cli, CONTEXT_REGION),
		.endpoint_url = cli_text(cli, "endpoint-url"),
		.clock = cli->clock,
		.trace = traces[cli->verbosity],
		.trace_line = trace_line,
		.trace_arg = cli,
	};

	if (cli->aws != NULL)
		return 0;
	if (aws_open(&cli->aws, &options, err) != 0)
		return -1;
	aws_bound(cli->aws, PORTS_CALL_MS, (struct http_stop){ 0 });
	return 0;
}

int ports_aws(struct cli *cli, struct aws **out, struct err *err)
{
	if (open_aws(cli, err) != 0)
		return ports_failed(cli, err);
	*out = cli->aws;
	return 0;
}

void ports_close(struct cli *cli)
{
	aws_close(cli->aws);
	cli->aws = NULL;
}

int ports_identity(struct cli *cli, struct aws_identity *out, struct err *err)
{
	if (open_aws(cli, err) != 0 || aws_identity(cli->aws, out, err) != 0)
		return ports_failed(cli, err);
	return 0;
}

int ports_check_account(const struct context *c, const struct aws_identity *who, struct err *err)
{
	const char *account = c->values[CONTEXT_ACCOUNT];

	if (account[0] == '\0' || strcmp(account, who->account) == 0)
		return 0;
	return err_set(err, ERR_CONFIG, "the credentials are of account %s, context '%s' is %s",
	    who->account, c->name, account);
}

int ports_guard_account(struct cli *cli, struct err *err)
{
	const struct context *c = &cli->context;
	struct aws_identity who;

	if (c->values[CONTEXT_ACCOUNT][0] == '\0')
		return 0;
	if (ports_identity(cli, &who, err) != 0)
		return -1;
	return ports_check_account(c, &who, err) == 0 ? 0 : ports_failed(cli, err);
}

/* ---- ports ---- */

int ports_queue(struct cli *cli, struct queue **out, struct err *err)
{
	return ports_queue_watched(cli, NULL, 0, out, err);
}

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
	struct progress *p = arg;

	p->total = total;
	progress_update(p, done, NULL);
}

int ports_queue_watched(struct cli *cli, struct progress *progress, unsigned redrive_rate,
    struct queue **out, struct err *err)
{
	struct queue_options options = {
		.clock = cli->clock,
		.progress_arg = progress,
		.redrive_rate = redrive_rate,
	};
	const char *url;

	if (context_require(&cli->context, CONTEXT_QUEUE, &url, err) != 0 ||
	    recording_allows(cli, CONTEXT_QUEUE, err) != 0)
		return -1;
	if (open_aws(cli, err) != 0)
		return -1;
	options.aws = cli->aws;
	options.progress = progress != NULL ? show_progress : NULL;
	if (queue_open(out, str_from(url), &options, err) != 0)
		return ports_refused(cli, CONTEXT_QUEUE, err);
	return 0;
}

int ports_store(struct cli *cli, struct store **out, struct err *err)
{
	struct store_options options = { .clock = cli->clock };
	const char *url;

	if (context_require(&cli->context, CONTEXT_STORE, &url, err) != 0 ||
	    recording_allows(cli, CONTEXT_STORE, err) != 0)
		return -1;
	if (open_aws(cli, err) != 0)
		return -1;
	options.aws = cli->aws;
	if (store_open(out, str_from(url), &options, err) != 0)
		return ports_refused(cli, CONTEXT_STORE, err);
	return 0;
}

int ports_secret(struct cli *cli, struct secret **out, struct err *err)
{
	const char *url;

	if (context_require(&cli->context, CONTEXT_SECRET, &url, err) != 0 ||
	    recording_allows(cli, CONTEXT_SECRET, err) != 0)
		return -1;
	if (open_aws(cli, err) != 0)
		return -1;
	if (secret_open(out, str_from(url), &(struct secret_options){ .aws = cli->aws }, err) != 0)
		return ports_refused(cli, CONTEXT_SECRET, err);
	return 0;
}

int ports_token(struct cli *cli, struct secret_value *out, struct err *err)
{
	struct secret *secret;
	int rc;

	secret_value_init(out);
	if (ports_secret(cli, &secret, err) != 0)
		return -1;
	rc = secret_get(secret, SECRET_CURRENT, out, err);
	secret_close(secret);
	return rc == 0 ? 0 : ports_refused(cli, CONTEXT_SECRET, err);
}

/* ---- services ---- */

int ports_http(struct http **out, int timeout_ms, struct err *err)
{
	const struct http_options options = {
		.user_agent = "opsctl/" OPS_VERSION,
		.total_timeout_ms = timeout_ms,
	};

	return http_open(out, &options, err);
}

void ports_url(struct buf *out, const char *base, const char *path)
{
	struct str s = str_from(base);

	if (str_has_suffix(s, STR("/")))
		s.n--;
	buf_add(out, s);
	buf_adds(out, path);
}

int ports_get(struct http *h, const char *base, const char *path, struct http_response *out,
    struct err *err)
{
	struct buf url = BUF_INIT(2 * CONTEXT_VALUE_MAX);
	struct http_request request = { .method = "GET" };
	int rc;

	ports_url(&url, base, path);
	request.url = buf_text(&url);
	rc = http_call(h, &request, out, err);
	buf_release(&url);
	return rc;
}
