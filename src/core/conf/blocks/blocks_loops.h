/*
 * `~SEQ(var, start, step, end)`, `~SEQx(...)` and `~LST(var, value, ...)`: what repeats the rest of
 * a line with a parameter set anew each time. Private to core/conf.
 */
#ifndef RELAIS_BLOCKS_BLOCKS_LOOPS_H
#define RELAIS_BLOCKS_BLOCKS_LOOPS_H

#include "core/conf/blocks/blocks_params.h"

enum { BLOCKS_LOOP_VARS = 8 };

struct blocks_loop {
	const char *rest; /* the line to repeat */
	struct slice vars[BLOCKS_LOOP_VARS];
	unsigned n_vars;
	long long at, step, end; /* ~SEQ */
	bool is_list, is_tuple, hex;
	struct slice values; /* ~LST: what is left */
};

/* Length of a `~SEQ(...)` or `~LST(...)` at text, with its parentheses; 0 when there is none. */
size_t blocks_loop_head_len(const char *text);
/* NULL when head is not understood. */
struct blocks_loop *blocks_loop_new(struct blocks_params *params, const char *head,
				    const char *rest);
/* Sets the next value; false when there is none left. */
bool blocks_loop_turn(struct blocks_loop *loop, struct blocks_params *params);

#endif
