#include "payload.h"

#include "timestamp.h"

static const struct {
	const char *name, *text;
} faults[PAYLOAD_FAULT_COUNT] = {
	[PAYLOAD_OK] = { "ok", "" },
	[PAYLOAD_BAD_JSON] = { "bad_json", "Invalid JSON payload" },
	[PAYLOAD_BAD_SHAPE] = { "bad_shape", "Invalid payload" },
	[PAYLOAD_NO_TIMESTREAM] = { "no_timestream", "Missing token or email_timestream" },
	[PAYLOAD_BAD_TIMESTREAM] = { "bad_timestream", "Invalid email_timestream format" },
};

const char *payload_fault_text(enum payload_fault fault)
{
	return faults[fault].text;
}

const char *payload_fault_name(enum payload_fault fault)
{
	return faults[fault].name;
}

/* The names that mean something to us; each may stand once in its object. */
enum name { NAME_TOKEN, NAME_DATA, NAME_TIMESTREAM, NAME_COUNT };

static const struct str names[NAME_COUNT] = {
	[NAME_TOKEN] = { "token", 5 },
	[NAME_DATA] = { "data", 4 },
	[NAME_TIMESTREAM] = { "email_timestream", 16 },
};

/* What one walk through an object finds. */
struct walk {
	bool has[NAME_COUNT];
	struct scan_member named[NAME_COUNT];
	struct str before_token, after_token; /* the members beside it; p NULL: none */
	struct str other;                     /* key of the first member with another name */
	unsigned members, strings;
};

static enum name name_of(struct str key)
{
	size_t i = 0;

	while (i < NAME_COUNT && !scan_is(key, names[i]))
		i++;
	return (enum name)i;
}

/* `unique` has a bit for each name that may stand once in this object. */
static int walk_object(struct str object, unsigned unique, struct walk *w, struct err *err)
{
	struct scan_members it;
	struct scan_member m;
	struct str last = STR_NONE;

	*w = (struct walk){ 0 };
	scan_members_init(&it, object);
	for (; scan_members_next(&it, &m); last = m.whole) {
		enum name name = name_of(m.key);

		w->members++;
		w->strings += m.kind == SCAN_STRING;
		if (w->has[NAME_TOKEN] && !w->after_token.p)
			w->after_token = m.whole;
		if (name == NAME_COUNT || name == NAME_TIMESTREAM)
			w->other = w->other.p ? w->other : m.key;
		if (name == NAME_COUNT)
			continue;
		if (w->has[name] && (unique >> name & 1))
			return err_set(err, ERR_INVALID, "'%s' may stand once", names[name].p);
		if (name == NAME_TOKEN)
			w->before_token = last;
		w->has[name] = true;
		w->named[name] = m;
	}
	return 0;
}

static void take_token(struct payload *p, const struct walk *top)
{
	const struct scan_member *token = &top->named[NAME_TOKEN];

	if (!top->has[NAME_TOKEN])
		return;
	p->has_token = true;
	p->token_kind = token->kind;
	p->token = token->kind == SCAN_STRING ? scan_content(token->value) : token->value;
}

static void take_timestream(struct payload *p, const struct walk *w)
{
	p->has_timestream = w->has[NAME_TIMESTREAM];
	p->timestream = w->named[NAME_TIMESTREAM].value;
	p->timestream_kind = w->named[NAME_TIMESTREAM].kind;
}

static int take_nested(struct payload *p, const struct walk *top, struct err *err)
{
	const struct scan_member *data = &top->named[NAME_DATA];
	struct walk inner;

	p->is_nested = true;
	p->extra = top->other;
	p->data[0] = data->value;
	p->data_is_object = data->kind == SCAN_OBJECT;
	if (!p->data_is_object)
		return 0;
	if (walk_object(data->value, 1U << NAME_TIMESTREAM, &inner, err) != 0)
		return -1;
	take_timestream(p, &inner);
	p->member_count = inner.members;
	p->string_count = inner.strings;
	return 0;
}

static const char *end_of(struct str s)
{
	return s.p + s.n;
}

/*
 * The body without the token and one comma. The blanks that go are those between the token
 * and the neighbour whose comma goes with it; a lone token takes all blanks along.
 */
static void cut_token(struct payload *p, struct str body, const struct walk *top)
{
	struct str token = top->named[NAME_TOKEN].whole;
	const char *from = body.p + 1, *to = end_of(body) - 1;

	if (top->after_token.p) {
		from = token.p;
		to = top->after_token.p;
	} else if (top->before_token.p) {
		from = end_of(top->before_token);
		to = end_of(token);
	}
	p->data[0] = (struct str){ body.p, (size_t)(from - body.p) };
	p->data[1] = (struct str){ to, (size_t)(end_of(body) - to) };
}

static void take_flat(struct payload *p, struct str body, const struct walk *top)
{
	p->data_is_object = true;
	take_timestream(p, top);
	p->member_count = top->members - p->has_token;
	p->string_count = top->strings - (p->has_token && p->token_kind == SCAN_STRING);
	if (p->has_token)
		cut_token(p, body, top);
	else
		p->data[0] = body;
}

int payload_parse(struct str body, struct payload *out, enum payload_fault *fault, struct err *err)
{
	struct payload p = { 0 };
	enum scan_kind kind;
	struct walk top;

	*fault = PAYLOAD_BAD_JSON;
	if (scan_check(body, &kind, err) != 0)
		return -1;
	if (kind != SCAN_OBJECT) {
		*fault = PAYLOAD_BAD_SHAPE;
		return err_set(err, ERR_INVALID, "the body must be a JSON object");
	}
	body = str_trim(body);
	if (walk_object(body, (1U << NAME_COUNT) - 1, &top, err) != 0)
		return -1;
	take_token(&p, &top);
	if (!top.has[NAME_DATA])
		take_flat(&p, body, &top);
	else if (take_nested(&p, &top, err) != 0)
		return -1;
	*fault = PAYLOAD_OK;
	*out = p;
	return 0;
}

static int check_shape(const struct payload *p, struct err *err)
{
	if (!p->data_is_object)
		return err_set(err, ERR_INVALID, "'data' must be an object");
	if (p->extra.p)
		return err_set(err, ERR_INVALID,
		    "'%.*s': nothing may stand beside 'data' and 'token'", STR_ARG(p->extra));
	return 0;
}

static int check_timestream(const struct payload *p, int64_t *epoch_ms, struct err *err)
{
	struct buf text = BUF_INIT(TIMESTAMP_LEN_MAX);
	struct str raw = p->timestream;
	int rc;

	if (p->timestream_kind == SCAN_NUMBER)
		return timestamp_parse_number(raw, epoch_ms, err);
	if (p->timestream_kind != SCAN_STRING)
		return err_set(err, ERR_INVALID, "must be a string or a number");
	scan_unescape(scan_content(raw), &text);
	/* What does not fit is too long, and so is its escaped form. */
	rc = timestamp_parse(text.full ? raw : buf_str(&text), epoch_ms, err);
	buf_release(&text);
	return rc;
}

static bool has_four_strings(const struct payload *p)
{
	return p->member_count == 4 && p->string_count == 4;
}

static enum payload_fault check_policy(const struct payload *p, enum payload_policy policy,
    struct err *err)
{
	/* Any client of the five services: a time if there is one, else the nested four strings. */
	if (policy == PAYLOAD_AUTO)
		policy = p->is_nested && !p->has_timestream ? PAYLOAD_FOUR_FIELDS
							    : PAYLOAD_TIMESTREAM;
	if (policy != PAYLOAD_FOUR_FIELDS && !p->has_timestream) {
		(void)err_set(err, ERR_INVALID, "email_timestream is missing");
		return PAYLOAD_NO_TIMESTREAM;
	}
	if (policy != PAYLOAD_TIMESTREAM && !has_four_strings(p)) {
		(void)err_set(err, ERR_INVALID,
		    "must have exactly four members, all strings: has %u, of which %u strings",
		    p->member_count, p->string_count);
		return PAYLOAD_BAD_SHAPE;
	}
	return PAYLOAD_OK;
}

int payload_check(const struct payload *p, enum payload_policy policy, int64_t *epoch_ms,
    enum payload_fault *fault, struct err *err)
{
	int64_t when = -1;

	*fault = PAYLOAD_BAD_SHAPE;
	if (check_shape(p, err) != 0)
		return -1;
	*fault = PAYLOAD_BAD_TIMESTREAM;
	if (p->has_timestream && check_timestream(p, &when, err) != 0)
		return err_wrap(err, "email_timestream");
	*fault = check_policy(p, policy, err);
	if (*fault != PAYLOAD_OK)
		return -1;
	*epoch_ms = when;
	return 0;
}
