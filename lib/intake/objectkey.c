#include "objectkey.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"

static const char suffix[] = ".ndjson";

enum { HOUR_LEN = 13 };

/* The last ms that "YYYY" can say. */
static const int64_t latest_ms = INT64_C(253402300799999);

static int64_t clamp(int64_t wall_ms)
{
	if (wall_ms < 0)
		return 0;
	return wall_ms > latest_ms ? latest_ms : wall_ms;
}

/* "YYYY/MM/DD/HH", terminated: the beginning of an RFC 3339 time with other separators. */
static void hour_of(int64_t wall_ms, char out[HOUR_LEN + 1])
{
	char text[CLOCK_RFC3339_SIZE];

	clock_rfc3339(clamp(wall_ms), text);
	text[4] = text[7] = text[10] = '/';
	memcpy(out, text, HOUR_LEN);
	out[HOUR_LEN] = '\0';
}

void objectkey_of(const char id[UUID_TEXT_SIZE], char out[OBJECTKEY_SIZE])
{
	char hour[HOUR_LEN + 1];
	int64_t wall_ms = 0;
	bool is_id = uuid_v7_parse(str_from(id), &wall_ms);

	assert(is_id);
	(void)is_id;
	hour_of(wall_ms, hour);
	(void)snprintf(out, OBJECTKEY_SIZE, "%s/%s%s", hour, id, suffix);
}

enum { MESSAGE_ID_MAX = 64 };

/* Every queue's own ids pass as they are; anything else must not shape the key. */
static bool is_plain(struct str id)
{
	return id.n >= 1 && id.n <= MESSAGE_ID_MAX &&
	    str_only(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
}

void objectkey_foreign_floor(int64_t sent_at_ms, char out[OBJECTKEY_SIZE])
{
	char hour[HOUR_LEN + 1];

	hour_of(sent_at_ms, hour);
	(void)snprintf(out, OBJECTKEY_SIZE, "foreign/%s/%" PRId64 "-", hour, clamp(sent_at_ms));
}

void objectkey_foreign(int64_t sent_at_ms, struct str message_id, char out[OBJECTKEY_SIZE])
{
	char digest[HASH_HEX_SIZE];
	size_t n;

	if (!is_plain(message_id)) {
		hash_sha256_hex(message_id, digest);
		message_id = str_from(digest);
	}
	objectkey_foreign_floor(sent_at_ms, out);
	n = strlen(out);
	(void)snprintf(out + n, OBJECTKEY_SIZE - n, "%.*s", STR_ARG(message_id));
}

bool objectkey_parse(struct str key, char id[UUID_TEXT_SIZE], int64_t *wall_ms)
{
	struct str middle = str_slice(key, HOUR_LEN + 1, HOUR_LEN + 1 + UUID_TEXT_LEN);
	char text[UUID_TEXT_SIZE], again[OBJECTKEY_SIZE];
	int64_t ms;

	if (key.n != OBJECTKEY_LEN || !uuid_v7_parse(middle, &ms))
		return false;
	memcpy(text, middle.p, middle.n);
	text[middle.n] = '\0';
	objectkey_of(text, again);
	if (!str_is(key, again))
		return false; /* a date that is not the id's own */
	memcpy(id, text, sizeof(text));
	if (wall_ms)
		*wall_ms = ms;
	return true;
}

void objectkey_floor(int64_t wall_ms, char out[OBJECTKEY_SIZE])
{
	char hour[HOUR_LEN + 1], id[UUID_TEXT_SIZE];

	hour_of(wall_ms, hour);
	uuid_v7_floor(clamp(wall_ms), id);
	(void)snprintf(out, OBJECTKEY_SIZE, "%s/%s", hour, id);
}
