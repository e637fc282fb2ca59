#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "http_tape.h"
#include "mem.h"
#include "recording_head.h"

enum {
	HEAD_MAX = 128 * 1024,
	END_MAX = 512 * 1024, /* refusals and what was kept, each for every key */
	FILE_MAX = HTTP_TAPE_BYTES_MAX + 1024 * 1024,
};

/* Why what is on this machine could not be used. */
struct refusal {
	struct err err; /* its code ERR_NONE: it could, or nobody tried */
	char next[ERR_TEXT_MAX];
};

struct recording {
	struct http_tape *tape;
	int fd; /* -1: a replay */
	bool has_begun;
	int failed_errno;               /* why a line could not be written; 0: all were */
	char credentials[ERR_TEXT_MAX]; /* why AWS could not be asked, or "" */
	pthread_mutex_t lock;           /* of refusals and kept */
	struct refusal refusals[CONTEXT_KEY_COUNT];
	struct buf kept[CONTEXT_KEY_COUNT]; /* of a recording */
	struct json *end;                   /* of a replay; NULL: there is none */
};

#define NOT_ON_AWS "is on one machine"

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

static void write_refusals(struct json_writer *w, const struct recording *r)
{
	json_key(w, "refusals");
	json_object_begin(w);
	for (int key = 0; key < CONTEXT_KEY_COUNT; key++) {
		const struct refusal *refusal = &r->refusals[key];

		if (refusal->err.code == ERR_NONE)
			continue;
		json_key(w, context_key_name((enum context_key)key));
		json_object_begin(w);
		json_member_text(w, "code", err_name(refusal->err.code));
		json_member_text(w, "text", refusal->err.text);
		json_member_text(w, "next", refusal->next);
		json_object_end(w);
	}
	json_object_end(w);
}

static void write_kept(struct json_writer *w, const struct recording *r)
{
	json_key(w, "kept");
	json_object_begin(w);
	for (int key = 0; key < CONTEXT_KEY_COUNT; key++) {
		if (r->kept[key].n == 0)
			continue;
		json_key(w, context_key_name((enum context_key)key));
		json_raw(w, buf_str(&r->kept[key]));
	}
	json_object_end(w);
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
	write_refusals(&w, r);
	write_kept(&w, r);
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

/* A text that will be shown: err_set() leaves nothing in it that would steer a terminal. */
static void copy(char out[ERR_TEXT_MAX], const struct json *object, const char *key)
{
	struct err shown;

	(void)err_set(&shown, ERR_CORRUPT, "%s", json_get_text(json_get(object, key), ""));
	memcpy(out, shown.text, sizeof(shown.text));
}

static void read_refusal(const struct json *object, struct refusal *out)
{
	const char *name = json_get_text(json_get(object, "code"), "");

	for (int code = ERR_NONE + 1; code < ERR_CODE_COUNT; code++)
		if (strcmp(err_name((enum err_code)code), name) == 0)
			out->err.code = (enum err_code)code;
	copy(out->err.text, object, "text");
	copy(out->next, object, "next");
}

static void read_end(struct recording *r, struct str line)
{
	const struct json *end, *refusals;
	struct err ignored; /* torn, by a command that was killed: as if it was not there */

	json_free(r->end); /* of two the last */
	r->end = NULL;
	if (json_parse(line, &r->end, &ignored) != 0)
		return;
	end = json_get(r->end, "end");
	copy(r->credentials, end, "credentials");
	refusals = json_get(end, "refusals");
	for (int key = 0; key < CONTEXT_KEY_COUNT; key++)
		read_refusal(json_get(refusals, context_key_name((enum context_key)key)),
		    &r->refusals[key]);
}

/* All lines but the end are exchanges; of a command that was killed there is no end. */
static int read_lines(struct cli *cli, struct recording *r, struct str text, struct err *err)
{
	struct str line, rest;
	int64_t at_ms;

	(void)str_cut(text, '\n', &line, &rest);
	if (recording_head_read(cli, line, &at_ms, err) != 0)
		return -1;
	r->tape = http_tape_player(at_ms);
	cli->clock = http_tape_clock(r->tape);
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
	(void)pthread_mutex_init(&r->lock, NULL); /* cannot fail without attributes */
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
	recording_head_write(cli, &head);
	put_line(r, buf_str(&head));
	buf_release(&head);
	r->has_begun = true;
	http_tape_install(r->tape);
}

static void finish(struct cli *cli, struct recording *r, enum exit_code code)
{
	struct buf end = BUF_INIT(END_MAX);

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
	(void)pthread_mutex_destroy(&r->lock);
	for (int key = 0; key < CONTEXT_KEY_COUNT; key++)
		buf_release(&r->kept[key]);
	json_free(r->end);
	free(r);
	cli->recording = NULL;
	cli->clock = &clock_system;
}

int recording_allows(struct cli *cli, enum context_key key, struct err *err)
{
	const struct refusal *refusal;

	if (!recording_is_replay(cli) || !recording_is_of_this_machine(cli->context.values[key]))
		return 0;
	refusal = &cli->recording->refusals[key];
	if (refusal->err.code == ERR_NONE)
		return err_set(err, ERR_NOTFOUND, HTTP_TAPE_LACKS "the %s " NOT_ON_AWS,
		    context_key_name(key));
	*err = refusal->err;
	return refusal->next[0] != '\0' ? cli_next(cli, "%s", refusal->next) : -1;
}

int recording_allows_files(const struct cli *cli, const char *what, struct err *err)
{
	if (!recording_is_replay(cli))
		return 0;
	return err_set(err, ERR_NOTFOUND, HTTP_TAPE_LACKS "%s " NOT_ON_AWS, what);
}

void recording_refused(const struct cli *cli, enum context_key key, const struct err *err)
{
	struct recording *r = cli->recording;

	if (r == NULL || r->fd == -1 || !recording_is_of_this_machine(cli->context.values[key]))
		return;
	pthread_mutex_lock(&r->lock);
	if (r->refusals[key].err.code == ERR_NONE) {
		r->refusals[key].err = *err;
		memcpy(r->refusals[key].next, cli->next, sizeof(cli->next));
	}
	pthread_mutex_unlock(&r->lock);
}

void recording_keep(const struct cli *cli, enum context_key key, const struct buf *object)
{
	struct recording *r = cli->recording;

	if (r == NULL || r->fd == -1 || object->full ||
	    !recording_is_of_this_machine(cli->context.values[key]))
		return;
	pthread_mutex_lock(&r->lock);
	if (r->kept[key].n == 0) {
		buf_init(&r->kept[key], RECORDING_KEPT_MAX);
		buf_add(&r->kept[key], buf_str(object));
	}
	pthread_mutex_unlock(&r->lock);
}

const struct json *recording_kept(const struct cli *cli, enum context_key key)
{
	const struct json *kept;

	if (!recording_is_replay(cli) || !recording_is_of_this_machine(cli->context.values[key]))
		return NULL;
	kept = json_get(json_get(cli->recording->end, "end"), "kept");
	kept = json_get(kept, context_key_name(key));
	return json_count(kept) > 0 ? kept : NULL;
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
