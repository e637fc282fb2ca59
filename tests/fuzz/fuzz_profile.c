/* profile: the two files, parted by a NUL; every name that comes out can be looked up. */
#include "profile.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct str config, credentials;
	struct profiles *p = NULL;
	struct err err;
	const char *name;

	(void)str_cut(fuzz_input(bytes, size), '\0', &config, &credentials);
	if (profiles_parse(&p, config, "config", credentials, "credentials", &err) != 0) {
		FUZZ_CHECK(err.code == ERR_CONFIG);
		return 0;
	}
	for (size_t i = 0; (name = profiles_name_at(p, i)); i++) {
		const char *value = profiles_get(p, PROFILE_PROFILE, name, "region");

		FUZZ_CHECK(profiles_has(p, PROFILE_PROFILE, name));
		FUZZ_CHECK(!value || *value);
		(void)profiles_get_nested(p, PROFILE_PROFILE, name, "s3", "region");
	}
	profiles_free(p);
	return 0;
}
