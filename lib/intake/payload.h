/*
 * payload: what stands in a request's body, flat {"token","email_timestream",...}
 * or nested {"token","data":{...}}, and whether it may be queued. The payload's
 * own bytes are kept as slices of the body, without the token.
 *
 * Judged in two steps, because credentials come between them: payload_parse() is
 * JSON, payload_check() is content. Pure; a struct payload belongs to one thread
 * at a time and must not outlive the body.
 */
#ifndef OPS_PAYLOAD_H
#define OPS_PAYLOAD_H

#include "scan.h"

enum payload_policy {
	PAYLOAD_AUTO,        /* email_timestream valid if present; else nested with four strings */
	PAYLOAD_TIMESTREAM,  /* email_timestream must be there */
	PAYLOAD_FOUR_FIELDS, /* exactly four string members (flat: besides the token) */
	PAYLOAD_BOTH,        /* both of the last two */
	PAYLOAD_POLICY_COUNT,
};
#define PAYLOAD_POLICY_CHOICES "auto|timestream|four-fields|both" /* in enum order */

/* Why a body is refused; also the metric's `reason` label and the answer's `error` text. */
enum payload_fault {
	PAYLOAD_OK,
	PAYLOAD_BAD_JSON,       /* "Invalid JSON payload" */
	PAYLOAD_BAD_SHAPE,      /* "Invalid payload" */
	PAYLOAD_NO_TIMESTREAM,  /* "Missing token or email_timestream" */
	PAYLOAD_BAD_TIMESTREAM, /* "Invalid email_timestream format" */
	PAYLOAD_FAULT_COUNT,
};

struct payload {
	bool is_nested;
	bool has_token;
	enum scan_kind token_kind;
	struct str token;   /* SCAN_STRING: content between the quotes, still escaped */
	struct str data[2]; /* the payload's bytes: the two concatenated; [1] may be empty */
	bool has_timestream;
	struct str timestream; /* raw value */
	enum scan_kind timestream_kind;
	bool data_is_object;
	struct str extra; /* nested: raw key of a member beside data and token, else empty */
	unsigned member_count, string_count; /* of the payload, the token not counted */
};

/* ERR_INVALID: not one JSON object, or token, data or email_timestream twice. */
int payload_parse(struct str body, struct payload *out, enum payload_fault *fault, struct err *err)
    ATTR_MUST_CHECK;

/* ERR_INVALID: the policy refuses it; *epoch_ms is -1 when there is no email_timestream. */
int payload_check(const struct payload *p, enum payload_policy policy, int64_t *epoch_ms,
    enum payload_fault *fault, struct err *err) ATTR_MUST_CHECK;

const char *payload_fault_text(enum payload_fault fault); /* for the answer */
const char *payload_fault_name(enum payload_fault fault); /* "bad_json", for metrics and logs */

#endif
