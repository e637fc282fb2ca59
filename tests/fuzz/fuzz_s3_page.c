/*
 * An answer to ListObjectsV2: whatever the document, each object has a name of 1 to
 * S3_OBJECT_NAME_MAX bytes, there are not more of them than elements, and a page that is not the
 * last has a token.
 */
#include "store_s3_page.h"

#include "fuzz.h"

static void read_page(const struct xml *root)
{
	struct buf name = BUF_INIT(S3_OBJECT_NAME_MAX);
	struct s3_page page;
	uint64_t size;
	bool found = true;
	struct err err;
	int rc = s3_page_open(root, &page, &err);

	FUZZ_CHECK(rc != 0 || !page.is_truncated || page.token.n > 0);
	for (size_t i = 0; rc == 0 && found; i++) {
		FUZZ_CHECK(i < XML_ELEMENTS_MAX);
		rc = s3_page_next(&page, &name, &size, &found, &err);
		FUZZ_CHECK(rc != 0 || !found || (name.n > 0 && name.n <= S3_OBJECT_NAME_MAX));
	}
	FUZZ_CHECK(rc == 0 || err.code == ERR_CORRUPT);
	buf_release(&name);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct xml *root;
	struct err err;

	if (xml_parse(fuzz_input(bytes, size), &root, &err) != 0)
		return 0;
	read_page(root);
	xml_free(root);
	return 0;
}
