/*
 * A secret of Secrets Manager, as text; the service itself moves the labels AWSCURRENT and
 * AWSPREVIOUS when a value is put.
 *
 * Needs secretsmanager:GetSecretValue and, where a key of the customer encrypts it, kms:Decrypt; to
 * rotate also secretsmanager:PutSecretValue and kms:GenerateDataKey; for the history
 * secretsmanager:ListSecretVersionIds.
 */
#include "field.h"
#include "mem.h"
#include "secret_aws.h"
#include "secret_history.h"
#include "uuid.h"

enum {
	BODY_MAX = 6 * (SECRET_MAX + SECRET_NAME_SIZE) + 2048,
	HISTORY_PAGE = 100,
	PAGES_MAX = 10,
};

static const char *const stages[] = {
	[SECRET_CURRENT] = "AWSCURRENT",
	[SECRET_PREVIOUS] = "AWSPREVIOUS",
};

static int get_stage(struct secret_aws *s, enum secret_which which, struct secret_value *out,
    struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct json_writer w;
	struct json *answer;
	int rc;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "SecretId", s->name);
	json_member_text(&w, "VersionStage", stages[which]);
	json_object_end(&w);
	if (secret_aws_call(s, SECRETSMANAGER_GET_SECRET_VALUE, &body, STR_NONE, NULL, &answer,
		err) != 0)
		return err_wrap(err, "%s", stages[which]);
	rc = secret_aws_take(s, json_get(answer, "SecretString"), &out->bytes, err);
	if (rc == 0) {
		(void)snprintf(out->version, sizeof(out->version), "%s",
		    json_get_text(json_get(answer, "VersionId"), ""));
		out->changed_at = secret_aws_time(json_get(answer, "CreatedDate"));
	}
	json_free(answer);
	return rc;
}

/* When the previous one stopped being current is when the current one was made. */
static int get_previous(struct secret_aws *s, struct secret_value *out, struct err *err)
{
	struct secret_value current;
	int rc;

	secret_value_init(&current);
	rc = get_stage(s, SECRET_CURRENT, &current, err);
	if (rc == 0)
		rc = get_stage(s, SECRET_PREVIOUS, out, err);
	if (rc == 0)
		out->changed_at = current.changed_at;
	secret_value_wipe(&current);
	return rc;
}

static int manager_get(struct secret *base, enum secret_which which, struct secret_value *out,
    struct err *err)
{
	struct secret_aws s = secret_aws_begin(base);

	return which == SECRET_CURRENT ? get_stage(&s, which, out, err)
				       : get_previous(&s, out, err);
}

/* By the token, a call that is repeated makes no second version. */
static int put(struct secret_aws *s, struct str value, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	char token[UUID_TEXT_SIZE];
	struct json_writer w;
	struct json *answer;

	uuid_v7(&clock_system, token);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "SecretId", s->name);
	json_member_text(&w, "ClientRequestToken", token);
	json_member_str(&w, "SecretString", value);
	json_object_end(&w);
	if (secret_aws_call(s, SECRETSMANAGER_PUT_SECRET_VALUE, &body, value, NULL, &answer, err) !=
	    0)
		return -1;
	json_free(answer);
	return 0;
}

/* Already current: a repeated rotation must not push the previous one out. */
static int manager_rotate(struct secret *base, struct str value, struct err *err)
{
	struct secret_aws s = secret_aws_begin(base);
	struct secret_value current;
	int rc;

	secret_value_init(&current);
	rc = get_stage(&s, SECRET_CURRENT, &current, err);
	if (rc == 0 && !mem_eq_const_time(buf_str(&current.bytes), value))
		rc = put(&s, value, err);
	secret_value_wipe(&current);
	return rc;
}

/* ---- history ---- */

static int get_page(struct secret_aws *s, struct buf *token, struct json **out, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "SecretId", s->name);
	json_member_bool(&w, "IncludeDeprecated", true);
	json_member_int(&w, "MaxResults", HISTORY_PAGE);
	if (token->n)
		json_member_str(&w, "NextToken", buf_str(token));
	json_object_end(&w);
	if (secret_aws_call(s, SECRETSMANAGER_LIST_SECRET_VERSION_IDS, &body, STR_NONE, NULL, out,
		err) != 0)
		return -1;
	buf_reset(token);
	buf_adds(token, json_get_text(json_get(*out, "NextToken"), ""));
	return 0;
}

/* Of versions of one moment, the current one is the latest and those without a stage are the first. */
static int64_t rank_of(const struct json *version, const struct secret_past *one)
{
	return 4 * field_json_ms(version, "CreatedDate") + 2 * one->is_current +
	    (one->labels[0] != '\0');
}

static int take_past(const struct json *version, struct secret_history *out, struct err *err)
{
	const struct json *stages_of = json_get(version, "VersionStages");
	struct secret_past one = {
		.made_at = secret_aws_time(json_get(version, "CreatedDate")),
	};

	if (field_json_name(one.version, sizeof(one.version), version, "VersionId", err) != 0)
		return -1;
	secret_history_labels(&one, stages_of);
	for (size_t i = 0; i < json_count(stages_of); i++)
		if (strcmp(json_get_text(json_at(stages_of, i), ""), stages[SECRET_CURRENT]) == 0)
			one.is_current = true;
	one.rank = rank_of(version, &one);
	secret_history_add(out, &one);
	return 0;
}

static int read_pages(struct secret_aws *s, struct secret_history *out, struct err *err)
{
	struct buf token = BUF_INIT(4096);
	int rc = 0;

	for (int i = 0; rc == 0 && i < PAGES_MAX && (i == 0 || token.n); i++) {
		struct json *page;
		const struct json *list;

		rc = get_page(s, &token, &page, err);
		if (rc != 0)
			break;
		rc = field_json_list(page, "Versions", &list, err);
		for (size_t k = 0; rc == 0 && k < json_count(list); k++)
			rc = take_past(json_at(list, k), out, err);
		json_free(page);
	}
	out->is_cut = out->is_cut || token.n > 0;
	buf_release(&token);
	return rc;
}

static int read_fingerprint(struct secret_aws *s, struct secret_past *one, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct json_writer w;
	struct json *answer;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "SecretId", s->name);
	json_member_text(&w, "VersionId", one->version);
	json_object_end(&w);
	if (secret_aws_call(s, SECRETSMANAGER_GET_SECRET_VALUE, &body, STR_NONE, NULL, &answer,
		err) != 0)
		/* Not ours to read, or a stage without a value, as a rotation may leave it. */
		return err->code == ERR_DENIED || err->code == ERR_NOTFOUND ? 0 : -1;
	secret_aws_fingerprint(s, json_get(answer, "SecretString"), one->fingerprint);
	json_free(answer);
	return 0;
}

/* Each value is a call: those without a stage, which nobody is given any more, are not asked for. */
static int manager_history(struct secret *base, struct secret_history *out, struct err *err)
{
	struct secret_aws s = secret_aws_begin(base);
	int rc = read_pages(&s, out, err);

	for (size_t i = 0; rc == 0 && i < out->count; i++)
		if (out->items[i].labels[0] != '\0')
			rc = read_fingerprint(&s, &out->items[i], err);
	return rc;
}

/* ---- open ---- */

static int manager_open(struct secret **out, struct str url, const struct secret_options *o,
    struct err *err)
{
	extern const struct secret_ops secret_secretsmanager_ops;

	return secret_aws_open(out, url, o, &secret_secretsmanager_ops,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+=.@-", err);
}

const struct secret_ops secret_secretsmanager_ops = {
	.scheme = "secretsmanager",
	.open = manager_open,
	.close = secret_aws_close,
	.get = manager_get,
	.rotate = manager_rotate,
	.history = manager_history,
};
