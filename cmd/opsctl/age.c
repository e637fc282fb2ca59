#include "age.h"

#include <inttypes.h>

const char *age_text(int64_t s, char out[AGE_SIZE])
{
	static const struct {
		int64_t from_s, unit_s;
		const char *name;
	} units[] = {
		{ 2 * 86400, 86400, "days" },
		{ 2 * 3600, 3600, "h" },
		{ 120, 60, "min" },
		{ INT64_MIN, 1, "s" },
	};
	size_t i = 0;

	while (s < units[i].from_s)
		i++;
	(void)snprintf(out, AGE_SIZE, "%" PRId64 " %s", s > 0 ? s / units[i].unit_s : 0,
	    units[i].name);
	return out;
}
