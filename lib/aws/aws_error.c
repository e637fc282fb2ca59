#include <string.h>

#include "aws_core.h"
#include "redact.h"

/* Those whose status says something else, or nothing. A code of throttling is ERR_BUSY anyhow. */
static const struct {
	const char *code;
	enum err_code err;
} codes[] = {
	{ "AuthFailure", ERR_CREDENTIALS },
	{ "ExpiredToken", ERR_CREDENTIALS },
	{ "ExpiredTokenException", ERR_CREDENTIALS },
	{ "IncompleteSignature", ERR_CREDENTIALS },
	{ "InvalidAccessKeyId", ERR_CREDENTIALS },
	{ "InvalidClientTokenId", ERR_CREDENTIALS },
	{ "InvalidSignatureException", ERR_CREDENTIALS },
	{ "InvalidToken", ERR_CREDENTIALS },
	{ "MissingAuthenticationToken", ERR_CREDENTIALS },
	{ "MissingAuthenticationTokenException", ERR_CREDENTIALS },
	{ "RequestExpired", ERR_CREDENTIALS },
	{ "RequestInTheFuture", ERR_CREDENTIALS },
	{ "RequestTimeTooSkewed", ERR_CREDENTIALS },
	{ "SignatureDoesNotMatch", ERR_CREDENTIALS },
	{ "TokenRefreshRequired", ERR_CREDENTIALS },
	{ "UnrecognizedClientException", ERR_CREDENTIALS },

	{ "AccessDenied", ERR_DENIED },
	{ "AccessDeniedException", ERR_DENIED },
	{ "AuthorizationError", ERR_DENIED },
	{ "KMS.AccessDeniedException", ERR_DENIED },
	{ "KmsAccessDenied", ERR_DENIED },
	{ "OptInRequired", ERR_DENIED },
	{ "UnauthorizedOperation", ERR_DENIED },

	{ "AWS.SimpleQueueService.NonExistentQueue", ERR_NOTFOUND },
	{ "ClusterNotFoundException", ERR_NOTFOUND },
	{ "ImageNotFoundException", ERR_NOTFOUND },
	{ "LoadBalancerNotFound", ERR_NOTFOUND },
	{ "NoSuchEntity", ERR_NOTFOUND },
	{ "NotFound", ERR_NOTFOUND },
	{ "ParameterNotFound", ERR_NOTFOUND },
	{ "ParameterVersionNotFound", ERR_NOTFOUND },
	{ "QueueDoesNotExist", ERR_NOTFOUND },
	{ "RepositoryNotFoundException", ERR_NOTFOUND },
	{ "ResourceNotFoundException", ERR_NOTFOUND },
	{ "ServiceNotFoundException", ERR_NOTFOUND },
	{ "TargetGroupNotFound", ERR_NOTFOUND },

	{ "HierarchyTypeMismatchException", ERR_CONFLICT },
	{ "ParameterAlreadyExists", ERR_CONFLICT },
	{ "ResourceExistsException", ERR_CONFLICT },

	{ "IDPCommunicationError", ERR_BUSY },
	{ "InternalError", ERR_BUSY },
	{ "InternalFailure", ERR_BUSY },
	{ "InternalServiceError", ERR_BUSY },
	{ "KMS.ThrottlingException", ERR_BUSY },
	{ "KmsThrottled", ERR_BUSY },
	{ "OverLimit", ERR_BUSY },
	{ "PurgeQueueInProgress", ERR_BUSY },
	{ "RequestTimeout", ERR_BUSY },
	{ "RequestTimeoutException", ERR_BUSY },
	{ "ServiceUnavailable", ERR_BUSY },
	{ "TooManyUpdates", ERR_BUSY },

	{ "AuthorizationHeaderMalformed", ERR_CONFIG },
	{ "IllegalLocationConstraintException", ERR_CONFIG },
	{ "PermanentRedirect", ERR_CONFIG },
	{ "RegionDisabledException", ERR_CONFIG },
	{ "TemporaryRedirect", ERR_CONFIG },
};

static const struct {
	int from, to;
	enum err_code err;
} statuses[] = {
	/* Another region, most likely. Not followed: it would need another signature. */
	{ 301, 302, ERR_CONFIG },
	{ 307, 308, ERR_CONFIG },
	{ 401, 401, ERR_CREDENTIALS },
	{ 403, 403, ERR_DENIED },
	{ 404, 404, ERR_NOTFOUND },
	{ 409, 409, ERR_CONFLICT },
	{ 412, 412, ERR_CONFLICT },
	{ 429, 429, ERR_BUSY },
	{ 400, 499, ERR_INVALID },
	{ 500, 599, ERR_BUSY },
};

enum err_code aws_error_code(int status, struct str code)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (str_is(code, codes[i].code))
			return codes[i].err;
	if (retry_classify(status, code, ERR_NONE) == RETRY_THROTTLING)
		return ERR_BUSY;
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (status >= statuses[i].from && status <= statuses[i].to)
			return statuses[i].err;
	return ERR_CORRUPT;
}

/* ---- reading ---- */

static void copy(char *out, size_t size, struct str s)
{
	size_t n = s.n < size - 1 ? s.n : size - 1;

	if (n)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

/* "com.amazonaws.sqs#QueueDoesNotExist:http://..." is QueueDoesNotExist; what is no name is none. */
static void read_code(struct aws_error *e, struct str text)
{
	struct str head, tail;

	(void)str_cut(str_trim(text), ':', &text, &tail);
	(void)str_cut(text, ';', &text, &tail);
	if (str_cut(text, '#', &head, &tail))
		text = tail;
	if (e->code[0] || text.n >= sizeof(e->code) ||
	    !str_only(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"))
		return;
	copy(e->code, sizeof(e->code), text);
}

/*
 * The first line only: those about signatures go on with the canonical request, in which the
 * session token stands. Others quote what was sent.
 */
static void read_message(struct aws_error *e, struct str text, const struct str *secrets,
    size_t count)
{
	struct str rest;

	(void)str_cut(str_trim(text), '\n', &text, &rest);
	text = str_trim(text);
	for (size_t i = 0; i < count; i++)
		if (secrets[i].n > 0 && str_contains(text, secrets[i]))
			text = STR(REDACTED);
	copy(e->message, sizeof(e->message), text);
}

static void read_region(struct aws_error *e, struct str region)
{
	char text[REGION_MAX + 1];

	copy(text, sizeof(text), region);
	if (!e->region[0] && region.n < sizeof(text) && region_is_valid(text))
		copy(e->region, sizeof(e->region), region);
}

static bool is_visible(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

static void read_request_id(struct aws_error *e, struct str id)
{
	if (!e->request_id[0] && is_visible(id))
		copy(e->request_id, sizeof(e->request_id), id);
}

/* The first of the keys that is there. */
static const char *first_of(const struct json *doc, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *value = json_get_text(json_get(doc, keys[i]), NULL);

		if (value)
			return value;
	}
	return "";
}

static void read_json(struct aws_error *e, struct str body, const struct str *secrets, size_t count)
{
	static const char *const code_keys[] = { "__type", "code", "Code" };
	static const char *const message_keys[] = { "message", "Message" };
	struct json *doc;
	struct err ignored; /* not JSON: the status must do */

	if (json_parse(body, &doc, &ignored) != 0)
		return;
	read_code(e, str_from(first_of(doc, code_keys, ARRAY_SIZE(code_keys))));
	read_message(e, str_from(first_of(doc, message_keys, ARRAY_SIZE(message_keys))), secrets,
	    count);
	json_free(doc);
}

/* The element with Code and Message, of S3, of Query services, and of EC2's relatives. */
static const struct xml *error_element(const struct xml *root)
{
	const struct xml *errors = xml_get(root, "Errors");

	if (xml_is(root, "Error"))
		return root;
	return xml_get(errors ? errors : root, "Error");
}

static void read_xml(struct aws_error *e, struct str body, const struct str *secrets, size_t count)
{
	const struct xml *error;
	struct xml *root;
	struct err ignored; /* a proxy's page, for instance: the status must do */

	if (xml_parse(body, &root, &ignored) != 0)
		return;
	error = error_element(root);
	read_code(e, str_from(xml_get_text(error, "Code", "")));
	read_message(e, str_from(xml_get_text(error, "Message", "")), secrets, count);
	read_region(e, str_from(xml_get_text(error, "Region", "")));
	read_request_id(e, str_from(xml_get_text(error, "RequestId", "")));
	read_request_id(e, str_from(xml_get_text(root, "RequestId", "")));
	xml_free(root);
}

void aws_error_read_head(const struct http_response *response, struct aws_error *out)
{
	memset(out, 0, sizeof(*out));
	read_request_id(out, http_response_header(response, "x-amzn-RequestId"));
	read_request_id(out, http_response_header(response, "x-amz-request-id"));
	read_region(out, http_response_header(response, "x-amz-bucket-region"));
}

void aws_error_read(const struct http_response *response, const struct str *secrets, size_t count,
    struct aws_error *out)
{
	struct str body = str_trim(buf_str(&response->body));

	aws_error_read_head(response, out);
	if (body.n > 0 && *body.p == '<')
		read_xml(out, body, secrets, count);
	else if (body.n > 0)
		read_json(out, body, secrets, count);
	read_code(out, http_response_header(response, "x-amzn-ErrorType"));
	read_code(out, http_response_header(response, "x-amzn-query-error"));
}

bool aws_error_is_document(struct str body)
{
	struct xml *root;
	struct err ignored; /* whether it is XML at all is judged where XML is wanted */
	bool is_error;

	body = str_trim(body);
	if (body.n == 0 || *body.p != '<' || xml_parse(body, &root, &ignored) != 0)
		return false;
	is_error = xml_is(root, "Error") || xml_is(root, "ErrorResponse");
	xml_free(root);
	return is_error;
}

/* ---- the text ---- */

/* What stands between `before` and the next blank; empty when `before` is not there. */
static struct str word_after(const char *text, const char *before)
{
	const char *at = strstr(text, before);
	struct str word = str_from(at ? at + strlen(before) : NULL);

	return str_slice(word, 0, str_find(word, ' '));
}

/* "User: <arn> is not authorized to perform: <action> on resource: <arn> because <reason>" */
static int set_denied(const struct aws_exchange *x, const char *name, const char *what,
    const struct aws_error *e, struct err *err)
{
	const char *message = e->message;
	struct str who = word_after(message, "User: ");
	struct str action = word_after(message, "perform: ");
	struct str resource = word_after(message, "resource: ");
	const char *because = strstr(message, " because ");
	const char *why = because ? because + strlen(" because ") : who.n > 0 ? "" : message;
	/* HEAD tells a stranger from somebody who may not as little as anything else. */
	const char *or_else = e->code[0] ? "" : ", or is not known";
	char own_action[96];

	(void)snprintf(own_action, sizeof(own_action), "%s:%s", x->service->iam_prefix,
	    x->op->iam ? x->op->iam : x->op->name);
	if (who.n == 0)
		who = STR("the caller");
	if (action.n == 0)
		action = str_from(own_action);
	return err_set(err, ERR_DENIED, "%s: %s: %.*s may not %.*s%s%.*s%s%s%s", name, what,
	    STR_ARG(who), STR_ARG(action), resource.n > 0 ? " on " : "", STR_ARG(resource), or_else,
	    *why ? ": " : "", why);
}

static int set_other_region(const struct aws_exchange *x, const char *name, const char *what,
    const char *region, struct err *err)
{
	return err_set(err, ERR_CONFIG, "%s: %s: bucket '%.*s' is in %s, not in %s", name, what,
	    STR_ARG(x->request->bucket), region, x->region);
}

bool aws_is_elsewhere(const struct aws_exchange *x, const char *region)
{
	return region[0] && strcmp(region, x->region) != 0;
}

/* HEAD says no more than 400, and the region in a header. */
static bool is_other_region(const struct aws_exchange *x, const struct aws_error *e,
    enum err_code code)
{
	return aws_is_elsewhere(x, e->region) &&
	    (code == ERR_CONFIG || (code == ERR_INVALID && !e->code[0]));
}

/* A service that fails says how: who does not may be a proxy, or something else at that address. */
static bool is_wordless(const struct aws_error *e, int status)
{
	return status >= 500 && e->code[0] == '\0' && e->message[0] == '\0';
}

int aws_error_set(const struct aws_exchange *x, const struct aws_error *e, int status,
    struct err *err)
{
	enum err_code code = aws_error_code(status, str_from(e->code));
	char name[AWS_NAME_SIZE], what[AWS_CODE_SIZE];

	aws_exchange_name(x, name);
	copy(what, sizeof(what), str_from(e->code));
	if (!what[0])
		(void)snprintf(what, sizeof(what), "HTTP %d", status);
	if (code == ERR_DENIED)
		return set_denied(x, name, what, e, err);
	if (is_other_region(x, e, code))
		return set_other_region(x, name, what, e->region, err);
	if (code == ERR_CREDENTIALS)
		return err_set(err, code, "%s: %s%s%s (credentials of: %s%s%s)", name, what,
		    e->message[0] ? ": " : "", e->message, x->creds->provider,
		    x->creds->renew[0] ? "; renew with: " : "", x->creds->renew);
	if (is_wordless(e, status))
		return err_set(err, code, "%s: %s and no more, from %s", name, what,
		    x->endpoint.url);
	return err_set(err, code, "%s: %s%s%s", name, what, e->message[0] ? ": " : "", e->message);
}
