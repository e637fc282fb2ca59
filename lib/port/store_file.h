/*
 * store_file: what the parts of the file store share. Private to store_file*.c.
 *
 *   <directory>/<key>              the object's bytes and nothing else
 *   <directory>/.../.NAME.sha256   symbolic link whose target text is the hex digest
 *   <directory>/.tmp/<random>      objects being written
 *
 * Why a link and not an extended attribute or a file: `cp -a`, `rsync -a` and `tar` keep
 * links and by default drop attributes, which some file systems do not have at all;
 * a file of its own would need an fsync of its own; and a link is read in one call.
 */
#ifndef OPS_STORE_FILE_H
#define OPS_STORE_FILE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store.h"

struct store_dir;

struct store_file {
	struct store base;
	const struct clock *clock;
	char *path;
	int root_fd;
	_Atomic int tmp_fd;     /* -1: could not be opened yet; once it is, the number stays */
	pthread_mutex_t lock;   /* guards dirs and what it says in store_file_dir.c */
	struct store_dir *dirs; /* most recently used first */
};

/*
 * After err_errno() while writing: ERR_INVALID and ERR_CONFLICT become ERR_IO, because
 * what the disk refuses (a plain file where a directory must be, an fsync() of a directory
 * that is not supported) is not the object's fault and may be mended. Always -1.
 */
int store_file_blame_disk(struct err *err);

/* The key's directory part, without a slash at its end; the rest is *name. */
struct str store_file_split(struct str key, struct str *name);

/* Open a directory below the root without following links. ERR_NOTFOUND. Caller closes. */
int store_file_open_dir(const struct store_file *s, struct str path, int *fd, struct err *err)
    ATTR_MUST_CHECK;

/* ---- digests ---- */

enum { STORE_FILE_NAME_SIZE = 256 };

/* Name of the link. ERR_INVALID: too long for a file name. */
int store_file_digest_name(struct str name, char out[STORE_FILE_NAME_SIZE], struct err *err)
    ATTR_MUST_CHECK;

/* Digest of a regular file's bytes; ERR_NOTFOUND; ERR_CORRUPT: it is something else. */
int store_file_digest_of(int dir_fd, const char *name, char out[HASH_HEX_SIZE], struct err *err)
    ATTR_MUST_CHECK;

/* ---- objects being written (store_file_tmp.c) ---- */

enum { STORE_TMP_NAME_SIZE = 33 };

/*
 * Open .tmp, made when it is missing, and remove what a crash left in it. tmp_fd stays -1
 * when we cannot: a reader of somebody else's store needs none; put and check try again, and say so.
 */
void store_tmp_open(struct store_file *s);

/* A new name in .tmp. */
void store_tmp_name(char out[STORE_TMP_NAME_SIZE]);

/* Make the file `name` in .tmp, and .tmp too when somebody has removed it meanwhile. */
int store_tmp_create(struct store_file *s, const char *name, int *fd, struct err *err)
    ATTR_MUST_CHECK;

/* What stays is removed at a later start. */
void store_tmp_remove(const struct store_file *s, const char *name);

/* Whether .tmp takes all that a put does: a file, a link, a symbolic link, an fsync. */
int store_tmp_check(struct store_file *s, struct err *err) ATTR_MUST_CHECK;

/* ---- directories that are written to (store_file_dir.c) ---- */

struct store_dir {
	struct store_dir *next;
	char *path; /* below the root, "" for the root itself */
	int fd;
	unsigned users;

	pthread_mutex_t lock;
	pthread_cond_t synced_more;
	uint64_t entered; /* calls of store_dir_sync() so far */
	uint64_t synced;  /* those up to this one are done */
	bool syncing;
	bool failed; /* for as long as this handle lives: forget it, and begin with a new one */
	struct err failure;
	bool lock_is_stuck; /* at the last try: whoever holds it has done so for too long */
};

/* The directory, made and durable itself. Give it back with store_dir_put(). */
int store_dir_get(struct store_file *s, struct str path, struct store_dir **out, struct err *err)
    ATTR_MUST_CHECK;
void store_dir_put(struct store_file *s, struct store_dir *d);

/* Do not hand this one out again: it was removed, or is in doubt. */
void store_dir_forget(struct store_file *s, struct store_dir *d);

void store_dir_free_all(struct store_file *s);

/*
 * Make every name durable that was made before the call. Callers share: who finds no
 * fsync under way does one for all that came so far, those who come meanwhile wait for
 * the next. After a failure every later call on this handle fails too; what that fsync
 * has lost a second one does not report, so a put that failed must be done anew, names included.
 */
int store_dir_sync(struct store_dir *d, struct err *err) ATTR_MUST_CHECK;

/*
 * The writers' turn to make names, among threads and processes. A process that was stopped may
 * hold it: after 20 ms, a thousand times what it takes, we go on without, as where a file
 * system has no locks.
 */
void store_dir_lock(struct store_dir *d);
void store_dir_unlock(struct store_dir *d);

/* ---- reading (store_file_read.c) ---- */

int store_file_get(struct store *s, struct str key, struct buf *out, struct store_info *info,
    struct err *err) ATTR_MUST_CHECK;
int store_file_head(struct store *s, struct str key, struct store_info *info, struct err *err)
    ATTR_MUST_CHECK;
int store_file_list(struct store *s, struct str after, store_list_fn *fn, void *arg,
    struct err *err) ATTR_MUST_CHECK;

#endif
