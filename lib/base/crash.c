#include "crash.h"

#ifdef OPS_CRASH_POINTS

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "str.h"

/* SIGKILL to ourselves: no handler, no flush, no atexit. What was written is in the page cache. */
void crash_point(const char *name)
{
	static atomic_uint_fast64_t reached;
	struct str wanted, nth;
	uint64_t n = 1;

	if (!str_cut(str_from(getenv("CRASH_AT")), ':', &wanted, &nth) || !str_to_u64(nth, &n))
		n = 1;
	if (str_is(wanted, name) && atomic_fetch_add(&reached, 1) + 1 == n)
		(void)kill(getpid(), SIGKILL);
}

#else

/* ISO C wants at least one declaration in a file. */
typedef int crash_points_are_off;

#endif
