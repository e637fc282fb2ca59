/*
 * fake_s3: stands in for lib/aws/aws.c: answers the calls of a store one by one as the test says,
 * and writes down what was asked. One store at a time; one thread.
 */
#ifndef OPS_TEST_FAKE_S3_H
#define OPS_TEST_FAKE_S3_H

#include "store_s3.h"

/* Headers are lines "Name: value\n". status 0: no answer came. */
struct fake_answer {
	int status;
	const char *code, *region, *headers, *body;
};

/* "" for NULL members; the first with neither status nor code nor headers ends the list. */
void fake_s3_answers(const struct fake_answer *answers, size_t count);

/*
 * What was asked since fake_s3_answers(): "PUT? HEAD GET LIST ", with '?' for If-None-Match: *
 * and "@region" behind it where one was named. A call for which no answer is left is "...!".
 */
struct str fake_s3_calls(void);

/* Key, headers and query of the last call as lines "key in/a\n", "Content-Type: x\n", "prefix=in/\n". */
struct str fake_s3_last(void);
struct str fake_s3_last_body(void);

/* How long each call takes by the store's clock, 0 at first; and what the last was given. */
void fake_s3_take_ms(int64_t ms);
int fake_s3_last_total_ms(void);

/* Whether endpoints are AWS's own; false at first. */
void fake_s3_be_real(bool is_real);

/* A store on the fake. */
struct store *fake_s3_open(const char *url);

/* What the store told with store_options.notice, one line each. */
struct str fake_s3_notices(void);

void fake_s3_close(struct store *s);

#endif
