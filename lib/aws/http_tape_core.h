/* http_tape_core: what the files of the tape share: one exchange, as it is kept. Private. */
#ifndef OPS_HTTP_TAPE_CORE_H
#define OPS_HTTP_TAPE_CORE_H

#include "http_tape.h"
#include "json.h"

/* "AmazonSQS.GetQueueAttributes"; of Query its Action; else the path: what a call is, in short. */
void http_tape_operation(const struct http_request *r, struct buf *out);

/* The URL, and the body, redacted. */
void http_tape_url(const struct http_request *r, struct buf *out);
void http_tape_body(struct str body, const struct str *secrets, size_t count, struct buf *out);

/* Write an exchange as a line; read it back into a response, or its failure: then -1. */
void http_tape_write(const struct http_request *r, const struct http_response *response,
    const struct err *failure, int64_t began_ms, struct buf *out);
int http_tape_answer(const struct json *line, struct http_response *response, struct err *err)
    ATTR_MUST_CHECK;

#endif
