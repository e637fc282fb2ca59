/* http_header: the first line is a name, the rest the lines of an answer's head. */
#include "fuzz.h"
#include "http.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str head = fuzz_input(bytes, size), name, value;
	struct http_response response;
	char text[256];

	(void)str_cut(head, '\n', &name, &head);
	if (name.n >= sizeof(text))
		return 0;
	(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(name));
	http_response_init(&response, 0);
	buf_add(&response.headers, head);
	value = http_response_header(&response, text);
	FUZZ_CHECK(fuzz_is_within(value, buf_str(&response.headers)));
	FUZZ_CHECK(str_find(value, '\n') == value.n && str_eq(value, str_trim(value)));
	http_response_release(&response);
	return 0;
}
