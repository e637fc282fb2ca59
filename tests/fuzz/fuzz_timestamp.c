/* timestamp: what is accepted is an instant that the clock prints and this reads again. */
#include "timestamp.h"

#include "clock.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str text = fuzz_input(bytes, size);
	int64_t ms = 0, number_ms = 0, again_ms = 0;
	char printed[CLOCK_RFC3339_SIZE];
	bool is_number;
	struct err err;

	is_number = timestamp_parse_number(text, &number_ms, &err) == 0;
	if (timestamp_parse(text, &ms, &err) != 0) {
		FUZZ_CHECK(!is_number && err.code == ERR_INVALID);
		return 0;
	}
	FUZZ_CHECK(text.n <= TIMESTAMP_LEN_MAX);
	FUZZ_CHECK(!is_number || number_ms == ms);
	clock_rfc3339(ms, printed);
	FUZZ_CHECK(timestamp_parse(str_from(printed), &again_ms, &err) == 0 && again_ms == ms);
	return 0;
}
