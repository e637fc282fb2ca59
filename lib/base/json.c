#include "json.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "mem.h"

/* ---- writer ---- */

void json_writer_init(struct json_writer *w, struct buf *out)
{
	*w = (struct json_writer){ .out = out };
}

/* What stands before a value: a comma between items; nothing after a key. */
static void before_value(struct json_writer *w)
{
	if (w->depth == 0)
		return;
	if (w->is_object[w->depth - 1]) {
		assert(w->has_key);
		w->has_key = false;
		return;
	}
	if (w->has_item[w->depth - 1])
		buf_addc(w->out, ',');
	w->has_item[w->depth - 1] = true;
}

static void begin(struct json_writer *w, bool is_object)
{
	before_value(w);
	assert(w->depth < JSON_DEPTH_MAX);
	w->is_object[w->depth] = is_object;
	w->has_item[w->depth] = false;
	w->depth++;
	buf_addc(w->out, is_object ? '{' : '[');
}

static void end(struct json_writer *w, bool is_object)
{
	assert(w->depth > 0 && w->is_object[w->depth - 1] == is_object && !w->has_key);
	w->depth--;
	buf_addc(w->out, is_object ? '}' : ']');
}

void json_object_begin(struct json_writer *w)
{
	begin(w, true);
}

void json_object_end(struct json_writer *w)
{
	end(w, true);
}

void json_array_begin(struct json_writer *w)
{
	begin(w, false);
}

void json_array_end(struct json_writer *w)
{
	end(w, false);
}

static void add_quoted(struct buf *out, struct str value)
{
	buf_addc(out, '"');
	json_escape(out, value);
	buf_addc(out, '"');
}

void json_key(struct json_writer *w, const char *key)
{
	assert(w->depth > 0 && w->is_object[w->depth - 1] && !w->has_key);
	if (w->has_item[w->depth - 1])
		buf_addc(w->out, ',');
	w->has_item[w->depth - 1] = true;
	w->has_key = true;
	add_quoted(w->out, str_from(key));
	buf_addc(w->out, ':');
}

enum { ESCAPED_MAX = 6, CHUNK = 512 };

/* ASCII that does not stand for itself. */
static size_t escape_byte(unsigned char c, char *out)
{
	static const char short_forms[0x80] = {
		['\b'] = 'b',
		['\t'] = 't',
		['\n'] = 'n',
		['\f'] = 'f',
		['\r'] = 'r',
		['"'] = '"',
		['\\'] = '\\',
	};

	out[0] = '\\';
	out[1] = short_forms[c] ? short_forms[c] : 'u';
	if (short_forms[c])
		return 2;
	out[2] = out[3] = '0';
	hex_encode(&c, 1, out + 4);
	return ESCAPED_MAX;
}

/* The first character of s into out, at most ESCAPED_MAX bytes; *used: its length in s. */
static size_t escape_first(struct str s, char *out, size_t *used)
{
	static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
	unsigned char c = (unsigned char)s.p[0];
	size_t n;

	*used = 1;
	if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
		out[0] = s.p[0];
		return 1;
	}
	if (c < 0x80)
		return escape_byte(c, out);
	n = str_utf8_length(s);
	memcpy(out, n ? s.p : replacement, n ? n : sizeof(replacement) - 1);
	if (n == 0)
		return sizeof(replacement) - 1;
	*used = n;
	return n;
}

/* In chunks: in JSON within JSON every few bytes need an escape. */
void json_escape(struct buf *out, struct str value)
{
	char chunk[CHUNK];
	size_t n = 0, used;

	while (value.n) {
		n += escape_first(value, chunk + n, &used);
		value = str_skip(value, used);
		if (n <= CHUNK - ESCAPED_MAX && value.n)
			continue;
		buf_add(out, (struct str){ chunk, n });
		n = 0;
	}
}

void json_str(struct json_writer *w, struct str value)
{
	before_value(w);
	add_quoted(w->out, value);
}

void json_text(struct json_writer *w, const char *value)
{
	if (value)
		json_str(w, str_from(value));
	else
		json_null(w);
}

void json_raw(struct json_writer *w, struct str json)
{
	before_value(w);
	buf_add(w->out, json);
}

void json_int(struct json_writer *w, int64_t value)
{
	before_value(w);
	buf_addf(w->out, "%" PRId64, value);
}

void json_uint(struct json_writer *w, uint64_t value)
{
	before_value(w);
	buf_addf(w->out, "%" PRIu64, value);
}

void json_double(struct json_writer *w, double value, int decimals)
{
	before_value(w);
	if (isfinite(value))
		buf_addf(w->out, "%.*f", decimals, value);
	else
		buf_adds(w->out, "null");
}

void json_bool(struct json_writer *w, bool value)
{
	json_raw(w, str_from(value ? "true" : "false"));
}

void json_null(struct json_writer *w)
{
	json_raw(w, STR("null"));
}

void json_member_str(struct json_writer *w, const char *key, struct str value)
{
	json_key(w, key);
	json_str(w, value);
}

void json_member_text(struct json_writer *w, const char *key, const char *value)
{
	json_key(w, key);
	json_text(w, value);
}

void json_member_int(struct json_writer *w, const char *key, int64_t value)
{
	json_key(w, key);
	json_int(w, value);
}

void json_member_uint(struct json_writer *w, const char *key, uint64_t value)
{
	json_key(w, key);
	json_uint(w, value);
}

void json_member_double(struct json_writer *w, const char *key, double value, int decimals)
{
	json_key(w, key);
	json_double(w, value, decimals);
}

void json_member_bool(struct json_writer *w, const char *key, bool value)
{
	json_key(w, key);
	json_bool(w, value);
}

/* ---- reader: struct json is cJSON's node under our name ---- */

enum { TEXT_MAX = 64 * 1024 * 1024 };

static const cJSON *node_of(const struct json *j)
{
	return (const cJSON *)(const void *)j;
}

static const struct json *json_of(const cJSON *node)
{
	return (const struct json *)(const void *)node;
}

int json_parse(struct str text, struct json **out, struct err *err)
{
	const char *end = text.p;
	cJSON *doc;

	if (text.n == 0 || text.n > TEXT_MAX)
		return err_set(err, ERR_INVALID, "JSON of %zu bytes: must have 1 to %d", text.n,
		    TEXT_MAX);
	doc = cJSON_ParseWithLengthOpts(text.p, text.n, &end, 0);
	if (!doc)
		return err_set(err, ERR_INVALID, "not JSON at byte %zu", (size_t)(end - text.p));
	/* cJSON stops behind the value and ignores what follows. */
	if (str_trim(str_skip(text, (size_t)(end - text.p))).n) {
		cJSON_Delete(doc);
		return err_set(err, ERR_INVALID, "not JSON at byte %zu: more after the value",
		    (size_t)(end - text.p));
	}
	*out = (struct json *)(void *)doc;
	return 0;
}

static void wipe_texts(cJSON *node)
{
	for (; node; node = node->next) {
		if (node->valuestring)
			mem_wipe(node->valuestring, strlen(node->valuestring));
		wipe_texts(node->child);
	}
}

void json_free(struct json *doc)
{
	wipe_texts((cJSON *)(void *)doc);
	cJSON_Delete((cJSON *)(void *)doc);
}

const struct json *json_get(const struct json *object, const char *key)
{
	return json_of(cJSON_GetObjectItemCaseSensitive(node_of(object), key));
}

static const cJSON *child_at(const struct json *parent, size_t index)
{
	const cJSON *child = parent ? node_of(parent)->child : NULL;

	while (child && index--)
		child = child->next;
	return child;
}

const struct json *json_at(const struct json *array, size_t index)
{
	return json_of(child_at(array, index));
}

size_t json_count(const struct json *array_or_object)
{
	size_t n = 0;

	for (const cJSON *c = child_at(array_or_object, 0); c; c = c->next)
		n++;
	return n;
}

const char *json_key_at(const struct json *object, size_t index)
{
	const cJSON *child = child_at(object, index);

	return child ? child->string : NULL;
}

bool json_is_null(const struct json *value)
{
	return !value || cJSON_IsNull(node_of(value));
}

const char *json_get_text(const struct json *value, const char *fallback)
{
	return cJSON_IsString(node_of(value)) ? node_of(value)->valuestring : fallback;
}

int64_t json_get_int(const struct json *value, int64_t fallback)
{
	double number;

	if (!cJSON_IsNumber(node_of(value)))
		return fallback;
	number = node_of(value)->valuedouble;
	/* Beyond 2^53 a double no longer holds every integer. */
	if (!(number >= -9007199254740992.0 && number <= 9007199254740992.0))
		return fallback;
	return (int64_t)number;
}

double json_get_double(const struct json *value, double fallback)
{
	return cJSON_IsNumber(node_of(value)) ? node_of(value)->valuedouble : fallback;
}

bool json_get_bool(const struct json *value, bool fallback)
{
	return cJSON_IsBool(node_of(value)) ? cJSON_IsTrue(node_of(value)) != 0 : fallback;
}

void json_value(struct json_writer *w, const struct json *value)
{
	char *text = value ? cJSON_PrintUnformatted(node_of(value)) : NULL;

	if (!value) {
		json_null(w);
		return;
	}
	if (!text)
		abort(); /* as mem.h says */
	json_raw(w, str_from(text));
	mem_wipe(text, strlen(text));
	cJSON_free(text);
}

const char *json_library_version(void)
{
	return cJSON_Version();
}
