/*
 * histogram: durations counted in buckets whose width grows with the value: exact below
 * 64 us, then 64 steps per power of two, so that a percentile is at most 1.6 % too high,
 * up to 2^40 us (12 days). Fixed size whatever the number of samples. One thread; several
 * threads keep one each and merge at the end.
 */
#ifndef OPS_HISTOGRAM_H
#define OPS_HISTOGRAM_H

#include "attr.h"

enum {
	HISTOGRAM_STEP_BITS = 6,
	HISTOGRAM_STEPS = 1 << HISTOGRAM_STEP_BITS,
	HISTOGRAM_POWER_MAX = 40,
	HISTOGRAM_BUCKETS = (HISTOGRAM_POWER_MAX - HISTOGRAM_STEP_BITS + 1) * HISTOGRAM_STEPS,
};

/* Zeroed is empty. */
struct histogram {
	uint64_t buckets[HISTOGRAM_BUCKETS];
	uint64_t count;
	int64_t max_us, sum_us;
};

void histogram_add(struct histogram *h, int64_t us); /* negative counts as 0 */
void histogram_merge(struct histogram *h, const struct histogram *other);

/*
 * The smallest bucket bound that at least `percent` (0 to 100) of the samples do not exceed,
 * never above the largest sample; 0 when there is none.
 */
int64_t histogram_percentile(const struct histogram *h, double percent);

#endif
