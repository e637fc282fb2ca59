/*
 * The characters that SQS takes: decoded one by one, all before the offset are such, and none is at
 * it.
 */
#include "queue_sqs_text.h"

#include "fuzz.h"

/* Length of the character at p, as a decoder that knows nothing of tables sees it; 0: none. */
static size_t decode(const uint8_t *p, size_t n, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = *p < 0x80 ? 1
	    : *p >> 5 == 6        ? 2
	    : *p >> 4 == 14       ? 3
	    : *p >> 3 == 30       ? 4
				  : 0;

	if (length == 0 || length > n)
		return 0;
	*code = length == 1 ? *p : *p & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		*code = *code << 6 | (p[i] & 0x3fu);
	}
	return *code >= least[length] ? length : 0;
}

static bool is_taken(uint32_t c)
{
	return c == 0x9 || c == 0xa || c == 0xd || (c >= 0x20 && c <= 0xd7ff) ||
	    (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	size_t want = 0, length;
	uint32_t code = 0;

	while (want < size && (length = decode(bytes + want, size - want, &code)) > 0 &&
	    is_taken(code))
		want += length;
	FUZZ_CHECK(sqs_text_good(fuzz_input(bytes, size)) == want);
	return 0;
}
