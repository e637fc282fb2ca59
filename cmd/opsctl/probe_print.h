/*
 * probe_print: probes for people and programs. Main thread.
 */
#ifndef OPS_PROBE_PRINT_H
#define OPS_PROBE_PRINT_H

#include "probe_tally.h"

/* The waterfall of one, and where it failed. */
void probe_print_text(struct cli *cli, const struct probe *p);

/* One of many, on one line; n counts from 1. Why it failed is told once, with what many took. */
void probe_print_line(struct cli *cli, const struct probe *p, int64_t n, int64_t count);

/* A document: "opsctl/probe/1". */
void probe_print_json(struct cli *cli, const struct probe *p);

/* What many took; "opsctl/probe-summary/1". */
void probe_print_tally(struct cli *cli, const struct probe_tally *t);
void probe_print_tally_json(struct cli *cli, const struct probe_tally *t);

#endif
