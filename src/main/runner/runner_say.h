/*
 * The log line about a script that did not end well. Used by runner.c for scripts whose client does
 * not wait for a report, and by hook_script.c.
 */
#ifndef RELAIS_RUNNER_RUNNER_SAY_H
#define RELAIS_RUNNER_RUNNER_SAY_H

#include "main/runner/runner_job.h"

/* job is ENDED. what: "script", "startup_script". Nothing about one that ended with status 0. */
void runner_say_end(const struct runner_job *job, const char *what);

#endif
