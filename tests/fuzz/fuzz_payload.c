/*
 * scan and payload: no input may upset them; what passes walks back to slices of the
 * input that are JSON themselves; what is to be stored is one JSON object on its own.
 */
#include "payload.h"

#include "fuzz.h"

static bool is_json(struct str text, enum scan_kind *kind)
{
	struct err err;

	return scan_check(text, kind, &err) == 0;
}

static void walk(struct str object)
{
	struct buf name = BUF_INIT(1024 * 1024);
	struct scan_members it;
	struct scan_member m;
	enum scan_kind kind;

	scan_members_init(&it, object);
	while (scan_members_next(&it, &m)) {
		FUZZ_CHECK(fuzz_is_within(m.whole, object) && fuzz_is_within(m.key, m.whole));
		FUZZ_CHECK(fuzz_is_within(m.value, m.whole));
		FUZZ_CHECK(is_json(m.value, &kind) && kind == m.kind);
		buf_reset(&name);
		scan_unescape(m.key, &name);
		FUZZ_CHECK(!name.full && scan_is(m.key, buf_str(&name)));
		if (m.kind == SCAN_OBJECT)
			walk(m.value); /* bounded by SCAN_DEPTH_MAX */
	}
	buf_release(&name);
}

static void check_data(const struct payload *p, struct str body)
{
	struct buf data = BUF_INIT(1024 * 1024);
	enum payload_fault fault;
	enum scan_kind kind;
	struct payload again;
	struct err err;

	FUZZ_CHECK(fuzz_is_within(p->data[0], body) && fuzz_is_within(p->data[1], body));
	buf_add(&data, p->data[0]);
	buf_add(&data, p->data[1]);
	FUZZ_CHECK(is_json(buf_str(&data), &kind));
	FUZZ_CHECK((kind == SCAN_OBJECT) == p->data_is_object);
	if (!p->is_nested) { /* cutting the token out leaves a flat payload without one */
		FUZZ_CHECK(payload_parse(buf_str(&data), &again, &fault, &err) == 0);
		FUZZ_CHECK(!again.has_token && !again.is_nested);
		FUZZ_CHECK(again.member_count == p->member_count);
		FUZZ_CHECK(again.string_count == p->string_count);
		FUZZ_CHECK(again.has_timestream == p->has_timestream);
	}
	buf_release(&data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str body = fuzz_input(bytes, size);
	enum payload_fault fault;
	enum scan_kind kind;
	struct payload p;
	int64_t epoch_ms;
	struct err err;
	bool is_ok = is_json(body, &kind);

	if (is_ok && kind == SCAN_OBJECT)
		walk(body);
	if (payload_parse(body, &p, &fault, &err) != 0) {
		FUZZ_CHECK(fault != PAYLOAD_OK && err.code == ERR_INVALID);
		return 0;
	}
	FUZZ_CHECK(is_ok && kind == SCAN_OBJECT && fault == PAYLOAD_OK);
	check_data(&p, body);
	for (int policy = 0; policy < PAYLOAD_POLICY_COUNT; policy++) {
		bool passed = payload_check(&p, (enum payload_policy)policy, &epoch_ms, &fault,
				  &err) == 0;

		FUZZ_CHECK(passed == (fault == PAYLOAD_OK));
		FUZZ_CHECK(!passed || p.data_is_object);
	}
	return 0;
}
