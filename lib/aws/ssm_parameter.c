#include "ssm_parameter.h"

#include "field.h"

enum { BODY_MAX = 4096 };

int ssm_read_parameter(const struct json *answer, struct ssm_parameter *out, struct err *err)
{
	const struct json *parameter = json_get(answer, "Parameter");

	if (json_count(parameter) == 0)
		return err_set(err, ERR_CORRUPT, "ssm GetParameter: the answer has no Parameter");
	*out = (struct ssm_parameter){
		.version = json_get_int(json_get(parameter, "Version"), 0),
		.changed_ms = field_json_ms(parameter, "LastModifiedDate"),
	};
	field_json(out->type, sizeof(out->type), parameter, "Type");
	return 0;
}

/* `body` is released. */
static int call(struct aws *a, enum aws_op op, const char *name, struct buf *body,
    struct json **answer, struct err *err)
{
	const struct aws_request r = { .op = op, .resource = name, .body = buf_str(body) };
	int rc = body->full ? err_set(err, ERR_INVALID, "parameter '%.100s...': too long", name)
			    : aws_call_json(a, &r, NULL, answer, err);

	buf_release(body);
	return rc;
}

/* What is encrypted stays so. */
static int get(struct aws *a, const char *name, struct json **answer, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "Name", name);
	json_member_bool(&w, "WithDecryption", false);
	json_object_end(&w);
	return call(a, SSM_GET_PARAMETER, name, &body, answer, err);
}

int ssm_parameter(struct aws *a, const char *name, struct ssm_parameter *out, struct err *err)
{
	struct json *answer;
	int rc;

	if (get(a, name, &answer, err) != 0)
		return -1;
	rc = ssm_read_parameter(answer, out, err);
	json_free(answer);
	return rc;
}

int ssm_parameter_text(struct aws *a, const char *name, struct buf *out, struct err *err)
{
	struct ssm_parameter found;
	struct json *answer;
	int rc;

	if (get(a, name, &answer, err) != 0)
		return -1;
	rc = ssm_read_parameter(answer, &found, err);
	if (rc == 0 && strcmp(found.type, "String") != 0)
		rc = err_set(err, ERR_CONFLICT, "parameter %s is a %s, not a String", name,
		    found.type);
	if (rc == 0)
		buf_adds(out, json_get_text(json_get(json_get(answer, "Parameter"), "Value"), ""));
	json_free(answer);
	return rc;
}

int ssm_parameter_write(struct aws *a, const char *name, const char *value, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct json *answer;
	struct json_writer w;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "Name", name);
	json_member_text(&w, "Value", value);
	json_member_text(&w, "Type", "String");
	json_member_bool(&w, "Overwrite", true);
	json_object_end(&w);
	if (call(a, SSM_PUT_PARAMETER, name, &body, &answer, err) != 0)
		return -1;
	json_free(answer);
	return 0;
}
