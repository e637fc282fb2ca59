#include "contexts_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "inifile.h"
#include "shell.h"

static int refuse_mode(const char *path, const struct stat *st, struct err *err)
{
	struct buf word = BUF_INIT(ERR_TEXT_MAX);

	shell_word(&word, str_from(path));
	(void)err_set(err, ERR_CONFIG, "%s: mode %03o lets others in; run: chmod 600 %s", path,
	    (unsigned)st->st_mode & 0777, buf_text(&word));
	buf_release(&word);
	return -1;
}

/* It may be read by its owner only: it says where the secrets are. */
static int read_file(const char *path, struct buf *text, struct err *err)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_errno(err, "%s", path);
	if ((st.st_mode & 077) != 0)
		return refuse_mode(path, &st, err);
	return file_read(path, text, err);
}

struct contexts_file {
	struct buf path, text;
	struct inifile ini;
	int lock_fd; /* -1: only read */
};

static void file_release(struct contexts_file *f)
{
	if (f->lock_fd != -1)
		(void)close(f->lock_fd); /* the lock goes with it */
	inifile_release(&f->ini);
	buf_release(&f->text);
	buf_release(&f->path);
}

/* The file itself is replaced by each change, so it is its directory that is locked. */
static int lock_directory(struct contexts_file *f, struct err *err)
{
	struct str dir = buf_str(&f->path);
	struct buf path = BUF_INIT(4096);
	int rc;

	dir.n -= strlen("/contexts.ini");
	buf_add(&path, dir);
	rc = file_mkdirs(buf_text(&path), 0700, err);
	if (rc == 0) {
		f->lock_fd = open(buf_text(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (f->lock_fd == -1 || flock(f->lock_fd, LOCK_EX) == -1)
			rc = err_errno(err, "%s", buf_text(&path));
	}
	buf_release(&path);
	return rc;
}

static int file_open(struct contexts_file *f, bool to_change, struct err *err)
{
	*f = (struct contexts_file){ .path = BUF_INIT(4096),
		.text = BUF_INIT(INIFILE_MAX),
		.lock_fd = -1 };
	if (context_file_path(&f->path, err) == -1 || (to_change && lock_directory(f, err) == -1) ||
	    read_file(buf_text(&f->path), &f->text, err) == -1 ||
	    inifile_parse(buf_str(&f->text), buf_text(&f->path), &f->ini, err) == -1) {
		file_release(f);
		return -1;
	}
	return 0;
}

static int file_write(const struct contexts_file *f, const struct buf *text, struct err *err)
{
	if (text->full)
		return err_set(err, ERR_CONFIG, "%s: larger than %d bytes", buf_text(&f->path),
		    INIFILE_MAX);
	return file_replace(buf_text(&f->path), buf_str(text), 0600, err);
}

static bool has_section(const struct inifile *ini, const char *name)
{
	for (size_t i = 0; i < ini->count; i++)
		if (strcmp(ini->rows[i].section, name) == 0)
			return true;
	return false;
}

static int unknown_context(const struct contexts_file *f, const char *name, struct err *err)
{
	return err_set(err, ERR_CONFIG,
	    "unknown context '%s': %s has no section of that name; run: opsctl context ls", name,
	    buf_text(&f->path));
}

static int key_of(const char *name)
{
	for (int key = 0; key < CONTEXT_KEY_COUNT; key++)
		if (strcmp(context_key_name((enum context_key)key), name) == 0)
			return key;
	return -1;
}

static bool is_of_service(const char *key)
{
	return str_has_prefix(str_from(key), STR(CONTEXT_SERVICE_PREFIX));
}

static int take_service(struct context *out, const struct inifile_row *row, const char *path,
    struct err *err)
{
	if (row->value[0] == '\0' ||
	    context_service_take(out->services, &out->service_count,
		row->key + strlen(CONTEXT_SERVICE_PREFIX), row->value, err) == 0)
		return 0;
	return err_wrap(err, "%s: [%s]", path, row->section);
}

static int take_row(struct context *out, const struct inifile_row *row, const char *path,
    struct err *err)
{
	int key = key_of(row->key);

	if (is_of_service(row->key))
		return take_service(out, row, path, err);
	if (key == -1)
		return err_set(err, ERR_CONFIG, "%s: [%s]: unknown key '%s'", path, row->section,
		    row->key);
	if (row->value[0] == '\0')
		return 0;
	if (context_check_value((enum context_key)key, row->value, err) == -1)
		return err_wrap(err, "%s: [%s]", path, row->section);
	(void)snprintf(out->values[key], CONTEXT_VALUE_MAX, "%s", row->value);
	return 0;
}

static int take_section(const struct contexts_file *f, const char *name, struct context *out,
    struct err *err)
{
	struct context c = { 0 };

	if (!has_section(&f->ini, name))
		return unknown_context(f, name, err);
	(void)snprintf(c.name, sizeof(c.name), "%s", name);
	for (size_t i = 0; i < f->ini.count; i++)
		if (strcmp(f->ini.rows[i].section, name) == 0 &&
		    take_row(&c, &f->ini.rows[i], buf_text(&f->path), err) == -1)
			return -1;
	*out = c;
	return 0;
}

static int current_from_file(char name[CONTEXT_NAME_MAX + 1], const char **decided_by,
    struct err *err)
{
	struct contexts_file f;
	const char *current;

	if (file_open(&f, false, err) == -1)
		return -1;
	current = inifile_get(&f.ini, "", "current");
	*decided_by = current != NULL ? "contexts.ini" : "default";
	(void)snprintf(name, CONTEXT_NAME_MAX + 1, "%s", current != NULL ? current : CONTEXT_LOCAL);
	file_release(&f);
	return 0;
}

int context_load(const char *name, struct context *out, struct err *err)
{
	struct contexts_file f;
	int rc;

	if (file_open(&f, false, err) == -1)
		return -1;
	rc = take_section(&f, name, out, err);
	file_release(&f);
	return rc;
}

int context_current(char name[CONTEXT_NAME_MAX + 1], const char **decided_by, struct err *err)
{
	const char *variable = getenv("OPSCTL_CONTEXT");

	if (variable == NULL || variable[0] == '\0')
		return current_from_file(name, decided_by, err);
	if (strlen(variable) > CONTEXT_NAME_MAX)
		return err_set(err, ERR_CONFIG, "OPSCTL_CONTEXT: longer than %d bytes",
		    CONTEXT_NAME_MAX);
	*decided_by = "OPSCTL_CONTEXT";
	(void)snprintf(name, CONTEXT_NAME_MAX + 1, "%s", variable);
	return 0;
}

int context_names(context_name_fn *fn, void *arg, struct err *err)
{
	struct contexts_file f;

	fn(arg, CONTEXT_LOCAL);
	if (file_open(&f, false, err) == -1)
		return -1;
	for (size_t i = 0; i < f.ini.count; i++) {
		const char *section = f.ini.rows[i].section;
		bool is_first = i == 0 || strcmp(section, f.ini.rows[i - 1].section) != 0;

		if (section[0] != '\0' && is_first)
			fn(arg, section);
	}
	file_release(&f);
	return 0;
}

/* ---- changing ---- */

int context_make_current(const char *name, struct err *err)
{
	struct buf out = BUF_INIT(INIFILE_MAX), line = BUF_INIT(256);
	struct contexts_file f;
	int rc = -1;

	if (file_open(&f, true, err) == -1)
		return -1;
	if (strcmp(name, CONTEXT_LOCAL) != 0 && !has_section(&f.ini, name)) {
		(void)unknown_context(&f, name, err);
	} else {
		buf_addf(&line, "current = %s\n", name);
		inifile_put_head(buf_str(&f.text), "current", buf_str(&line), &out);
		rc = file_write(&f, &out, err);
	}
	buf_release(&line);
	buf_release(&out);
	file_release(&f);
	return rc;
}

static int add_service(const struct context_service *s, struct buf *lines, struct err *err)
{
	char key[CONTEXT_SERVICE_NAME_MAX + 32];

	for (int k = 0; k < SERVICE_KEY_COUNT; k++) {
		if (s->values[k][0] == '\0')
			continue;
		(void)snprintf(key, sizeof(key), CONTEXT_SERVICE_PREFIX "%s.%s", s->name,
		    context_service_key_name((enum context_service_key)k));
		if (inifile_add_line(lines, key, s->values[k], err) == -1)
			return -1;
	}
	return 0;
}

static int add_values(const struct context *c, struct buf *lines, struct err *err)
{
	for (int key = 0; key < CONTEXT_KEY_COUNT; key++) {
		if (c->values[key][0] == '\0')
			continue;
		if (context_check_value((enum context_key)key, c->values[key], err) == -1 ||
		    inifile_add_line(lines, context_key_name((enum context_key)key), c->values[key],
			err) == -1)
			return -1;
	}
	for (size_t i = 0; i < c->service_count; i++)
		if (add_service(&c->services[i], lines, err) == -1)
			return -1;
	return 0;
}

int context_save(const struct context *c, struct err *err)
{
	struct buf out = BUF_INIT(INIFILE_MAX), lines = BUF_INIT(INIFILE_MAX);
	struct contexts_file f;
	int rc;

	if (context_check_name(c->name, err) == -1 || file_open(&f, true, err) == -1)
		return -1;
	rc = add_values(c, &lines, err);
	if (rc == 0) {
		inifile_put_section(buf_str(&f.text), c->name, buf_str(&lines), &out);
		rc = file_write(&f, &out, err);
	}
	buf_release(&lines);
	buf_release(&out);
	file_release(&f);
	return rc;
}

int context_remove(const char *name, struct err *err)
{
	struct buf without = BUF_INIT(INIFILE_MAX), out = BUF_INIT(INIFILE_MAX);
	struct contexts_file f;
	const char *current;
	int rc = -1;

	if (context_check_name(name, err) == -1 || file_open(&f, true, err) == -1)
		return -1;
	if (!has_section(&f.ini, name)) {
		(void)unknown_context(&f, name, err);
	} else {
		current = inifile_get(&f.ini, "", "current");
		inifile_put_section(buf_str(&f.text), name, STR_NONE, &without);
		if (current != NULL && strcmp(current, name) == 0)
			inifile_put_head(buf_str(&without), "current", STR_NONE, &out);
		else
			buf_add(&out, buf_str(&without));
		rc = file_write(&f, &out, err);
	}
	buf_release(&without);
	buf_release(&out);
	file_release(&f);
	return rc;
}
