#include "count.h"

#include <inttypes.h>
#include <stdio.h>

const char *count_text(uint64_t n, const char *noun, char out[COUNT_SIZE])
{
	(void)snprintf(out, COUNT_SIZE, "%" PRIu64 " %s%s", n, noun, n == 1 ? "" : "s");
	return out;
}
