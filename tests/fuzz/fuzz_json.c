/* json: the reader over any bytes, every look-up over what it read, the writer over any text. */
#include "json.h"

#include "fuzz.h"

static void visit(const struct json *value, unsigned depth)
{
	(void)json_get_text(value, NULL);
	(void)json_get_int(value, 0);
	(void)json_get_double(value, 0);
	(void)json_get_bool(value, false);
	(void)json_is_null(value);
	for (size_t i = 0; depth < 64 && i < json_count(value) && i < 64; i++) {
		const char *name = json_key_at(value, i);

		if (name)
			FUZZ_CHECK(json_get(value, name) != NULL);
		visit(json_at(value, i), depth + 1);
	}
}

static void check_written(struct str text)
{
	struct buf out = BUF_INIT(16 * 1024 * 1024);
	struct json_writer w;
	struct json *doc;
	struct err err;

	json_writer_init(&w, &out);
	json_str(&w, text);
	FUZZ_CHECK(!out.full && json_parse(buf_str(&out), &doc, &err) == 0);
	FUZZ_CHECK(json_get_text(doc, NULL) != NULL);
	json_free(doc);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str text = fuzz_input(bytes, size);
	struct json *doc;
	struct err err;

	check_written(text);
	if (json_parse(text, &doc, &err) != 0) {
		FUZZ_CHECK(err.code == ERR_INVALID);
		return 0;
	}
	visit(doc, 0);
	json_free(doc);
	return 0;
}
