/*
 * contract_peer: what servers that are not AWS's own are known to answer wrongly. A case that asks
 * for it says so with peer_differs() and is then not asked of that peer, which is printed, never silent.
 * To add a deviation: a row here, with its reason, and the question in the case.
 */
#ifndef OPS_TEST_CONTRACT_PEER_H
#define OPS_TEST_CONTRACT_PEER_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attr.h"
#include "test.h"

static const struct deviation {
	const char *peer; /* name and version, of CONTRACT_PEER */
	const char *what, *reason;
} deviations[] = {
	{ "elasticmq 1.7.1", "deletes of what is gone",
	    "a second delete fails with ReceiptHandleIsInvalid" },
	{ "moto 5.2.3", "old receipts", "they delete what another has received since" },
	{ "versitygw 1.7.0", "one winner among puts of one key at the same moment",
	    "If-None-Match is looked at before the write and not again: of eight, up to eight get "
	    "200 (from boto3 too)" },
	{ "moto 5.2.3", "history of nothing",
	    "ListSecretVersionIds of a secret that is not there is answered 500" },
	{ "moto 5.2.3", "regions", "every region is right" },
	{ "moto 5.2.3", "signatures", "requests to S3 are not verified" },
	{ "moto 5.2.3", "clocks", "the date of a request is not looked at" },
	{ "moto 5.2.3", "digests",
	    "neither x-amz-content-sha256 nor x-amz-checksum-sha256 is compared" },
};

/* "versitygw 1.7.0"; NULL: none. */
static inline const char *peer_name(void)
{
	return getenv("CONTRACT_PEER");
}

/* Whether the server under test is known to differ in that; what is printed is a line of its own. */
static inline bool peer_differs(const char *what)
{
	const char *peer = peer_name();

	for (size_t i = 0; peer && i < ARRAY_SIZE(deviations); i++) {
		const struct deviation *d = &deviations[i];

		if (strcmp(d->peer, peer) != 0 || strcmp(d->what, what) != 0)
			continue;
		printf("not asked of %s: %s: %s\n", d->peer, d->what, d->reason);
		test_checks++; /* a test of nothing else has said so */
		return true;
	}
	return false;
}

#endif
