#include <stdlib.h>

#include "mem.h"
#include "store_s3.h"
#include "store_s3_page.h"

enum { LIST_QUERY_MAX = 5 };

/* A listing under way. */
struct listing {
	struct store_s3 *s;
	struct str after;
	store_list_fn *fn;
	void *arg;
	struct buf start;      /* prefix and `after` */
	struct buf name, last; /* of the object under way, and of the one before it */
	char *token;           /* of the next page; NULL: that was the last */
	bool stopped;
};

/* ---- one page ---- */

static int fetch(struct store_s3 *s, const struct sigv4_pair *query, size_t count, struct xml **out,
    struct err *err)
{
	struct aws_request r = {
		.op = S3_LIST_OBJECTS_V2,
		.answer_max = S3_PAGE_MAX,
		.query = query,
		.query_count = count,
	};
	struct aws_answer answer;
	int rc;

	aws_answer_init(&answer);
	rc = store_s3_call(s, &r, &answer, out, err);
	aws_answer_release(&answer);
	return rc;
}

/*
 * Keys may hold bytes that no XML can, hence encoding-type. A page that continues is asked for as
 * the first was, and with the token.
 */
static int fetch_next(struct listing *l, struct xml **out, struct err *err)
{
	struct sigv4_pair query[LIST_QUERY_MAX] = {
		{ STR("list-type"), STR("2") },
		{ STR("encoding-type"), STR("url") },
		{ STR("prefix"), l->s->place.prefix },
	};
	size_t count = 3;

	if (l->after.n)
		query[count++] = (struct sigv4_pair){ STR("start-after"), buf_str(&l->start) };
	if (l->token)
		query[count++] = (struct sigv4_pair){ STR("continuation-token"),
			str_from(l->token) };
	return fetch(l->s, query, count, out, err);
}

/* ---- its objects ---- */

/*
 * Names must ascend: who goes on from the last key seen would miss others. It also ends a listing
 * of a server that gives one page again and again.
 */
static int check_order(struct listing *l, struct err *err)
{
	if (str_cmp(buf_str(&l->name), buf_str(&l->last)) <= 0)
		return err_set(err, ERR_CORRUPT, "listing: '%s' comes behind '%s'",
		    buf_text(&l->name), buf_text(&l->last));
	if (!str_has_prefix(buf_str(&l->name), l->s->place.prefix))
		return err_set(err, ERR_CORRUPT, "listing: '%s' is not below '%.*s'",
		    buf_text(&l->name), STR_ARG(l->s->place.prefix));
	buf_reset(&l->last);
	buf_add(&l->last, buf_str(&l->name));
	return 0;
}

/* What a put would refuse is not ours: somebody else's object, a "folder" of some tool. */
static void emit(struct listing *l, uint64_t size_bytes)
{
	struct str key = str_skip(buf_str(&l->name), l->s->place.prefix.n);

	if (store_key_is_valid(key) && str_cmp(key, l->after) > 0)
		l->stopped = !l->fn(l->arg, key, size_bytes);
}

static int emit_page(struct listing *l, struct s3_page *page, struct err *err)
{
	uint64_t size_bytes;
	bool found;

	while (!l->stopped) {
		if (s3_page_next(page, &l->name, &size_bytes, &found, err) != 0)
			return -1;
		if (!found)
			break;
		if (check_order(l, err) != 0)
			return -1;
		emit(l, size_bytes);
	}
	return 0;
}

/* ---- all pages ---- */

static int take_token(struct listing *l, const struct s3_page *page, struct err *err)
{
	if (page->is_truncated && l->token && str_is(page->token, l->token))
		return err_set(err, ERR_CORRUPT, "listing: one token for two pages");
	free(l->token);
	l->token = page->is_truncated ? xstrndup(page->token) : NULL;
	return 0;
}

static int list_page(struct listing *l, struct err *err)
{
	struct xml *root = NULL;
	struct s3_page page;
	int rc = -1;

	if (fetch_next(l, &root, err) != 0)
		return -1;
	if (s3_page_open(root, &page, err) == 0 && take_token(l, &page, err) == 0)
		rc = emit_page(l, &page, err);
	xml_free(root);
	return rc == 0 ? 0 : store_s3_wrap(l->s, err);
}

int store_s3_list(struct store *base, struct str after, store_list_fn *fn, void *arg,
    struct err *err)
{
	struct listing l = {
		.s = (struct store_s3 *)base,
		.after = after,
		.fn = fn,
		.arg = arg,
		.start = BUF_INIT(STORE_PREFIX_MAX + after.n),
		.name = BUF_INIT(S3_OBJECT_NAME_MAX),
		.last = BUF_INIT(S3_OBJECT_NAME_MAX),
	};
	int rc;

	buf_add(&l.start, l.s->place.prefix);
	buf_add(&l.start, after);
	do
		rc = list_page(&l, err);
	while (rc == 0 && l.token && !l.stopped);
	free(l.token);
	buf_release(&l.start);
	buf_release(&l.name);
	buf_release(&l.last);
	return rc;
}

/* ---- check ---- */

/* Not HeadBucket: its refusals have no body that says why, and policies may allow one prefix only. */
int store_s3_check(struct store *base, struct err *err)
{
	struct store_s3 *s = (struct store_s3 *)base;
	const struct sigv4_pair query[] = {
		{ STR("list-type"), STR("2") },
		{ STR("max-keys"), STR("0") },
		{ STR("prefix"), s->place.prefix },
	};
	struct xml *root = NULL;
	struct s3_page page;
	int rc;

	if (fetch(s, query, ARRAY_SIZE(query), &root, err) != 0)
		return -1;
	rc = s3_page_open(root, &page, err);
	xml_free(root);
	return rc == 0 ? 0 : store_s3_wrap(s, err);
}
