/*
 * screen: a terminal on stdout that is painted over and over. A frame is built line by line and
 * painted with one write, of only the lines that have changed: nothing flickers, and little goes
 * over a slow line. Texts are folded at the width; who builds a frame may look whether it still fits
 * the height, and take back what does not. Both may change at any time. Main thread.
 */
#ifndef OPS_SCREEN_H
#define OPS_SCREEN_H

#include "cli.h"

enum { SCREEN_LINES_MAX = 200, SCREEN_FRAME_MAX = 256 * 1024 };

/* The lines of a frame, each ended by a line break. */
struct screen_frame {
	struct buf text;
	size_t count;
};

struct screen {
	struct cli *cli;
	size_t columns, lines;       /* of the terminal */
	struct screen_frame was, is; /* painted, and in the making */
	bool is_whole;               /* what was painted can no longer be relied upon */
};

/* Switches to the terminal's other page, so that what was there comes back with screen_end(). */
void screen_begin(struct screen *s, struct cli *cli);
void screen_end(struct screen *s); /* the second time nothing */

/* Whether the size is another than it was. */
bool screen_resized(struct screen *s);

/*
 * Append a head and a label in columns of their own and a text, which is folded below its beginning.
 * Any of them may be NULL. Control characters become '?'.
 */
struct screen_line {
	const char *head;
	int head_width;
	const char *label;
	int label_width;
	enum out_color label_color;
	const char *text;
	enum out_color text_color;
};
void screen_add(struct screen *s, const struct screen_line *line);

/* The frame in the making as it is now, to come back to. Zeroed: its beginning. */
struct screen_mark {
	size_t bytes, count;
};
struct screen_mark screen_mark(const struct screen *s);
void screen_back(struct screen *s, struct screen_mark to);

/* Paint what has changed. A frame that is too long ends with how many lines are left out. */
void screen_paint(struct screen *s);

/* Columns of the terminal behind that descriptor; SIZE_MAX: it is none. */
size_t screen_columns(int fd);

#endif
