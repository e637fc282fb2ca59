/*
 * journal: whatever stands behind a good first line, it is refused or read; what was read is
 * read again the same, and the states of all lines add up.
 */
#include "journal.h"

#include <unistd.h>

#include "fuzz.h"

enum { LINES = 3000, NOW_MS = 1 };

static const char digest[HASH_HEX_SIZE] =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static char path[64];

static void remove_file(void)
{
	(void)unlink(path);
}

static void write_file(struct str entries)
{
	FILE *file;

	if (path[0] == '\0') {
		(void)snprintf(path, sizeof(path), "/tmp/fuzz_journal.%d", (int)getpid());
		(void)atexit(remove_file);
	}
	file = fopen(path, "we");
	FUZZ_CHECK(file != NULL);
	(void)fprintf(file, "opsctl-journal 1 %s %d 1\n", digest, LINES);
	(void)fwrite(entries.p, 1, entries.n, file);
	FUZZ_CHECK(fclose(file) == 0);
}

static void check_sums(const struct journal *j)
{
	uint64_t sum = 0, unknown = 0;

	for (enum journal_state s = JOURNAL_NONE; s <= JOURNAL_BLANK; s++)
		sum += journal_count(j, s);
	FUZZ_CHECK(sum == LINES);
	for (uint64_t line = 1; line <= LINES; line++)
		unknown += journal_is_unknown(j, line);
	FUZZ_CHECK(unknown <= j->unknown_to && j->unknown_to <= LINES);
	FUZZ_CHECK(j->unknown_since_ms >= 0 && (unknown > 0 || j->unknown_since_ms == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct journal j;
	uint64_t reserved;
	struct err err;

	write_file(fuzz_input(bytes, size));
	if (journal_open(&j, path, digest, LINES, NOW_MS, &err) != 0) {
		FUZZ_CHECK(err.code == ERR_CORRUPT);
		return 0;
	}
	check_sums(&j);
	reserved = j.reserved;
	FUZZ_CHECK(journal_reserve(&j, LINES, NOW_MS, &err) == 0);
	journal_unreserve(&j, 0); /* nothing of it was sent */
	journal_set_verified(&j);
	journal_forget_refused(&j);
	journal_close(&j);
	FUZZ_CHECK(journal_open(&j, path, digest, LINES, NOW_MS, &err) == 0);
	check_sums(&j);
	FUZZ_CHECK(journal_count(&j, JOURNAL_ACCEPTED) + journal_count(&j, JOURNAL_REFUSED) == 0);
	FUZZ_CHECK(j.reserved == reserved);
	journal_close(&j);
	return 0;
}
