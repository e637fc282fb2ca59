/*
 * web: an HTTP/1.1 server on a free loopback port for unit tests: one thread per connection, and
 * a function of the test decides what bytes come back. One at a time per program.
 */
#ifndef OPS_TEST_WEB_H
#define OPS_TEST_WEB_H

#include "buf.h"

enum { WEB_REQUEST_MAX = 2 * 1024 * 1024 };

/*
 * Called with one whole request, head and body, in the connection's thread. Append the raw answer;
 * true keeps the connection open. web_answer() makes a usual one.
 */
typedef bool web_fn(void *arg, struct str request, struct buf *answer);

void web_start(web_fn *fn, void *arg);
void web_stop(void);
unsigned web_port(void);
unsigned web_connections(void); /* accepted so far */

/* "HTTP/1.1 <status> X", headers ("A: b\r\n", may be empty), Content-Length and body. */
void web_answer(struct buf *answer, int status, const char *headers, struct str body);

/* Parts of a request: "PUT", "/path?query", the body, a header's value (empty: absent). */
struct str web_method(struct str request);
struct str web_target(struct str request);
struct str web_body(struct str request);
struct str web_header(struct str request, const char *name);

#endif
