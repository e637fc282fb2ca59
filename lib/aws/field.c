#include "field.h"

#include "iso8601.h"

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == '\x7f';
}

/* What fits of the first `max` bytes without cutting a character in two. */
static size_t whole_part(struct str s, size_t max)
{
	size_t n = 0, step;

	for (; n < s.n; n += step) {
		step = str_utf8_length(str_skip(s, n));
		step += step == 0; /* not UTF-8: a byte at a time */
		if (n + step > max)
			break;
	}
	return n;
}

void field_copy(char *out, size_t size, const char *text)
{
	size_t n = whole_part(str_from(text), size - 1);

	for (size_t i = 0; i < n; i++)
		out[i] = is_control(text[i]) ? '?' : text[i];
	out[n] = '\0';
}

void field_json(char *out, size_t size, const struct json *object, const char *key)
{
	field_copy(out, size, json_get_text(json_get(object, key), ""));
}

void field_xml(char *out, size_t size, const struct xml *element, const char *child)
{
	field_copy(out, size, xml_get_text(element, child, ""));
}

static int copy_name(char *out, size_t size, const char *text, const char *key, struct err *err)
{
	if (strlen(text) >= size)
		return err_set(err, ERR_CORRUPT, "%s: longer than %zu bytes", key, size - 1);
	field_copy(out, size, text);
	return 0;
}

int field_json_name(char *out, size_t size, const struct json *object, const char *key,
    struct err *err)
{
	return copy_name(out, size, json_get_text(json_get(object, key), ""), key, err);
}

int field_xml_name(char *out, size_t size, const struct xml *element, const char *child,
    struct err *err)
{
	return copy_name(out, size, xml_get_text(element, child, ""), child, err);
}

int field_json_list(const struct json *object, const char *key, const struct json **out,
    struct err *err)
{
	const struct json *list = json_get(object, key);

	if (json_is_null(list))
		return err_set(err, ERR_CORRUPT, "the answer has no %s", key);
	*out = list;
	return 0;
}

/* AWS's JSON has seconds as a number; its older services, and some peers, have ISO 8601. */
int64_t field_json_ms(const struct json *object, const char *key)
{
	const struct json *value = json_get(object, key);
	double s = json_get_double(value, 0);
	int64_t whole_s;

	if (s > 0 && s < 253402300800.0) /* the year 10000 */
		return (int64_t)(s * 1000 + 0.5);
	return iso8601_parse(str_from(json_get_text(value, "")), &whole_s) ? whole_s * 1000 : 0;
}

int64_t field_xml_int(const struct xml *element, const char *child, int64_t fallback)
{
	uint64_t n;

	if (!str_to_u64(str_trim(str_from(xml_get_text(element, child, ""))), &n) || n > INT32_MAX)
		return fallback;
	return (int64_t)n;
}

unsigned field_choice(const char *text, const char *const *names, size_t count, unsigned other)
{
	for (size_t i = 0; i < count; i++)
		if (names[i] != NULL && strcmp(text, names[i]) == 0)
			return (unsigned)i;
	return other;
}
