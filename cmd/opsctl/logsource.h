/*
 * logsource: one log that `opsctl logs` reads: a group of CloudWatch Logs (logsource_aws.c) or a
 * file of the system on this machine (logsource_file.c). Read again and again it gives its lines to
 * the view, each once, also those that come late.
 */
#ifndef OPS_LOGSOURCE_H
#define OPS_LOGSOURCE_H

#include "aws.h"
#include "logview.h"

struct log_source {
	struct logview *view;
	unsigned number;    /* of the view */
	const char *place;  /* log group or path, for people */
	int64_t read_to_ms; /* the time of the line read last */
	bool is_at_end;     /* of all there is for now; reading on looks for more */
	int poll_ms;        /* how often that is worth it */
	/* The next piece; -1: it may be read again, unless the error says that this is no use. */
	int (*read)(struct log_source *s, struct err *err);
	void (*close)(struct log_source *s); /* frees it */
};

/* `task_stream`: the full name of the one stream that is wanted; NULL: all. Copied. */
struct log_source *logsource_aws(struct logview *view, struct aws *aws, const char *service,
    const char *group, const char *task_stream);

/* The file need not be there yet. */
struct log_source *logsource_file(struct logview *view, const char *service, const char *dir,
    const char *name);

#endif
