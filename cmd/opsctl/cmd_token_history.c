#include "calls.h"
#include "commands.h"
#include "ports.h"
#include "secret_history.h"

enum { DOCUMENT_MAX = 1024 * 1024 };

/* NULL where the source does not tell. */
static const char *when(const struct secret_past *one, char out[CLOCK_RFC3339_SIZE])
{
	clock_rfc3339(one->made_at * 1000, out);
	return one->made_at > 0 ? out : NULL;
}

static const char *or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

/* ---- for programs ---- */

static void version_json(struct json_writer *w, const struct secret_past *one)
{
	char time[CLOCK_RFC3339_SIZE];
	struct str label, rest = str_from(one->labels);

	json_object_begin(w);
	json_member_text(w, "version", or_null(one->version));
	json_member_bool(w, "current", one->is_current);
	json_member_text(w, "fingerprint", or_null(one->fingerprint));
	json_member_text(w, "made_at", when(one, time));
	json_member_text(w, "by", or_null(one->author));
	json_key(w, "labels");
	json_array_begin(w);
	while (str_cut(rest, '\n', &label, &rest))
		json_str(w, label);
	json_array_end(w);
	json_object_end(w);
}

static void print_json(struct cli *cli, const struct secret_history *h)
{
	struct buf out = BUF_INIT(DOCUMENT_MAX);
	struct json_writer w;

	out_json_begin(&w, &out, "opsctl/token-history/1");
	json_member_text(&w, "context", cli->context.name);
	json_member_text(&w, "secret", cli->context.values[CONTEXT_SECRET]);
	json_key(&w, "versions");
	json_array_begin(&w);
	for (size_t i = 0; i < h->count; i++)
		version_json(&w, &h->items[i]);
	json_array_end(&w);
	json_member_bool(&w, "complete", !h->is_cut);
	json_object_end(&w);
	out_json(cli, buf_str(&out));
	buf_release(&out);
}

/* ---- for people ---- */

/* "current, blue" */
static void labels_cell(struct out_table *t, const struct secret_past *one)
{
	struct buf text = BUF_INIT(2 * SECRET_LABELS_SIZE);
	struct str label, rest = str_from(one->labels);

	if (one->is_current)
		buf_adds(&text, "current");
	while (str_cut(rest, '\n', &label, &rest))
		buf_addf(&text, "%s%.*s", text.n > 0 ? ", " : "", STR_ARG(label));
	out_table_cell(t, "%s", text.n > 0 ? buf_text(&text) : "-");
	buf_release(&text);
}

static const char *or_dash(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : "-";
}

static void print_text(struct cli *cli, const struct secret_history *h)
{
	static const char *const header[] = { "NAME", "FINGERPRINT", "MADE", "BY", "LABELS" };
	struct out_table t;

	out_table_init(&t, header, ARRAY_SIZE(header));
	for (size_t i = 0; i < h->count; i++) {
		const struct secret_past *one = &h->items[i];
		char time[CLOCK_RFC3339_SIZE];

		out_table_cell(&t, "%s", or_dash(one->version));
		out_table_cell(&t, "%s", or_dash(one->fingerprint));
		out_table_cell(&t, "%s", or_dash(when(one, time)));
		out_table_cell(&t, "%s", or_dash(one->author));
		labels_cell(&t, one);
	}
	out_table_print(cli, &t);
	if (h->is_cut)
		out_note(cli, "not all versions are shown");
}

static int cmd_token_history(struct cli *cli, struct err *err)
{
	struct secret_history h;
	struct secret *secret;
	int rc;

	if (ports_secret(cli, &secret, err) == -1)
		return -1;
	rc = secret_history_read(secret, &h, err);
	secret_close(secret);
	if (rc != 0)
		return ports_refused(cli, CONTEXT_SECRET, err);
	(cli->json ? print_json : print_text)(cli, &h);
	secret_history_release(&h);
	return 0;
}

static const struct command_call calls[] = {
	{ SSM_GET_PARAMETER_HISTORY, CONTEXT_SECRET, NULL },
	{ SECRETSMANAGER_LIST_SECRET_VERSION_IDS, CONTEXT_SECRET, NULL },
	{ SECRETSMANAGER_GET_SECRET_VALUE, CONTEXT_SECRET, NULL },
};

const struct command command_token_history = {
	.name = "token history",
	.operands = "",
	.operand_completion = "none",
	.summary = "list the versions of the token that are kept",
	.about = "The latest first: fingerprint, when and by whom each was made, and its labels, "
		 "as far as the source of the secret keeps them. Values are never shown.",
	.need = NEED_CONTEXT,
	CALLS(calls),
	.run = cmd_token_history,
};
