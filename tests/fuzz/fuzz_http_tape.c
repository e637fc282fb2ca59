/* http_tape: a recording from anywhere; what is loaded can be played, or says why not. */
#include "http_tape.h"

#include "fuzz.h"

static void play(struct http_tape *t, const char *method, const char *url)
{
	const struct http_request request = { .method = method, .url = url };
	struct http_response response;
	struct err err = { .code = ERR_NONE };

	http_response_init(&response, 64 * 1024);
	if (http_tape_play(t, &request, &response, &err) != 0)
		FUZZ_CHECK(err.code != ERR_NONE);
	http_response_release(&response);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct http_tape *t = http_tape_player(0);
	struct str line, rest = fuzz_input(bytes, size);
	struct err err;
	uint64_t kept, left_out;

	while (rest.n > 0) {
		(void)str_cut(rest, '\n', &line, &rest);
		if (http_tape_load(t, line, &err) != 0)
			FUZZ_CHECK(err.code == ERR_CORRUPT);
	}
	http_tape_counts(t, &kept, &left_out);
	for (uint64_t i = 0; i < 3 && i <= kept; i++)
		play(t, "GET", "http://a/b");
	play(t, "POST", "http://a/1234567890");
	FUZZ_CHECK(http_tape_clock(t)->wall_ms(http_tape_clock(t)) >= 0);
	http_tape_close(t);
	return 0;
}
