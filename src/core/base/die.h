/*
 * The only ways to end the process from below main/: memory gone at start-up, or a broken
 * invariant of our own. Never for what a peer or an operator sent.
 */
#ifndef RELAIS_BASE_DIE_H
#define RELAIS_BASE_DIE_H

_Noreturn void die_no_memory(void);
_Noreturn void die_assert(const char *what, const char *file, int line);

/* On in release builds: for cheap invariants only. */
#define RELAIS_ASSERT(cond) ((cond) ? (void)0 : die_assert(#cond, __FILE__, __LINE__))

#endif
