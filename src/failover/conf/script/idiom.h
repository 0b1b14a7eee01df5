/*
 * Recognising scripts that only ask whether a process named haproxy lives: `killall -0 haproxy`,
 * `pidof haproxy`, `pgrep haproxy`, `systemctl is-active haproxy` and the like, also within
 * `sh -c "..."` and in short script files that do nothing else. After a move to relais there is no
 * such process, so these are answered by the balancer's heartbeat. Private to this room.
 */
#ifndef RELAIS_SCRIPT_IDIOM_H
#define RELAIS_SCRIPT_IDIOM_H

#include "core/conf/files.h"

/* Script files are read through files; one that cannot be read is no idiom. */
bool failover_idiom_asks(struct conf_files *files, struct arena *arena, const char *const *argv);

/* One simple command, words already cut (argv NULL-terminated). */
bool failover_idiom_command(const char *const *argv);

#endif
