/* eventstream: pieces make no difference, and no slice leaves the input. */
#include "eventstream.h"

#include "fuzz.h"

struct sum {
	size_t messages, payload;
	uint32_t crc;
	bool is_corrupt;
};

static void add(struct sum *sum, const struct eventstream_message *m)
{
	const struct str parts[] = { m->message_type, m->event_type, m->exception_type,
		m->error_code, m->error_message, m->payload };

	sum->messages++;
	sum->payload += m->payload.n;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		sum->crc = eventstream_crc(sum->crc, parts[i]);
}

static struct sum read_all(struct str input, size_t piece)
{
	struct sum sum = { 0 };
	struct eventstream s;
	struct eventstream_message m;
	struct err err;
	bool found;

	eventstream_init(&s);
	for (size_t at = 0; at < input.n && !sum.is_corrupt; at += piece) {
		FUZZ_CHECK(eventstream_add(&s, str_slice(input, at, at + piece), &err) == 0);
		for (found = true; found && !sum.is_corrupt;) {
			sum.is_corrupt = eventstream_next(&s, &m, &found, &err) != 0;
			FUZZ_CHECK(!sum.is_corrupt || err.code == ERR_CORRUPT);
			if (!sum.is_corrupt && found)
				add(&sum, &m);
		}
	}
	eventstream_release(&s);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str input = fuzz_input(bytes, size);
	struct sum whole = read_all(input, size + 1), pieces = read_all(input, 7);

	FUZZ_CHECK(whole.payload <= size);
	FUZZ_CHECK(whole.messages == pieces.messages && whole.crc == pieces.crc);
	FUZZ_CHECK(whole.is_corrupt == pieces.is_corrupt);
	return 0;
}
