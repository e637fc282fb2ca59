/* Run a target over the files of a corpus: replay <directory>. */
#include <dirent.h>

#include "file.h"
#include "fuzz.h"

enum { INPUT_MAX = 1024 * 1024 };

static void run_file(const char *dir, const char *name)
{
	struct buf path = BUF_INIT(4096), input = BUF_INIT(INPUT_MAX);
	struct err err;

	buf_addf(&path, "%s/%s", dir, name);
	if (file_read(buf_text(&path), &input, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	(void)LLVMFuzzerTestOneInput((const uint8_t *)buf_text(&input), input.n);
	buf_release(&path);
	buf_release(&input);
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	unsigned count = 0;

	for (const struct dirent *d; dir && (d = readdir(dir));) {
		if (d->d_name[0] == '.')
			continue;
		run_file(argv[1], d->d_name);
		count++;
	}
	if (dir)
		(void)closedir(dir); /* read only */
	printf("%u inputs\n", count);
	return count == 0; /* no corpus is no test */
}
