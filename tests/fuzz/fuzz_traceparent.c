/* traceparent: what is accepted is printed as version 00 and accepted again, unchanged. */
#include "traceparent.h"

#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct traceparent t = { 0 }, again = { 0 };
	char printed[TRACEPARENT_SIZE];

	if (!traceparent_parse(fuzz_input(bytes, size), &t))
		return 0;
	traceparent_format(&t, printed);
	FUZZ_CHECK(traceparent_parse(str_from(printed), &again));
	FUZZ_CHECK(memcmp(&t, &again, sizeof(t)) == 0);
	return 0;
}
