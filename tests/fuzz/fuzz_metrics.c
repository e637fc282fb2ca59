/*
 * metrics: reading an exposition. The first line is the name to look for, the second its
 * labels, the rest is the text.
 */
#include "metrics.h"

#include "fuzz.h"
#include "mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str text = fuzz_input(bytes, size), name, labels;
	char *name_text, *labels_text;
	double one = 0, sum = 0;
	bool found;

	(void)str_cut(text, '\n', &name, &text);
	(void)str_cut(text, '\n', &labels, &text);
	name_text = xstrndup(name);
	labels_text = xstrndup(labels);
	found = metrics_find(text, name_text, labels.n ? labels_text : NULL, &one);
	FUZZ_CHECK(!found || metrics_sum(text, name_text, &sum));
	free(name_text);
	free(labels_text);
	return 0;
}
