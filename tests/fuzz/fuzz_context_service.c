/* Lines "key=value" as contexts.ini has them for services, and the same input as outputs of Terraform. */
#include "context_service.h"

#include <string.h>

#include "fuzz.h"
#include "mem.h"

static struct context_service services[CONTEXT_SERVICES_MAX];

static void check(size_t count)
{
	FUZZ_CHECK(count <= CONTEXT_SERVICES_MAX);
	for (size_t i = 0; i < count; i++) {
		FUZZ_CHECK(services[i].name[0] != '\0');
		for (size_t k = 0; k < i; k++)
			FUZZ_CHECK(strcmp(services[i].name, services[k].name) != 0);
	}
}

static size_t take_lines(struct str text)
{
	struct str line, key, value;
	size_t count = 0;
	struct err err;

	while (text.n > 0) {
		char *key_text, *value_text;

		(void)str_cut(text, '\n', &line, &text);
		(void)str_cut(line, '=', &key, &value);
		key_text = xstrndup(key);
		value_text = xstrndup(value);
		if (context_service_take(services, &count, key_text, value_text, &err) != 0)
			FUZZ_CHECK(err.code == ERR_CONFIG);
		free(key_text);
		free(value_text);
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str text = fuzz_input(bytes, size);
	struct json *map;
	size_t count;
	struct err err;

	if (memchr(bytes, '\0', size) != NULL)
		return 0; /* no text of a file has one */
	check(take_lines(text));
	if (json_parse(text, &map, &err) != 0)
		return 0;
	count = 0;
	if (context_service_import(map, services, &count, &err) != 0)
		FUZZ_CHECK(err.code == ERR_CONFIG || err.code == ERR_INVALID);
	check(count);
	json_free(map);
	return 0;
}
