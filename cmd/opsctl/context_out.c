#include "context_out.h"

#include "fold.h"

/* Columns of a key with its service, and before what stands below it; characters of a key. */
enum { KEY_WIDTH = 16, INDENT = 4, KEY_MAX = 24 };

void context_document_end(struct cli *cli, struct json_writer *w, struct buf *out)
{
	json_object_end(w);
	if (cli->json)
		out_json(cli, buf_str(out));
	buf_release(out);
}

/* "services":{"api":{"ecs":...}}; nothing when there are none. */
static void services_json(struct json_writer *w, const struct context *c)
{
	if (c->service_count == 0)
		return;
	json_key(w, "services");
	json_object_begin(w);
	for (size_t i = 0; i < c->service_count; i++) {
		json_key(w, c->services[i].name);
		json_object_begin(w);
		for (int key = 0; key < SERVICE_KEY_COUNT; key++)
			if (c->services[i].values[key][0] != '\0')
				json_member_text(w,
				    context_service_key_name((enum context_service_key)key),
				    c->services[i].values[key]);
		json_object_end(w);
	}
	json_object_end(w);
}

void context_values_json(struct json_writer *w, const struct context *c)
{
	json_key(w, "values");
	json_object_begin(w);
	for (int key = 0; key < CONTEXT_KEY_COUNT; key++)
		if (c->values[key][0] != '\0')
			json_member_text(w, context_key_name((enum context_key)key),
			    c->values[key]);
	json_object_end(w);
	services_json(w, c);
}

/* A value is to be copied: what has no place behind its key stands below it. */
static void print_line(struct cli *cli, const char *service, const char *key, const char *value)
{
	char name[CONTEXT_SERVICE_NAME_MAX + KEY_MAX + 2];
	size_t used;

	(void)snprintf(name, sizeof(name), "%s%s%s", service, service[0] != '\0' ? " " : "", key);
	used = strlen(name) > KEY_WIDTH ? strlen(name) : KEY_WIDTH;
	out_text(cli, "%-*s ", KEY_WIDTH, name);
	fold_rest(cli, used + 1, INDENT, value);
}

void context_values_print(struct cli *cli, const struct context *c)
{
	for (int key = 0; key < CONTEXT_KEY_COUNT; key++)
		if (c->values[key][0] != '\0')
			print_line(cli, "", context_key_name((enum context_key)key),
			    c->values[key]);
	for (size_t i = 0; i < c->service_count; i++)
		for (int key = 0; key < SERVICE_KEY_COUNT; key++)
			if (c->services[i].values[key][0] != '\0')
				print_line(cli, c->services[i].name,
				    context_service_key_name((enum context_service_key)key),
				    c->services[i].values[key]);
}
