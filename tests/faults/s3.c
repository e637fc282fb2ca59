/* S3, path style: https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "digest.h"
#include "hash.h"
#include "mem.h"
#include "world.h"

enum { BUCKETS = 1 << 16, PAGE_MAX = 1000, KEY_MAX = 1024 };

/* Under "bucket/key". */
struct object {
	struct object *next;
	char *name;
	char *bytes;
	size_t size;
	struct buf metadata; /* header lines to give back */
	char etag[DIGEST_MD5_HEX_SIZE];
	char checksum[64]; /* base64, as sent; "" = none */
	int64_t stored_at_ms;
};

static struct object *table[BUCKETS];
static uint64_t object_count, put_count, overwrite_count;

static struct object **slot_of(struct str name)
{
	unsigned char digest[HASH_SIZE];
	struct object **at;

	hash_sha256(name, digest);
	at = &table[(size_t)digest[0] << 8 | digest[1]];
	while (*at != NULL && !str_is(name, (*at)->name))
		at = &(*at)->next;
	return at;
}

static void refuse(struct wire_answer *a, int status, const char *code)
{
	world_refuse_xml(a, status, code, "refused");
}

/* "bucket/key", decoded, without the leading slash. */
static void name_of(const struct wire_request *r, struct buf *out)
{
	struct buf plus = BUF_INIT(8 * KEY_MAX);

	/* In a path '+' is itself. */
	for (size_t i = 1; i < r->path.n; i++)
		if (r->path.p[i] == '+')
			buf_adds(&plus, "%2B");
		else
			buf_addc(&plus, r->path.p[i]);
	wire_decode(out, buf_str(&plus));
	buf_release(&plus);
}

/* ---- objects ---- */

static bool checksum_is_true(const struct wire_request *r, struct str sent)
{
	unsigned char digest[HASH_SIZE];
	struct buf base64 = BUF_INIT(64);
	bool is_true;

	hash_sha256(r->body, digest);
	hash_base64_encode(&base64, (struct str){ (const char *)digest, sizeof(digest) });
	is_true = str_eq(sent, buf_str(&base64));
	buf_release(&base64);
	return is_true;
}

static void keep_metadata(struct object *o, const struct wire_request *r)
{
	struct str rest = r->head, line, key, value;

	buf_init(&o->metadata, 16 * 1024);
	while (rest.n > 0) {
		str_cut(rest, '\n', &line, &rest);
		if (str_cut(line, ':', &key, &value) && key.n > 11 &&
		    str_eq_nocase(str_slice(key, 0, 11), STR("x-amz-meta-")))
			buf_addf(&o->metadata, "%.*s: %.*s\r\n", STR_ARG(key),
			    STR_ARG(str_trim(value)));
	}
}

static void put_object(const struct wire_request *r, struct str name, struct wire_answer *a)
{
	struct str checksum = wire_header(r, "x-amz-checksum-sha256");
	struct object **at = slot_of(name), *o = *at;

	if (checksum.n > 0 && !checksum_is_true(r, checksum)) {
		refuse(a, 400, "BadDigest");
		return;
	}
	if (o != NULL && str_is(wire_header(r, "If-None-Match"), "*")) {
		refuse(a, 412, "PreconditionFailed");
		return;
	}
	put_count++;
	if (o == NULL) {
		*at = o = xcalloc(1, sizeof(*o));
		o->name = xstrndup(name);
		object_count++;
	} else {
		overwrite_count++;
		free(o->bytes);
		buf_release(&o->metadata);
	}
	o->bytes = xmalloc(r->body.n + 1);
	memcpy(o->bytes, r->body.n ? r->body.p : "", r->body.n);
	o->size = r->body.n;
	digest_md5_hex(r->body, o->etag);
	(void)snprintf(o->checksum, sizeof(o->checksum), "%.*s", STR_ARG(checksum));
	keep_metadata(o, r);
	o->stored_at_ms = world_now_ms();
	buf_addf(&a->headers, "ETag: \"%s\"\r\n", o->etag);
	if (o->checksum[0])
		buf_addf(&a->headers, "x-amz-checksum-sha256: %s\r\n", o->checksum);
}

static void get_object(const struct wire_request *r, struct str name, struct wire_answer *a)
{
	const struct object *o = *slot_of(name);
	char when[CLOCK_RFC3339_SIZE];

	(void)r;
	if (o == NULL) {
		refuse(a, 404, "NoSuchKey");
		return;
	}
	clock_rfc3339(o->stored_at_ms, when);
	buf_addf(&a->headers, "ETag: \"%s\"\r\n", o->etag);
	buf_add(&a->headers, buf_str(&o->metadata));
	if (o->checksum[0])
		buf_addf(&a->headers, "x-amz-checksum-sha256: %s\r\n", o->checksum);
	buf_add(&a->body, (struct str){ o->bytes, o->size });
}

static void head_object(const struct wire_request *r, struct str name, struct wire_answer *a)
{
	get_object(r, name, a);
	a->has_no_body = true;
}

static void head_bucket(const struct wire_request *r, struct str name, struct wire_answer *a)
{
	(void)r;
	(void)name;
	buf_adds(&a->headers, "x-amz-bucket-region: us-east-1\r\n");
	a->has_no_body = true;
}

/* ---- listing ---- */

static int by_name(const void *a, const void *b)
{
	const struct object *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Objects of the bucket with the prefix, behind `after`, in order; free() the array. */
static struct object **select_objects(struct str bucket, struct str prefix, struct str after,
    size_t *count)
{
	struct object **found = xcalloc(object_count + 1, sizeof(struct object *));

	*count = 0;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct object *o = table[i]; o != NULL; o = o->next) {
			struct str key, of;

			str_cut(str_from(o->name), '/', &of, &key);
			if (str_eq(of, bucket) && str_has_prefix(key, prefix) &&
			    str_cmp(key, after) > 0)
				found[(*count)++] = o;
		}
	qsort(found, *count, sizeof(found[0]), by_name);
	return found;
}

static void add_object(struct buf *body, const struct object *o)
{
	char when[CLOCK_RFC3339_SIZE];
	const char *key = strchr(o->name, '/') + 1;

	clock_rfc3339(o->stored_at_ms, when);
	buf_adds(body, "<Contents><Key>");
	for (; *key != '\0'; key++)
		buf_addf(body, strchr("%+&<> ", *key) ? "%%%02X" : "%c", (unsigned char)*key);
	buf_addf(body,
	    "</Key><LastModified>%s</LastModified><ETag>&quot;%s&quot;</ETag><Size>%zu</Size>"
	    "<StorageClass>STANDARD</StorageClass></Contents>",
	    when, o->etag, o->size);
}

static size_t page_size(const struct wire_request *r)
{
	struct buf text = BUF_INIT(16);
	uint64_t n = PAGE_MAX;

	if (wire_query(r, "max-keys", &text))
		(void)str_to_u64(buf_str(&text), &n);
	buf_release(&text);
	return n < PAGE_MAX ? (size_t)n : PAGE_MAX;
}

/* The token is the last key of the page before. Keys come encoded: ours asks for that. */
static void list(const struct wire_request *r, struct str bucket, struct wire_answer *a)
{
	struct buf prefix = BUF_INIT(KEY_MAX), after = BUF_INIT(KEY_MAX);
	size_t max = page_size(r), count, n;
	struct object **found;

	(void)wire_query(r, "prefix", &prefix);
	if (!wire_query(r, "continuation-token", &after))
		(void)wire_query(r, "start-after", &after);
	found = select_objects(bucket, buf_str(&prefix), buf_str(&after), &count);
	n = count < max ? count : max;
	if (max == 0)
		count = 0; /* asked for nothing, nothing is missing */
	buf_adds(&a->headers, "Content-Type: application/xml\r\n");
	buf_addf(&a->body,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
	    "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>%s</IsTruncated>"
	    "<EncodingType>url</EncodingType><KeyCount>%zu</KeyCount>",
	    n < count ? "true" : "false", n);
	if (n > 0 && n < count)
		buf_addf(&a->body, "<NextContinuationToken>%s</NextContinuationToken>",
		    strchr(found[n - 1]->name, '/') + 1);
	for (size_t i = 0; i < n; i++)
		add_object(&a->body, found[i]);
	buf_adds(&a->body, "</ListBucketResult>");
	free(found);
	buf_release(&prefix);
	buf_release(&after);
}

/* ---- which ---- */

static const struct {
	const char *name, *method;
	bool is_of_bucket;
	void (*run)(const struct wire_request *r, struct str name, struct wire_answer *a);
} operations[] = {
	{ "PutObject", "PUT", false, put_object },
	{ "GetObject", "GET", false, get_object },
	{ "HeadObject", "HEAD", false, head_object },
	{ "ListObjectsV2", "GET", true, list },
	{ "HeadBucket", "HEAD", true, head_bucket },
};

static bool is_bucket_path(struct str path)
{
	struct str rest = str_skip(path, 1);

	return str_find(rest, '/') + 1 >= rest.n;
}

const char *s3_op(const struct wire_request *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		if (str_is(r->method, operations[i].method) &&
		    operations[i].is_of_bucket == is_bucket_path(r->path))
			return operations[i].name;
	return "Unknown";
}

void s3_call(const char *op, const struct wire_request *r, struct wire_answer *a)
{
	struct buf name = BUF_INIT(2 * KEY_MAX);
	bool is_known = false;

	name_of(r, &name);
	if (str_has_suffix(buf_str(&name), STR("/")) && is_bucket_path(r->path))
		buf_truncate(&name, name.n - 1);
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		if (strcmp(operations[i].name, op) == 0) {
			is_known = true;
			operations[i].run(r, buf_str(&name), a);
		}
	if (!is_known)
		refuse(a, 405, "MethodNotAllowed");
	buf_release(&name);
}

void s3_state(struct json_writer *w)
{
	json_member_uint(w, "objects", object_count);
	json_member_uint(w, "puts", put_count);
	json_member_uint(w, "overwrites", overwrite_count);
}
