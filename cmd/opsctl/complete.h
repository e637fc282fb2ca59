/*
 * complete: what the completion scripts of `opsctl completion` ask for.
 *
 * Called as `opsctl __complete WORD...`: the words behind "opsctl" up to the cursor, the last
 * one under way and perhaps empty. Prints candidates "word<TAB>explanation", one per line,
 * each beginning with the word under way; or the single line ":file" or ":dir": the shell
 * completes those itself. Prints no errors, asks nothing, calls no service.
 */
#ifndef OPS_COMPLETE_H
#define OPS_COMPLETE_H

#define COMPLETE_WORD "__complete"

/* Returns the exit status, always 0. */
int complete_print(int argc, char *const *argv);

#endif
