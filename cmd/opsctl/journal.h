/*
 * journal: what became of each line of a file that is submitted, kept beside it so that a
 * later run goes on where this one ended.
 *
 * Before a line is sent the journal reserves it, durably, together with many after it:
 * "reserved up to N, at this time". An outcome is appended when it is known and made durable in
 * groups. So after any crash a line is one of: never sent (behind the reservation), known
 * (accepted, verified, refused, blank), or unknown (reserved without an outcome); it is the
 * unknown ones that somebody must look for before they are sent again.
 *
 * A text file: "opsctl-journal 1 <sha256 of the file> <lines> <began ms>", then one of these a
 * line, of which the later counts; a torn last one is dropped:
 *
 *	r <line> <ms>	reserved up to that line, at that time; a smaller number takes back
 *	a <line>	accepted
 *	x <line>	refused
 *	b <line>	blank
 *	v <line>	up to that line what was accepted is verified: it is in the store
 *	n <line>	up to that line what was refused is to be sent anew
 */
#ifndef OPS_JOURNAL_H
#define OPS_JOURNAL_H

#include "buf.h"
#include "err.h"
#include "hash.h"

enum journal_state {
	JOURNAL_NONE,
	JOURNAL_ACCEPTED,
	JOURNAL_VERIFIED, /* accepted, and seen in the store */
	JOURNAL_REFUSED,
	JOURNAL_BLANK,
};

enum {
	JOURNAL_RESERVE = 1024,
	JOURNAL_RESERVE_MS = 60 * 1000, /* a reservation is made anew for lines sent later */
	JOURNAL_LINES_MAX = 100 * 1000 * 1000
};

struct journal {
	int fd;
	const char *path;      /* borrowed */
	unsigned char *states; /* enum journal_state of line i + 1 */
	uint64_t line_count;
	uint64_t reserved; /* lines up to here may have been sent */
	int64_t reserved_ms;
	uint64_t unknown_to;      /* reserved, as it was when the journal was opened */
	int64_t unknown_since_ms; /* no line unknown then was sent before; 0 when none was */
	int64_t began_ms;         /* of the first run */
	bool existed;
	uint64_t size_bytes; /* of whole lines in the file */
	struct buf pending;  /* not yet written */
	bool is_unsynced;    /* written, not yet durable */
};

/*
 * Open or create, and lock. `path` is borrowed. ERR_CONFLICT: it belongs to another content of
 * the file; ERR_BUSY: another process works on it; ERR_CORRUPT: not a journal.
 */
int journal_open(struct journal *j, const char *path, const char file_sha256[HASH_HEX_SIZE],
    uint64_t line_count, int64_t now_ms, struct err *err) ATTR_MUST_CHECK;

/* Flush what is pending and close; an error of the flush is lost: call journal_flush() before. */
void journal_close(struct journal *j);

/* Lines count from 1. */
enum journal_state journal_state(const struct journal *j, uint64_t line);

/* Whether an earlier run may have sent the line without learning the outcome. */
bool journal_is_unknown(const struct journal *j, uint64_t line);

/* Make sure that the line is reserved, durably, before it is sent. Lines in rising order. */
int journal_reserve(struct journal *j, uint64_t line, int64_t now_ms, struct err *err)
    ATTR_MUST_CHECK;

/* Take back what was reserved behind `line`: the run has ended and sent nothing of it. */
void journal_unreserve(struct journal *j, uint64_t line);

/* How many lines are in that state. */
uint64_t journal_count(const struct journal *j, enum journal_state state);

/* Remember an outcome (accepted, refused, blank); durable after the next flush. */
void journal_set(struct journal *j, uint64_t line, enum journal_state state);

/* All that was accepted is verified; durable after the next flush. */
void journal_set_verified(struct journal *j);

/* All that was refused is to be sent anew; durable after the next flush: before it is sent. */
void journal_forget_refused(struct journal *j);

/* Write what is pending and make it durable. */
int journal_flush(struct journal *j, struct err *err) ATTR_MUST_CHECK;

#endif
