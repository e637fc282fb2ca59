/*
 * aws_env: the environment of a test of AWS: nothing of the machine's own, and what the test says.
 * Set-up that fails ends the test.
 */
#ifndef OPS_TEST_AWS_ENV_H
#define OPS_TEST_AWS_ENV_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"

extern char **environ;

/* value NULL: not set. */
static inline void env_set(const char *name, const char *value)
{
	if ((value ? setenv(name, value, 1) : unsetenv(name)) != 0) {
		perror(name);
		exit(1);
	}
}

/* No variable of AWS's is set afterwards. */
static inline void env_clear(void)
{
	for (char **e = environ; *e;) {
		char name[128];

		if (strncmp(*e, "AWS_", 4) != 0) {
			e++;
			continue;
		}
		(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(*e, "="), *e);
		env_set(name, NULL);
		e = environ;
	}
}

/* "A=1 B=2", and nothing else of AWS's. */
static inline void env_words(const char *words)
{
	struct str rest = str_from(words), word, name, value;

	env_clear();
	while (rest.n) {
		char n[64], v[128];

		(void)str_cut(rest, ' ', &word, &rest);
		(void)str_cut(word, '=', &name, &value);
		(void)snprintf(n, sizeof(n), "%.*s", STR_ARG(name));
		(void)snprintf(v, sizeof(v), "%.*s", STR_ARG(value));
		env_set(n, v);
	}
}

#endif
