#include "mem.h"
#include "objectkey.h"
#include "store_s3.h"

enum {
	PUT_ATTEMPTS = 6,       /* beside those of aws_call() */
	PUT_PAUSE_BASE_MS = 25, /* full jitter below this, doubled each time */
	PUT_HEADERS_MAX = 18,
	PUT_VALUE_SIZE = 128,
};

enum outcome {
	PUT_STORED,
	PUT_EXISTS,      /* something is there already */
	PUT_AGAIN,       /* the same once more may end otherwise; *err says why */
	PUT_UNSUPPORTED, /* the server knows no condition */
	PUT_FAILED,
};

/* ---- headers ---- */

struct headers {
	struct sigv4_pair pairs[PUT_HEADERS_MAX];
	size_t count;
	char values[PUT_HEADERS_MAX][PUT_VALUE_SIZE]; /* of pairs that are made here */
};

/* A put under way. */
struct putting {
	struct store_s3 *s;
	struct s3_object object;
	struct headers headers; /* the first is the condition */
};

/* `value` is borrowed; an empty one is left out. */
static void add(struct headers *h, struct str name, struct str value)
{
	if (value.n)
		h->pairs[h->count++] = (struct sigv4_pair){ name, value };
}

static void add_time(struct headers *h, struct str name, int64_t wall_ms)
{
	char *text = h->values[h->count];

	if (wall_ms <= 0)
		return;
	clock_rfc3339(wall_ms, text);
	add(h, name, str_from(text));
}

static void add_count(struct headers *h, struct str name, size_t n)
{
	char *text = h->values[h->count];

	(void)snprintf(text, PUT_VALUE_SIZE, "%zu", n);
	add(h, name, str_from(text));
}

static void add_text(struct headers *h, struct str name, const char *text)
{
	struct str value = str_from(text);

	memcpy(h->values[h->count], value.p, value.n + 1);
	add(h, name, str_from(h->values[h->count]));
}

/* What came from a queue is not to make a header that the service refuses. */
static void add_word(struct headers *h, struct str name, struct str value)
{
	if (value.n < PUT_VALUE_SIZE &&
	    str_only(value, store_key_bytes)) /* none of them needs an escape */
		add(h, name, value);
}

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* The same digest as base64. */
static void add_checksum(struct headers *h, const char sha256[HASH_HEX_SIZE])
{
	struct buf text = BUF_INIT(PUT_VALUE_SIZE - 1);
	char *value = h->values[h->count];
	char digest[HASH_SIZE];

	for (size_t i = 0; i < HASH_SIZE; i++)
		digest[i] = (char)(digit(sha256[2 * i]) << 4 | digit(sha256[2 * i + 1]));
	hash_base64_encode(&text, (struct str){ digest, sizeof(digest) });
	memcpy(value, buf_text(&text), text.n + 1);
	buf_release(&text);
	add(h, STR("x-amz-checksum-sha256"), str_from(value));
}

static void add_metadata(struct headers *h, const struct store_metadata *m)
{
	if (m->record_count)
		add_count(h, STR("x-amz-meta-records"), m->record_count);
	add_time(h, STR("x-amz-meta-sent-at"), m->sent_at_ms);
	add_time(h, STR("x-amz-meta-received-at"), m->received_at_ms);
	add_word(h, STR("x-amz-meta-message-id"), m->message_id);
	add_word(h, STR("x-amz-meta-traceparent"), m->traceparent);
}

static void add_encryption(struct headers *h, const struct s3_url *place)
{
	add(h, STR("x-amz-server-side-encryption"), place->sse);
	add(h, STR("x-amz-server-side-encryption-aws-kms-key-id"), place->kms_key_id);
	add(h, STR("x-amz-server-side-encryption-bucket-key-enabled"), place->bucket_key);
}

/* Key and bytes alone decide what an object is; of two puts of it, times and ids may differ. */
static void fill_headers(struct putting *p, const struct store_metadata *metadata)
{
	struct headers *h = &p->headers;
	char id[UUID_TEXT_SIZE];
	int64_t accepted_at_ms = 0;
	bool is_ours = objectkey_parse(p->object.key, id, &accepted_at_ms);

	add(h, STR("If-None-Match"), STR("*"));
	add(h, STR("Content-Type"),
	    is_ours ? STR("application/x-ndjson") : STR("application/octet-stream"));
	add_checksum(h, p->object.sha256);
	add(h, STR("x-amz-meta-sha256"), str_from(p->object.sha256));
	if (is_ours)
		add_text(h, STR("x-amz-meta-envelope-id"), id);
	add_time(h, STR("x-amz-meta-accepted-at"), accepted_at_ms);
	add_time(h, STR("x-amz-meta-written-at"), clock_wall_ms(p->s->clock));
	if (metadata)
		add_metadata(h, metadata);
	add_encryption(h, &p->s->place);
}

/* ---- one attempt ---- */

/*
 * Of a PUT the service may refuse much, but never the object itself: its key, bytes and size were
 * checked. No code may remain for which a caller would give the object up.
 */
static enum outcome blame_store(struct err *err)
{
	if (err->code == ERR_INVALID || err->code == ERR_CONFLICT || err->code == ERR_CORRUPT)
		err->code = ERR_IO;
	return PUT_FAILED;
}

/* code NULL: whatever it is. becomes ERR_NONE: as blame_store() says. */
static const struct refusal {
	int status;
	const char *code;
	enum outcome outcome;
	enum err_code becomes;
} refusals[] = {
	{ 412, NULL, PUT_EXISTS, ERR_CONFLICT },
	{ 409, "ConditionalRequestConflict", PUT_AGAIN, ERR_BUSY },
	{ 409, "OperationAborted", PUT_AGAIN, ERR_BUSY },
	{ 501, NULL, PUT_UNSUPPORTED, ERR_NONE },
	{ 400, "NotImplemented", PUT_UNSUPPORTED, ERR_NONE },
};

static enum outcome judge_refusal(const struct aws_answer *answer, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];

		if (answer->status != r->status || (r->code && strcmp(answer->code, r->code) != 0))
			continue;
		(void)blame_store(err);
		if (r->becomes != ERR_NONE)
			err->code = r->becomes;
		return r->outcome;
	}
	return blame_store(err);
}

/* A status alone proves nothing: an answer may have been cut behind its first line. */
static enum outcome judge_success(const struct putting *p, const struct http_response *http,
    struct err *err)
{
	struct store_info said;
	const struct str sse = p->s->place.sse;
	const struct s3_object *o = &p->object;

	if (http_response_header(http, "ETag").n == 0) {
		(void)err_set(err, ERR_IO, "store key '%.*s': the answer has no ETag",
		    STR_ARG(o->key));
		return PUT_AGAIN;
	}
	store_s3_info(http, &said);
	if (said.sha256[0] && strcmp(said.sha256, o->sha256) != 0) {
		(void)err_set(err, ERR_IO, "store key '%.*s': stored with sha256 %s, sent with %s",
		    STR_ARG(o->key), said.sha256, o->sha256);
		return PUT_FAILED;
	}
	if (sse.n && !str_eq(http_response_header(http, "x-amz-server-side-encryption"), sse))
		store_s3_tell(p->s, S3_NOT_ENCRYPTED);
	return PUT_STORED;
}

static enum outcome write_object(struct putting *p, bool if_absent, struct err *err)
{
	struct aws_request r = {
		.op = S3_PUT_OBJECT,
		.body = p->object.bytes,
		.body_sha256 = p->object.sha256,
		.total_ms = store_s3_left_ms(p->s, &p->object),
		.headers = p->headers.pairs + !if_absent,
		.header_count = p->headers.count - !if_absent,
	};
	struct aws_answer answer;
	enum outcome outcome;

	aws_answer_init(&answer);
	if (store_s3_call_key(p->s, p->object.key, &r, &answer, err) == 0)
		outcome = judge_success(p, &answer.http, err);
	else
		outcome = judge_refusal(&answer, err);
	aws_answer_release(&answer);
	return outcome;
}

/* ---- until it is there ---- */

static enum outcome compare(const struct putting *p, struct err *err)
{
	if (store_s3_compare(p->s, &p->object, err) == 0)
		return PUT_EXISTS;
	if (err->code == ERR_NOTFOUND)
		return PUT_AGAIN; /* gone meanwhile */
	return err->code == ERR_CONFLICT ? PUT_FAILED : blame_store(err);
}

/*
 * Where the server cannot refuse to overwrite. Not on AWS, whatever it answers: there a write
 * without condition could only be a mistake.
 */
static enum outcome look_then_write(struct putting *p, struct err *err)
{
	enum outcome outcome = compare(p, err);

	if (outcome != PUT_AGAIN)
		return outcome;
	outcome = write_object(p, false, err);
	if (outcome == PUT_EXISTS) /* said without having been asked: it proves nothing */
		return blame_store(err);
	if (outcome == PUT_STORED) {
		atomic_store(&p->s->is_unconditional, true);
		store_s3_tell(p->s, S3_NOT_CONDITIONAL);
	}
	return outcome;
}

static bool may_write_unconditionally(struct store_s3 *s)
{
	struct err ignored;
	bool is_real = true;

	return aws_is_real(s->aws, AWS_S3, &is_real, &ignored) == 0 && !is_real;
}

static enum outcome write_if_absent(struct putting *p, struct err *err)
{
	enum outcome outcome;

	if (atomic_load(&p->s->is_unconditional))
		return look_then_write(p, err);
	outcome = write_object(p, true, err);
	if (outcome == PUT_EXISTS)
		return compare(p, err);
	if (outcome == PUT_UNSUPPORTED && may_write_unconditionally(p->s))
		return look_then_write(p, err);
	return outcome;
}

/* Whether there is time for another attempt; pauses before it. */
static bool rest(const struct putting *p, unsigned attempt)
{
	uint32_t random, pause_ms;

	hash_random(&random, sizeof(random));
	pause_ms = random % (PUT_PAUSE_BASE_MS << attempt);
	if (store_s3_left_ms(p->s, &p->object) <= (int)pause_ms + 1)
		return false;
	clock_sleep_ms(pause_ms);
	return true;
}

int store_s3_put(struct store *base, struct str key, struct str bytes, const char *sha256,
    const struct store_metadata *metadata, bool *existed, struct err *err)
{
	struct putting p = {
		.s = (struct store_s3 *)base,
		.object = { key, bytes, sha256, 0 },
	};
	enum outcome outcome;

	p.object.ends_at_ms = clock_mono_ms(p.s->clock) + S3_TOTAL_MS;
	fill_headers(&p, metadata);
	outcome = write_if_absent(&p, err);
	for (unsigned n = 1; outcome == PUT_AGAIN && n < PUT_ATTEMPTS && rest(&p, n); n++)
		outcome = write_if_absent(&p, err);
	if (outcome != PUT_STORED && outcome != PUT_EXISTS)
		return -1;
	*existed = outcome == PUT_EXISTS;
	return 0;
}
