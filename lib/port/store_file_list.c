#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "store_file.h"

/* A listing under way. */
struct listing {
	struct str after;
	store_list_fn *fn;
	void *arg;
	struct buf key; /* of the directory under way, with its slash */
	bool stopped;
};

/* Names of one directory, those of directories with a slash: so they sort as keys do. */
struct names {
	char **items;
	size_t count, capacity;
};

static void names_add(struct names *l, const char *name, bool is_dir)
{
	size_t n = strlen(name);

	if (l->count == l->capacity) {
		l->capacity = l->capacity ? l->capacity * 2 : 64;
		l->items = xrealloc(l->items, l->capacity * sizeof(*l->items));
	}
	l->items[l->count] = xmalloc(n + 2);
	memcpy(l->items[l->count], name, n + 1);
	if (is_dir)
		memcpy(l->items[l->count] + n, "/", 2);
	l->count++;
}

static void names_release(struct names *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i]);
	free(l->items);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whether the key, or any key below it when it ends in a slash, sorts behind `after`. */
static bool is_wanted(const struct listing *l, struct str key)
{
	return str_cmp(key, l->after) > 0 ||
	    (str_has_suffix(key, STR("/")) && str_has_prefix(l->after, key));
}

static bool kind_of(int dir_fd, const struct dirent *e, bool *is_dir)
{
	struct stat st;

	*is_dir = e->d_type == DT_DIR;
	if (e->d_type != DT_UNKNOWN)
		return *is_dir || e->d_type == DT_REG;
	if (fstatat(dir_fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	*is_dir = S_ISDIR(st.st_mode);
	return *is_dir || S_ISREG(st.st_mode);
}

/* Neither links nor what begins with a dot are objects; what put() would refuse is not ours. */
static void consider(struct listing *l, int dir_fd, const struct dirent *e, struct names *out)
{
	size_t before = l->key.n;
	bool is_dir;

	if (e->d_name[0] == '.' || !str_only(str_from(e->d_name), store_key_bytes) ||
	    !kind_of(dir_fd, e, &is_dir))
		return;
	buf_adds(&l->key, e->d_name);
	if (is_dir)
		buf_addc(&l->key, '/');
	if (!l->key.full && is_wanted(l, buf_str(&l->key)))
		names_add(out, e->d_name, is_dir);
	l->key.full = false; /* too long: not a key */
	buf_truncate(&l->key, before);
}

static int read_names(struct listing *l, int dir_fd, struct names *out, struct err *err)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int rc = 0;

	if (!dir) {
		(void)err_errno(err, "store directory '%s'", buf_text(&l->key));
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	errno = 0;
	while ((e = readdir(dir))) {
		consider(l, dir_fd, e, out);
		errno = 0;
	}
	if (errno != 0)
		rc = err_errno(err, "store directory '%s'", buf_text(&l->key));
	(void)closedir(dir); /* also closes fd */
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), compare);
	return rc;
}

static void emit(struct listing *l, int dir_fd, const char *name)
{
	size_t before = l->key.n;
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return; /* removed meanwhile */
	buf_adds(&l->key, name);
	l->stopped = !l->fn(l->arg, buf_str(&l->key), (uint64_t)st.st_size);
	buf_truncate(&l->key, before);
}

static int walk(struct listing *l, int dir_fd, struct err *err);

static int descend(struct listing *l, int dir_fd, char *name, struct err *err)
{
	size_t before = l->key.n, n = strlen(name);
	int fd, rc;

	buf_adds(&l->key, name);
	name[n - 1] = '\0';
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0) {
		rc = walk(l, fd, err);
		(void)close(fd);
	} else {
		/* Removed meanwhile is not an error. */
		rc = errno == ENOENT ? 0
				     : err_errno(err, "store directory '%s'", buf_text(&l->key));
	}
	buf_truncate(&l->key, before);
	return rc;
}

/* Recursion is bounded by the length of a key. */
static int walk(struct listing *l, int dir_fd, struct err *err)
{
	struct names names = { 0 };
	int rc = read_names(l, dir_fd, &names, err);

	for (size_t i = 0; rc == 0 && i < names.count && !l->stopped; i++) {
		if (str_has_suffix(str_from(names.items[i]), STR("/")))
			rc = descend(l, dir_fd, names.items[i], err);
		else
			emit(l, dir_fd, names.items[i]);
	}
	names_release(&names);
	return rc;
}

int store_file_list(struct store *base, struct str after, store_list_fn *fn, void *arg,
    struct err *err)
{
	struct listing l = { .after = after, .fn = fn, .arg = arg, .key = BUF_INIT(STORE_KEY_MAX) };
	int rc = walk(&l, ((struct store_file *)base)->root_fd, err);

	buf_release(&l.key);
	return rc;
}
