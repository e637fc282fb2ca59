/*
 * creds_answer: what comes from outside with credentials in it; the first byte picks the source.
 * What is accepted is whole, and an error text holds no line end.
 */
#include <string.h>

#include "creds_sso.h"
#include "fuzz.h"
#include "iso8601.h"

static const struct creds_format *const formats[] = {
	&creds_container_format,
	&creds_imds_format,
	&creds_login_format,
	&creds_process_format,
	&creds_sso_format,
};

static void check(int rc, const struct creds_draft *d, const struct err *err)
{
	if (rc == 0)
		FUZZ_CHECK(d->access_key_id.n > 0 && d->secret_access_key.n > 0);
	else
		FUZZ_CHECK(err->code != ERR_NONE && !strpbrk(err->text, "\r\n"));
}

/* What was read is printed, and read again the same. */
static void try_sso_token(struct str text)
{
	struct buf out = BUF_INIT(4 * CREDS_ANSWER_MAX);
	struct sso_token t, again;
	struct err err;

	sso_token_init(&t);
	sso_token_init(&again);
	if (text.n <= CREDS_ANSWER_MAX && sso_token_parse(text, &t, &err) == 0 &&
	    t.expires_at >= 0 && sso_token_print(text, &t, &out, &err) == 0 && !out.full) {
		FUZZ_CHECK(sso_token_parse(buf_str(&out), &again, &err) == 0);
		FUZZ_CHECK(again.expires_at == t.expires_at);
	}
	FUZZ_CHECK(sso_token_update(text, 0, &t, &err) == 0 || err.code == ERR_CORRUPT);
	sso_token_wipe(&t);
	sso_token_wipe(&again);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str text = str_skip(fuzz_input(bytes, size), 1);
	size_t which = size ? bytes[0] % (ARRAY_SIZE(formats) + 3) : 0;
	struct creds_draft d;
	struct err err = { 0 };
	int64_t at_s;

	creds_draft_init(&d);
	if (which < ARRAY_SIZE(formats))
		check(creds_draft_parse(text, formats[which], &d, &err), &d, &err);
	else if (which == ARRAY_SIZE(formats))
		check(creds_sts_parse(text, &d, &err), &d, &err);
	else if (which == ARRAY_SIZE(formats) + 1)
		try_sso_token(text);
	else
		(void)iso8601_parse(text, &at_s);
	if (creds_draft_check(&d, 0, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CREDENTIALS);
	creds_draft_wipe(&d);
	return 0;
}
