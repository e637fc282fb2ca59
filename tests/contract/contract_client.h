/* contract_client: the AWS client of a contract's test, for backends on servers. */
#ifndef OPS_TEST_CONTRACT_CLIENT_H
#define OPS_TEST_CONTRACT_CLIENT_H

#include <unistd.h>

#include "aws.h"
#include "test.h"

/* One for each process: connections do not survive a fork. */
static inline struct aws *client(void)
{
	static struct aws *aws;
	static pid_t owner;
	struct aws_options options = { .program = "contract" };
	struct err err;

	if (owner != getpid() && aws_open(&aws, &options, &err) != 0)
		test_die("%s", err.text);
	owner = getpid();
	return aws;
}

#endif
