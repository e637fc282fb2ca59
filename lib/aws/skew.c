#include "skew.h"

#include "http.h"

enum { CALL_MAX_MS = 15 * 60 * 1000 };

struct skew_reading skew_learn(struct skew *s, struct str date, struct str age, int64_t sent_ms,
    int64_t received_ms)
{
	struct skew_reading r = { .is_known = false };
	int64_t date_s, ahead_ms;

	if (received_ms < sent_ms || received_ms - sent_ms > CALL_MAX_MS)
		return r;
	if (age.n > 0 || !http_date_parse(date, &date_s)) /* Age: a cache tells an old time */
		return r;

	ahead_ms = date_s * 1000 - (sent_ms + (received_ms - sent_ms) / 2);
	/* Upwards, for Date has lost its fraction: two clocks that agree are not a second apart. */
	r = (struct skew_reading){ true, ahead_ms / 1000 + (ahead_ms % 1000 > 0) };
	atomic_store(&s->offset_s, r.offset_s);
	return r;
}

int64_t skew_s(const struct skew *s)
{
	return atomic_load(&s->offset_s);
}

/* Whether the code alone says that it was the clock. */
static const struct {
	const char *code;
	bool is_certain;
} codes[] = {
	{ "RequestTimeTooSkewed", true },
	{ "RequestExpired", true },
	{ "RequestInTheFuture", true },
	{ "InvalidSignatureException", false },
	{ "SignatureDoesNotMatch", false },
	{ "AuthFailure", false },
};

static bool is_large(int64_t offset_s)
{
	return offset_s >= SKEW_SUSPECT_S || offset_s <= -SKEW_SUSPECT_S;
}

bool skew_explains(const struct skew_reading *r, int64_t signed_with_s, struct str code)
{
	bool is_suspect = is_large(r->offset_s) || is_large(r->offset_s - signed_with_s);

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (str_is(code, codes[i].code))
			return r->is_known && (codes[i].is_certain || is_suspect);
	return false;
}
