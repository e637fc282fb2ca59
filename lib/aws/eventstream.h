/*
 * eventstream: reads application/vnd.amazon.eventstream, in which some AWS services answer without
 * end: messages of named headers and a payload, each framed by its length and two CRC-32.
 * https://smithy.io/2.0/aws/amazon-eventstream.html
 *
 * Feed bytes as they come, take messages until there is none. One owner, one thread.
 */
#ifndef OPS_EVENTSTREAM_H
#define OPS_EVENTSTREAM_H

#include "buf.h"
#include "err.h"

enum {
	EVENTSTREAM_HEADERS_MAX = 128 * 1024,
	EVENTSTREAM_MESSAGE_MAX = 24 * 1024 * 1024, /* whole, with its frame */
};

struct eventstream {
	struct buf bytes; /* of messages not yet taken */
	size_t taken;     /* bytes at the start of it that are done with */
};

/* The headers that say what it is, "" where one is missing. */
struct eventstream_message {
	struct str message_type;   /* "event", "exception", "error" */
	struct str event_type;     /* "sessionUpdate" */
	struct str exception_type; /* "SessionTimeoutException" */
	struct str error_code, error_message;
	struct str payload;
};

void eventstream_init(struct eventstream *s);
void eventstream_release(struct eventstream *s);

/* Ends the life of messages that were taken. ERR_CORRUPT: more than two messages can need. */
int eventstream_add(struct eventstream *s, struct str bytes, struct err *err) ATTR_MUST_CHECK;

/*
 * The next message, if all of it is there. It lives until the next eventstream_add().
 * ERR_CORRUPT: not what the format says; nothing that follows can be trusted.
 */
int eventstream_next(struct eventstream *s, struct eventstream_message *out, bool *found,
    struct err *err) ATTR_MUST_CHECK;

/* CRC-32 as in gzip and zlib; crc is that of the bytes before, 0 at first. */
uint32_t eventstream_crc(uint32_t crc, struct str bytes);

#endif
