/*
 * record and envelope: a line that is accepted is, written again, the same bytes; an
 * envelope that is accepted has as many records as lines.
 */
#include "envelope.h"

#include "fuzz.h"

static void check_record(struct str line)
{
	struct buf out = BUF_INIT(2 * 1024 * 1024);
	struct record r;
	struct err err;

	if (record_parse(line, &r, &err) != 0) {
		FUZZ_CHECK(err.code == ERR_CORRUPT);
		return;
	}
	FUZZ_CHECK(fuzz_is_within(r.id, line) && fuzz_is_within(r.data[0], line));
	record_write(&out, &r);
	if (str_has_suffix(line, STR("\n")))
		line.n--;
	FUZZ_CHECK(out.n == line.n + 1 && str_has_prefix(buf_str(&out), line));
	FUZZ_CHECK(out.n <= r.data[0].n + RECORD_OVERHEAD_MAX);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str body = fuzz_input(bytes, size), rest = body, line;
	size_t count = 0, lines = 0;
	struct err err;
	bool is_envelope = envelope_check(body, &count, &err) == 0;

	FUZZ_CHECK(is_envelope || err.code == ERR_CORRUPT);
	check_record(body);
	while (envelope_next(&rest, &line)) {
		FUZZ_CHECK(fuzz_is_within(line, body));
		check_record(line);
		lines++;
	}
	FUZZ_CHECK(!is_envelope || (lines == count && count > 0));
	return 0;
}
