#include "skew.h"
#include "store_s3.h"
#include "timestamp.h"

/* ---- headers ---- */

/* The checksum of parts ("...=-3") is none of the whole: it is not base64 of 32 bytes. */
static bool read_checksum(const struct http_response *http, char out[HASH_HEX_SIZE])
{
	struct buf bytes = BUF_INIT(HASH_SIZE);
	bool is_good = hash_base64_decode(&bytes,
			   http_response_header(http, "x-amz-checksum-sha256")) &&
	    bytes.n == HASH_SIZE;

	if (is_good) {
		hex_encode(bytes.p, HASH_SIZE, out);
		out[HASH_HEX_LEN] = '\0';
	}
	buf_release(&bytes);
	return is_good;
}

static bool read_metadata(const struct http_response *http, char out[HASH_HEX_SIZE])
{
	struct str hex = http_response_header(http, "x-amz-meta-sha256");

	if (hex.n != HASH_HEX_LEN || !str_only(hex, "0123456789abcdef"))
		return false;
	memcpy(out, hex.p, HASH_HEX_LEN);
	out[HASH_HEX_LEN] = '\0';
	return true;
}

/* 0: a time that nobody wrote, or not in a form of ours. */
static int64_t read_time(const struct http_response *http, const char *name)
{
	struct err ignored; /* told by 0 */
	int64_t ms = 0;

	return timestamp_parse(http_response_header(http, name), &ms, &ignored) == 0 ? ms : 0;
}

static void read_way(const struct http_response *http, struct store_info *out)
{
	struct str id = http_response_header(http, "x-amz-meta-message-id");

	out->sent_at_ms = read_time(http, "x-amz-meta-sent-at");
	out->received_at_ms = read_time(http, "x-amz-meta-received-at");
	out->written_at_ms = read_time(http, "x-amz-meta-written-at");
	if (id.n < sizeof(out->message_id))
		(void)snprintf(out->message_id, sizeof(out->message_id), "%.*s", STR_ARG(id));
}

void store_s3_info(const struct http_response *http, struct store_info *out)
{
	int64_t modified_s = 0;

	*out = (struct store_info){ 0 };
	(void)str_to_u64(http_response_header(http, "Content-Length"), &out->size_bytes);
	if (http_date_parse(http_response_header(http, "Last-Modified"), &modified_s))
		out->stored_at_ms = modified_s * 1000;
	/* The service has seen the bytes of its own checksum; metadata is what a writer said. */
	if (!read_checksum(http, out->sha256))
		(void)read_metadata(http, out->sha256);
	read_way(http, out);
}

/* ---- get and head ---- */

/* With the checksum, which the service keeps to itself unless it is asked. */
static int fetch(struct store_s3 *s, struct str key, struct aws_request *r,
    struct aws_answer *answer, struct err *err)
{
	const struct sigv4_pair mode = { STR("x-amz-checksum-mode"), STR("ENABLED") };
	int rc;

	r->answer_max = STORE_OBJECT_MAX;
	r->headers = &mode;
	r->header_count = 1;
	rc = store_s3_call_key(s, key, r, answer, err);
	r->headers = NULL; /* it goes out of scope */
	return rc;
}

static int check_digest(struct str body, const struct store_info *info, struct err *err)
{
	char found[HASH_HEX_SIZE];

	if (!info->sha256[0])
		return err_set(err, ERR_CORRUPT, "its digest is missing");
	hash_sha256_hex(body, found);
	if (!str_is(str_from(found), info->sha256))
		return err_set(err, ERR_CORRUPT, "has sha256 %s, was stored with %s", found,
		    info->sha256);
	return 0;
}

static int take(struct str body, const struct store_info *info, struct buf *out, struct err *err)
{
	if (out->full || body.n > out->max - out->n)
		return err_set(err, ERR_INVALID, "%zu bytes are more than the reader takes",
		    body.n);
	if (check_digest(body, info, err) != 0)
		return -1;
	buf_add(out, body);
	return 0;
}

int store_s3_get(struct store *base, struct str key, struct buf *out, struct store_info *info,
    struct err *err)
{
	struct aws_request r = { .op = S3_GET_OBJECT };
	struct aws_answer answer;
	struct store_info found;
	int rc;

	aws_answer_init(&answer);
	rc = fetch((struct store_s3 *)base, key, &r, &answer, err);
	if (rc == 0) {
		store_s3_info(&answer.http, &found);
		found.size_bytes = answer.http.body.n; /* an answer in chunks has no length */
		rc = take(buf_str(&answer.http.body), &found, out, err);
		if (rc == 0)
			*info = found;
		else
			(void)err_wrap(err, "store key '%.*s'", STR_ARG(key));
	}
	aws_answer_release(&answer);
	return rc;
}

static int head(struct store_s3 *s, struct str key, int total_ms, struct store_info *info,
    struct err *err)
{
	struct aws_request r = { .op = S3_HEAD_OBJECT, .total_ms = total_ms };
	struct aws_answer answer;
	int rc;

	aws_answer_init(&answer);
	rc = fetch(s, key, &r, &answer, err);
	if (rc == 0)
		store_s3_info(&answer.http, info);
	aws_answer_release(&answer);
	return rc;
}

int store_s3_head(struct store *base, struct str key, struct store_info *info, struct err *err)
{
	return head((struct store_s3 *)base, key, S3_TOTAL_MS, info, err);
}

/* ---- compare ---- */

int store_s3_left_ms(const struct store_s3 *s, const struct s3_object *o)
{
	int64_t left_ms = o->ends_at_ms - clock_mono_ms(s->clock);

	return left_ms > 1 ? (int)left_ms : 1;
}

static int refuse(const struct s3_object *o, const char *found, struct err *err)
{
	return err_set(err, ERR_CONFLICT,
	    "store key '%.*s': holds other bytes (sha256 %s), not overwritten with %s",
	    STR_ARG(o->key), found, o->sha256);
}

/* Somebody's own upload, or a server without checksums that lost the metadata. */
static int compare_bytes(struct store_s3 *s, const struct s3_object *o, struct err *err)
{
	struct aws_request r = { .op = S3_GET_OBJECT, .total_ms = store_s3_left_ms(s, o) };
	struct aws_answer answer;
	char found[HASH_HEX_SIZE];
	int rc;

	aws_answer_init(&answer);
	rc = fetch(s, o->key, &r, &answer, err);
	if (rc == 0 && !str_eq(buf_str(&answer.http.body), o->bytes)) {
		hash_sha256_hex(buf_str(&answer.http.body), found);
		rc = refuse(o, found, err);
	}
	aws_answer_release(&answer);
	return rc;
}

int store_s3_compare(struct store_s3 *s, const struct s3_object *o, struct err *err)
{
	struct store_info there;

	if (head(s, o->key, store_s3_left_ms(s, o), &there, err) != 0)
		return -1;
	if (!there.sha256[0] && there.size_bytes > STORE_OBJECT_MAX)
		return refuse(o, "unknown", err);
	if (!there.sha256[0])
		return compare_bytes(s, o, err);
	return strcmp(there.sha256, o->sha256) == 0 ? 0 : refuse(o, there.sha256, err);
}
