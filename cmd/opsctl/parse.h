/*
 * parse: from argv to a struct cli. Global options may stand anywhere before "--", those
 * of a command behind its words. For main; commands read values with cli_text() and its
 * like from cli.h.
 */
#ifndef OPS_PARSE_H
#define OPS_PARSE_H

#include "cli.h"

enum { PARSE_WORDS_MAX = 64 };

/*
 * Fill cli from argv (borrowed; operands point into an array of parse's own, cli->operands).
 * cli->command is NULL when the words name no command or only a noun: `words` then holds what
 * was given ("" or "dlq"). With --help or --version nothing is asked of the rest.
 * ERR_USAGE otherwise wrong; the next step is set.
 */
int parse_args(struct cli *cli, int argc, char *const *argv, char words[PARSE_WORDS_MAX],
    struct err *err) ATTR_MUST_CHECK;
void parse_release(struct cli *cli);

/* The row of that name among `count` rows, or NULL. */
const struct option_row *option_find(const struct option_row *rows, size_t count, struct str name);

/* Whether `words` is a command's first word but not a command: "dlq". */
bool command_is_noun(const char *words);
const struct command *command_find(const char *words);

/* Whether it needs a value of its own: flags do not. */
bool option_takes_value(const struct option_row *row);

/* Milliseconds of "500ms", "30s", "5m", "2h", "1d"; false when it is not one. */
bool duration_parse(struct str text, int64_t *ms);

#endif
