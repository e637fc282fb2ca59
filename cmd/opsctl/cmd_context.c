#include <inttypes.h>

#include "context_out.h"
#include "contexts_file.h"
#include "ports.h"
#include "token_probe.h"

enum { DOCUMENT_MAX = 256 * 1024, ANSWER_TIMEOUT_MS = 5000 };

/* The operand, else --context, else the current one; *decided_by says which. */
static int name_of(struct cli *cli, char name[CONTEXT_NAME_MAX + 1], const char **decided_by,
    struct err *err)
{
	const char *given = cli->operand_count > 0 ? cli->operands[0] : cli_text(cli, "context");

	if (given == NULL)
		return context_current(name, decided_by, err);
	*decided_by = cli->operand_count > 0 ? "operand" : "--context";
	if (strlen(given) > CONTEXT_NAME_MAX)
		return err_set(err, ERR_CONFIG, "unknown context '%s'", given);
	(void)snprintf(name, CONTEXT_NAME_MAX + 1, "%s", given);
	return 0;
}

/* ---- ls ---- */

struct listing {
	struct out_table table;
	struct json_writer w;
	char current[CONTEXT_NAME_MAX + 1];
};

static void list_one(void *arg, const char *name)
{
	struct listing *l = arg;
	bool is_current = strcmp(name, l->current) == 0;
	struct context c = { 0 };
	struct err err = { 0 };
	bool is_good = context_resolve(name, &c, &err) == 0;
	const char *none = strcmp(name, CONTEXT_LOCAL) == 0 ? "(not running)" : "-";
	const char *url = is_good ? c.values[CONTEXT_URL] : err.text;

	out_table_cell(&l->table, "%s", is_current ? "*" : "");
	out_table_cell(&l->table, "%s", name);
	out_table_cell(&l->table, "%s", url[0] != '\0' ? url : none);
	json_object_begin(&l->w);
	json_member_text(&l->w, "name", name);
	json_member_bool(&l->w, "is_current", is_current);
	if (is_good)
		context_values_json(&l->w, &c);
	else
		json_member_text(&l->w, "error", err.text);
	json_object_end(&l->w);
}

int cmd_context_ls(struct cli *cli, struct err *err)
{
	static const char *const header[] = { "", "NAME", "URL" };
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	const char *decided_by, *given = cli_text(cli, "context");
	struct listing l = { 0 };
	int rc;

	if (context_current(l.current, &decided_by, err) == -1)
		return -1;
	if (given != NULL)
		(void)snprintf(l.current, sizeof(l.current), "%s", given);
	out_table_init(&l.table, header, ARRAY_SIZE(header));
	out_json_begin(&l.w, &out, "opsctl/context-ls/1");
	json_key(&l.w, "contexts");
	json_array_begin(&l.w);
	rc = context_names(list_one, &l, err);
	json_array_end(&l.w);
	if (rc == 0) {
		out_table_print(cli, &l.table);
		context_document_end(cli, &l.w, &out);
	}
	buf_release(&l.table.cells);
	buf_release(&out);
	return rc;
}

/* ---- use, show, rm ---- */

static int changed(struct cli *cli, const char *schema, const char *name)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct json_writer w;

	out_json_begin(&w, &out, schema);
	json_member_text(&w, "context", name);
	context_document_end(cli, &w, &out);
	return 0;
}

int cmd_context_use(struct cli *cli, struct err *err)
{
	const char *variable = getenv("OPSCTL_CONTEXT");

	if (context_make_current(cli->operands[0], err) == -1)
		return cli_next(cli, "run: opsctl context ls");
	out_note(cli, "current context: %s", cli->operands[0]);
	if (variable != NULL && variable[0] != '\0' && strcmp(variable, cli->operands[0]) != 0)
		out_warn(cli, "OPSCTL_CONTEXT=%s in the environment goes before it", variable);
	return changed(cli, "opsctl/context-use/1", cli->operands[0]);
}

int cmd_context_show(struct cli *cli, struct err *err)
{
	char name[CONTEXT_NAME_MAX + 1];
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct json_writer w;
	struct context c;
	const char *decided_by;

	if (name_of(cli, name, &decided_by, err) == -1 || context_resolve(name, &c, err) == -1)
		return cli_next(cli, "run: opsctl context ls");
	out_json_begin(&w, &out, "opsctl/context-show/1");
	json_member_text(&w, "context", name);
	json_member_text(&w, "decided_by", decided_by);
	context_values_json(&w, &c);
	context_document_end(cli, &w, &out);
	out_text(cli, "%-16s  %s\n", "context", name);
	context_values_print(cli, &c);
	return 0;
}

int cmd_context_rm(struct cli *cli, struct err *err)
{
	const char *name = cli->operands[0];
	struct context c;

	if (context_check_name(name, err) == -1)
		return -1;
	if (cli_flag(cli, "dry-run")) {
		if (context_load(name, &c, err) == -1)
			return cli_next(cli, "run: opsctl context ls");
		out_note(cli, "would remove context %s", name);
	} else {
		if (context_remove(name, err) == -1)
			return cli_next(cli, "run: opsctl context ls");
		out_note(cli, "removed context %s", name);
	}
	return changed(cli, "opsctl/context-rm/1", name);
}

/* ---- check ---- */

static int check_token(struct cli *cli, struct buf *detail, struct err *err)
{
	char fingerprint[HASH_FINGERPRINT_SIZE];
	struct secret_value token;
	int rc = ports_token(cli, &token, err);

	if (rc == 0) {
		hash_fingerprint(buf_str(&token.bytes), fingerprint);
		buf_addf(detail, "fingerprint %s", fingerprint);
	}
	secret_value_wipe(&token);
	return rc;
}

static int check_queue(struct cli *cli, struct buf *detail, struct err *err)
{
	struct queue_stats stats;
	struct queue *queue;
	int rc;

	if (ports_queue(cli, &queue, err) == -1)
		return -1;
	rc = queue_stats(queue, &stats, err);
	if (rc == 0)
		buf_addf(detail, "%" PRIu64 " waiting, %" PRIu64 " dead", stats.visible,
		    stats.dead);
	queue_close(queue);
	return rc;
}

static int check_store(struct cli *cli, struct buf *detail, struct err *err)
{
	struct store *store;
	int rc;

	if (ports_store(cli, &store, err) == -1)
		return -1;
	rc = store_check(store, err);
	if (rc == 0)
		buf_adds(detail, "can be written to");
	store_close(store);
	return rc;
}

static int check_health(struct http *http, const char *url, struct buf *detail, struct err *err)
{
	struct http_response response;
	int rc;

	http_response_init(&response, 64 * 1024);
	rc = ports_get(http, url, "/health", &response, err);
	if (rc == 0 && response.status != 200)
		rc = err_set(err, ERR_BUSY, "GET /health is answered with %d", response.status);
	if (rc == 0)
		buf_addf(detail, "healthy, %lld ms", (long long)(response.timing.total_us / 1000));
	http_response_release(&response);
	return rc;
}

/* Whether the parts fit: a token that cannot be read is said in its own row. */
static int check_token_fits(struct cli *cli, struct http *http, const char *url, struct buf *detail,
    struct err *err)
{
	int64_t deadline_ms = clock_mono_ms(cli->clock) + ANSWER_TIMEOUT_MS;
	struct secret_value token;
	struct token_probe probe;
	struct err ignored;
	int rc = 0;

	if (ports_token(cli, &token, &ignored) == 0) {
		rc = token_probe(&(struct token_question){ http, url, buf_str(&token.bytes),
				     cli->clock, deadline_ms },
		    &probe, err);
		if (rc == 0 && !probe.is_accepted)
			rc = err_set(err, ERR_CREDENTIALS, "refuses the token of this context");
		if (rc == 0)
			buf_adds(detail, ", accepts the token");
	}
	secret_value_wipe(&token);
	return rc;
}

static int check_api(struct cli *cli, struct buf *detail, struct err *err)
{
	struct http *http;
	const char *url;
	int rc;

	if (context_require(&cli->context, CONTEXT_URL, &url, err) == -1 ||
	    ports_http(&http, ANSWER_TIMEOUT_MS, err) == -1)
		return -1;
	rc = check_health(http, url, detail, err);
	if (rc == 0)
		rc = check_token_fits(cli, http, url, detail, err);
	http_close(http);
	return rc;
}

static const struct {
	const char *name;
	enum context_key key;
	int (*check)(struct cli *cli, struct buf *detail, struct err *err);
} parts[] = {
	{ "token", CONTEXT_SECRET, check_token },
	{ "queue", CONTEXT_QUEUE, check_queue },
	{ "store", CONTEXT_STORE, check_store },
	{ "ops-api", CONTEXT_URL, check_api },
};

static void check_part(struct cli *cli, size_t i, struct out_table *t, struct json_writer *w)
{
	const char *value = cli->context.values[parts[i].key];
	struct buf detail = BUF_INIT(1024);
	struct err err = { 0 };
	const char *state = "ok";

	if (value[0] == '\0' && cli->context.local_dir[0] == '\0') {
		state = "not set";
	} else if (parts[i].check(cli, &detail, &err) == -1) {
		state = "bad";
		buf_reset(&detail);
		buf_adds(&detail, err.text);
		cli->exit_code = EXIT_BAD;
	}
	out_table_cell(t, "%s", parts[i].name);
	out_table_cell(t, "%s", state);
	out_table_cell(t, "%s", buf_text(&detail));
	json_object_begin(w);
	json_member_text(w, "part", parts[i].name);
	json_member_text(w, "state", state);
	json_member_text(w, "url", value[0] != '\0' ? value : NULL);
	json_member_str(w, "detail", buf_str(&detail));
	json_object_end(w);
	buf_release(&detail);
}

int cmd_context_check(struct cli *cli, struct err *err)
{
	static const char *const header[] = { "PART", "STATE", "DETAIL" };
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	char name[CONTEXT_NAME_MAX + 1];
	const char *decided_by;
	struct json_writer w;
	struct out_table t;

	if (name_of(cli, name, &decided_by, err) == -1 ||
	    context_resolve(name, &cli->context, err) == -1)
		return cli_next(cli, "run: opsctl context ls");
	out_table_init(&t, header, ARRAY_SIZE(header));
	out_json_begin(&w, &out, "opsctl/context-check/1");
	json_member_text(&w, "context", name);
	json_key(&w, "parts");
	json_array_begin(&w);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		check_part(cli, i, &t, &w);
	json_array_end(&w);
	json_member_bool(&w, "ok", cli->exit_code == EXIT_OK);
	context_document_end(cli, &w, &out);
	out_table_print(cli, &t);
	return 0;
}
