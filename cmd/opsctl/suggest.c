#include "suggest.h"

enum { WORD_MAX = 40 };

static unsigned min_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edits between the words, a swap of neighbours being one (optimal string alignment). */
static unsigned edit_distance(struct str a, struct str b)
{
	unsigned d[WORD_MAX + 1][WORD_MAX + 1];

	if (a.n > WORD_MAX || b.n > WORD_MAX)
		return WORD_MAX;
	for (unsigned i = 0; i <= a.n; i++)
		d[i][0] = i;
	for (unsigned j = 0; j <= b.n; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		for (size_t j = 1; j <= b.n; j++) {
			unsigned cost = a.p[i - 1] != b.p[j - 1];

			d[i][j] = min_of(min_of(d[i - 1][j], d[i][j - 1]) + 1,
			    d[i - 1][j - 1] + cost);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
				d[i][j] = min_of(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[a.n][b.n];
}

void suggest_init(struct suggest *s, struct str typed)
{
	/* About a third of the letters may be wrong, but never all of them. */
	*s = (struct suggest){ .typed = typed };
	s->distance = min_of((unsigned)typed.n / 3 + 2, (unsigned)typed.n);
}

void suggest_try(struct suggest *s, struct str word, struct str shown)
{
	unsigned distance = edit_distance(s->typed, word);

	if (distance < s->distance) {
		s->distance = distance;
		s->best = shown;
	}
}
