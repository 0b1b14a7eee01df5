/*
 * Whether a process is the one that a vrrp_track_process means. Pure.
 */
#ifndef RELAIS_TRACK_PROCESS_MATCH_H
#define RELAIS_TRACK_PROCESS_MATCH_H

#include <stddef.h>

#include "failover/model/vrrp_conf.h"

/* comm: its name as /proc/PID/comm has it, without the newline: 15 characters at most. */
bool process_match_name(const struct vrrp_process_conf *p, const char *comm);
/* command: its arguments as /proc/PID/cmdline has them, each ended by NUL. */
bool process_match_command(const struct vrrp_process_conf *p, const char *command, size_t len);

#endif
