#include "store_s3_page.h"

int s3_page_open(const struct xml *root, struct s3_page *out, struct err *err)
{
	struct s3_page page = {
		.next = xml_first(root),
		.is_encoded = str_is(str_from(xml_get_text(root, "EncodingType", "")), "url"),
		.is_truncated = str_is(str_from(xml_get_text(root, "IsTruncated", "")), "true"),
		.token = str_from(xml_get_text(root, "NextContinuationToken", "")),
	};

	if (!xml_is(root, "ListBucketResult"))
		return err_set(err, ERR_CORRUPT, "listing: the answer is a '%s'", xml_name(root));
	if (page.is_truncated && page.token.n == 0)
		return err_set(err, ERR_CORRUPT, "listing: cut short without a token");
	*out = page;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A blank may stand as '+', as in forms: a plus sign is always %2B. */
static bool decode(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		int high, low;

		if (s.p[i] != '%') {
			buf_addc(out, s.p[i] == '+' ? ' ' : s.p[i]);
			continue;
		}
		if (s.n - i < 3)
			return false;
		high = hex_digit(s.p[++i]);
		low = hex_digit(s.p[++i]);
		if (high < 0 || low < 0)
			return false;
		buf_addc(out, (char)(high << 4 | low));
	}
	return true;
}

static int read_name(const struct s3_page *page, struct str key, struct buf *name, struct err *err)
{
	buf_reset(name);
	if (!page->is_encoded)
		buf_add(name, key);
	else if (!decode(key, name))
		return err_set(err, ERR_CORRUPT, "listing: key '%.*s' is not encoded well",
		    STR_ARG(key));
	if (name->full || name->n == 0 || name->n > S3_OBJECT_NAME_MAX)
		return err_set(err, ERR_CORRUPT, "listing: key '%.40s' has not 1 to %d bytes",
		    key.p, S3_OBJECT_NAME_MAX);
	return 0;
}

int s3_page_next(struct s3_page *page, struct buf *name, uint64_t *size_bytes, bool *found,
    struct err *err)
{
	const struct xml *item = page->next;

	while (item && !xml_is(item, "Contents"))
		item = xml_next(item);
	page->next = xml_next(item);
	*found = item != NULL;
	if (!item)
		return 0;
	if (read_name(page, str_from(xml_get_text(item, "Key", "")), name, err) != 0)
		return -1;
	if (!str_to_u64(str_from(xml_get_text(item, "Size", "")), size_bytes))
		return err_set(err, ERR_CORRUPT, "listing: key '%s' has no size", buf_text(name));
	return 0;
}
