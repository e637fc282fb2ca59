#include "recording_head.h"

#include <string.h>

#include "context_out.h"
#include "mem.h"
#include "prefix.h"
#include "redact.h"

#define SCHEMA "opsctl/recording/1"

/* By these the services are found; a replay must look where the recording did. */
static const char *const places[] = { "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_USE_FIPS_ENDPOINT",
	"AWS_USE_DUALSTACK_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS",
	"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL_SECRETS_MANAGER",
	"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_ECS", "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING",
	"AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", "AWS_ENDPOINT_URL_CLOUDWATCH",
	"AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_ECR",
	"AWS_ENDPOINT_URL_SNS" };

bool recording_is_of_this_machine(const char *value)
{
	return prefix_is_one_of("sqlite:|file:|env:", value);
}

/* ---- writing ---- */

static void write_places(struct json_writer *w)
{
	json_key(w, "environment");
	json_object_begin(w);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const char *value = getenv(places[i]);
		struct buf shown = BUF_INIT(4096);

		redact_body(&shown, str_from(value), 4096, NULL, 0);
		if (value)
			json_member_str(w, places[i], buf_str(&shown));
		buf_release(&shown);
	}
	json_object_end(w);
}

static void write_not_kept(struct json_writer *w, const struct context *c)
{
	json_key(w, "not_recorded");
	json_array_begin(w);
	for (int key = 0; key < CONTEXT_KEY_COUNT; key++)
		if (recording_is_of_this_machine(c->values[key]))
			json_text(w, context_key_name((enum context_key)key));
	json_array_end(w);
}

void recording_head_write(struct cli *cli, struct buf *out)
{
	char at[CLOCK_RFC3339_SIZE];
	struct json_writer w;
	int64_t now_ms = clock_wall_ms(cli->clock);

	clock_rfc3339(now_ms, at);
	out_json_begin(&w, out, SCHEMA);
	json_member_text(&w, "version", OPS_VERSION);
	json_member_text(&w, "command", cli->command->name);
	json_member_text(&w, "at", at);
	json_member_int(&w, "at_ms", now_ms);
	json_member_text(&w, "context", cli->context.name);
	if (cli->context.local_dir[0] != '\0')
		json_member_text(&w, "local_dir", cli->context.local_dir);
	context_values_json(&w, &cli->context);
	write_places(&w);
	json_member_text(&w, "endpoint_url", cli_text(cli, "endpoint-url"));
	write_not_kept(&w, &cli->context);
	json_object_end(&w);
}

/* ---- reading ---- */

static int read_values(const struct json *head, struct context *c, struct err *err)
{
	const struct json *values = json_get(head, "values");

	for (int k = 0; k < CONTEXT_KEY_COUNT; k++) {
		enum context_key key = (enum context_key)k;
		const char *value = json_get_text(json_get(values, context_key_name(key)), "");

		/* Credentials are not needed, so none are looked for. */
		if (*value == '\0' || key == CONTEXT_PROFILE)
			continue;
		if (context_check_value(key, value, err) != 0)
			return -1;
		(void)snprintf(c->values[key], CONTEXT_VALUE_MAX, "%s", value);
	}
	return 0;
}

static int read_service(const char *name, const struct json *values, struct context *c,
    struct err *err)
{
	const char *key;

	for (size_t i = 0; (key = json_key_at(values, i)) != NULL; i++) {
		struct buf name_and_key = BUF_INIT(256);
		int rc;

		buf_addf(&name_and_key, "%s.%s", name, key);
		rc = context_service_take(c->services, &c->service_count, buf_text(&name_and_key),
		    json_get_text(json_get(values, key), ""), err);
		buf_release(&name_and_key);
		if (rc != 0)
			return -1;
	}
	return 0;
}

static int read_context(const struct json *head, struct context *out, struct err *err)
{
	const struct json *services = json_get(head, "services");
	struct context *c = xcalloc(1, sizeof(*c));
	const char *name;
	int rc = read_values(head, c, err);

	for (size_t i = 0; rc == 0 && (name = json_key_at(services, i)) != NULL; i++)
		rc = read_service(name, json_get(services, name), c, err);
	(void)snprintf(c->name, sizeof(c->name), "%s",
	    json_get_text(json_get(head, "context"), "recording"));
	(void)snprintf(c->local_dir, sizeof(c->local_dir), "%s",
	    json_get_text(json_get(head, "local_dir"), ""));
	c->is_recorded = true;
	if (rc == 0)
		*out = *c;
	free(c);
	return rc;
}

/* Whatever surrounds us, the client of AWS finds what the recording's found, and no credentials. */
static int set_environment(const struct json *head, struct err *err)
{
	static const char *const fixed[][2] = {
		{ "AWS_ACCESS_KEY_ID", "REPLAY" }, { "AWS_SECRET_ACCESS_KEY", "REPLAY" },
		{ "AWS_CONFIG_FILE", "/dev/null" }, { "AWS_SHARED_CREDENTIALS_FILE", "/dev/null" },
		{ "AWS_EC2_METADATA_DISABLED", "true" },
		{ "AWS_MAX_ATTEMPTS", "100" }, /* the recording knows how many there were */
	};
	const struct json *environment = json_get(head, "environment");
	const char *endpoint = json_get_text(json_get(head, "endpoint_url"), NULL);
	int rc = unsetenv("AWS_PROFILE") | unsetenv("AWS_SESSION_TOKEN");

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		rc |= setenv(fixed[i][0], fixed[i][1], 1);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const char *value = json_get_text(json_get(environment, places[i]), NULL);

		rc |= value && !endpoint ? setenv(places[i], value, 1) : unsetenv(places[i]);
	}
	if (endpoint)
		rc |= setenv("AWS_ENDPOINT_URL", endpoint, 1);
	if (!getenv("AWS_REGION"))
		rc |= setenv("AWS_REGION", "us-east-1", 1); /* answers are found without it, too */
	return rc == 0 ? 0 : err_errno(err, "environment");
}

int recording_head_read(struct cli *cli, struct str line, int64_t *at_ms, struct err *err)
{
	struct json *head = NULL;
	int rc = -1;

	if (json_parse(line, &head, err) != 0 ||
	    strcmp(json_get_text(json_get(head, "schema"), ""), SCHEMA) != 0) {
		(void)err_set(err, ERR_CONFIG, "its first line is not the head of a recording");
		goto out;
	}
	if (read_context(head, &cli->context, err) != 0 || set_environment(head, err) != 0)
		goto out;
	*at_ms = json_get_int(json_get(head, "at_ms"), 0);
	rc = 0;
out:
	json_free(head);
	return rc;
}
