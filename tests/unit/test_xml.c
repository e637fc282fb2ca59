/* xml.c: what services send, limits, what is refused, and answers cut anywhere. */
#include "xml.h"

#include "buf.h"
#include "test.h"

static struct xml *parse(struct str text)
{
	struct xml *doc = NULL;
	struct err err;

	CHECK_OK(xml_parse(text, &doc, &err), &err);
	return doc;
}

#define IDENTITY                                                                                   \
	"<?xml version=\"1.0\"?>\n"                                                                \
	"<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n"        \
	"  <GetCallerIdentityResult>\n"                                                            \
	"    <Arn>arn:aws:iam::123456789012:user/a</Arn>\n"                                        \
	"    <Account>123456789012</Account>\n"                                                    \
	"  </GetCallerIdentityResult>\n"                                                           \
	"</GetCallerIdentityResponse>\n"

static void test_identity(void)
{
	struct xml *doc = parse(STR(IDENTITY));
	const struct xml *result = xml_get(doc, "GetCallerIdentityResult");

	CHECK(xml_is(doc, "GetCallerIdentityResponse"));
	CHECK_TEXT(xml_get_text(result, "Account", ""), "123456789012");
	CHECK_TEXT(xml_get_text(result, "Arn", ""), "arn:aws:iam::123456789012:user/a");
	CHECK_TEXT(xml_get_text(result, "UserId", "none"), "none");
	CHECK_TEXT(xml_text(result), "\n    \n    \n  ");
	xml_free(doc);
}

/* Look-ups chain through what is not there. */
static void test_null(void)
{
	CHECK(xml_get(NULL, "a") == NULL && xml_first(NULL) == NULL && xml_next(NULL) == NULL);
	CHECK(!xml_is(NULL, "") && !xml_is(NULL, "a"));
	CHECK_TEXT(xml_name(NULL), "");
	CHECK_TEXT(xml_text(NULL), "");
	CHECK_TEXT(xml_get_text(xml_get(NULL, "a"), "b", "c"), "c");
	xml_free(NULL);
}

/* The text of the root. */
static const struct {
	const char *name, *in, *want;
} texts[] = {
	{ "none", "<a/>", "" },
	{ "empty", "<a></a>", "" },
	{ "untrimmed", "<a> b </a>", " b " },
	{ "entities", "<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x42;</a>", "<>&'\"AB" },
	{ "around children", "<a>1<b>x</b>2<c><d>y</d></c>3</a>", "123" },
	{ "section", "<a>1<![CDATA[<&]]>2</a>", "1<&2" },
	{ "comment inside", "<a>1<!-- x -->2<?p i?>3</a>", "123" },
	{ "line ends", "<a>1\r\n2\r3</a>", "1\n2\n3" },
	{ "UTF-8", "<a>\xc3\xa9\xf0\x9f\x98\x80&#x1F600;</a>",
	    "\xc3\xa9\xf0\x9f\x98\x80\xf0\x9f\x98\x80" },
	{ "byte order mark", "\xef\xbb\xbf<a>1</a>", "1" },
	{ "another encoding declared", "<?xml version=\"1.0\" encoding=\"latin1\"?><a>\xc3\xa9</a>",
	    "\xc3\xa9" },
	{ "attributes", "<a x=\"1\" y='2'>3</a>", "3" },
};

static void test_texts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct xml *doc;

		test_case = texts[i].name;
		doc = parse(str_from(texts[i].in));
		CHECK_TEXT(xml_text(doc), texts[i].want);
		xml_free(doc);
	}
}

static void test_names(void)
{
	struct xml *doc = parse(STR("<s:a xmlns:s=\"u\"><s:b/><b/><c/><s:b>4</s:b></s:a>"));
	static const char *const names[] = { "b", "b", "c", "b" };
	size_t i = 0;

	CHECK_TEXT(xml_name(doc), "a");
	for (const struct xml *x = xml_first(doc); x; x = xml_next(x), i++)
		CHECK_TEXT(xml_name(x), i < ARRAY_SIZE(names) ? names[i] : "");
	CHECK_INT(i, ARRAY_SIZE(names));
	CHECK(xml_get(doc, "b") == xml_first(doc)); /* the first of that name */
	CHECK(xml_next(doc) == NULL);
	xml_free(doc);
}

static const struct {
	const char *name, *in;
} refused[] = {
	{ "nothing", "" },
	{ "blanks", " \n" },
	{ "text", "Service Unavailable" },
	{ "JSON", "{\"a\":1}" },
	{ "HTML", "<html><head><meta charset=\"utf-8\"></head><body><br></body></html>" },
	{ "no end", "<a>" },
	{ "wrong end", "<a></b>" },
	{ "end of another prefix", "<s:a xmlns:s=\"u\"></a>" },
	{ "two roots", "<a/><b/>" },
	{ "text behind", "<a/>b" },
	{ "bare ampersand", "<a>&</a>" },
	{ "unknown entity", "<a>&nbsp;</a>" },
	{ "NUL", "<a>&#0;</a>" },
	{ "control character", "<a>\x01</a>" },
	{ "control character by number", "<a>&#x1;</a>" },
	{ "not UTF-8", "<a>\xe9</a>" },
	{ "overlong", "<a>\xc0\xaf</a>" },
	{ "attribute twice", "<a x=\"1\" x=\"2\"/>" },
	{ "document type", "<!DOCTYPE a><a/>" },
	{ "document type with a file", "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>" },
	{ "an entity", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>" },
	{ "a bomb",
	    "<!DOCTYPE a [<!ENTITY b \"cccccccc\"><!ENTITY d \"&b;&b;&b;&b;&b;&b;&b;&b;\">"
	    "<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;\">]><a>&e;&e;&e;&e;</a>" },
};

static void test_refused(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct xml *doc = NULL;
		struct err err;

		test_case = refused[i].name;
		CHECK_ERR(xml_parse(str_from(refused[i].in), &doc, &err), &err, ERR_CORRUPT);
		CHECK(doc == NULL);
	}
}

static void test_wide(void)
{
	const struct str texts16[] = { STR("\xff\xfe<\0a\0/\0>\0"), STR("\xfe\xff\0<\0a\0/\0>"),
		STR("<\0a\0/\0>\0"), STR("\0<\0a\0/\0>") };

	for (size_t i = 0; i < ARRAY_SIZE(texts16); i++) {
		struct xml *doc = NULL;
		struct err err;

		CHECK_ERR(xml_parse(texts16[i], &doc, &err), &err, ERR_CORRUPT);
		CHECK(doc == NULL);
	}
}

/* An entity is refused for its declaration, before anything is made of it. */
static void test_says_why(void)
{
	struct xml *doc = NULL;
	struct err err;

	CHECK_ERR(xml_parse(STR("<!--\n--><!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"), &doc, &err),
	    &err, ERR_CORRUPT);
	CHECK_TEXT(err.text, "XML, line 2: document type declaration");
}

/* Half an answer is none, wherever it ends. */
static void test_cut(void)
{
	struct str whole = str_trim(STR(IDENTITY));

	for (size_t n = 0; n < whole.n; n++) {
		struct xml *doc = NULL;
		struct err err;

		CHECK_ERR(xml_parse(str_slice(whole, 0, n), &doc, &err), &err, ERR_CORRUPT);
	}
}

static void add_times(struct buf *b, const char *text, size_t times)
{
	while (times-- > 0)
		buf_adds(b, text);
}

static void test_depth(void)
{
	for (size_t depth = XML_DEPTH_MAX - 1; depth <= XML_DEPTH_MAX + 1; depth++) {
		struct buf text = BUF_INIT(1024);
		struct xml *doc = NULL;
		struct err err;

		add_times(&text, "<a>", depth - 1);
		buf_adds(&text, "<a/>");
		add_times(&text, "</a>", depth - 1);
		if (depth <= XML_DEPTH_MAX)
			CHECK_OK(xml_parse(buf_str(&text), &doc, &err), &err);
		else
			CHECK_ERR(xml_parse(buf_str(&text), &doc, &err), &err, ERR_CORRUPT);
		xml_free(doc);
		buf_release(&text);
	}
}

static void test_elements(void)
{
	for (size_t count = XML_ELEMENTS_MAX; count <= XML_ELEMENTS_MAX + 1; count++) {
		struct buf text = BUF_INIT(XML_TEXT_MAX);
		struct xml *doc = NULL;
		struct err err;

		buf_adds(&text, "<r>");
		add_times(&text, "<a/>", count - 1);
		buf_adds(&text, "</r>");
		if (count == XML_ELEMENTS_MAX)
			CHECK_OK(xml_parse(buf_str(&text), &doc, &err), &err);
		else
			CHECK_ERR(xml_parse(buf_str(&text), &doc, &err), &err, ERR_CORRUPT);
		xml_free(doc);
		buf_release(&text);
	}
}

/* One text as long as may be, and a byte more. */
static void test_length(void)
{
	struct buf text = BUF_INIT(XML_TEXT_MAX + 1);
	struct xml *doc;
	struct err err;
	char *room;

	buf_adds(&text, "<a>");
	room = buf_room(&text, XML_TEXT_MAX - 7);
	memset(room, 'x', XML_TEXT_MAX - 7);
	buf_added(&text, XML_TEXT_MAX - 7);
	buf_adds(&text, "</a>");
	CHECK_INT(text.n, XML_TEXT_MAX);
	doc = parse(buf_str(&text));
	CHECK_INT(strlen(xml_text(doc)), XML_TEXT_MAX - 7);
	xml_free(doc);
	buf_addc(&text, '\n');
	CHECK_ERR(xml_parse(buf_str(&text), &doc, &err), &err, ERR_CORRUPT);
	buf_release(&text);
}

/* A page of S3 with as many keys as there can be. */
static void test_page(void)
{
	struct buf text = BUF_INIT(XML_TEXT_MAX);
	struct xml *doc;
	size_t i = 0;

	buf_adds(&text, "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
	for (; i < 1000; i++)
		buf_addf(&text,
		    "<Contents><Key>2026/11/21/08/%zu.ndjson</Key><Size>%zu</Size></Contents>", i,
		    i * 7);
	buf_adds(&text, "<IsTruncated>false</IsTruncated></ListBucketResult>");
	doc = parse(buf_str(&text));
	i = 0;
	for (const struct xml *x = xml_get(doc, "Contents"); xml_is(x, "Contents");
	     x = xml_next(x), i++) {
		char want[64];

		snprintf(want, sizeof(want), "2026/11/21/08/%zu.ndjson", i);
		CHECK_TEXT(xml_get_text(x, "Key", ""), want);
		snprintf(want, sizeof(want), "%zu", i * 7);
		CHECK_TEXT(xml_get_text(x, "Size", ""), want);
	}
	CHECK_INT(i, 1000);
	CHECK_TEXT(xml_get_text(doc, "IsTruncated", ""), "false");
	xml_free(doc);
	buf_release(&text);
}

static const struct test tests[] = {
	{ "identity", test_identity },
	{ "null", test_null },
	{ "texts", test_texts },
	{ "names", test_names },
	{ "refused", test_refused },
	{ "wide", test_wide },
	{ "says why", test_says_why },
	{ "cut", test_cut },
	{ "depth", test_depth },
	{ "elements", test_elements },
	{ "length", test_length },
	{ "page", test_page },
};

TEST_MAIN(tests)
