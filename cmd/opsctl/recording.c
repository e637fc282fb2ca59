#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "context_out.h"
#include "file.h"
#include "http_tape.h"
#include "mem.h"
#include "prefix.h"
#include "redact.h"
#include "timestamp.h"

#define SCHEMA "opsctl/recording/1"

enum { HEAD_MAX = 128 * 1024, FILE_MAX = HTTP_TAPE_BYTES_MAX + 1024 * 1024 };

struct recording {
	struct http_tape *tape;
	int fd; /* -1: a replay */
	bool has_begun;
	int failed_errno;               /* why a line could not be written; 0: all were */
	char credentials[ERR_TEXT_MAX]; /* why AWS could not be asked, or "" */
};

#define NOT_ON_AWS "is on one machine"

/* By these the services are found; a replay must look where the recording did. */
static const char *const places[] = { "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_USE_FIPS_ENDPOINT",
	"AWS_USE_DUALSTACK_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS",
	"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL_SECRETS_MANAGER",
	"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_ECS", "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING",
	"AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", "AWS_ENDPOINT_URL_CLOUDWATCH",
	"AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_ECR",
	"AWS_ENDPOINT_URL_SNS" };

bool recording_is_replay(const struct cli *cli)
{
	return cli->recording && cli->recording->fd == -1;
}

/* ---- writing ---- */

static void put_line(void *arg, struct str line)
{
	struct recording *r = arg;
	struct buf whole = BUF_INIT(HTTP_TAPE_LINE_MAX + 1);
	struct err err;

	buf_add(&whole, line);
	buf_addc(&whole, '\n');
	if (r->failed_errno == 0 && file_write_all(r->fd, buf_str(&whole), &err) != 0)
		r->failed_errno = errno != 0 ? errno : EIO;
	buf_release(&whole);
}

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

/* What of the context speaks no HTTP. */
static bool is_of_this_machine(const char *value)
{
	return prefix_is_one_of("sqlite:|file:|env:", value);
}

static void write_not_kept(struct json_writer *w, const struct context *c)
{
	json_key(w, "not_recorded");
	json_array_begin(w);
	for (int key = 0; key < CONTEXT_KEY_COUNT; key++)
		if (is_of_this_machine(c->values[key]))
			json_text(w, context_key_name((enum context_key)key));
	json_array_end(w);
}

static void write_head(struct cli *cli, struct buf *out)
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
	context_values_json(&w, &cli->context);
	write_places(&w);
	json_member_text(&w, "endpoint_url", cli_text(cli, "endpoint-url"));
	write_not_kept(&w, &cli->context);
	json_object_end(&w);
}

static void write_end(const struct recording *r, enum exit_code code, struct buf *out)
{
	struct json_writer w;
	uint64_t kept, left_out;

	http_tape_counts(r->tape, &kept, &left_out);
	json_writer_init(&w, out);
	json_object_begin(&w);
	json_key(&w, "end");
	json_object_begin(&w);
	json_member_int(&w, "exit", code);
	json_member_uint(&w, "exchanges", kept);
	json_member_uint(&w, "left_out", left_out);
	if (r->credentials[0])
		json_member_text(&w, "credentials", r->credentials);
	json_object_end(&w);
	json_object_end(&w);
}

/* Nobody else is to read it, also when the file was there before. */
static int create(struct recording *r, const char *path, struct err *err)
{
	r->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->fd == -1 || fchmod(r->fd, 0600) != 0) {
		(void)err_errno(err, "%s", path);
		err->code = ERR_CONFIG;
		return err_wrap(err, "--record");
	}
	r->tape = http_tape_recorder(put_line, r);
	return 0;
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

static int read_head(struct cli *cli, struct recording *r, struct str line, struct err *err)
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
	r->tape = http_tape_player(json_get_int(json_get(head, "at_ms"), 0));
	cli->clock = http_tape_clock(r->tape);
	rc = 0;
out:
	json_free(head);
	return rc;
}

static void read_end(struct recording *r, struct str line)
{
	struct json *doc = NULL;
	struct err ignored; /* torn, by a command that was killed: as if it was not there */

	if (json_parse(line, &doc, &ignored) != 0)
		return;
	(void)snprintf(r->credentials, sizeof(r->credentials), "%s",
	    json_get_text(json_get(json_get(doc, "end"), "credentials"), ""));
	json_free(doc);
}

/* All lines but the end are exchanges; of a command that was killed there is no end. */
static int read_lines(struct cli *cli, struct recording *r, struct str text, struct err *err)
{
	struct str line, rest;

	(void)str_cut(text, '\n', &line, &rest);
	if (read_head(cli, r, line, err) != 0)
		return -1;
	while (str_cut(rest, '\n', &line, &rest)) {
		if (str_has_prefix(line, STR("{\"end\":")))
			read_end(r, line);
		else if (http_tape_load(r->tape, line, err) != 0)
			return -1;
	}
	return 0;
}

static int load(struct cli *cli, struct recording *r, const char *path, struct err *err)
{
	struct buf text = BUF_INIT(FILE_MAX);
	int rc = file_read(path, &text, err);

	r->fd = -1;
	if (rc == 0)
		rc = read_lines(cli, r, buf_str(&text), err);
	buf_release(&text);
	if (rc == 0)
		return 0;
	err->code = ERR_CONFIG;
	return err_wrap(err, "--replay %s", path);
}

/* ---- both ---- */

int recording_open(struct cli *cli, struct err *err)
{
	const char *record = cli_text(cli, "record"), *replay = cli_text(cli, "replay");
	struct recording *r;

	if (!record && !replay)
		return 0;
	if (replay && (record || cli_is_set(cli, "context")))
		return err_set(err, ERR_USAGE,
		    "--replay has the context of its recording: "
		    "no --record, no --context beside it");
	r = xcalloc(1, sizeof(*r));
	cli->recording = r;
	if ((record ? create(r, record, err) : load(cli, r, replay, err)) != 0)
		return -1;
	if (replay)
		http_tape_install(r->tape);
	return 0;
}

void recording_begin(struct cli *cli)
{
	struct recording *r = cli->recording;
	struct buf head = BUF_INIT(HEAD_MAX);

	if (!r || r->fd == -1)
		return;
	write_head(cli, &head);
	put_line(r, buf_str(&head));
	buf_release(&head);
	r->has_begun = true;
	http_tape_install(r->tape);
}

static void finish(struct cli *cli, struct recording *r, enum exit_code code)
{
	struct buf end = BUF_INIT(1024);

	write_end(r, code, &end);
	put_line(r, buf_str(&end));
	buf_release(&end);
	if (r->failed_errno != 0)
		out_warn(cli, "the recording is not whole: %s", strerror(r->failed_errno));
}

void recording_close(struct cli *cli, enum exit_code code)
{
	struct recording *r = cli->recording;

	if (!r)
		return;
	http_tape_install(NULL);
	if (r->has_begun)
		finish(cli, r, code);
	if (r->fd != -1 && close(r->fd) != 0)
		out_warn(cli, "the recording is not whole: %s", strerror(errno));
	http_tape_close(r->tape);
	free(r);
	cli->recording = NULL;
	cli->clock = &clock_system;
}

int recording_allows(const struct cli *cli, enum context_key key, struct err *err)
{
	if (!recording_is_replay(cli) || !is_of_this_machine(cli->context.values[key]))
		return 0;
	return err_set(err, ERR_NOTFOUND, HTTP_TAPE_LACKS "the %s " NOT_ON_AWS,
	    context_key_name(key));
}

bool recording_lacks(const struct cli *cli, const struct err *err)
{
	return recording_is_replay(cli) && err->code == ERR_NOTFOUND &&
	    strstr(err->text, HTTP_TAPE_LACKS) != NULL;
}

void recording_settle(struct cli *cli, struct err *err)
{
	struct recording *r = cli->recording;

	if (r == NULL)
		return;
	if (recording_lacks(cli, err) && r->credentials[0] && !strstr(err->text, NOT_ON_AWS))
		(void)err_set(err, ERR_CREDENTIALS, "%s", r->credentials);
	else if (r->fd != -1 && err->code == ERR_CREDENTIALS && r->credentials[0] == '\0')
		(void)snprintf(r->credentials, sizeof(r->credentials), "%s", err->text);
}
