#include "histogram.h"

#include <math.h>

/* Below STEPS the bucket is the value; above, its leading STEP_BITS + 1 bits and their place. */
static size_t bucket_of(uint64_t us)
{
	unsigned power = 63;

	if (us < HISTOGRAM_STEPS)
		return us;
	if (us >> HISTOGRAM_POWER_MAX)
		return HISTOGRAM_BUCKETS - 1;
	while (!(us >> power))
		power--;
	return (size_t)(power - HISTOGRAM_STEP_BITS) * HISTOGRAM_STEPS +
	    (us >> (power - HISTOGRAM_STEP_BITS));
}

/* The largest value that falls into the bucket. */
static int64_t bucket_end(size_t bucket)
{
	size_t shift;

	if (bucket < 2 * HISTOGRAM_STEPS)
		return (int64_t)bucket;
	shift = bucket / HISTOGRAM_STEPS - 1;
	return (int64_t)(((bucket - shift * HISTOGRAM_STEPS + 1) << shift) - 1);
}

void histogram_add(struct histogram *h, int64_t us)
{
	if (us < 0)
		us = 0;
	h->buckets[bucket_of((uint64_t)us)]++;
	h->count++;
	h->sum_us += us;
	if (us > h->max_us)
		h->max_us = us;
}

void histogram_merge(struct histogram *h, const struct histogram *other)
{
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->buckets[i] += other->buckets[i];
	h->count += other->count;
	h->sum_us += other->sum_us;
	if (other->max_us > h->max_us)
		h->max_us = other->max_us;
}

int64_t histogram_percentile(const struct histogram *h, double percent)
{
	uint64_t rank = (uint64_t)ceil((double)h->count * percent / 100.0);
	uint64_t sum = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		sum += h->buckets[i];
		if (h->buckets[i] > 0 && sum >= rank)
			return bucket_end(i) < h->max_us ? bucket_end(i) : h->max_us;
	}
	return h->max_us;
}
