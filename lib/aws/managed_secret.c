#include "managed_secret.h"

#include "field.h"

enum { BODY_MAX = 4096 };

static bool has_stage(const struct json *stages, const char *name)
{
	for (size_t i = 0; i < json_count(stages); i++)
		if (strcmp(json_get_text(json_at(stages, i), ""), name) == 0)
			return true;
	return false;
}

/* "VersionIdsToStages": {"<id>": ["AWSCURRENT"], ...} */
static void read_stages(const struct json *versions, struct managed_secret *out)
{
	const struct {
		const char *stage;
		char *version;
	} stages[] = {
		{ "AWSCURRENT", out->current },
		{ "AWSPREVIOUS", out->previous },
		{ "AWSPENDING", out->pending },
	};

	for (size_t i = 0; i < json_count(versions); i++) {
		const char *id = json_key_at(versions, i);

		for (size_t k = 0; k < ARRAY_SIZE(stages); k++)
			if (has_stage(json_get(versions, id), stages[k].stage))
				field_copy(stages[k].version, MANAGED_SECRET_VERSION_SIZE, id);
	}
	/* A rotation leaves the label on the version that it made the current one. */
	if (strcmp(out->pending, out->current) == 0)
		out->pending[0] = '\0';
}

int managed_secret_read(const struct json *answer, struct managed_secret *out, struct err *err)
{
	if (json_get_text(json_get(answer, "ARN"), NULL) == NULL)
		return err_set(err, ERR_CORRUPT,
		    "secretsmanager DescribeSecret: the answer has no ARN");
	*out = (struct managed_secret){
		.rotates = json_get_bool(json_get(answer, "RotationEnabled"), false),
		.is_deleted = !json_is_null(json_get(answer, "DeletedDate")),
	};
	field_json(out->key, sizeof(out->key), answer, "KmsKeyId");
	read_stages(json_get(answer, "VersionIdsToStages"), out);
	return 0;
}

int managed_secret(struct aws *a, const char *name, struct managed_secret *out, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct aws_request r = { .op = SECRETSMANAGER_DESCRIBE_SECRET, .resource = name };
	struct json *answer = NULL;
	struct json_writer w;
	int rc;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "SecretId", name);
	json_object_end(&w);
	r.body = buf_str(&body);
	rc = body.full ? err_set(err, ERR_INVALID, "secret '%.100s...': too long", name)
		       : aws_call_json(a, &r, NULL, &answer, err);
	if (rc == 0)
		rc = managed_secret_read(answer, out, err);
	json_free(answer);
	buf_release(&body);
	return rc;
}
