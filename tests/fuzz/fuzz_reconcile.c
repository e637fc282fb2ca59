/* A log of any bytes, and the same bytes as records: the sums hold together. */
#include "reconcile.h"

#include "fuzz.h"

static bool count_name(void *arg, const char *id)
{
	size_t *count = arg;

	FUZZ_CHECK(id != NULL);
	++*count;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str text = fuzz_input(bytes, size), rest = text, line;
	struct reconcile r;
	struct record record;
	size_t missing = 0, doubled = 0;
	struct err err;

	reconcile_init(&r, 0, INT64_MAX);
	while (rest.n > 0) {
		(void)str_cut(rest, '\n', &line, &rest);
		reconcile_line(&r, line);
	}
	reconcile_settle(&r);
	for (rest = text; rest.n > 0;) {
		(void)str_cut(rest, '\n', &line, &rest);
		if (record_parse(line, &record, &err) != 0)
			continue;
		reconcile_stored(&r, &record);
		reconcile_dead(&r, &record);
	}
	reconcile_each_missing(&r, count_name, &missing);
	reconcile_each_doubled(&r, count_name, &doubled);
	FUZZ_CHECK(missing == reconcile_missing(&r));
	FUZZ_CHECK(doubled == r.doubled);
	FUZZ_CHECK(r.refused <= r.accepted && r.unnamed <= r.accepted);
	reconcile_release(&r);
	return 0;
}
