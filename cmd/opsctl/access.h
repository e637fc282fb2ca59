/*
 * access: what a context lets be changed. `access = read-only` refuses every change; `confirm`, for
 * production, lets a dangerous one through only when its name is typed or given with --confirm;
 * `full`, the default, asks y/N where a command has a question at all.
 *
 * Every command that changes something calls access_change() before its first change, after its
 * dry run has returned.
 */
#ifndef OPS_ACCESS_H
#define OPS_ACCESS_H

#include "cli.h"

enum access_danger {
	ACCESS_MILD,      /* adds something: a test payload */
	ACCESS_QUESTION,  /* y/N, or --yes: redrive, restart */
	ACCESS_DANGEROUS, /* rotate, purge, deploy, rollback: the context may want its name typed */
};

/*
 * `question` is a whole sentence for ACCESS_QUESTION and worse, NULL: none is asked where the
 * context is `full`. ERR_DENIED: read-only, the text names the context. ERR_USAGE: nobody can be
 * asked; ERR_STOPPED: the answer was no.
 */
int access_change(struct cli *cli, enum access_danger danger, const char *question, struct err *err)
    ATTR_MUST_CHECK;

#endif
