/*
 * One script at work. See runner_job.h. The runner's thread. A script may hang, fork, write without
 * end or close everything: its group gets SIGTERM and SIGKILL, of its output the end is kept, and
 * what it leaves running when it ends in time is left alone, its output read until it closes.
 */
#include "main/runner/runner_job.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/die.h"

extern char **environ;

/* Cuts n NUL-terminated strings from *at; false when they are not all there. */
static bool cut_strings(char **at, const char *end, char **out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *nul = *at < end ? memchr(*at, '\0', (size_t)(end - *at)) : NULL;

		if (!nul)
			return false;
		out[i] = *at;
		*at = nul + 1;
	}
	return true;
}

struct runner_job *runner_job_new(const struct channel_message *msg)
{
	struct runner_job *job = calloc(1, sizeof(*job));
	size_t len, n;
	char *at;

	if (!job)
		die_no_memory();
	job->output.fd = -1;
	list_init(&job->link);
	if (msg->len < sizeof(job->ask))
		goto out;
	memcpy(&job->ask, msg->payload, sizeof(job->ask));
	len = msg->len - sizeof(job->ask);
	n = (size_t)job->ask.n_argv + job->ask.n_env;
	if (job->ask.n_argv == 0 || n > len)
		goto out;
	job->text = malloc(len);
	job->argv = calloc(job->ask.n_argv + 1u, sizeof(char *));
	job->env = calloc(job->ask.n_env + 1u, sizeof(char *));
	if (!job->text || !job->argv || !job->env)
		die_no_memory();
	memcpy(job->text, msg->payload + sizeof(job->ask), len);
	at = job->text;
	if (cut_strings(&at, job->text + len, job->argv, job->ask.n_argv) &&
	    cut_strings(&at, job->text + len, job->env, job->ask.n_env))
		return job;
out:
	runner_job_free(&job, NULL);
	return NULL;
}

static void close_output(struct runner_job *job, struct loop *loop)
{
	if (job->output.fd < 0)
		return;
	loop_fd_del(loop, &job->output);
	close(job->output.fd);
	job->output.fd = -1;
}

void runner_job_free(struct runner_job **slot, struct loop *loop)
{
	struct runner_job *job = *slot;

	close_output(job, loop);
	if (loop)
		loop_timer_clear(loop, &job->timer);
	list_del(&job->link);
	free(job->argv);
	free(job->env);
	free(job->text);
	free(job);
	*slot = NULL;
}

/* ---- in the child ---- */

static int become(const struct runner_job *job)
{
	const struct passwd *pw;

	if (geteuid() != 0) /* not privileged: only what we are already */
		return job->ask.uid == geteuid() ? 0 : EPERM;
	pw = getpwuid(job->ask.uid);
	if (pw ? initgroups(pw->pw_name, job->ask.gid) : setgroups(0, NULL))
		return errno;
	if (setgid(job->ask.gid) < 0 || setuid(job->ask.uid) < 0)
		return errno;
	return 0;
}

static void reset_signals(void)
{
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int prepare(const struct runner_job *job, int output)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), err;

	setpgid(0, 0);
	reset_signals();
	err = become(job);
	if (err)
		return err;
	/* The runner's death is the script's, also when the runner is killed. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (chdir("/") < 0 || null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 ||
	    dup2(output, 2) < 0)
		return errno;
	close_range(3, ~0U, 0);
	if (job->ask.clean_env)
		clearenv();
	for (char **env = job->env; *env; env++)
		putenv(*env);
	return 0;
}

static _Noreturn void be_script(const struct runner_job *job, int output, _Atomic int *err_word)
{
	int err = prepare(job, output);

	if (!err) {
		execv(job->argv[0], job->argv);
		err = errno;
	}
	if (err == ENOEXEC) { /* a script without #! */
		const char **argv = calloc(job->ask.n_argv + 2u, sizeof(char *));

		if (argv) {
			argv[0] = "/bin/sh";
			memcpy(argv + 1, job->argv, job->ask.n_argv * sizeof(char *));
			execv(argv[0], (char **)(uintptr_t)argv);
		}
	}
	*err_word = err;
	_exit(127);
}

/* ---- in the runner ---- */

static void keep_end(struct runner_job *job)
{
	if (job->output_len <= RUNNER_OUTPUT_MAX)
		return;
	memmove(job->bytes, job->bytes + job->output_len - RUNNER_OUTPUT_MAX, RUNNER_OUTPUT_MAX);
	job->output_len = RUNNER_OUTPUT_MAX;
}

/* Tells the lines that are complete; the rest stays. */
static void tell_lines(struct runner_job *job)
{
	size_t from = 0;

	for (size_t i = 0; i < job->output_len; i++) {
		if (job->bytes[i] != '\n')
			continue;
		job->on_line(job, (struct slice){job->bytes + from, i - from});
		from = i + 1;
	}
	memmove(job->bytes, job->bytes + from, job->output_len - from);
	job->output_len -= from;
}

/* Reads what is there, but not for ever: a script may write faster than we read. */
static bool drain(struct runner_job *job)
{
	for (int i = 0; i < 64; i++) {
		ssize_t n = read(job->output.fd, job->bytes + job->output_len, RUNNER_OUTPUT_MAX);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		job->output_len += (size_t)n;
		if (job->ask.wants_lines && job->on_line)
			tell_lines(job);
		keep_end(job);
	}
	return true;
}

static void on_output(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct runner_job *job = container_of(lfd, struct runner_job, output);

	(void)ready;
	if (drain(job))
		return;
	close_output(job, loop);
	if (job->state == RUNNER_JOB_ENDED)
		job->on_closed(job);
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
	struct runner_job *job = container_of(timer, struct runner_job, timer);

	if (job->killed) {
		kill(-job->pid, SIGKILL);
		return;
	}
	job->timed_out = true;
	runner_job_end(job, loop);
}

int runner_job_start(struct runner_job *job, struct loop *loop, _Atomic int *err_word)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	fcntl(ends[1], F_SETFL, 0); /* the script's end blocks, as it expects */
	*err_word = 0;
	job->started_us = loop_clock_us(loop);
	job->pid = fork();
	if (job->pid < 0) {
		int err = errno;

		close(ends[0]);
		close(ends[1]);
		return -err;
	}
	if (job->pid == 0)
		be_script(job, ends[1], err_word);
	setpgid(job->pid, job->pid); /* both sides do: whoever is first */
	close(ends[1]);
	job->state = RUNNER_JOB_RUNNING;
	job->output.fd = ends[0];
	job->output.on_ready = on_output;
	loop_fd_add(loop, &job->output, LOOP_IN);
	job->timer.on_expiry = on_timer;
	if (job->ask.timeout_ms > 0)
		loop_timer_set(loop, &job->timer,
			       job->started_us + (int64_t)job->ask.timeout_ms * 1000);
	return 0;
}

void runner_job_end(struct runner_job *job, struct loop *loop)
{
	if (job->state != RUNNER_JOB_RUNNING || job->killed)
		return;
	job->killed = true;
	kill(-job->pid, SIGTERM);
	kill(-job->pid, SIGCONT); /* a stopped one must hear it */
	loop_timer_set(loop, &job->timer, loop_clock_us(loop) + RUNNER_KILL_US);
}

void runner_job_reap(struct runner_job *job, struct loop *loop, int exec_err)
{
	int status = -1;

	if (job->output.fd >= 0 && !drain(job))
		close_output(job, loop);
	if (job->killed) /* while the pid is still held by the one not reaped */
		kill(-job->pid, SIGKILL);
	waitpid(job->pid, &status, 0);
	job->pid = 0;
	job->state = RUNNER_JOB_ENDED;
	loop_timer_clear(loop, &job->timer);
	job->report = (struct message_run_exit){
		.id = job->ask.id,
		.status = exec_err ? -1 : status,
		.err = exec_err,
		.timed_out = job->timed_out,
		.run_us = (uint32_t)(loop_clock_us(loop) - job->started_us),
	};
}

struct slice runner_job_output(const struct runner_job *job)
{
	return (struct slice){job->bytes, job->output_len};
}
