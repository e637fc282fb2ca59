#include "store_s3_page.h"

#include "test.h"

#define HEAD                                                                                       \
	"<?xml version=\"1.0\"?>\n"                                                                \
	"<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
#define TAIL            "</ListBucketResult>"
#define URL             "<EncodingType>url</EncodingType>"
#define ITEM(key, size) "<Contents><Key>" key "</Key><Size>" size "</Size></Contents>"
#define X_64            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define X_512           X_64 X_64 X_64 X_64 X_64 X_64 X_64 X_64

/* objects: "name=size," of each; or the start of the error's text. */
static const struct row {
	const char *name, *text;
	const char *objects, *token, *error;
} rows[] = {
	{ "empty", HEAD "<KeyCount>0</KeyCount><IsTruncated>false</IsTruncated>" TAIL, "", "",
	    NULL },
	{ "one", HEAD ITEM("a/b", "7") TAIL, "a/b=7,", "", NULL },
	{ "all members",
	    HEAD "<Name>b</Name><Prefix>a</Prefix><MaxKeys>1000</MaxKeys>"
		 "<Contents><Key>a</Key><LastModified>2026-11-21T08:00:00.000Z</LastModified>"
		 "<ETag>&quot;x&quot;</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass>"
		 "<Owner><ID>1</ID></Owner></Contents><CommonPrefixes><Prefix>p/</Prefix>"
		 "</CommonPrefixes>" ITEM("b", "2") TAIL,
	    "a=1,b=2,", "", NULL },
	{ "token",
	    HEAD "<IsTruncated>true</IsTruncated><NextContinuationToken>1+/=</"
		 "NextContinuationToken>" ITEM("a", "0") TAIL,
	    "a=0,", "1+/=", NULL },
	{ "token of the last page",
	    HEAD "<IsTruncated>false</IsTruncated><NextContinuationToken>x</"
		 "NextContinuationToken>" TAIL,
	    "", "", NULL },
	{ "encoded", HEAD URL ITEM("a%20b%2Bc%2f%25%C3%BC+d", "1") TAIL, "a b+c/%\xc3\xbc d=1,", "",
	    NULL },
	{ "encoded control", HEAD URL ITEM("a%01b", "1") TAIL,
	    "a\x01"
	    "b=1,",
	    "", NULL },
	{ "raw", HEAD ITEM("a%20b+c", "1") TAIL, "a%20b+c=1,", "", NULL },
	{ "encoding named but empty", HEAD "<EncodingType></EncodingType>" ITEM("a%20+", "1") TAIL,
	    "a%20+=1,", "", NULL },
	{ "entities", HEAD ITEM("a&amp;&lt;&#x41;", "1") TAIL, "a&<A=1,", "", NULL },
	{ "longest", HEAD ITEM(X_512 X_512, "1") TAIL, X_512 X_512 "=1,", "", NULL },
	{ "longest, encoded", HEAD URL ITEM(X_512 X_512, "1") TAIL, X_512 X_512 "=1,", "", NULL },
	{ "largest size", HEAD ITEM("a", "18446744073709551615") TAIL, "a=18446744073709551615,",
	    "", NULL },

	{ "other document", "<Error><Code>NoSuchBucket</Code></Error>", NULL, NULL,
	    "listing: the" },
	{ "other document with items", "<List>" ITEM("a", "1") "</List>", NULL, NULL,
	    "listing: the" },
	{ "cut short", HEAD "<IsTruncated>true</IsTruncated>" TAIL, NULL, NULL, "listing: cut" },
	{ "no key", HEAD "<Contents><Size>1</Size></Contents>" TAIL, NULL, NULL, "listing: key" },
	{ "empty key", HEAD ITEM("", "1") TAIL, NULL, NULL, "listing: key" },
	{ "no size", HEAD "<Contents><Key>a</Key></Contents>" TAIL, NULL, NULL,
	    "listing: key 'a'" },
	{ "negative size", HEAD ITEM("a", "-1") TAIL, NULL, NULL, "listing: key 'a'" },
	{ "size over 64 bits", HEAD ITEM("a", "18446744073709551616") TAIL, NULL, NULL,
	    "listing: key 'a'" },
	{ "too long", HEAD ITEM(X_512 X_512 "x", "1") TAIL, NULL, NULL, "listing: key" },
	{ "too long, encoded", HEAD URL ITEM(X_512 X_512 "x", "1") TAIL, NULL, NULL,
	    "listing: key" },
	{ "half an escape", HEAD URL ITEM("a%2", "1") TAIL, NULL, NULL, "listing: key 'a%2'" },
	{ "no escape", HEAD URL ITEM("%", "1") TAIL, NULL, NULL, "listing: key '%'" },
	{ "bad escape", HEAD URL ITEM("%zz", "1") TAIL, NULL, NULL, "listing: key '%zz'" },
	{ "bad second digit", HEAD URL ITEM("%2g", "1") TAIL, NULL, NULL, "listing: key '%2g'" },
};

static int read_page(const struct xml *root, struct buf *objects, struct str *token,
    struct err *err)
{
	struct buf name = BUF_INIT(S3_OBJECT_NAME_MAX);
	struct s3_page page;
	uint64_t size;
	bool found = true;
	int rc = s3_page_open(root, &page, err);

	while (rc == 0 && found) {
		rc = s3_page_next(&page, &name, &size, &found, err);
		if (rc == 0 && found)
			buf_addf(objects, "%s=%" PRIu64 ",", buf_text(&name), size);
	}
	if (rc == 0)
		*token = page.is_truncated ? page.token : STR_NONE;
	buf_release(&name);
	return rc;
}

static void test_pages(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct buf objects = BUF_INIT(4096);
		struct str token = STR_NONE;
		struct xml *root = NULL;
		struct err err;

		test_case = row->name;
		if (xml_parse(str_from(row->text), &root, &err) != 0)
			test_die("%s: %s", row->name, err.text);
		if (row->error) {
			CHECK_ERR(read_page(root, &objects, &token, &err), &err, ERR_CORRUPT);
			CHECK(str_has_prefix(str_from(err.text), str_from(row->error)));
		} else {
			CHECK_OK(read_page(root, &objects, &token, &err), &err);
			CHECK_STR(buf_str(&objects), str_from(row->objects));
			CHECK_STR(token, str_from(row->token));
		}
		xml_free(root);
		buf_release(&objects);
	}
}

static const struct test tests[] = {
	{ "pages", test_pages },
};

TEST_MAIN(tests)
