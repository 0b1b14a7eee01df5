/*
 * Just enough of a shell to see what a short check script comes to: simple commands, `&&`, `||`,
 * `!`, `if`, `{ }`, `exit`, tests of `$?`, redirections. Commands that ask for haproxy (idiom.h)
 * succeed or fail as told; anything that is not understood makes the whole text unreadable. Pure.
 */
#ifndef RELAIS_SCRIPT_SHELL_LITE_H
#define RELAIS_SCRIPT_SHELL_LITE_H

#include "core/base/arena.h"

enum failover_shell_result { FAILOVER_SHELL_TRUE, FAILOVER_SHELL_FALSE, FAILOVER_SHELL_UNREADABLE };

enum failover_shell_result failover_shell_lite(struct arena *arena, const char *text, bool alive);

#endif
