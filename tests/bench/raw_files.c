/*
 * raw_files: the anchor of the worker's figures: COUNT files of SIZE bytes by
 * write + fsync + rename + fsync of the directory, one after the other, nothing else.
 * Prints files per second.
 *
 *   raw_files DIRECTORY COUNT SIZE
 */
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "mem.h"

static int put(const char *directory, int directory_fd, uint64_t number, struct str bytes,
    struct err *err)
{
	char path[4096], temporary[4096 + 8];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%" PRIu64, directory, number);
	(void)snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno(err, "%s", temporary);
	if (file_write_all(fd, bytes, err) != 0)
		return -1;
	if (fsync(fd) != 0 || close(fd) != 0 || rename(temporary, path) != 0 ||
	    fsync(directory_fd) != 0)
		return err_errno(err, "%s", path);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t count, size;
	int64_t began_us;
	struct str bytes;
	struct err err;
	int fd;

	if (argc != 4 || !str_to_u64(str_from(argv[2]), &count) ||
	    !str_to_u64(str_from(argv[3]), &size)) {
		fprintf(stderr, "usage: raw_files DIRECTORY COUNT SIZE\n");
		return 2;
	}
	fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	bytes = (struct str){ xcalloc(1, size), size };
	began_us = clock_mono_us(&clock_system);
	for (uint64_t i = 0; i < count; i++) {
		if (put(argv[1], fd, i, bytes, &err) != 0) {
			fprintf(stderr, "raw_files: %s\n", err.text);
			return 1;
		}
	}
	printf("%.1f\n", (double)count * 1e6 / (double)(clock_mono_us(&clock_system) - began_us));
	free((void *)(uintptr_t)bytes.p);
	(void)close(fd);
	return 0;
}
