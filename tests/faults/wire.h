/*
 * wire: HTTP/1.1 on a socket, from the server's side, with nothing between the test and the bytes:
 * an answer is made whole and then sent as the plan says. One connection, one thread.
 */
#ifndef OPS_FAULTS_WIRE_H
#define OPS_FAULTS_WIRE_H

#include "buf.h"

enum { WIRE_REQUEST_MAX = 8 * 1024 * 1024, WIRE_ANSWER_MAX = 16 * 1024 * 1024 };

/* Points into the connection's buffer; valid until the next request is read. */
struct wire_request {
	struct str method, path, query, head, body;
	bool wants_close;
};

/* The value of a header, trimmed, or empty. */
struct str wire_header(const struct wire_request *r, const char *name);

/* The decoded value of a query parameter appended to out; false: not there. */
bool wire_query(const struct wire_request *r, const char *name, struct buf *out);

/* The next request; false: the client closed, or what came is not HTTP. */
bool wire_read(int fd, struct buf *in, struct wire_request *out);

struct wire_answer {
	int status;
	struct buf headers; /* "Name: value\r\n" lines */
	struct buf body;
	int fd;           /* whom it is for */
	bool has_no_body; /* HEAD: the length is told, the bytes are not sent */
};

void wire_answer_init(struct wire_answer *a);
void wire_answer_reset(struct wire_answer *a);
void wire_answer_release(struct wire_answer *a);

/* The whole answer as bytes, with Date of that time. */
void wire_render(const struct wire_answer *a, int64_t now_s, struct buf *out);

/* All bytes; false: the client is gone. */
bool wire_send(int fd, struct str bytes);

/* %XX and '+' decoded. */
void wire_decode(struct buf *out, struct str s);

#endif
