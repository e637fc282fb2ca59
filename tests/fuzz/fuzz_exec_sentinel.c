/* The output of a session, in pieces: nothing is lost but one line, and at most once. */
#include "exec_sentinel.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str in = fuzz_input(bytes, size);
	struct buf out = BUF_INIT(size + SENTINEL_HELD_MAX);
	size_t piece = size > 0 ? 1 + bytes[0] % 16u : 1;
	struct sentinel s;

	sentinel_init(&s);
	(void)snprintf(s.word, sizeof(s.word), "opsctl-exit-0123456789abcdef:");
	for (size_t at = 0; at < in.n; at += piece)
		sentinel_filter(&s, str_slice(in, at, at + piece), &out);
	sentinel_flush(&s, &out);
	FUZZ_CHECK(!out.full);
	if (s.is_found)
		FUZZ_CHECK(out.n < in.n && s.status >= 0 && s.status <= 999);
	else
		FUZZ_CHECK(str_eq(buf_str(&out), in));
	buf_release(&out);
	return 0;
}
