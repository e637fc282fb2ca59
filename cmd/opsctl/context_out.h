/*
 * context_out: how the commands of `opsctl context` show a context.
 */
#ifndef OPS_CONTEXT_OUT_H
#define OPS_CONTEXT_OUT_H

#include "cli.h"

/* "values":{...} of the keys that are set, and "services":{...} where it has any. */
void context_values_json(struct json_writer *w, const struct context *c);
void context_values_print(struct cli *cli, const struct context *c);

/* End the object, print it if JSON is wanted, and release it. */
void context_document_end(struct cli *cli, struct json_writer *w, struct buf *out);

#endif
