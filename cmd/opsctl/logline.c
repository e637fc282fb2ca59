#include "logline.h"

#include "json.h"
#include "timestamp.h"

enum { VALUE_MAX = 4096 };

/* Members that have a place of their own, or say the same on every line. */
static const struct {
	const char *key;
	enum { IS_TIME, IS_LEVEL, IS_MESSAGE, IS_NOISE } kind;
} members[] = {
	{ "@timestamp", IS_TIME },
	{ "timestamp", IS_TIME },
	{ "time", IS_TIME },
	{ "log.level", IS_LEVEL },
	{ "level", IS_LEVEL },
	{ "severity", IS_LEVEL },
	{ "message", IS_MESSAGE },
	{ "msg", IS_MESSAGE },
	{ "ecs.version", IS_NOISE },
	{ "service.name", IS_NOISE },
	{ "service.version", IS_NOISE },
	{ "service.node.name", IS_NOISE },
	{ "event.dataset", IS_NOISE },
};

/* ---- bytes that are safe to show ---- */

/* U+0080 to U+009F steer some terminals as ESC does. */
static bool is_control(struct str character)
{
	unsigned char c = (unsigned char)character.p[0];

	return c < ' ' || c == 0x7f ||
	    (character.n == 2 && c == 0xc2 && (unsigned char)character.p[1] < 0xa0);
}

/* Append with what would steer a terminal made harmless; further lines are indented. */
static void clean(struct buf *out, struct str s)
{
	while (s.n > 0) {
		size_t n = str_utf8_length(s);
		struct str character = str_slice(s, 0, n > 0 ? n : 1);

		if (character.p[0] == '\n')
			buf_adds(out, "\n    ");
		else if (character.p[0] == '\t')
			buf_addc(out, ' ');
		else if (n == 0 || is_control(character))
			buf_addc(out, '?');
		else
			buf_add(out, character);
		s = str_skip(s, character.n);
	}
}

/* ---- JSON ---- */

static int kind_of(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (strcmp(members[i].key, key) == 0)
			return (int)members[i].kind;
	return -1;
}

/* The first member of that kind which is a text. */
static const char *find(const struct json *line, int kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const char *text = json_get_text(json_get(line, members[i].key), NULL);

		if ((int)members[i].kind == kind && text)
			return text;
	}
	return NULL;
}

static void add_value(struct buf *out, const struct json *value)
{
	const char *text = json_get_text(value, NULL);
	struct buf json = BUF_INIT(VALUE_MAX);
	struct json_writer w;

	if (text && *text && !strpbrk(text, " \"=\r\n\t")) {
		clean(out, str_from(text));
		return;
	}
	json_writer_init(&w, &json);
	json_value(&w, value);
	clean(out, json.full ? STR("...") : buf_str(&json));
	buf_release(&json);
}

static void add_members(struct buf *out, const struct json *line)
{
	const char *key;

	for (size_t i = 0; (key = json_key_at(line, i)) != NULL; i++) {
		if (kind_of(key) >= 0)
			continue;
		if (out->n > 0)
			buf_addc(out, ' ');
		clean(out, str_from(key));
		buf_addc(out, '=');
		add_value(out, json_get(line, key));
	}
}

static void read_json(const struct json *line, struct logline *out, struct buf *text)
{
	const char *at = find(line, IS_TIME), *level = find(line, IS_LEVEL);
	const char *message = find(line, IS_MESSAGE);
	struct err ignored; /* a time that cannot be read is none */
	int64_t at_ms;

	if (at && timestamp_parse(str_from(at), &at_ms, &ignored) == 0)
		out->at_ms = at_ms;
	if (level &&
	    str_only(str_from(level), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		(void)snprintf(out->level, sizeof(out->level), "%s", level); /* may be cut */
	if (!text)
		return;
	if (message)
		clean(text, str_from(message));
	add_members(text, line);
}

void logline_read(struct str message, struct logline *out, struct buf *text)
{
	struct str trimmed = str_trim(message);
	struct json *line = NULL;
	struct err ignored; /* what is not JSON is shown as it is */

	*out = (struct logline){ .at_ms = -1 };
	if (trimmed.n > 0 && *trimmed.p == '{' && json_parse(trimmed, &line, &ignored) == 0) {
		out->is_json = str_find(trimmed, '\n') == trimmed.n &&
		    str_find(trimmed, '\r') == trimmed.n;
		read_json(line, out, text);
		json_free(line);
	} else if (text) {
		clean(text, message);
	}
}
