#include "store.h"

#include "port_url.h"

extern const struct store_ops store_file_ops, store_s3_ops;

static const struct store_ops *const backends[] = {
	&store_file_ops,
	&store_s3_ops,
};

const char store_key_bytes[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._=-/";

static const char *scheme(size_t row)
{
	return row < ARRAY_SIZE(backends) ? backends[row]->scheme : NULL;
}

int store_open(struct store **out, struct str url, const struct store_options *options,
    struct err *err)
{
	size_t row;

	if (port_url_pick(url, scheme, &row, err) != 0)
		return err_wrap(err, "store URL '%.*s'", STR_ARG(url));
	return backends[row]->open(out, url, options, err);
}

void store_close(struct store *s)
{
	if (s)
		s->ops->close(s);
}

/* NULL: nothing is wrong. */
static const char *key_fault(struct str key)
{
	struct str segment, rest = key;
	bool more = true;

	if (!str_only(key, store_key_bytes))
		return "only A-Z a-z 0-9 . _ / = - are allowed";
	while (more) {
		more = str_cut(rest, '/', &segment, &rest);
		if (segment.n == 0 || segment.p[0] == '.')
			return "no part may be empty or begin with a dot";
	}
	return NULL;
}

bool store_key_is_valid(struct str key)
{
	return key.n > 0 && key.n <= STORE_KEY_MAX && !key_fault(key);
}

static int check_key(struct str key, struct err *err)
{
	const char *fault;

	if (key.n == 0 || key.n > STORE_KEY_MAX)
		return err_set(err, ERR_INVALID, "store key of %zu bytes: must have 1 to %d", key.n,
		    STORE_KEY_MAX);
	fault = key_fault(key);
	if (fault)
		return err_set(err, ERR_INVALID, "store key '%.*s': %s", STR_ARG(key), fault);
	return 0;
}

static int check_object(struct str key, struct str bytes, const char *sha256, struct err *err)
{
	struct str digest = str_from(sha256);

	if (bytes.n > STORE_OBJECT_MAX)
		return err_set(err, ERR_INVALID, "store key '%.*s': %zu bytes: at most %d",
		    STR_ARG(key), bytes.n, STORE_OBJECT_MAX);
	if (digest.n != HASH_HEX_LEN || !str_only(digest, "0123456789abcdef"))
		return err_set(err, ERR_INVALID, "store key '%.*s': sha256 must be %d hex digits",
		    STR_ARG(key), HASH_HEX_LEN);
	return 0;
}

int store_put(struct store *s, struct str key, struct str bytes, const char sha256[HASH_HEX_SIZE],
    const struct store_metadata *metadata, bool *existed, struct err *err)
{
	bool ignored;

	if (check_key(key, err) != 0 || check_object(key, bytes, sha256, err) != 0)
		return -1;
	return s->ops->put(s, key, bytes, sha256, metadata, existed ? existed : &ignored, err);
}

int store_get(struct store *s, struct str key, struct buf *out, struct store_info *info,
    struct err *err)
{
	struct store_info ignored;

	if (check_key(key, err) != 0)
		return -1;
	return s->ops->get(s, key, out, info ? info : &ignored, err);
}

int store_head(struct store *s, struct str key, struct store_info *info, struct err *err)
{
	return check_key(key, err) == 0 ? s->ops->head(s, key, info, err) : -1;
}

int store_list(struct store *s, struct str after, store_list_fn *fn, void *arg, struct err *err)
{
	return s->ops->list(s, after, fn, arg, err);
}

int store_check(struct store *s, struct err *err)
{
	return s->ops->check(s, err);
}
