/*
 * URLs and ARNs of SQS queues: the endpoint of an accepted one begins its URL, and a queue beside
 * it is on the same server.
 */
#include "queue_sqs_place.h"

#include <string.h>

#include "fuzz.h"

static void check_beside(struct str arn)
{
	struct sqs_place near, beside;
	struct err err;

	if (sqs_place_parse(STR("http://h:1/queue/0/ops"), &near, &err) != 0)
		abort();
	if (sqs_place_beside(&near, arn, &beside, &err) != 0) {
		FUZZ_CHECK(err.code == ERR_CORRUPT);
		return;
	}
	FUZZ_CHECK(sqs_place_has_arn(&beside, arn));
	FUZZ_CHECK(strcmp(beside.endpoint, near.endpoint) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str input = fuzz_input(bytes, size);
	struct sqs_place p;
	struct err err;

	check_beside(input);
	if (sqs_place_parse(input, &p, &err) != 0) {
		FUZZ_CHECK(err.code == ERR_CONFIG);
		return 0;
	}
	FUZZ_CHECK(str_is(input, p.url) && p.name[0] && p.account[0]);
	FUZZ_CHECK(str_has_suffix(input, str_from(p.name)));
	FUZZ_CHECK(p.endpoint[0] || p.region[0]);
	FUZZ_CHECK(str_has_prefix(input, str_from(p.endpoint)));
	return 0;
}
