/* xml: a document is never larger than its text (entities!), and within the limits of xml.h. */
#include "xml.h"

#include <string.h>

#include "fuzz.h"

struct sum {
	size_t elements, bytes;
};

static void walk(const struct xml *element, unsigned depth, struct sum *sum)
{
	for (; element; element = xml_next(element)) {
		FUZZ_CHECK(depth <= XML_DEPTH_MAX);
		sum->elements++;
		sum->bytes += strlen(xml_name(element)) + strlen(xml_text(element));
		FUZZ_CHECK(xml_is(element, xml_name(element)));
		walk(xml_first(element), depth + 1, sum);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct sum sum = { 0 };
	struct xml *doc = NULL;
	struct err err;

	if (xml_parse(fuzz_input(bytes, size), &doc, &err) != 0) {
		FUZZ_CHECK(err.code == ERR_CORRUPT && doc == NULL);
		return 0;
	}
	walk(doc, 1, &sum);
	FUZZ_CHECK(sum.elements >= 1 && sum.elements <= XML_ELEMENTS_MAX);
	FUZZ_CHECK(sum.bytes <= size);
	xml_free(doc);
	return 0;
}
