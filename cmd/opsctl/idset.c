#include "idset.h"

#include "hash.h"
#include "mem.h"

enum { CAPACITY_MIN = 64 };

static void digest(struct str id, uint64_t key[2])
{
	unsigned char sha256[HASH_SIZE];

	hash_sha256(id, sha256);
	memcpy(key, sha256, 2 * sizeof(key[0]));
}

/* The slot that holds the key, or the free one where it belongs. */
static struct idset_entry *slot_of(const struct idset *s, const uint64_t key[2])
{
	size_t i = key[0] & (s->capacity - 1);

	while (s->slots[i].is_used && memcmp(s->slots[i].key, key, sizeof(s->slots[i].key)) != 0)
		i = (i + 1) & (s->capacity - 1);
	return &s->slots[i];
}

static void grow(struct idset *s)
{
	struct idset larger = {
		.capacity = s->capacity ? s->capacity * 2 : CAPACITY_MIN,
		.count = s->count,
		.max = s->max,
	};

	larger.slots = xcalloc(larger.capacity, sizeof(larger.slots[0]));
	for (size_t i = 0; i < s->capacity; i++)
		if (s->slots[i].is_used)
			*slot_of(&larger, s->slots[i].key) = s->slots[i];
	free(s->slots);
	*s = larger;
}

static struct idset_entry *find(const struct idset *s, const uint64_t key[2])
{
	struct idset_entry *e = s->capacity > 0 ? slot_of(s, key) : NULL;

	return e && e->is_used ? e : NULL;
}

struct idset_entry *idset_add(struct idset *s, struct str id)
{
	struct idset_entry *e;
	uint64_t key[2];

	digest(id, key);
	e = find(s, key);
	if (e || s->count >= s->max)
		return e;
	if (2 * s->count >= s->capacity)
		grow(s);
	e = slot_of(s, key);
	*e = (struct idset_entry){ .key = { key[0], key[1] }, .is_used = true };
	s->count++;
	return e;
}

struct idset_entry *idset_find(const struct idset *s, struct str id)
{
	uint64_t key[2];

	digest(id, key);
	return find(s, key);
}

void idset_release(struct idset *s)
{
	free(s->slots);
	s->slots = NULL;
	s->capacity = s->count = 0;
}

uint64_t idset_digest(struct str bytes)
{
	uint64_t key[2];

	digest(bytes, key);
	return key[0];
}
