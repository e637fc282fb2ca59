/* http_date: what is accepted lies in the years 1 to 9999, and has an HTTP date's few lengths. */
#include "fuzz.h"
#include "http.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	int64_t at_s = INT64_MIN;

	if (!http_date_parse(fuzz_input(bytes, size), &at_s)) {
		FUZZ_CHECK(at_s == INT64_MIN);
		return 0;
	}
	FUZZ_CHECK(at_s >= INT64_C(-62135596800) && at_s <= INT64_C(253402300799));
	FUZZ_CHECK(size >= 24 && size <= 33);
	return 0;
}
