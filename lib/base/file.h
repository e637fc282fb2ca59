/*
 * file: whole small files, durable writes, directories. Paths are C strings.
 */
#ifndef OPS_FILE_H
#define OPS_FILE_H

#include <sys/types.h>

#include "buf.h"
#include "err.h"

/* Append the file's content to out; ERR_NOTFOUND, ERR_DENIED, ERR_INVALID (larger than out->max), ERR_IO. */
int file_read(const char *path, struct buf *out, struct err *err) ATTR_MUST_CHECK;

/* Replace the file: temporary name beside it, fsync, rename, fsync of the directory. */
int file_replace(const char *path, struct str content, unsigned mode, struct err *err)
    ATTR_MUST_CHECK;

/* As file_replace(); the file has that owner before it has its name. For root; -1 leaves one. */
int file_replace_for(const char *path, struct str content, unsigned mode, uid_t uid, gid_t gid,
    struct err *err) ATTR_MUST_CHECK;

/* mkdir -p with that mode for what is made; an existing directory is fine. */
int file_mkdirs(const char *path, unsigned mode, struct err *err) ATTR_MUST_CHECK;

/* fsync a directory, so that the names in it survive a power loss. */
int file_sync_dir(const char *path, struct err *err) ATTR_MUST_CHECK;

/* The same for the directory that the file is in. */
int file_sync_parent(const char *path, struct err *err) ATTR_MUST_CHECK;

/* All n bytes, through EINTR and short writes. */
int file_write_all(int fd, struct str content, struct err *err) ATTR_MUST_CHECK;

#endif
