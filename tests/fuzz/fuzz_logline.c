/* logline: what is shown of a line steers no terminal, and is not much longer than the line. */
#include "logline.h"

#include "fuzz.h"

static void check_shown(struct str shown)
{
	while (shown.n > 0) {
		size_t n = str_utf8_length(shown);
		unsigned char c = (unsigned char)shown.p[0];

		FUZZ_CHECK(n > 0);
		FUZZ_CHECK((c >= ' ' && c != 0x7f) || c == '\n');
		FUZZ_CHECK(n != 2 || c != 0xc2 || (unsigned char)shown.p[1] >= 0xa0);
		shown = str_skip(shown, n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str input = fuzz_input(bytes, size);
	struct buf text = BUF_INIT(64 * 1024 * 1024);
	struct logline line, again;

	logline_read(input, &line, &text);
	logline_read(input, &again, NULL);
	FUZZ_CHECK(line.at_ms == again.at_ms && line.is_json == again.is_json);
	FUZZ_CHECK(text.n <= 16 * size + 64);
	check_shown(buf_str(&text));
	buf_release(&text);
	return 0;
}
