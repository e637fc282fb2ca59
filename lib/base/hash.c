#include "hash.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

enum { BLOCK_SIZE = 64 };

static void must(int ok)
{
	if (ok != 1)
		abort();
}

static EVP_MD *sha256_method;

static void fetch(void)
{
	sha256_method = EVP_MD_fetch(NULL, "SHA256", NULL);
	must(sha256_method != NULL);
}

/* Looked up once: a look-up costs more than the digest of a short text. Lives as long as the process. */
static const EVP_MD *sha256(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, fetch);
	return sha256_method;
}

/* ---- whole texts: one context per thread, since making one costs as much as a short digest ---- */

static pthread_key_t context_key; /* only for its destructor */

static void context_free(void *context)
{
	EVP_MD_CTX_free(context);
}

static void context_init(void)
{
	must(pthread_key_create(&context_key, context_free) == 0);
}

static EVP_MD_CTX *thread_context(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	static _Thread_local EVP_MD_CTX *context;

	if (!context) {
		(void)pthread_once(&once, context_init);
		context = EVP_MD_CTX_new();
		must(context && pthread_setspecific(context_key, context) == 0);
	}
	return context;
}

static void digest(const struct str *parts, size_t count, unsigned char out[HASH_SIZE])
{
	EVP_MD_CTX *context = thread_context();

	must(EVP_DigestInit_ex2(context, sha256(), NULL));
	for (size_t i = 0; i < count; i++)
		must(EVP_DigestUpdate(context, parts[i].p ? parts[i].p : "", parts[i].n));
	must(EVP_DigestFinal_ex(context, out, NULL));
}

void hash_sha256(struct str data, unsigned char out[HASH_SIZE])
{
	digest(&data, 1, out);
}

void hash_sha256_hex(struct str data, char out[HASH_HEX_SIZE])
{
	unsigned char digest[HASH_SIZE];

	hash_sha256(data, digest);
	hex_encode(digest, sizeof(digest), out);
	out[HASH_HEX_LEN] = '\0';
}

struct hash {
	EVP_MD_CTX *context;
};

struct hash *hash_begin(void)
{
	struct hash *h = xmalloc(sizeof(*h));

	h->context = EVP_MD_CTX_new();
	if (!h->context)
		abort();
	must(EVP_DigestInit_ex2(h->context, sha256(), NULL));
	return h;
}

void hash_update(struct hash *h, struct str data)
{
	must(EVP_DigestUpdate(h->context, data.p ? data.p : "", data.n));
}

void hash_end(struct hash *h, unsigned char out[HASH_SIZE])
{
	must(EVP_DigestFinal_ex(h->context, out, NULL));
	EVP_MD_CTX_free(h->context);
	free(h);
}

/* RFC 2104 over plain digests; HMAC()'s one-shot form takes one piece only. */
void hash_hmac_sha256(struct str key, const struct str *parts, size_t count,
    unsigned char out[HASH_SIZE])
{
	unsigned char pad[BLOCK_SIZE] = { 0 };
	const struct str outer[] = { { (char *)pad, BLOCK_SIZE }, { (char *)out, HASH_SIZE } };
	struct str inner[1 + HASH_PARTS_MAX] = { { (char *)pad, BLOCK_SIZE } };

	assert(count <= HASH_PARTS_MAX);
	if (key.n > BLOCK_SIZE)
		hash_sha256(key, pad);
	else if (key.n)
		memcpy(pad, key.p, key.n);
	for (size_t i = 0; i < BLOCK_SIZE; i++)
		pad[i] ^= 0x36;
	if (count)
		memcpy(inner + 1, parts, count * sizeof(*parts));
	digest(inner, 1 + count, out);
	for (size_t i = 0; i < BLOCK_SIZE; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	digest(outer, ARRAY_SIZE(outer), out);
	mem_wipe(pad, sizeof(pad));
}

void hash_random(void *out, size_t n)
{
	unsigned char *p = out;

	while (n) {
		int piece = n > 1 << 20 ? 1 << 20 : (int)n;

		must(RAND_bytes(p, piece));
		p += piece;
		n -= (size_t)piece;
	}
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void hash_base64_encode(struct buf *out, struct str data)
{
	const unsigned char *in = (const unsigned char *)data.p;
	char *p;

	if (data.n > SIZE_MAX / 2 || !(p = buf_room(out, (data.n + 2) / 3 * 4)))
		return;
	for (size_t i = 0; i < data.n; i += 3) {
		size_t left = data.n - i;
		unsigned v = (unsigned)in[i] << 16 | (left > 1 ? (unsigned)in[i + 1] << 8 : 0) |
		    (left > 2 ? in[i + 2] : 0);

		*p++ = base64_digits[v >> 18];
		*p++ = base64_digits[v >> 12 & 63];
		*p++ = left > 1 ? base64_digits[v >> 6 & 63] : '=';
		*p++ = left > 2 ? base64_digits[v & 63] : '=';
	}
	buf_added(out, (data.n + 2) / 3 * 4);
}

static int base64_value(char c)
{
	const char *at = c ? strchr(base64_digits, c) : NULL;

	return at ? (int)(at - base64_digits) : -1;
}

/* Decode into out (room for n / 4 * 3 bytes); the number of bytes, or -1. */
static long base64_quads(struct str text, unsigned char *out)
{
	size_t padding = text.n < 4
	    ? 0
	    : (size_t)(text.p[text.n - 1] == '=') + (text.p[text.n - 2] == '=');
	long written = 0;

	for (size_t i = 0; i < text.n; i += 4) {
		size_t pads = i + 4 == text.n ? padding : 0;
		unsigned v = 0;

		for (size_t k = 0; k < 4; k++) {
			int digit = k >= 4 - pads ? 0 : base64_value(text.p[i + k]);

			if (digit < 0)
				return -1;
			v = v << 6 | (unsigned)digit;
		}
		if ((pads == 1 && (v & 0xff)) || (pads == 2 && (v & 0xffff)))
			return -1; /* trailing bits set: not canonical */
		for (size_t k = 0; k < 3 - pads; k++)
			out[written++] = (unsigned char)(v >> (16 - 8 * k));
	}
	return written;
}

bool hash_base64_decode(struct buf *out, struct str text)
{
	char *room;
	long n;

	if (text.n % 4 != 0 || out->full || text.n / 4 * 3 > out->max - out->n + 2)
		return false;
	room = xmalloc(text.n + 1);
	n = base64_quads(text, (unsigned char *)room);
	if (n > 0 && (size_t)n > out->max - out->n)
		n = -1;
	if (n > 0)
		buf_add(out, (struct str){ room, (size_t)n });
	mem_wipe(room, text.n + 1);
	free(room);
	return n >= 0;
}

void hash_fingerprint(struct str secret, char out[HASH_FINGERPRINT_SIZE])
{
	char digest[HASH_HEX_SIZE];

	hash_sha256_hex(secret, digest);
	memcpy(out, digest, HASH_FINGERPRINT_SIZE - 1);
	out[HASH_FINGERPRINT_SIZE - 1] = '\0';
	mem_wipe(digest, sizeof(digest));
}

const char *hash_library_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}
