/*
 * How a script ended, in one line. See runner_say.h.
 */
#include "main/runner/runner_say.h"

#include <string.h>
#include <sys/wait.h>

#include "core/log/log.h"

enum { LINE_MAX_LEN = 200 };

/* Of its output: most often it says why. */
static struct slice last_line(struct slice output)
{
	size_t at;

	while (output.len > 0 &&
	       (output.ptr[output.len - 1] == '\n' || output.ptr[output.len - 1] == '\r'))
		output.len--;
	for (at = output.len; at > 0 && output.ptr[at - 1] != '\n';)
		at--;
	output.ptr += at;
	output.len -= at;
	if (output.len > LINE_MAX_LEN)
		output.len = LINE_MAX_LEN;
	return output;
}

void runner_say_end(const struct runner_job *job, const char *what)
{
	const struct message_run_exit *r = &job->report;
	struct slice line = last_line(runner_job_output(job));
	const char *path = job->argv[0];

	if (r->err)
		log_err("%s %s cannot be started: %s", what, path, strerror(r->err));
	else if (r->timed_out)
		log_warn("%s %s took more than %u ms and was ended", what, path,
			 job->ask.timeout_ms);
	else if (job->surplus)
		log_warn("%s %s was ended after %u s: too many like it ran at once", what, path,
			 r->run_us / 1000000);
	else if (WIFSIGNALED(r->status))
		log_warn("%s %s was ended by signal %d", what, path, WTERMSIG(r->status));
	else if (r->status)
		log_warn("%s %s ended with status %d%s%.*s", what, path, WEXITSTATUS(r->status),
			 line.len ? ": " : "", (int)line.len, line.len ? line.ptr : "");
}
