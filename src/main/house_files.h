/*
 * Where files of the program are, as keepalived.conf and the command line say: the pid file, the
 * file that fences reloads. Used by main.c and the master.
 */
#ifndef RELAIS_MAIN_HOUSE_FILES_H
#define RELAIS_MAIN_HOUSE_FILES_H

#include "main/config.h"

/* Under keepalived's name there is a pid file without being asked for: /run/keepalived.pid, with
 * use_pid_dir or `instance` in /run/keepalived. False: there is to be none. */
bool house_pid_path(const struct args *args, const struct config *config, char *out, size_t cap);

/* The process that the pid file names, when it lives and is one of these programs; 0 = none. */
int house_pid_owner(const char *path);
/* Ours, at once: who reads it sees the one before or ours. False with errno. */
bool house_pid_write(const char *path);
/* Unless another process has written itself there meanwhile. */
void house_pid_remove(const char *path);

/* reload_file: empty while the configuration is read. Nothing where none is configured. */
void house_reload_begin(const struct config *config);
void house_reload_end(const struct config *config);

#endif
