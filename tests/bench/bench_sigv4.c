/*
 * bench_sigv4: us to sign a request of one body size: the digest of the body, the canonical
 * request, and the Authorization header, with the signing key kept, as the client does. Prints JSON.
 */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "sigv4.h"

enum { ROUNDS = 9, REPEATS = 5000 };

static const struct sigv4_keys keys = {
	.access_key_id = { "AKIDEXAMPLEEXAMPLE00", 20 },
	.secret_access_key = { "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 40 },
};

static const struct sigv4_pair headers[] = {
	{ { "host", 4 }, { "sqs.eu-west-1.amazonaws.com", 27 } },
	{ { "content-type", 12 }, { "application/x-amz-json-1.0", 26 } },
	{ { "x-amz-date", 10 }, { "20261121T120000Z", 16 } },
	{ { "x-amz-target", 12 }, { "AmazonSQS.SendMessageBatch", 26 } },
};

static void sign(struct str body, const unsigned char *signing_key, struct buf *out)
{
	struct sigv4_request r = {
		.method = STR("POST"),
		.path = STR("/"),
		.headers = headers,
		.header_count = ARRAY_SIZE(headers),
		.region = STR("eu-west-1"),
		.service = STR("sqs"),
		.at_s = INT64_C(1795262400),
	};
	char sha256[HASH_HEX_SIZE];
	struct err err;

	hash_sha256_hex(body, sha256);
	r.payload_hash = str_from(sha256);
	buf_reset(out);
	if (sigv4_authorize(&r, &keys, signing_key, out, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
	struct buf body = BUF_INIT(1024 * 1024), out = BUF_INIT(SIGV4_TEXT_MAX);
	struct sigv4_request scope = { .region = STR("eu-west-1"), .service = STR("sqs") };
	unsigned char signing_key[HASH_SIZE];
	uint64_t size = 1024;
	double us[ROUNDS];

	if (argc > 2 || (argc == 2 && !str_to_u64(str_from(argv[1]), &size)) || size > body.max) {
		fprintf(stderr, "usage: bench_sigv4 [BYTES]\n");
		return 2;
	}
	for (uint64_t i = 0; i < size; i++)
		buf_addc(&body, 'x');
	sigv4_signing_key(&scope, keys.secret_access_key, signing_key);
	for (size_t round = 0; round < ROUNDS; round++) {
		int64_t begin_us = clock_mono_us(&clock_system);

		for (int i = 0; i < REPEATS; i++)
			sign(buf_str(&body), signing_key, &out);
		us[round] = (double)(clock_mono_us(&clock_system) - begin_us) / REPEATS;
	}
	qsort(us, ROUNDS, sizeof(us[0]), compare);
	printf("{\"bytes\":%zu,\"median_us\":%.2f,\"best_us\":%.2f}\n", body.n, us[ROUNDS / 2],
	    us[0]);
	buf_release(&body);
	buf_release(&out);
	return 0;
}
