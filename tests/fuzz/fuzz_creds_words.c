/* creds_words: any text; the words together are no longer than it. */
#include "creds_words.h"

#include <string.h>

#include "fuzz.h"
#include "mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = xstrndup(fuzz_input(bytes, size));
	struct words w;
	struct err err;

	if (words_split(text, &w, &err) == 0) {
		size_t n = 0;

		for (size_t i = 0; i < w.count; i++)
			n += strlen(w.argv[i]);
		FUZZ_CHECK(w.count >= 1 && w.count <= WORDS_MAX && !w.argv[w.count]);
		FUZZ_CHECK(n <= strlen(text));
		words_release(&w);
	} else {
		FUZZ_CHECK(err.code == ERR_CONFIG);
	}
	free(text);
	return 0;
}
