/* SSM: one parameter, whatever its name; https://docs.aws.amazon.com/systems-manager/latest/APIReference/ */
#include <string.h>

#include "world.h"

static const char value[] = "fault-server-token-0123456789";

static void write_parameter(struct json_writer *w, const struct json *in, int64_t version)
{
	json_object_begin(w);
	json_member_text(w, "Name", json_get_text(json_get(in, "Name"), ""));
	json_member_text(w, "Type", "SecureString");
	json_member_text(w, "Value", value);
	json_member_int(w, "Version", version);
	json_member_double(w, "LastModifiedDate", 1763700000.5, 3);
	json_object_end(w);
}

void ssm_call(const char *op, const struct json *in, struct wire_answer *a)
{
	struct json_writer w;

	json_writer_init(&w, &a->body);
	if (strcmp(op, "GetParameter") == 0) {
		json_object_begin(&w);
		json_key(&w, "Parameter");
		write_parameter(&w, in, 1);
		json_object_end(&w);
	} else if (strcmp(op, "GetParameterHistory") == 0) {
		json_object_begin(&w);
		json_key(&w, "Parameters");
		json_array_begin(&w);
		write_parameter(&w, in, 1);
		json_array_end(&w);
		json_object_end(&w);
	} else {
		world_refuse_json(a, 400, "UnknownOperationException", op);
	}
}
