/*
 * A secret of Secrets Manager, as text; the service itself moves the labels AWSCURRENT and
 * AWSPREVIOUS when a value is put.
 *
 * Needs secretsmanager:GetSecretValue and, where a key of the customer encrypts it, kms:Decrypt; to
 * rotate also secretsmanager:PutSecretValue and kms:GenerateDataKey.
 */
#include "mem.h"
#include "secret_aws.h"
#include "uuid.h"

enum { BODY_MAX = 6 * (SECRET_MAX + SECRET_NAME_SIZE) + 2048 };

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
};
