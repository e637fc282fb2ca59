#include "help.h"

#include "parse.h"

enum { WIDTH = 80, COMMAND_COLUMN = 16, OPTION_COLUMN = 26 };

/* Words of `text`, broken so that no line is wider than WIDTH; the cursor stands at `column`. */
static void add_wrapped(struct buf *out, const char *text, size_t column, size_t indent)
{
	struct str word, rest = str_from(text);
	bool is_first = true;

	while (rest.n > 0) {
		(void)str_cut(rest, ' ', &word, &rest); /* the last word has no blank behind it */
		if (!is_first && column + 1 + word.n > WIDTH) {
			buf_addf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!is_first) {
			buf_addc(out, ' ');
			column++;
		}
		buf_add(out, word);
		column += word.n;
		is_first = false;
	}
	buf_addc(out, '\n');
}

/* A term and its explanation, which begins at `indent`, on the next line if need be. */
static void add_item(struct buf *out, const char *term, const char *text, size_t indent)
{
	size_t n = strlen(term);

	buf_adds(out, term);
	if (n + 2 > indent) {
		buf_addc(out, '\n');
		n = 0;
	}
	buf_addf(out, "%*s", (int)(indent - n), "");
	add_wrapped(out, text, indent, indent);
}

static void add_limits(struct buf *text, const struct option_row *row)
{
	const char *before = " (";

	if (row->type == OPTION_CHOICE) {
		buf_addf(text, "%s%s", before, row->choices);
		before = "; ";
	}
	if (row->type == OPTION_INT) {
		buf_addf(text, "%s%lld to %lld", before, (long long)row->min, (long long)row->max);
		before = "; ";
	}
	if (row->fallback != NULL) {
		buf_addf(text, "%sdefault %s", before, row->fallback);
		before = "; ";
	}
	if (before[0] == ';')
		buf_addc(text, ')');
}

static void add_options(struct buf *out, const char *title, const struct option_row *rows,
    size_t count)
{
	if (count > 0)
		buf_addf(out, "\n%s:\n", title);
	for (size_t i = 0; i < count; i++) {
		struct buf term = BUF_INIT(256), text = BUF_INIT(1024);

		if (rows[i].letter != 0)
			buf_addf(&term, "  -%c, --%s", rows[i].letter, rows[i].name);
		else
			buf_addf(&term, "      --%s", rows[i].name);
		if (rows[i].arg != NULL)
			buf_addf(&term, " %s", rows[i].arg);
		buf_adds(&text, rows[i].help);
		add_limits(&text, &rows[i]);
		add_item(out, buf_text(&term), buf_text(&text), OPTION_COLUMN);
		buf_release(&term);
		buf_release(&text);
	}
}

static struct str noun_of(const char *name)
{
	struct str noun, rest;

	(void)str_cut(str_from(name), ' ', &noun, &rest); /* a single word is its own noun */
	return noun;
}

static bool is_about(const struct command *c, const char *words)
{
	return words[0] == '\0' || strcmp(c->name, words) == 0 || str_is(noun_of(c->name), words);
}

static void add_commands(struct buf *out, const char *words)
{
	buf_adds(out, "\nCommands:\n");
	for (size_t i = 0; i < command_count; i++) {
		struct buf term = BUF_INIT(256);

		if (!is_about(commands[i], words))
			continue;
		buf_addf(&term, "  %s", commands[i]->name);
		add_item(out, buf_text(&term), commands[i]->summary, COMMAND_COLUMN + 2);
		buf_release(&term);
	}
}

/* "opsctl-dlq" for "dlq ls"; the commands without a page of their own are in "opsctl". */
static void add_manual(const char *words, struct buf *out)
{
	struct str noun = noun_of(words);

	buf_adds(out, "opsctl");
	if (noun.n > 0 && !str_is(noun, "version") && !str_is(noun, "help"))
		buf_addf(out, "-%.*s", STR_ARG(noun));
}

static void add_one(struct buf *out, const struct command *c)
{
	buf_addf(out, "Usage: opsctl %s%s%s%s\n\n", c->name,
	    c->option_count > 0 ? " [options]" : "", c->operands[0] != '\0' ? " " : "",
	    c->operands);
	add_wrapped(out, c->about, 0, 0);
	add_options(out, "Options", c->options, c->option_count);
}

void help_text(const char *words, struct buf *out)
{
	const struct command *c = command_find(words);

	if (c != NULL) {
		add_one(out, c);
	} else {
		buf_addf(out, "Usage: opsctl %s%sCOMMAND [options] ...\n", words,
		    words[0] != '\0' ? " " : "");
		add_commands(out, words);
	}
	add_options(out, "Options of every command", global_options, global_option_count);
	buf_adds(out, "\nManual: man ");
	add_manual(words, out);
	buf_adds(out,
	    c == NULL && words[0] == '\0' ? "; exit codes: man opsctl-exit-codes\n" : "\n");
}

/* ---- JSON ---- */

static void option_json(struct json_writer *w, const struct option_row *row)
{
	static const char *const types[] = {
		[OPTION_FLAG] = "flag",
		[OPTION_COUNT] = "count",
		[OPTION_TEXT] = "text",
		[OPTION_INT] = "int",
		[OPTION_DURATION] = "duration",
		[OPTION_FILE] = "file",
		[OPTION_CHOICE] = "choice",
	};
	char letter[2] = { row->letter, '\0' };

	json_object_begin(w);
	json_member_text(w, "name", row->name);
	json_member_text(w, "letter", row->letter != 0 ? letter : NULL);
	json_member_text(w, "type", types[row->type]);
	json_member_text(w, "arg", row->arg);
	json_member_text(w, "default", row->fallback);
	json_member_text(w, "choices", row->choices);
	if (row->type == OPTION_INT || row->type == OPTION_DURATION) {
		json_member_int(w, "min", row->min);
		json_member_int(w, "max", row->max);
	}
	json_member_text(w, "help", row->help);
	json_object_end(w);
}

static void options_json(struct json_writer *w, const char *key, const struct option_row *rows,
    size_t count)
{
	json_key(w, key);
	json_array_begin(w);
	for (size_t i = 0; i < count; i++)
		option_json(w, &rows[i]);
	json_array_end(w);
}

static void command_json(struct json_writer *w, const struct command *c)
{
	struct buf manual = BUF_INIT(64);

	add_manual(c->name, &manual);
	json_object_begin(w);
	json_member_text(w, "name", c->name);
	json_member_text(w, "operands", c->operands);
	json_member_text(w, "summary", c->summary);
	json_member_text(w, "about", c->about);
	json_member_str(w, "manual", buf_str(&manual));
	json_member_bool(w, "is_stream", (c->need & NEED_STREAM) != 0);
	options_json(w, "options", c->options, c->option_count);
	json_object_end(w);
	buf_release(&manual);
}

void help_json(const char *words, struct buf *out)
{
	struct json_writer w;

	out_json_begin(&w, out, "opsctl/help/1");
	json_key(&w, "commands");
	json_array_begin(&w);
	for (size_t i = 0; i < command_count; i++)
		if (is_about(commands[i], words))
			command_json(&w, commands[i]);
	json_array_end(&w);
	options_json(&w, "global_options", global_options, global_option_count);
	json_object_end(&w);
}
