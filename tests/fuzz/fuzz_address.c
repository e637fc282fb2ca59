/* settings: an address that is accepted is numeric, and accepted again as it is printed. */
#include "settings.h"

#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct setting_address a = { .host = "" }, again = { .host = "" };
	struct buf printed = BUF_INIT(128);
	struct err err;

	if (setting_address_parse(fuzz_input(bytes, size), &a, &err) != 0) {
		FUZZ_CHECK(err.code == ERR_CONFIG);
		return 0;
	}
	FUZZ_CHECK(str_only(str_from(a.host), "0123456789abcdefABCDEF.:"));
	buf_addf(&printed, strchr(a.host, ':') ? "[%s]:%u" : "%s:%u", a.host, a.port);
	FUZZ_CHECK(setting_address_parse(buf_str(&printed), &again, &err) == 0);
	FUZZ_CHECK(strcmp(a.host, again.host) == 0 && a.port == again.port);
	buf_release(&printed);
	return 0;
}
