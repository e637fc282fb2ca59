/*
 * token_turn: whether a rotation may go ahead. There are two versions of a token: another rotation
 * ends the previous one, which clients may still use, and two at once would end one that nobody has
 * heard of.
 *
 * What is read from AWS may be older than what was read or written before. It is told from a rotation
 * of somebody else by its version, and waited for, at most TOKEN_LATE_MS and --timeout: then it is
 * ERR_TIMEOUT. Main thread.
 */
#ifndef OPS_TOKEN_TURN_H
#define OPS_TOKEN_TURN_H

#include "token_versions.h"

/* The default of OPS_SECRET_GRACE_S, for when ops-api cannot be asked what it accepts. */
enum { TOKEN_GRACE_S = 24 * 3600 };

enum { TOKEN_LATE_MS = 5000 };

/*
 * Whether the previous token counts still: ops-api accepts it or, where `check` was not asked
 * (check->http NULL), it stopped being the current one less than TOKEN_GRACE_S ago.
 */
bool token_turn_is_early(const struct cli *cli, const struct token_versions *v,
    const struct token_check *check);

/* ERR_CONFLICT with what another rotation would end, and the next step; always -1. */
int token_turn_refuse(struct cli *cli, const struct token_versions *v, struct err *err);

/*
 * Make `token` current, if `v` is still what the source holds; nobody else of this machine rotates a
 * token in a file meanwhile. ERR_CONFLICT: somebody was faster, and nothing was changed, or (SSM)
 * wrote at the same moment; others of secret_rotate().
 */
int token_turn_rotate(struct cli *cli, const struct token_versions *v, struct str token,
    struct err *err) ATTR_MUST_CHECK;

/* Read again after a rotation to `token`. ERR_CONFLICT: somebody else wrote at the same moment. */
int token_turn_read(struct cli *cli, struct token_versions *v, struct str token, struct err *err)
    ATTR_MUST_CHECK;

#endif
