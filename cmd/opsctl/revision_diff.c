#include "revision_diff.h"

#include "ecs_revision.h"

enum { TEXT_MAX = 64 * 1024 };

/* Under way: what has been compared stands in `path`. */
struct comparison {
	struct revision_diff *out;
	char path[DIFF_PATH_SIZE];
};

static void take_value(char out[DIFF_VALUE_SIZE], const struct json *value)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	struct json_writer w;

	out[0] = '\0';
	if (value == NULL)
		return;
	json_writer_init(&w, &text);
	if (json_get_text(value, NULL) != NULL)
		buf_adds(&text, json_get_text(value, NULL));
	else
		json_value(&w, value);
	(void)snprintf(out, DIFF_VALUE_SIZE, "%s", text.full ? "(long)" : buf_text(&text));
	buf_wipe(&text);
}

static bool is_same(const struct json *a, const struct json *b)
{
	struct buf texts[2] = { BUF_INIT(TEXT_MAX), BUF_INIT(TEXT_MAX) };
	struct json_writer w;
	bool same;

	json_writer_init(&w, &texts[0]);
	json_value(&w, a);
	json_writer_init(&w, &texts[1]);
	json_value(&w, b);
	/* What is too long to be compared as a whole is compared in its parts. */
	same = !texts[0].full && !texts[1].full && str_eq(buf_str(&texts[0]), buf_str(&texts[1]));
	buf_wipe(&texts[0]);
	buf_wipe(&texts[1]);
	return same && (a == NULL) == (b == NULL);
}

/* Values of these may be secrets that do not belong there; the names of parameters are none. */
static bool is_private(const char *path)
{
	return strstr(path, ".environment.") != NULL;
}

/* ECS fills in empty lists that nobody gave. */
static bool is_nothing(const struct json *value)
{
	char text[DIFF_VALUE_SIZE];

	take_value(text, value);
	return text[0] == '\0' || strcmp(text, "[]") == 0 || strcmp(text, "{}") == 0;
}

static void add_row(struct comparison *c, const struct json *from, const struct json *to)
{
	struct diff_row *row;

	if (is_nothing(from) && is_nothing(to))
		return;
	if (c->out->count == DIFF_ROWS_MAX) {
		c->out->more++;
		return;
	}
	row = &c->out->rows[c->out->count++];
	memcpy(row->path, c->path, sizeof(row->path));
	if (is_private(c->path)) {
		(void)snprintf(row->from, sizeof(row->from), "%s", from ? "(a value)" : "");
		(void)snprintf(row->to, sizeof(row->to), "%s", to ? "(another value)" : "");
		return;
	}
	take_value(row->from, from);
	take_value(row->to, to);
}

/* The member or element that is the counterpart of the i-th of `one` in `other`; and its name. */
static const struct json *counterpart(const struct json *one, size_t i, const struct json *other,
    char name[DIFF_PATH_SIZE])
{
	const char *key = json_key_at(one, i),
		   *own = json_get_text(json_get(json_at(one, i), "name"), NULL);
	const struct json *element;

	if (key != NULL) {
		(void)snprintf(name, DIFF_PATH_SIZE, "%s", key);
		return json_get(other, key);
	}
	if (own == NULL) {
		(void)snprintf(name, DIFF_PATH_SIZE, "%zu", i);
		return json_at(other, i);
	}
	(void)snprintf(name, DIFF_PATH_SIZE, "%s", own);
	for (size_t j = 0; (element = json_at(other, j)) != NULL; j++)
		if (strcmp(json_get_text(json_get(element, "name"), ""), own) == 0)
			return element;
	return NULL;
}

/* Tags stand in a request, and beside an answer; an element's name is in the path already. */
static bool is_left_out(const char *name, bool is_top)
{
	if (is_top)
		return ecs_revision_is_status(name) || strcmp(name, "tags") == 0;
	return strcmp(name, "name") == 0;
}

static void compare(struct comparison *c, const struct json *from, const struct json *to);

/* Every child of `one`; with only_new those that `other` has not, which are new ones. */
static void compare_children(struct comparison *c, const struct json *one, const struct json *other,
    bool only_new)
{
	size_t n = strlen(c->path), count = json_count(one);
	char name[DIFF_PATH_SIZE];

	for (size_t i = 0; i < count; i++) {
		const struct json *there = counterpart(one, i, other, name);

		if (is_left_out(name, n == 0))
			continue;
		if (only_new && there != NULL)
			continue;
		(void)snprintf(c->path + n, sizeof(c->path) - n, "%s%s", n > 0 ? "." : "", name);
		if (only_new)
			compare(c, NULL, json_at(one, i));
		else
			compare(c, json_at(one, i), there);
		c->path[n] = '\0';
	}
}

static void compare(struct comparison *c, const struct json *from, const struct json *to)
{
	if (is_same(from, to))
		return;
	if (json_count(from) == 0 && json_count(to) == 0) {
		add_row(c, from, to);
		return;
	}
	compare_children(c, from, to, false);
	compare_children(c, to, from, true);
}

void revision_diff(const struct json *from, const struct json *to, struct revision_diff *out)
{
	struct comparison c = { .out = out };

	out->count = out->more = 0;
	compare(&c, json_get(from, "taskDefinition"), json_get(to, "taskDefinition"));
}
