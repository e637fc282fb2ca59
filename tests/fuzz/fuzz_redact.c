/*
 * redact: the first line is a secret, the rest a body. A secret of letters and digits that the
 * marks themselves do not contain never comes out; nor does a line break or an escape.
 */
#include "redact.h"

#include <string.h>

#include "fuzz.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static void check_text(const struct buf *out, struct str secret)
{
	for (size_t i = 0; i < out->n; i++)
		FUZZ_CHECK((unsigned char)out->p[i] >= ' ' && out->p[i] != 0x7f);
	/* Short ones may be in "[redacted]" or in "(123 bytes)". */
	if (secret.n >= 9 && str_only(secret, LETTERS))
		FUZZ_CHECK(!str_contains(buf_str(out), secret));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str body = fuzz_input(bytes, size), secret;
	struct buf out = BUF_INIT(16 * 1024 * 1024);

	(void)str_cut(body, '\n', &secret, &body);
	redact_body(&out, body, body.n, &secret, 1);
	check_text(&out, secret);
	buf_reset(&out);
	redact_body(&out, body, body.n / 2, &secret, 1);
	check_text(&out, secret);
	buf_reset(&out);
	redact_header(&out, body, &secret, 1);
	check_text(&out, secret);
	buf_release(&out);
	return 0;
}
