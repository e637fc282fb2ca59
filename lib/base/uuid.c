#include "uuid.h"

#include <pthread.h>
#include <string.h>

#include "hash.h"

enum { POOL_SIZE = 4096, COUNTER_BITS = 18, COUNTER_START_MASK = (1 << 16) - 1 };
enum { BACK_MAX_MS = 2 * 60 * 1000 };

/*
 * Layout (RFC 9562 section 6.2, methods 1 and 2): 48 bits ms; version; 18 bits of counter
 * spread over rand_a (12) and the top of rand_b (6), seeded at random below its half so
 * that it can count on; 56 random bits. Random bytes are fetched in blocks: one call into
 * the generator per 512 ids, not per id.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t last_ms;
static uint32_t counter;
static unsigned char pool[POOL_SIZE];
static size_t pool_used = POOL_SIZE;

static void take_random(unsigned char *out, size_t n)
{
	if (pool_used + n > POOL_SIZE) {
		hash_random(pool, POOL_SIZE);
		pool_used = 0;
	}
	memcpy(out, pool + pool_used, n);
	pool_used += n;
}

/*
 * The next (ms, counter), not smaller than the one before when the clock went back a little. Further
 * back the clock had been wrong, and whoever looks for an object by its time would not find it.
 */
static void next_tick(int64_t now_ms, int64_t *ms, uint32_t *count)
{
	bool has_moved = now_ms > last_ms || now_ms < last_ms - BACK_MAX_MS;
	unsigned char seed[4];

	if (has_moved || counter + 1 >= (1U << COUNTER_BITS)) {
		last_ms = has_moved ? now_ms : last_ms + 1;
		take_random(seed, sizeof(seed));
		counter = ((uint32_t)seed[0] << 8 | seed[1]) & COUNTER_START_MASK;
	} else
		counter++;
	*ms = last_ms;
	*count = counter;
}

void uuid_print(const unsigned char bytes[UUID_BYTES], char out[UUID_TEXT_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	char *p = out;

	for (size_t i = 0; i < UUID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = hex[bytes[i] >> 4];
		*p++ = hex[bytes[i] & 15];
	}
	*p = '\0';
}

static void put_ms(unsigned char bytes[UUID_BYTES], int64_t ms)
{
	for (int i = 0; i < 6; i++)
		bytes[i] = (unsigned char)(ms >> (40 - 8 * i));
}

void uuid_v7(const struct clock *clock, char out[UUID_TEXT_SIZE])
{
	unsigned char b[UUID_BYTES];
	uint32_t count;
	int64_t ms;

	pthread_mutex_lock(&lock);
	next_tick(clock_wall_ms(clock), &ms, &count);
	take_random(b + 9, 7);
	pthread_mutex_unlock(&lock);
	put_ms(b, ms);
	b[6] = (unsigned char)(0x70 | (count >> 14));
	b[7] = (unsigned char)(count >> 6);
	b[8] = (unsigned char)(0x80 | (count & 0x3f));
	uuid_print(b, out);
}

void uuid_v7_floor(int64_t wall_ms, char out[UUID_TEXT_SIZE])
{
	unsigned char b[UUID_BYTES] = { [6] = 0x70, [8] = 0x80 };

	put_ms(b, wall_ms);
	uuid_print(b, out);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool uuid_v7_parse(struct str s, int64_t *wall_ms)
{
	int64_t ms = 0;

	if (s.n != UUID_TEXT_LEN || s.p[14] != '7' || !strchr("89ab", s.p[19]))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
		int digit = hex_value(s.p[i]);

		if (is_dash ? s.p[i] != '-' : digit < 0)
			return false;
		if (i < 13 && !is_dash)
			ms = ms << 4 | digit;
	}
	if (wall_ms)
		*wall_ms = ms;
	return true;
}
