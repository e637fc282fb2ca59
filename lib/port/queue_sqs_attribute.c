#include "queue_sqs_attribute.h"

#include <assert.h>

#include "hash.h"

enum { VALUE_MAX = 1024 * 1024 }; /* no message is larger */

/* ---- building ---- */

bool sqs_attribute_is_binary(const struct sqs_attribute *a)
{
	return str_has_prefix(a->type, STR("Binary")); /* "Binary.png" as well */
}

void sqs_attributes_add(struct sqs_attributes *all, const char *name, const char *type,
    struct str value)
{
	assert(all->count < SQS_ATTRIBUTES_MAX);
	if (value.n)
		all->items[all->count++] = (struct sqs_attribute){ str_from(name), str_from(type),
			value };
}

const struct sqs_attribute *sqs_attributes_find(const struct sqs_attributes *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (str_is(all->items[i].name, name))
			return &all->items[i];
	return NULL;
}

static const char *value_key(const struct sqs_attribute *a)
{
	return sqs_attribute_is_binary(a) ? "BinaryValue" : "StringValue";
}

void sqs_attributes_write(struct json_writer *w, const struct sqs_attributes *all)
{
	if (all->count == 0)
		return;
	json_key(w, "MessageAttributes");
	json_object_begin(w);
	for (size_t i = 0; i < all->count; i++) {
		const struct sqs_attribute *a = &all->items[i];

		json_key(w, a->name.p); /* a C string: a literal, or of a parsed document */
		json_object_begin(w);
		json_member_str(w, "DataType", a->type);
		json_member_str(w, value_key(a), a->value);
		json_object_end(w);
	}
	json_object_end(w);
}

/* ---- reading ---- */

static bool read_one(const char *name, const struct json *json, struct sqs_attribute *out)
{
	out->name = str_from(name);
	out->type = str_from(json_get_text(json_get(json, "DataType"), NULL));
	out->value = str_from(json_get_text(json_get(json, value_key(out)), NULL));
	return out->name.n && out->type.n && out->value.n;
}

int sqs_attributes_read(const struct json *json, struct sqs_attributes *out, struct err *err)
{
	struct sqs_attributes all = { .count = 0 };
	size_t count = json_count(json);

	if (count > SQS_ATTRIBUTES_MAX)
		return err_set(err, ERR_CORRUPT, "%zu message attributes: at most %d", count,
		    SQS_ATTRIBUTES_MAX);
	for (; all.count < count; all.count++)
		if (!read_one(json_key_at(json, all.count), json_at(json, all.count),
			&all.items[all.count]))
			return err_set(err, ERR_CORRUPT,
			    "message attribute %zu: no name, type or value", all.count + 1);
	*out = all;
	return 0;
}

/* ---- MD5 ---- */

enum { KIND_STRING = 1, KIND_BINARY = 2 };

static void add_sized(struct digest *md5, struct str s)
{
	uint32_t n = (uint32_t)s.n;
	char size[] = { (char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n };

	digest_update(md5, (struct str){ size, sizeof(size) });
	digest_update(md5, s);
}

static bool add_value(struct digest *md5, const struct sqs_attribute *a)
{
	struct buf bytes = BUF_INIT(VALUE_MAX);
	bool is_binary = sqs_attribute_is_binary(a);
	char kind = is_binary ? KIND_BINARY : KIND_STRING;
	bool good = !is_binary || hash_base64_decode(&bytes, a->value);

	digest_update(md5, (struct str){ &kind, 1 });
	add_sized(md5, is_binary ? buf_str(&bytes) : a->value);
	buf_release(&bytes);
	return good;
}

/* There are ten at most. */
static void sort(const struct sqs_attributes *all, const struct sqs_attribute **sorted)
{
	for (size_t i = 0; i < all->count; i++) {
		size_t at = i;

		for (; at > 0 && str_cmp(sorted[at - 1]->name, all->items[i].name) > 0; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = &all->items[i];
	}
}

int sqs_attributes_md5(const struct sqs_attributes *all, char out[DIGEST_MD5_HEX_SIZE],
    struct err *err)
{
	const struct sqs_attribute *sorted[SQS_ATTRIBUTES_MAX];
	struct digest *md5;
	size_t bad = all->count;

	if (all->count == 0) {
		out[0] = '\0';
		return 0;
	}
	sort(all, sorted);
	md5 = digest_md5_begin();
	for (size_t i = 0; i < all->count; i++) {
		add_sized(md5, sorted[i]->name);
		add_sized(md5, sorted[i]->type);
		if (!add_value(md5, sorted[i]))
			bad = i;
	}
	digest_end_hex(md5, out);
	if (bad < all->count)
		return err_set(err, ERR_CORRUPT, "message attribute '%.*s': not base64",
		    STR_ARG(sorted[bad]->name));
	return 0;
}
