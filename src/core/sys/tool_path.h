/*
 * Where relais' helper executables are: programs of their own because they bring heavy libraries or
 * block (mail, databases), run by the runner and never by the real-time process. Any thread.
 */
#ifndef RELAIS_SYS_TOOL_PATH_H
#define RELAIS_SYS_TOOL_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* The absolute path of tool `name`: beside the running program (a build directory), else in
 * ../libexec/relais from there (installed). False, with out empty, when neither is executable or
 * the path is longer than cap bytes. */
bool tool_path_find(const char *name, char *out, size_t cap);

#endif
