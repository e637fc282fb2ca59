#include "profile.h"

#include "file.h"
#include "mem.h"

#define NOWHERE SIZE_MAX

enum { PATH_MAX_BYTES = 4096 };

struct section {
	enum profile_section kind;
	const char *name;
	bool is_prefixed; /* [profile default], which beats [default] */
};

/* Later ones win: that is how the credentials file, read second, does. */
struct property {
	size_t section;    /* or NOWHERE */
	const char *block; /* the property that it is nested in, or NULL */
	const char *key, *value;
};

struct profiles {
	/* Copies of the files, cut up by NULs; all names and values stand in them. */
	char *texts[2];
	size_t lengths[2];
	struct section *sections;
	size_t section_count, section_room;
	struct property *properties;
	size_t property_count, property_room;
};

/* ---- one file ---- */

struct parser {
	struct profiles *p;
	const char *file; /* its name */
	bool is_config;
	unsigned line;
	size_t section;   /* the one under way, or NOWHERE */
	bool has_section; /* a header was seen; it may be one that is ignored */
	size_t top;       /* the last property that is not nested, or NOWHERE */
	char *top_end;    /* where its value ends */
};

static int refuse(const struct parser *q, const char *why, struct err *err)
{
	return err_set(err, ERR_CONFIG, "%s line %u: %s", q->file, q->line, why);
}

/* Make it a C string in place: what follows it is a line's end, a blank or an '='. */
static const char *terminate(struct str s)
{
	((char *)s.p)[s.n] = '\0';
	return s.p;
}

/*
 * Without a comment: '#' or ';' at the start or after a blank. So do the SDKs; the AWS CLI alone
 * takes it for part of the value.
 */
static struct str cut_comment(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] == '#' || s.p[i] == ';') &&
		    (i == 0 || s.p[i - 1] == ' ' || s.p[i - 1] == '\t'))
			return str_slice(s, 0, i);
	return s;
}

static size_t section_find(const struct profiles *p, enum profile_section kind, const char *name)
{
	for (size_t i = 0; i < p->section_count; i++)
		if (p->sections[i].kind == kind && strcmp(p->sections[i].name, name) == 0)
			return i;
	return NOWHERE;
}

static size_t section_add(struct profiles *p, enum profile_section kind, const char *name)
{
	if (p->section_count == p->section_room) {
		p->section_room = p->section_room ? p->section_room * 2 : 8;
		p->sections = xrealloc(p->sections, p->section_room * sizeof(*p->sections));
	}
	p->sections[p->section_count] = (struct section){ .kind = kind, .name = name };
	return p->section_count++;
}

static void forget_properties(struct profiles *p, size_t section)
{
	for (size_t i = 0; i < p->property_count; i++)
		if (p->properties[i].section == section)
			p->properties[i].section = NOWHERE;
}

/* "x" or 'x', which is how the AWS CLI writes a name with blanks. */
static struct str unquote(struct str s)
{
	if (s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0])
		return str_slice(s, 1, s.n - 1);
	return s;
}

/* What a header's words mean in the config file; false: nothing of ours. */
static bool read_prefix(struct str header, enum profile_section *kind, struct str *name)
{
	static const struct {
		const char *prefix;
		enum profile_section kind;
	} rows[] = {
		{ "profile", PROFILE_PROFILE },
		{ "sso-session", PROFILE_SSO_SESSION },
		{ "services", PROFILE_SERVICES },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct str prefix = str_from(rows[i].prefix), rest = str_skip(header, prefix.n);

		if (str_has_prefix(header, prefix) && rest.n && strchr(" \t", rest.p[0])) {
			*kind = rows[i].kind;
			*name = unquote(str_trim(rest));
			return true;
		}
	}
	return false;
}

/* Begin the section, or leave q->section NOWHERE for one that is not for us. */
static void begin_section(struct parser *q, struct str header)
{
	enum profile_section kind = PROFILE_PROFILE;
	struct str name = unquote(header);
	bool is_prefixed = q->is_config && read_prefix(header, &kind, &name);
	bool is_default = str_is(name, "default") && kind == PROFILE_PROFILE;
	struct profiles *p = q->p;

	q->section = NOWHERE;
	if (name.n == 0 || (q->is_config && !is_prefixed && !is_default))
		return;
	q->section = section_find(p, kind, terminate(name));
	if (q->section == NOWHERE)
		q->section = section_add(p, kind, name.p);
	if (!q->is_config || !is_default)
		return;

	if (is_prefixed && !p->sections[q->section].is_prefixed) {
		forget_properties(p, q->section);
		p->sections[q->section].is_prefixed = true;
	} else if (!is_prefixed && p->sections[q->section].is_prefixed) {
		q->section = NOWHERE;
	}
}

static int read_header(struct parser *q, struct str line, struct err *err)
{
	struct str header, rest;

	if (!str_cut(str_skip(line, 1), ']', &header, &rest))
		return refuse(q, "']' is missing", err);
	if (str_trim(cut_comment(rest)).n)
		return refuse(q, "text after ']'", err);
	q->has_section = true;
	q->top = NOWHERE;
	begin_section(q, str_trim(header));
	return 0;
}

/* Cut "key = value" up in place. */
static int add_property(struct parser *q, const char *block, struct str line, struct err *err)
{
	struct profiles *p = q->p;
	struct str key, value;

	if (!str_cut(line, '=', &key, &value))
		return refuse(q, "neither [section] nor key = value", err);
	key = str_trim(key);
	value = str_trim(cut_comment(value));
	if (key.n == 0)
		return refuse(q, "no key before '='", err);

	if (p->property_count == p->property_room) {
		p->property_room = p->property_room ? p->property_room * 2 : 32;
		p->properties = xrealloc(p->properties, p->property_room * sizeof(*p->properties));
	}
	if (!block)
		q->top = p->property_count;
	p->properties[p->property_count++] = (struct property){
		.section = q->section,
		.block = block,
		.key = terminate(key),
		.value = terminate(value),
	};
	q->top_end = (char *)value.p + value.n;
	return 0;
}

/* An indented line: in the block that an empty value opened, or more of a value. */
static int read_indented(struct parser *q, struct str line, struct err *err)
{
	struct str more = str_trim(cut_comment(line));
	const struct property *top;

	if (q->top == NOWHERE)
		return refuse(q, "indented, but under no key", err);
	top = &q->p->properties[q->top];
	if (*top->value == '\0')
		return add_property(q, top->key, line, err);

	/* There is room: the text that joins stood behind the line's end. */
	*q->top_end = '\n';
	memmove(q->top_end + 1, more.p, more.n);
	q->top_end += 1 + more.n;
	*q->top_end = '\0';
	return 0;
}

static int read_line(struct parser *q, struct str raw, struct err *err)
{
	struct str line = str_trim(raw);

	if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
		return 0;
	if (raw.p[0] == '[')
		return read_header(q, line, err);
	if (!q->has_section)
		return refuse(q, "before the first [section]", err);
	if (raw.p[0] == ' ' || raw.p[0] == '\t')
		return read_indented(q, line, err);
	return add_property(q, NULL, line, err);
}

static int parse_file(struct profiles *p, size_t which, struct str text, const char *name,
    struct err *err)
{
	struct parser q = {
		.p = p,
		.file = name,
		.is_config = which == 0,
		.section = NOWHERE,
		.top = NOWHERE,
	};
	struct str rest, line;

	if (text.n > PROFILE_FILE_MAX)
		return err_set(err, ERR_CONFIG, "%s: larger than %d bytes", name, PROFILE_FILE_MAX);
	if (str_find(text, '\0') < text.n)
		return err_set(err, ERR_CONFIG, "%s: not a text file", name);
	p->texts[which] = xstrndup(text);
	p->lengths[which] = text.n;

	rest = (struct str){ p->texts[which], text.n };
	while (rest.n) {
		q.line++;
		(void)str_cut(rest, '\n', &line, &rest); /* the last line needs no end */
		if (line.n && read_line(&q, line, err) != 0)
			return -1;
	}
	return 0;
}

/* ---- both files ---- */

int profiles_parse(struct profiles **out, struct str config, const char *config_name,
    struct str credentials, const char *credentials_name, struct err *err)
{
	struct profiles *p = xcalloc(1, sizeof(*p));

	if (parse_file(p, 0, config, config_name, err) != 0 ||
	    parse_file(p, 1, credentials, credentials_name, err) != 0) {
		profiles_free(p);
		return -1;
	}
	*out = p;
	return 0;
}

const char *profile_env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

bool profile_path(const char *path, struct buf *out)
{
	const char *home = profile_env("HOME");

	if (strncmp(path, "~/", 2) == 0) {
		if (!home)
			return false;
		buf_adds(out, home);
		path++;
	}
	buf_adds(out, path);
	return !out->full;
}

static int read_file(const char *variable, const char *fallback, struct buf *path, struct buf *text,
    struct err *err)
{
	const char *wanted = profile_env(variable);

	/* Without HOME there is no such file. */
	if (!profile_path(wanted ? wanted : fallback, path))
		return 0;
	if (file_read(buf_text(path), text, err) == 0 || err->code == ERR_NOTFOUND)
		return 0;
	if (err->code == ERR_INVALID)
		err->code = ERR_CONFIG;
	return -1;
}

int profiles_load(struct profiles **out, struct err *err)
{
	struct buf config = BUF_INIT(PROFILE_FILE_MAX), credentials = BUF_INIT(PROFILE_FILE_MAX);
	struct buf config_path = BUF_INIT(PATH_MAX_BYTES), path = BUF_INIT(PATH_MAX_BYTES);
	int rc = -1;

	if (read_file("AWS_CONFIG_FILE", "~/.aws/config", &config_path, &config, err) == 0 &&
	    read_file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", &path, &credentials,
		err) == 0)
		rc = profiles_parse(out, buf_str(&config), buf_text(&config_path),
		    buf_str(&credentials), buf_text(&path), err);
	buf_wipe(&config);
	buf_wipe(&credentials);
	buf_release(&config_path);
	buf_release(&path);
	return rc;
}

void profiles_free(struct profiles *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(p->texts); i++) {
		mem_wipe(p->texts[i], p->lengths[i]);
		free(p->texts[i]);
	}
	free(p->sections);
	free(p->properties);
	free(p);
}

/* ---- look-up ---- */

bool profiles_has(const struct profiles *p, enum profile_section section, const char *name)
{
	return p && section_find(p, section, name) != NOWHERE;
}

const char *profiles_get_nested(const struct profiles *p, enum profile_section section,
    const char *name, const char *block, const char *key)
{
	size_t wanted = p ? section_find(p, section, name) : NOWHERE;

	if (wanted == NOWHERE)
		return NULL;
	for (size_t i = p->property_count; i-- > 0;) {
		const struct property *q = &p->properties[i];

		if (q->section == wanted && !q->block == !block &&
		    (!block || str_eq_nocase(str_from(q->block), str_from(block))) &&
		    str_eq_nocase(str_from(q->key), str_from(key)))
			return *q->value ? q->value : NULL;
	}
	return NULL;
}

const char *profiles_get(const struct profiles *p, enum profile_section section, const char *name,
    const char *key)
{
	return profiles_get_nested(p, section, name, NULL, key);
}

const char *profiles_name_at(const struct profiles *p, size_t index)
{
	for (size_t i = 0; p && i < p->section_count; i++)
		if (p->sections[i].kind == PROFILE_PROFILE && index-- == 0)
			return p->sections[i].name;
	return NULL;
}

const char *profile_name(const char *wanted)
{
	const char *env = profile_env("AWS_PROFILE");

	if (wanted)
		return wanted;
	return env ? env : "default";
}
