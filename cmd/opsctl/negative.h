/*
 * negative: one request that must be refused: a row of a table says what is wrong with it. The rest
 * of it is right, so that nothing else can be why it is refused.
 */
#ifndef OPS_NEGATIVE_H
#define OPS_NEGATIVE_H

#include "http.h"
#include "token_versions.h"
#include "uuid.h"

/* What is done with the credentials. */
enum negative_auth {
	NEGATIVE_GOOD, /* nothing wrong: it is refused for something else */
	NEGATIVE_NONE,
	NEGATIVE_BODY_TOKEN, /* a wrong token in the body */
	NEGATIVE_BEARER,     /* a wrong bearer token */
	NEGATIVE_KEY,        /* signed with a wrong key */
	NEGATIVE_KEY_BEARER, /* the same, with the right bearer token beside it */
	NEGATIVE_TAMPERED,   /* signed for another body */
	NEGATIVE_OTHER_ID,   /* signed for another webhook-id */
	NEGATIVE_STALE,      /* signed too long ago */
	NEGATIVE_EARLY,      /* signed for a time to come */
	NEGATIVE_UNSIGNED,   /* id and time, but no signature */
	NEGATIVE_PREVIOUS,   /* signed with the previous token */
};

struct negative_row {
	const char *name; /* "signature too old" */
	int status;       /* the answer that is wanted */
	enum negative_auth auth;
	const char *method, *path, *type, *encoding; /* NULL: POST, /submit, JSON, none */
	/* The body; NULL: a good payload. %s, which must be there, becomes the mark. */
	const char *body;
	size_t bytes;       /* so many, instead */
	const char *header; /* that the answer must have; NULL: none */
};

extern const struct negative_row negative_rows[];
extern const size_t negative_row_count;

/* What the requests of one run share. */
struct negative {
	struct http *http;
	const char *url; /* of ops-api */
	const struct clock *clock;
	const struct token_versions *tokens;
	bool signs; /* ops-api takes signatures; else a bearer token is the good one */
	char mark[UUID_TEXT_SIZE]; /* stands in every payload and id of the run */
};

/* What came back. */
struct negative_answer {
	int status; /* 0: none */
	bool has_header;
	struct err err; /* without an answer: why */
};

/* Send one. The n-th of a run, for its id. */
void negative_send(const struct negative *n, const struct negative_row *row, size_t number,
    struct negative_answer *out);

#endif
