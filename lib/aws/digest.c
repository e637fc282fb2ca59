#include "digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "buf.h"
#include "mem.h"

static EVP_MD *md5_method, *sha1_method;

static void must(int ok)
{
	if (ok != 1)
		abort();
}

/* "-fips": these protect nothing, and are there on a machine that is set to FIPS algorithms too. */
static void fetch(void)
{
	md5_method = EVP_MD_fetch(NULL, "MD5", "-fips");
	sha1_method = EVP_MD_fetch(NULL, "SHA1", "-fips");
	must(md5_method && sha1_method);
}

/* Looked up once, for the life of the process: that costs more than the digest of a short text. */
static void look_up(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, fetch);
}

static void print(const unsigned char *bytes, size_t n, char *out)
{
	hex_encode(bytes, n, out);
	out[2 * n] = '\0';
}

static void whole(const EVP_MD *method, struct str data, char *out)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	must(EVP_Digest(data.p ? data.p : "", data.n, bytes, &n, method, NULL));
	print(bytes, n, out);
}

void digest_md5_hex(struct str data, char out[DIGEST_MD5_HEX_SIZE])
{
	look_up();
	whole(md5_method, data, out);
}

void digest_sha1_hex(struct str data, char out[DIGEST_SHA1_HEX_SIZE])
{
	look_up();
	whole(sha1_method, data, out);
}

struct digest {
	EVP_MD_CTX *context;
};

struct digest *digest_md5_begin(void)
{
	struct digest *d = xmalloc(sizeof(*d));

	look_up();
	d->context = EVP_MD_CTX_new();
	must(d->context != NULL);
	must(EVP_DigestInit_ex2(d->context, md5_method, NULL));
	return d;
}

void digest_update(struct digest *d, struct str data)
{
	must(EVP_DigestUpdate(d->context, data.p ? data.p : "", data.n));
}

void digest_end_hex(struct digest *d, char out[DIGEST_MD5_HEX_SIZE])
{
	unsigned char bytes[DIGEST_MD5_SIZE];

	must(EVP_DigestFinal_ex(d->context, bytes, NULL));
	print(bytes, sizeof(bytes), out);
	EVP_MD_CTX_free(d->context);
	free(d);
}
