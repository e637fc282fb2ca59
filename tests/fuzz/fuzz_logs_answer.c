/* logs_answer: whatever the service says, names are terminated and arrays bounded. */
#include "logs_answer.h"

#include <string.h>

#include "fuzz.h"

enum { ITEMS = 3 };

static bool take(void *arg, const struct logs_event *event)
{
	size_t *bytes = arg;

	FUZZ_CHECK(event->at_ms >= 0 && event->message.p);
	*bytes += event->message.n;
	return *bytes < 1000;
}

static void read_events(const struct json *doc, size_t size)
{
	uint64_t count = 0;
	size_t bytes = 0;
	bool is_enough;
	struct err err;

	if (logs_answer_events(json_get(doc, "events"), take, &bytes, &count, &is_enough, &err) !=
	    0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	FUZZ_CHECK(bytes <= size && count <= size);
}

static void read_lists(const struct json *doc)
{
	struct logs_stream streams[ITEMS];
	struct logs_group groups[ITEMS];
	size_t count = 0;
	struct err err;

	if (logs_answer_streams(doc, streams, ITEMS, &count, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	FUZZ_CHECK(count <= ITEMS);
	for (size_t i = 0; i < count; i++)
		FUZZ_CHECK(streams[i].name[0] && strlen(streams[i].name) < LOGS_NAME_SIZE);
	count = 0;
	if (logs_answer_groups(doc, groups, ITEMS, &count, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CORRUPT);
	FUZZ_CHECK(count <= ITEMS);
	for (size_t i = 0; i < count; i++)
		FUZZ_CHECK(strlen(groups[i].arn) < LOGS_ARN_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct buf token = BUF_INIT(64);
	struct json *doc = NULL;
	struct err err;

	if (json_parse(fuzz_input(bytes, size), &doc, &err) != 0)
		return 0;
	read_events(doc, size);
	read_lists(doc);
	if (logs_answer_token(doc, &token, &err) == 0)
		FUZZ_CHECK(token.n <= 64);
	buf_release(&token);
	json_free(doc);
	return 0;
}
