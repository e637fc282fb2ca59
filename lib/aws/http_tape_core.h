/* http_tape_core: what the files of the tape share: one exchange, as it is kept. Private. */
#ifndef OPS_HTTP_TAPE_CORE_H
#define OPS_HTTP_TAPE_CORE_H

#include "http_tape.h"
#include "json.h"

/* "AmazonSQS.GetQueueAttributes"; of Query its Action; else the path: what a call is, in short. */
void http_tape_operation(const struct http_request *r, struct buf *out);

void http_tape_url(const struct http_request *r, struct buf *out); /* redacted */

/* As what a body is kept; the last two: not at all. */
enum http_tape_form { HTTP_TAPE_TEXT, HTTP_TAPE_BASE64, HTTP_TAPE_NO_TEXT, HTTP_TAPE_TOO_LARGE };

/* Append it so, redacted or in base64. */
enum http_tape_form http_tape_body(const struct http_request *r, struct str body, struct buf *out);

/* Write an exchange as a line; read it back into a response, or its failure: then -1. */
void http_tape_write(const struct http_request *r, const struct http_response *response,
    const struct err *failure, int64_t began_ms, struct buf *out);
int http_tape_answer(const struct json *line, struct http_response *response, struct err *err)
    ATTR_MUST_CHECK;

#endif
