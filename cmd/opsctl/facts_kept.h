/*
 * facts_kept: what was found out about a queue, store and secret of this machine, as a recording
 * keeps it: no exchange over HTTP tells of them. Any thread.
 */
#ifndef OPS_FACTS_KEPT_H
#define OPS_FACTS_KEPT_H

#include "facts.h"

/* What was found, for the recording where there is one. Of what is on AWS nothing is kept. */
void facts_keep_queue(const struct cli *cli, const struct facts_queue *q);
void facts_keep_store(const struct cli *cli, const struct facts_store *s);
void facts_keep_secret(const struct cli *cli, const struct facts_secret *s);

/* true: this is a replay, and what was found then is in *out; else *out is as it was. */
bool facts_recall_queue(const struct cli *cli, struct facts_queue *out);
bool facts_recall_store(const struct cli *cli, struct facts_store *out);
bool facts_recall_secret(const struct cli *cli, struct facts_secret *out);

#endif
