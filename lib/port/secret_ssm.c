/*
 * A parameter of SSM; its versions are numbers. There is no compare-and-swap: of two that rotate at
 * the same moment the later wins, and both are told by the version that they got.
 *
 * Needs ssm:GetParameter and, where a key of the customer encrypts it, kms:Decrypt; to rotate also
 * ssm:PutParameter, ssm:GetParameterHistory and kms:Encrypt; for the history ssm:GetParameterHistory.
 */
#include <inttypes.h>

#include "field.h"
#include "mem.h"
#include "secret_aws.h"
#include "secret_history.h"

enum {
	BODY_MAX = 6 * (SECRET_MAX + SECRET_NAME_SIZE) + 2048,
	HISTORY_PAGE = 50,
	LOOK_BACK = 8,   /* versions of the same value: a write repeated by whoever made it */
	PAGES_MAX = 100, /* as many as there are versions: pages may be short */
};

/* One version, as GetParameter gives it. */
struct version {
	struct buf value;
	uint64_t number;
	int64_t since; /* Unix s */
	char name[SECRET_NAME_SIZE], type[32];
};

static void version_init(struct version *v)
{
	*v = (struct version){ .value = BUF_INIT(SECRET_MAX + 1) };
}

static void version_wipe(struct version *v)
{
	buf_wipe(&v->value);
}

/* ---- reading ---- */

static void copy_text(char *out, size_t size, const struct json *value)
{
	(void)snprintf(out, size, "%s", json_get_text(value, ""));
}

static int read_version(const struct secret_aws *s, const struct json *answer, struct version *out,
    struct err *err)
{
	const struct json *p = json_get(answer, "Parameter");
	int64_t number = json_get_int(json_get(p, "Version"), 0);

	if (number <= 0)
		return err_set(err, ERR_CORRUPT, "ssm GetParameter: the answer has no Version");
	out->number = (uint64_t)number;
	out->since = secret_aws_time(json_get(p, "LastModifiedDate"));
	copy_text(out->name, sizeof(out->name), json_get(p, "Name"));
	copy_text(out->type, sizeof(out->type), json_get(p, "Type"));
	return secret_aws_take(s, json_get(p, "Value"), &out->value, err);
}

/* number 0: the one in force. */
static int get_version(struct secret_aws *s, uint64_t number, struct version *out, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX), name = BUF_INIT(SECRET_NAME_SIZE + 32);
	struct json_writer w;
	struct json *answer;
	int rc;

	buf_adds(&name, s->name);
	if (number > 0)
		buf_addf(&name, ":%" PRIu64, number);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_str(&w, "Name", buf_str(&name));
	json_member_bool(&w, "WithDecryption", true);
	json_object_end(&w);
	buf_release(&name);
	if (secret_aws_call(s, SSM_GET_PARAMETER, &body, STR_NONE, NULL, &answer, err) != 0)
		return -1;
	rc = read_version(s, answer, out, err);
	json_free(answer);
	return rc;
}

static void give(struct version *v, int64_t changed_at, struct secret_value *out)
{
	buf_wipe(&out->bytes);
	out->bytes = v->value;
	v->value = (struct buf)BUF_INIT(SECRET_MAX + 1); /* now the caller's */
	(void)snprintf(out->version, sizeof(out->version), "%" PRIu64, v->number);
	out->changed_at = changed_at;
}

static bool is_same(const struct version *a, const struct version *b)
{
	return mem_eq_const_time(buf_str(&a->value), buf_str(&b->value));
}

/*
 * The latest version with another value than the one in force: a version that only repeats it must
 * not take the place of what clients may still use.
 */
static int get_previous(struct secret_aws *s, struct version *current, struct secret_value *out,
    struct err *err)
{
	int64_t until = current->since;
	uint64_t oldest = current->number > LOOK_BACK ? current->number - LOOK_BACK : 1;
	struct version v;
	int rc = 0;

	version_init(&v);
	for (uint64_t n = current->number; rc == 0 && n-- > oldest; until = v.since) {
		rc = get_version(s, n, &v, err);
		if (rc == 0 && !is_same(current, &v)) {
			give(&v, until, out);
			return 0;
		}
	}
	version_wipe(&v);
	return rc != 0
	    ? -1
	    : err_set(err, ERR_NOTFOUND, "parameter '%s': no version before this one", s->name);
}

static int ssm_get(struct secret *base, enum secret_which which, struct secret_value *out,
    struct err *err)
{
	struct secret_aws s = secret_aws_begin(base);
	struct version current;
	int rc;

	version_init(&current);
	rc = get_version(&s, 0, &current, err);
	if (rc == 0 && which == SECRET_PREVIOUS)
		rc = get_previous(&s, &current, out, err);
	else if (rc == 0)
		give(&current, current.since, out);
	version_wipe(&current);
	return rc;
}

/* ---- rotating ---- */

/* What would be lost if it were not said again: a SecureString would get AWS's own key. */
static const char *const kept[] = { "KeyId", "Tier", "AllowedPattern", "DataType" };

static void keep(struct json_writer *w, const struct json *version)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		const char *text = json_get_text(json_get(version, kept[i]), "");

		if (*text)
			json_member_text(w, kept[i], text);
	}
}

static const struct json *find_version(const struct json *page, uint64_t number)
{
	const struct json *list = json_get(page, "Parameters"), *version;

	for (size_t i = 0; i < HISTORY_PAGE && (version = json_at(list, i)); i++)
		if (json_get_int(json_get(version, "Version"), 0) == (int64_t)number)
			return version;
	return NULL;
}

/* A page of the history; *token is the next one's, and empty behind the last. */
static int get_page(struct secret_aws *s, const char *name, bool is_decrypted, struct buf *token,
    struct json **out, struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "Name", name);
	json_member_bool(&w, "WithDecryption", is_decrypted);
	json_member_int(&w, "MaxResults", HISTORY_PAGE);
	if (token->n)
		json_member_str(&w, "NextToken", buf_str(token));
	json_object_end(&w);
	if (secret_aws_call(s, SSM_GET_PARAMETER_HISTORY, &body, STR_NONE, NULL, out, err) != 0)
		return -1;
	buf_reset(token);
	buf_adds(token, json_get_text(json_get(*out, "NextToken"), ""));
	return 0;
}

/* Oldest first: the version in force is on the last page. */
static int keep_settings(struct secret_aws *s, const struct version *current, struct json_writer *w,
    struct err *err)
{
	struct buf token = BUF_INIT(4096);
	bool is_found = false;
	int rc = 0;

	for (int i = 0; rc == 0 && !is_found && i < PAGES_MAX && (i == 0 || token.n); i++) {
		struct json *page;
		const struct json *version;

		rc = get_page(s, current->name, false, &token, &page, err);
		if (rc != 0)
			break;
		version = find_version(page, current->number);
		is_found = version != NULL;
		if (is_found)
			keep(w, version);
		json_free(page);
	}
	buf_release(&token);
	if (rc == 0 && !is_found)
		rc = err_set(err, ERR_CONFLICT,
		    "parameter '%s': version %" PRIu64 " is not in its history", s->name,
		    current->number);
	return rc;
}

static const struct hint {
	const char *code, *text;
} hints[] = {
	{ "ParameterMaxVersionLimitExceeded",
	    "100 versions are kept and the oldest has a label: take it off (aws ssm "
	    "unlabel-parameter-version)" },
	{ "TooManyUpdates", "it was changed a moment ago; try again" },
};

static void explain(const char *code, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (strcmp(code, hints[i].code) == 0)
			(void)err_wrap(err, "%s", hints[i].text);
}

/*
 * Each attempt that reached SSM made a version, also one whose answer was lost. Beyond those,
 * somebody else has been writing.
 */
static int check_written(const struct version *before, const struct json *answer, unsigned attempts,
    struct err *err)
{
	int64_t number = json_get_int(json_get(answer, "Version"), 0);

	if (number <= 0)
		return err_set(err, ERR_CORRUPT, "ssm PutParameter: the answer has no Version");
	if ((uint64_t)number > before->number && (uint64_t)number <= before->number + attempts)
		return 0;
	return err_set(err, ERR_CONFLICT,
	    "parameter '%s': version is now %" PRId64 ", after %" PRIu64
	    ": somebody else changed it too; look which value is in force",
	    before->name, number, before->number);
}

/* before->number 0: the parameter is not there yet. */
static int put(struct secret_aws *s, const struct version *before, struct str value,
    struct err *err)
{
	struct buf body = BUF_INIT(BODY_MAX);
	struct json *answer = NULL;
	struct aws_answer raw;
	struct json_writer w;
	int rc = 0;

	aws_answer_init(&raw);
	json_writer_init(&w, &body);
	json_object_begin(&w);
	json_member_text(&w, "Name", before->name);
	json_member_str(&w, "Value", value);
	json_member_text(&w, "Type", before->type);
	json_member_bool(&w, "Overwrite", before->number > 0);
	if (before->number > 0)
		rc = keep_settings(s, before, &w, err);
	json_object_end(&w);
	if (rc == 0) {
		rc = secret_aws_call(s, SSM_PUT_PARAMETER, &body, value, &raw, &answer, err);
		if (rc != 0)
			explain(raw.code, err);
		else
			rc = check_written(before, answer, raw.attempts, err);
	}
	json_free(answer);
	buf_wipe(&body);
	aws_answer_release(&raw);
	return rc;
}

static int ssm_rotate(struct secret *base, struct str value, struct err *err)
{
	struct secret_aws s = secret_aws_begin(base);
	struct version current;
	int rc;

	version_init(&current);
	rc = get_version(&s, 0, &current, err);
	if (rc != 0 && err->code == ERR_NOTFOUND && !s.region[0]) {
		(void)snprintf(current.name, sizeof(current.name), "%s", s.name);
		(void)snprintf(current.type, sizeof(current.type), "SecureString");
		rc = put(&s, &current, value, err);
	} else if (rc == 0 && !mem_eq_const_time(buf_str(&current.value), value)) {
		/*
		 * Already current: a repeated rotation must not push the previous one further back.
		 */
		rc = put(&s, &current, value, err);
	}
	version_wipe(&current);
	return rc;
}

/* ---- history ---- */

/* One that is encrypted and was not decrypted has no value to speak of. */
static int take_past(const struct secret_aws *s, const struct json *version, bool is_decrypted,
    struct secret_history *out, struct err *err)
{
	const char *type = json_get_text(json_get(version, "Type"), "");
	struct secret_past one = {
		.rank = json_get_int(json_get(version, "Version"), 0),
		.made_at = secret_aws_time(json_get(version, "LastModifiedDate")),
	};

	if (one.rank <= 0)
		return err_set(err, ERR_CORRUPT,
		    "ssm GetParameterHistory: a version has no number");
	(void)snprintf(one.version, sizeof(one.version), "%" PRId64, one.rank);
	field_json(one.author, sizeof(one.author), version, "LastModifiedUser");
	secret_history_labels(&one, json_get(version, "Labels"));
	if (is_decrypted || strcmp(type, "SecureString") != 0)
		secret_aws_fingerprint(s, json_get(version, "Value"), one.fingerprint);
	secret_history_add(out, &one);
	return 0;
}

static int read_pages(struct secret_aws *s, bool is_decrypted, struct secret_history *out,
    struct err *err)
{
	struct buf token = BUF_INIT(4096);
	int rc = 0;

	for (int i = 0; rc == 0 && i < PAGES_MAX && (i == 0 || token.n); i++) {
		struct json *page;
		const struct json *list;

		rc = get_page(s, s->name, is_decrypted, &token, &page, err);
		if (rc != 0)
			break;
		rc = field_json_list(page, "Parameters", &list, err);
		for (size_t k = 0; rc == 0 && k < json_count(list); k++)
			rc = take_past(s, json_at(list, k), is_decrypted, out, err);
		json_free(page);
	}
	out->is_cut = out->is_cut || token.n > 0;
	buf_release(&token);
	return rc;
}

/* One key that is gone or not ours to use, of any version, and SSM decrypts none of them. */
static int ssm_history(struct secret *base, struct secret_history *out, struct err *err)
{
	struct secret_aws s = secret_aws_begin(base);
	int rc = read_pages(&s, true, out, err);

	if (rc != 0 && (err->code == ERR_DENIED || err->code == ERR_INVALID)) {
		out->count = 0;
		out->is_cut = false;
		rc = read_pages(&s, false, out, err);
	}
	if (rc == 0 && out->count > 0)
		out->items[0].is_current = !out->is_cut; /* the latest come last */
	return rc;
}

/* ---- open ---- */

static int ssm_open(struct secret **out, struct str url, const struct secret_options *o,
    struct err *err)
{
	extern const struct secret_ops secret_ssm_ops;

	return secret_aws_open(out, url, o, &secret_ssm_ops,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-/", err);
}

const struct secret_ops secret_ssm_ops = {
	.scheme = "ssm",
	.open = ssm_open,
	.close = secret_aws_close,
	.get = ssm_get,
	.rotate = ssm_rotate,
	.history = ssm_history,
};
