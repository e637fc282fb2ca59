#include "sample.h"

#include <inttypes.h>

void sample_payload(struct buf *out, const struct clock *clock, uint64_t n, size_t bytes)
{
	size_t from = out->n;

	/* Four members, all strings: the four-fields policy takes it too. */
	buf_addf(out,
	    "{\"email_subject\":\"test payload %" PRIu64 "\",\"email_sender\":\"opsctl\","
	    "\"email_timestream\":\"%" PRId64 "\",\"email_content\":\"",
	    n, clock_wall_s(clock));
	for (size_t i = out->n - from + 2; i < bytes; i++)
		buf_addc(out, 'x');
	buf_adds(out, "\"}");
}
