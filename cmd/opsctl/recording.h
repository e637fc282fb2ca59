/*
 * recording: --record FILE and --replay FILE. A recording is a file of JSON lines, mode 0600: a head
 * (command, version, time, context, where the services of AWS are), each exchange over HTTP as
 * http_tape.h keeps it, redacted, and an end (exit status, how many there were). It is written while
 * the command works, whether it fails or not, so that it is there also of one that was killed.
 *
 * A replay takes context, clock and answers from the file: no network, no credentials, no files of
 * the system. Of what is not on HTTP (a queue or store on this machine) the end has what a command
 * found out about it (facts_kept.h), or that it could not be used, and why; and no more.
 */
#ifndef OPS_RECORDING_H
#define OPS_RECORDING_H

#include "cli.h"

struct recording;

/*
 * Where one of both options is given: open the file, and to replay fill cli->context and cli->clock.
 * Before threads, and before the context is resolved. ERR_CONFIG: the file cannot be used.
 */
int recording_open(struct cli *cli, struct err *err) ATTR_MUST_CHECK;

/* The context is known: the head can be written. From here on what is said over HTTP is kept. */
void recording_begin(struct cli *cli);

/* Write the end, and close; when no other thread is left. NULL and none: nothing. */
void recording_close(struct cli *cli, enum exit_code code);

bool recording_is_replay(const struct cli *cli);

/* Whether an error is that a replay has no answer: nothing is known, least of all that it failed. */
bool recording_lacks(const struct cli *cli, const struct err *err);

/*
 * A command that has no credentials asks nobody, so that no exchange tells of it. While one is
 * recorded the first such error is kept; in a replay it takes the place of one for want of an
 * answer. Main thread.
 */
void recording_settle(struct cli *cli, struct err *err);

/*
 * Whether a value of the context can be opened. In a replay of what is no HTTP it cannot: the error
 * is what recording_refused() kept, and its next step is set, else ERR_NOTFOUND. Any thread.
 */
int recording_allows(struct cli *cli, enum context_key key, struct err *err) ATTR_MUST_CHECK;

/*
 * It was opened or used, and failed, and the next step is set: of what is no HTTP the first such error
 * is kept. Any thread.
 */
void recording_refused(const struct cli *cli, enum context_key key, const struct err *err);

/*
 * What was found out about the value of that key, which speaks no HTTP: one JSON object. The first one
 * is kept, where there is a recording; none that is `full`. Any thread.
 */
enum { RECORDING_KEPT_MAX = 8192 };
void recording_keep(const struct cli *cli, enum context_key key, const struct buf *object);

/* In a replay: that object, until recording_close(). NULL: none was kept, or this is no replay. */
const struct json *recording_kept(const struct cli *cli, enum context_key key);

/* Whether files of a system on this machine may be read, "the logs": ERR_NOTFOUND in a replay. */
int recording_allows_files(const struct cli *cli, const char *what, struct err *err)
    ATTR_MUST_CHECK;

#endif
