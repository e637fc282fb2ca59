/*
 * json_indent: JSON for people who paste it: an element on a line, two spaces for each level. Pure.
 */
#ifndef OPS_JSON_INDENT_H
#define OPS_JSON_INDENT_H

#include "buf.h"

/* `json` is well-formed and compact, as a json_writer makes it; no line break at the end. */
void json_indent(struct str json, struct buf *out);

#endif
