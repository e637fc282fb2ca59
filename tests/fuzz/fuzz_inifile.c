/*
 * inifile: what is parsed is found again, row by row; a section or a head line that is put in
 * is there afterwards, with all other rows as they were. The input is also tried as a value.
 */
#include "inifile.h"

#include <string.h>

#include "fuzz.h"
#include "mem.h"

enum { OUT_MAX = 2 * INIFILE_MAX };

static bool is_put(const struct inifile_row *row, const char *section)
{
	return strcmp(row->section, section) == 0;
}

/* The rows of all other sections, in their order. */
static void check_others(const struct inifile *before, const struct inifile *after,
    const char *section)
{
	size_t k = 0;

	for (size_t i = 0; i < before->count; i++) {
		if (is_put(&before->rows[i], section))
			continue;
		while (k < after->count && is_put(&after->rows[k], section))
			k++;
		FUZZ_CHECK(k < after->count);
		FUZZ_CHECK(strcmp(before->rows[i].section, after->rows[k].section) == 0);
		FUZZ_CHECK(strcmp(before->rows[i].key, after->rows[k].key) == 0);
		FUZZ_CHECK(strcmp(before->rows[i].value, after->rows[k].value) == 0);
		k++;
	}
}

static void check_section(struct str text, const struct inifile *before)
{
	struct buf out = BUF_INIT(OUT_MAX);
	struct inifile after = { 0 };
	struct err err;

	inifile_put_section(text, "s", STR("k = v\n"), &out);
	FUZZ_CHECK(inifile_parse(buf_str(&out), "after", &after, &err) == 0);
	FUZZ_CHECK(strcmp(inifile_get(&after, "s", "k"), "v") == 0);
	check_others(before, &after, "s");
	inifile_release(&after);
	buf_release(&out);
}

static void check_head(struct str text, const struct inifile *before)
{
	struct buf out = BUF_INIT(OUT_MAX);
	struct inifile after = { 0 };
	struct err err;

	inifile_put_head(text, "k", STR("k = v\n"), &out);
	FUZZ_CHECK(inifile_parse(buf_str(&out), "after", &after, &err) == 0);
	FUZZ_CHECK(strcmp(inifile_get(&after, "", "k"), "v") == 0);
	check_others(before, &after, "");
	inifile_release(&after);
	buf_release(&out);
}

/* What is written is read back as it was, or refused. */
static void check_value(struct str text)
{
	struct buf out = BUF_INIT(OUT_MAX);
	char *value = xstrndup(text);
	struct inifile ini = { 0 };
	struct err err;

	if (inifile_add_line(&out, "k", value, &err) == 0) {
		FUZZ_CHECK(inifile_parse(buf_str(&out), "value", &ini, &err) == 0);
		FUZZ_CHECK(ini.count == 1 && strcmp(ini.rows[0].value, value) == 0);
	}
	inifile_release(&ini);
	buf_release(&out);
	free(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str text = fuzz_input(bytes, size);
	struct inifile ini = { 0 };
	struct err err;

	if (size > INIFILE_MAX)
		return 0;
	if (inifile_parse(text, "input", &ini, &err) == 0) {
		for (size_t i = 0; i < ini.count; i++)
			FUZZ_CHECK(inifile_get(&ini, ini.rows[i].section, ini.rows[i].key) ==
			    ini.rows[i].value);
		check_section(text, &ini);
		check_head(text, &ini);
	} else {
		FUZZ_CHECK(err.code == ERR_CONFIG && ini.count == 0);
	}
	check_value(text);
	inifile_release(&ini);
	return 0;
}
