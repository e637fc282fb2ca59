/*
 * The URL of an S3 store: its parts lie within it, and what was accepted is accepted again when it
 * is put together from them.
 */
#include "store_s3_url.h"

#include "buf.h"
#include "fuzz.h"

static void add_option(struct buf *out, const char *name, struct str value, char *before)
{
	if (value.n == 0)
		return;
	buf_addc(out, *before);
	buf_addf(out, "%s=", name);
	buf_add(out, value);
	*before = '&';
}

static void check_again(const struct s3_url *u)
{
	struct buf text = BUF_INIT(1024 * 1024);
	struct s3_url again;
	char before = '?';
	struct err err;

	buf_adds(&text, "s3://");
	buf_add(&text, u->bucket);
	buf_addc(&text, '/');
	buf_add(&text, u->prefix);
	add_option(&text, "sse", u->sse, &before);
	add_option(&text, "kms-key-id", u->kms_key_id, &before);
	add_option(&text, "bucket-key", u->bucket_key, &before);
	FUZZ_CHECK(s3_url_parse(buf_str(&text), &again, &err) == 0);
	FUZZ_CHECK(str_eq(again.bucket, u->bucket) && str_eq(again.prefix, u->prefix));
	FUZZ_CHECK(str_eq(again.sse, u->sse) && str_eq(again.kms_key_id, u->kms_key_id) &&
	    str_eq(again.bucket_key, u->bucket_key));
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str url = fuzz_input(bytes, size);
	struct s3_url u;
	struct err err;

	if (s3_url_parse(url, &u, &err) != 0) {
		FUZZ_CHECK(err.code == ERR_CONFIG);
		return 0;
	}
	FUZZ_CHECK(fuzz_is_within(u.bucket, url) && fuzz_is_within(u.prefix, url));
	FUZZ_CHECK(fuzz_is_within(u.kms_key_id, url));
	check_again(&u);
	return 0;
}
