#include "envelope.h"

#include <assert.h>

void envelope_init(struct envelope *e, const struct clock *clock, size_t max_bytes)
{
	*e = (struct envelope){ .body = BUF_INIT(max_bytes) };
	uuid_v7(clock, e->id);
	objectkey_of(e->id, e->key);
}

bool envelope_add(struct envelope *e, struct str line)
{
	assert(e->sha256[0] == '\0' && str_has_suffix(line, STR("\n")));
	if (line.n > e->body.max - e->body.n)
		return false; /* asked first: a buf that refused once takes nothing more */
	buf_add(&e->body, line);
	e->record_count++;
	return true;
}

void envelope_seal(struct envelope *e)
{
	hash_sha256_hex(buf_str(&e->body), e->sha256);
}

void envelope_release(struct envelope *e)
{
	if (e)
		buf_release(&e->body);
}

bool envelope_next(struct str *rest, struct str *line)
{
	if (rest->n == 0)
		return false;
	(void)str_cut(*rest, '\n', line, rest); /* a last line without one is a line too */
	return true;
}

int envelope_check(struct str body, size_t *record_count, struct err *err)
{
	struct str rest = body, line;
	struct record record;
	size_t count = 0;

	if (!str_has_suffix(body, STR("\n")))
		return err_set(err, ERR_CORRUPT, "envelope: does not end in a newline");
	while (envelope_next(&rest, &line)) {
		count++;
		if (record_parse(line, &record, err) != 0)
			return err_wrap(err, "line %zu", count);
	}
	*record_count = count;
	return 0;
}
