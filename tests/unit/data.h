/*
 * data: test data files under tests/data, read with base/json.h.
 */
#ifndef OPS_TEST_DATA_H
#define OPS_TEST_DATA_H

#include "file.h"
#include "json.h"
#include "test.h"

enum { DATA_MAX = 1024 * 1024 };

/* The parsed file tests/data/<name>; a file that is not there or not JSON fails the test. */
static inline struct json *data_load(const char *name)
{
	struct buf path = BUF_INIT(4096), text = BUF_INIT(DATA_MAX);
	struct json *doc = NULL;
	struct err err;

	buf_addf(&path, "%s/%s", TEST_DATA, name);
	if (file_read(buf_text(&path), &text, &err) != 0 ||
	    json_parse(buf_str(&text), &doc, &err) != 0)
		test_die("%s: %s", buf_text(&path), err.text);
	buf_release(&path);
	buf_release(&text);
	return doc;
}

/* The elements of `array`; an empty or absent one fails the test. */
static inline size_t data_count(const struct json *array)
{
	if (json_count(array) == 0)
		test_die("no cases");
	return json_count(array);
}

static inline bool data_is_text(const struct json *value)
{
	return json_get_text(value, NULL) != NULL;
}

static inline bool data_is_bool(const struct json *value)
{
	return json_get_bool(value, true) == json_get_bool(value, false);
}

static inline bool data_is_number(const struct json *value)
{
	return json_get_double(value, 0) == json_get_double(value, 1);
}

/* Write `value` again, without blanks. An empty array is written as an object. */
static inline void data_print(struct json_writer *w, const struct json *value)
{
	if (json_is_null(value))
		json_null(w);
	else if (data_is_text(value))
		json_text(w, json_get_text(value, NULL));
	else if (data_is_bool(value))
		json_bool(w, json_get_bool(value, false));
	else if (data_is_number(value))
		json_double(w, json_get_double(value, 0), 0);
	else if (json_key_at(value, 0) || json_count(value) == 0) {
		json_object_begin(w);
		for (size_t i = 0; i < json_count(value); i++) {
			json_key(w, json_key_at(value, i));
			data_print(w, json_at(value, i));
		}
		json_object_end(w);
	} else {
		json_array_begin(w);
		for (size_t i = 0; i < json_count(value); i++)
			data_print(w, json_at(value, i));
		json_array_end(w);
	}
}

#endif
