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

int ssm_parameter(struct aws *a, const char *name, struct ssm_parameter *out, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct aws_request r = { .op = SSM_GET_PARAMETER, .resource = name };
	struct json *answer = NULL;
	struct json_writer w;
	int rc;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "Name", name);
	json_member_bool(&w, "WithDecryption", false);
	json_object_end(&w);
	r.body = buf_str(&body);
	rc = aws_call_json(a, &r, NULL, &answer, err);
	if (rc == 0)
		rc = ssm_read_parameter(answer, out, err);
	json_free(answer);
	buf_release(&body);
	return rc;
}
