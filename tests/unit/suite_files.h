/*
 * suite_files: the files of the signature suites under tests/data/sigv4. One that is not there
 * fails the test.
 */
#ifndef OPS_TEST_SUITE_FILES_H
#define OPS_TEST_SUITE_FILES_H

#include <dirent.h>
#include <unistd.h>

#include "data.h"

/* Where files of a case stand: "<dir>/<prefix><suffix>". */
struct place {
	char dir[512], prefix[128];
};

static inline void file_path(const struct place *place, const char *suffix, struct buf *out)
{
	buf_addf(out, "%s/%s%s", place->dir, place->prefix, suffix);
}

static inline bool has_file(const struct place *place, const char *suffix)
{
	struct buf path = BUF_INIT(1024);
	bool is_there;

	file_path(place, suffix, &path);
	is_there = access(buf_text(&path), R_OK) == 0;
	buf_release(&path);
	return is_there;
}

static inline void load(const struct place *place, const char *suffix, struct buf *out)
{
	struct buf path = BUF_INIT(1024);
	struct err err;

	buf_init(out, DATA_MAX);
	file_path(place, suffix, &path);
	if (file_read(buf_text(&path), out, &err) != 0)
		test_die("%s", err.text);
	buf_release(&path);
}

static inline void check_file(struct str got, const struct place *place, const char *suffix)
{
	struct buf want;

	load(place, suffix, &want);
	CHECK_STR(got, str_trim(buf_str(&want)));
	buf_release(&want);
}

/* Run `run` in every directory of tests/data/sigv4/<name> that holds a case; how many. */
static inline size_t each_case(const char *name, const char *suffix, bool is_prefixed,
    void (*run)(const struct place *place))
{
	char root[256], case_name[128];
	size_t count = 0;
	DIR *dir;

	snprintf(root, sizeof(root), "%s/sigv4/%s", TEST_DATA, name);
	dir = opendir(root);
	if (!dir)
		test_die("no directory %s", root);
	for (const struct dirent *d; (d = readdir(dir));) {
		struct place place = { .prefix = "" };

		if (d->d_name[0] == '.')
			continue;
		snprintf(case_name, sizeof(case_name), "%.120s", d->d_name);
		test_case = case_name;
		snprintf(place.dir, sizeof(place.dir), "%s/%s", root, case_name);
		if (is_prefixed)
			snprintf(place.prefix, sizeof(place.prefix), "%.120s", case_name);
		if (!has_file(&place, suffix))
			continue;
		run(&place);
		count++;
	}
	closedir(dir);
	test_case = name;
	return count;
}

#endif
