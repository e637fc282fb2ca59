/*
 * objectkey: a key that is taken apart is put together again as it was; any message id
 * gives a foreign key of plain characters that no reader takes for one of ours.
 */
#include "objectkey.h"

#include <string.h>

#include "fuzz.h"

static void check_foreign(struct str message_id)
{
	char key[OBJECTKEY_SIZE], id[UUID_TEXT_SIZE];

	objectkey_foreign((int64_t)message_id.n * INT64_C(999999999), message_id, key);
	FUZZ_CHECK(strlen(key) < OBJECTKEY_SIZE - 1); /* not cut */
	FUZZ_CHECK(str_only(str_from(key),
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789-_/"));
	FUZZ_CHECK(!objectkey_parse(str_from(key), id, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str key = fuzz_input(bytes, size);
	char id[UUID_TEXT_SIZE], again[OBJECTKEY_SIZE];
	int64_t id_ms = -1, key_ms = -2;

	check_foreign(key);
	if (!objectkey_parse(key, id, &key_ms))
		return 0;
	FUZZ_CHECK(uuid_v7_parse(str_from(id), &id_ms) && id_ms == key_ms);
	objectkey_of(id, again);
	FUZZ_CHECK(str_is(key, again));
	objectkey_floor(key_ms, again);
	FUZZ_CHECK(str_cmp(str_from(again), key) < 0);
	return 0;
}
