/*
 * contract: the main program of a test of a port's contract: all cases against each row
 * of the includer's `backends`, which `backend` points to meanwhile.
 */
#ifndef OPS_TEST_CONTRACT_H
#define OPS_TEST_CONTRACT_H

#include "test.h"

#define CONTRACT_MAIN(tests)                                                                       \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		int rc = 0;                                                                        \
                                                                                                   \
		for (size_t i = 0; i < ARRAY_SIZE(backends); i++) {                                \
			backend = &backends[i];                                                    \
			printf("%s: ", backend->name);                                             \
			rc |= test_main(tests, ARRAY_SIZE(tests), argc, argv);                     \
		}                                                                                  \
		return rc;                                                                         \
	}

#endif
