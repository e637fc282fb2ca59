#include "prefix.h"

bool prefix_is_one_of(const char *prefixes, const char *value)
{
	struct str prefix, rest = str_from(prefixes);

	while (rest.n > 0) {
		(void)str_cut(rest, '|', &prefix, &rest); /* the last one has no bar behind it */
		if (str_has_prefix(str_from(value), prefix))
			return true;
	}
	return false;
}
