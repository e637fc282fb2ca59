/*
 * halt: where --stop-on-error ended a run: the line that was refused, and those that were
 * under way at that moment, of which there are at most as many as threads. No other is begun
 * after it. One thread at a time.
 */
#ifndef OPS_HALT_H
#define OPS_HALT_H

#include "journal.h"
#include "runner.h"

/* Zeroed: the run goes on. */
struct halt {
	uint64_t line; /* 0: none */
	uint64_t under_way[RUNNER_THREADS_MAX];
	size_t count;
};

/* The outcome of a line that was under way when the run was halted has come. */
void halt_add(struct halt *h, uint64_t line);

/* Members "stopped_at" and "under_way" with what became of each; nothing when it went on. */
void halt_json(struct json_writer *w, struct halt *h, const struct journal *j);
void halt_text(struct cli *cli, struct halt *h);

#endif
