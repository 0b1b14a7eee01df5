/*
 * The runner process: takes requests from its clients, starts them as limits and lanes allow,
 * reports their ends. See runner.h. One thread; a job's life:
 *
 *   MESSAGE_RUN -> WAITING -> RUNNING -> ENDED, reported -> its output closes -> freed
 *
 * The child of a fork tells by shared memory why exec failed: one word per running job, as a pipe
 * would make the runner wait for a slow file system.
 */
#include "main/runner/runner.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "main/runner/runner_say.h"
#include "main/runner/runner_rights.h"

enum {
	CLIENTS_MAX = 16,
	WORDS = 2 * RUNNER_RUNNING_MAX,
	LINGER_MAX = 256, /* ended scripts whose output somebody still holds open */
	RETRY_US = 50000, /* a client that does not read its reports */
};

struct client {
	struct loop_fd lfd; /* fd -1 = gone */
	unsigned index;
	struct runner *runner;
};

struct runner {
	struct loop *loop;
	struct loop_fd signals;
	struct client clients[CLIENTS_MAX];
	unsigned n_open;
	const struct runner_rights *rights; /* borrowed; NULL = no bounds */
	struct list jobs;		    /* all, in the order asked */
	unsigned n_waiting, n_lingering;
	_Atomic int *words;		 /* shared with children; 0 = no error */
	struct runner_job *slots[WORDS]; /* whose word it is */
	struct loop_timer lane_timer, leave_timer;
	bool leaving, left; /* told to end; the lanes' time is over */
	struct channel_message msg;
};

/* ---- reports ---- */

static void drop(struct runner *r, struct runner_job *job)
{
	r->n_lingering -= job->state == RUNNER_JOB_ENDED;
	runner_job_free(&job, r->loop);
}

static void on_retry(struct loop *loop, struct loop_timer *timer);

/* Sends the report when one is wanted; true when the job has nothing more to say. */
static bool say(struct runner *r, struct runner_job *job)
{
	char payload[sizeof(job->report) + RUNNER_OUTPUT_MAX];
	struct slice output = runner_job_output(job);
	int fd = r->clients[job->client].lfd.fd;

	if (job->reported || !job->ask.wants_report || job->cancelled || fd < 0)
		return true;
	memcpy(payload, &job->report, sizeof(job->report));
	memcpy(payload + sizeof(job->report), output.ptr, output.len);
	if (channel_send(fd, MESSAGE_RUN_EXIT, payload, sizeof(job->report) + output.len) ==
	    -EAGAIN) {
		job->timer.on_expiry = on_retry;
		loop_timer_set(r->loop, &job->timer, loop_now_us(r->loop) + RETRY_US);
		return false;
	}
	job->reported = true;
	return true;
}

/* ENDED: reports, and frees it unless something that it started still writes. */
static void conclude(struct runner *r, struct runner_job *job)
{
	if (say(r, job) && (job->output.fd < 0 || r->n_lingering > LINGER_MAX || r->leaving))
		drop(r, job);
}

static void on_retry(struct loop *loop, struct loop_timer *timer)
{
	struct runner_job *job = container_of(timer, struct runner_job, timer);

	(void)loop;
	conclude(job->runner, job);
}

static void on_line(struct runner_job *job, struct slice line)
{
	char payload[sizeof(struct message_run_line) + 2 * RUNNER_OUTPUT_MAX];
	struct message_run_line head = {job->ask.id};
	int fd = job->runner->clients[job->client].lfd.fd;

	if (job->cancelled || fd < 0)
		return;
	memcpy(payload, &head, sizeof(head));
	memcpy(payload + sizeof(head), line.ptr, line.len);
	channel_send(fd, MESSAGE_RUN_LINE, payload, sizeof(head) + line.len);
}

static void on_closed(struct runner_job *job)
{
	conclude(job->runner, job);
}

static void refuse(struct runner *r, struct runner_job *job, int err)
{
	job->state = RUNNER_JOB_ENDED;
	r->n_lingering++;
	job->report = (struct message_run_exit){.id = job->ask.id, .status = -1, .err = err};
	log_err("script %s cannot be started: %s", job->argv[0], strerror(err));
	conclude(r, job);
}

/* ---- starting ---- */

static unsigned n_running(const struct runner *r, bool lanes)
{
	unsigned n = 0;

	for (unsigned i = 0; i < WORDS; i++)
		n += r->slots[i] && (r->slots[i]->ask.lane != 0) == lanes;
	return n;
}

static bool has_waited(const struct runner *r, const struct runner_job *job)
{
	return loop_now_us(r->loop) - job->asked_us >= MESSAGE_RUN_LANE_WAIT_US;
}

/* Whether somebody of its lane runs, or waits before it. A predecessor that takes too long is not
 * waited for. */
static bool lane_is_free(struct runner *r, const struct runner_job *job)
{
	struct list *pos;

	if (!job->ask.lane || has_waited(r, job))
		return true;
	LIST_EACH(pos, &r->jobs)
	{
		const struct runner_job *other = container_of(pos, struct runner_job, link);

		if (other == job)
			return true;
		if (other->state != RUNNER_JOB_ENDED && other->client == job->client &&
		    other->ask.lane == job->ask.lane)
			return false;
	}
	return true;
}

static void start(struct runner *r, struct runner_job *job)
{
	unsigned slot = 0;
	int err;

	while (r->slots[slot])
		slot++;
	r->n_waiting--;
	err = runner_job_start(job, r->loop, &r->words[slot]);
	if (err)
		refuse(r, job, -err);
	else
		r->slots[slot] = job;
}

/* The oldest that runs in next's lane (any: in a lane at all), and how many do. */
static struct runner_job *oldest_of(const struct runner *r, const struct runner_job *next, bool any,
				    unsigned *n)
{
	struct runner_job *oldest = NULL;

	*n = 0;
	for (unsigned i = 0; i < WORDS; i++) {
		struct runner_job *job = r->slots[i];

		if (!job || job->killed || !job->ask.lane ||
		    (!any && (job->client != next->client || job->ask.lane != next->ask.lane)))
			continue;
		++*n;
		if (!oldest || job->started_us < oldest->started_us)
			oldest = job;
	}
	return oldest;
}

/* Scripts in lanes may take their time, but where they hang, the oldest makes room for the next:
 * when RUNNER_LANE_MAX of one lane do, or when they have filled all places for long. */
static void end_surplus(struct runner *r, const struct runner_job *next, bool any)
{
	unsigned n;
	struct runner_job *oldest = oldest_of(r, next, any, &n);

	if (!oldest || (!any && n < RUNNER_LANE_MAX))
		return;
	if (any && loop_now_us(r->loop) - oldest->started_us < MESSAGE_RUN_LANE_WAIT_US)
		return;
	oldest->surplus = true;
	runner_job_end(oldest, r->loop);
}

static void start_what_may(struct runner *r)
{
	struct list *pos, *tmp;
	int64_t next = 0;

	LIST_EACH_SAFE(pos, tmp, &r->jobs)
	{
		struct runner_job *job = container_of(pos, struct runner_job, link);
		bool full, lane = job->ask.lane != 0;

		if (job->state != RUNNER_JOB_WAITING)
			continue;
		full = n_running(r, lane) >= RUNNER_RUNNING_MAX;
		if (!full && lane_is_free(r, job)) {
			if (lane)
				end_surplus(r, job, false);
			start(r, job);
		} else if (full && lane && has_waited(r, job)) {
			end_surplus(r, job, true);
			next = loop_now_us(r->loop) + RETRY_US * 20;
		} else if (lane && !next) {
			next = job->asked_us + MESSAGE_RUN_LANE_WAIT_US;
		}
	}
	if (next)
		loop_timer_set(r->loop, &r->lane_timer, next);
}

static void on_lane_timer(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	start_what_may(container_of(timer, struct runner, lane_timer));
}

/* ---- ending ---- */

static void leave_if_done(struct runner *r)
{
	if (r->leaving && n_running(r, false) + n_running(r, true) + r->n_waiting == 0)
		loop_stop(r->loop);
}

/* Ends the jobs of a client (CLIENTS_MAX: of all); lanes only when told. */
static void end_jobs(struct runner *r, unsigned client, bool lanes)
{
	struct list *pos, *tmp;

	LIST_EACH_SAFE(pos, tmp, &r->jobs)
	{
		struct runner_job *job = container_of(pos, struct runner_job, link);

		if ((client != CLIENTS_MAX && job->client != client) || (job->ask.lane && !lanes))
			continue;
		if (job->state == RUNNER_JOB_RUNNING) {
			runner_job_end(job, r->loop);
		} else if (job->state == RUNNER_JOB_WAITING) {
			r->n_waiting--;
			runner_job_free(&job, r->loop);
		}
	}
}

static void on_leave(struct loop *loop, struct loop_timer *timer)
{
	struct runner *r = container_of(timer, struct runner, leave_timer);

	if (r->left) { /* SIGTERM did not help */
		for (unsigned i = 0; i < WORDS; i++)
			if (r->slots[i])
				kill(-r->slots[i]->pid, SIGKILL);
		loop_stop(loop);
		return;
	}
	r->left = true;
	end_jobs(r, CLIENTS_MAX, true);
	loop_timer_set(loop, timer, loop_now_us(loop) + RUNNER_KILL_US / 4);
	leave_if_done(r);
}

static void leave(struct runner *r)
{
	if (r->leaving)
		return;
	r->leaving = true;
	end_jobs(r, CLIENTS_MAX, false);
	loop_timer_set(r->loop, &r->leave_timer, loop_now_us(r->loop) + RUNNER_LEAVE_US);
	leave_if_done(r);
}

static void reap(struct runner *r, pid_t pid)
{
	for (unsigned i = 0; i < WORDS; i++) {
		struct runner_job *job = r->slots[i];

		if (!job || job->pid != pid)
			continue;
		r->slots[i] = NULL;
		runner_job_reap(job, r->loop, r->words[i]);
		r->n_lingering++;
		if (!job->ask.wants_report) /* else its client says what matters of it */
			runner_say_end(job, "script");
		conclude(r, job);
		return;
	}
	waitpid(pid, NULL, 0); /* none of ours: left to us by one that ended */
}

static void on_signal(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct runner *r = container_of(lfd, struct runner, signals);
	struct signalfd_siginfo info;
	bool told_to_end = false;
	siginfo_t ended;

	(void)loop, (void)ready;
	while (read(lfd->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		told_to_end |= info.ssi_signo == SIGTERM;
	ended.si_pid = 0;
	while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid > 0) {
		reap(r, ended.si_pid);
		ended.si_pid = 0;
	}
	start_what_may(r);
	if (told_to_end)
		leave(r);
	leave_if_done(r);
}

/* ---- clients ---- */

static void take_run(struct runner *r, unsigned client)
{
	struct runner_job *job = runner_job_new(&r->msg);

	if (!job) {
		log_err("a malformed request of %u bytes", r->msg.len);
		return;
	}
	job->runner = r;
	job->on_closed = on_closed;
	job->on_line = on_line;
	job->client = client;
	job->asked_us = loop_clock_us(r->loop);
	list_push(&r->jobs, &job->link);
	if (client > 0 && r->rights &&
	    !runner_rights_permit(r->rights, &job->ask, job->argv, job->env)) {
		refuse(r, job, EACCES);
		return;
	}
	if (r->n_waiting >= RUNNER_WAITING_MAX || r->leaving) {
		refuse(r, job, EAGAIN);
		return;
	}
	r->n_waiting++;
	start_what_may(r);
}

static void take_cancel(struct runner *r, unsigned client)
{
	struct message_run_exit which;
	struct list *pos, *tmp;

	if (r->msg.len < sizeof(which))
		return;
	memcpy(&which, r->msg.payload, sizeof(which));
	LIST_EACH_SAFE(pos, tmp, &r->jobs)
	{
		struct runner_job *job = container_of(pos, struct runner_job, link);

		if (job->client != client || job->ask.id != which.id)
			continue;
		job->cancelled = true;
		if (job->state == RUNNER_JOB_RUNNING) {
			runner_job_end(job, r->loop);
		} else if (job->state == RUNNER_JOB_WAITING) {
			r->n_waiting--;
			runner_job_free(&job, r->loop);
		}
	}
}

static void lose_client(struct runner *r, struct client *c)
{
	loop_fd_del(r->loop, &c->lfd);
	close(c->lfd.fd);
	c->lfd.fd = -1;
	end_jobs(r, c->index, false);
	if (--r->n_open == 0)
		leave(r);
}

static void on_client(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct client *c = container_of(lfd, struct client, lfd);
	struct runner *r = c->runner;
	int got = 0;

	(void)loop, (void)ready;
	while (lfd->fd >= 0 && (got = channel_recv(lfd->fd, &r->msg)) == 1) {
		for (int i = 0; i < r->msg.n_fds; i++)
			close(r->msg.fds[i]);
		if (r->msg.type == MESSAGE_RUN)
			take_run(r, c->index);
		else if (r->msg.type == MESSAGE_RUN_CANCEL)
			take_cancel(r, c->index);
		else
			log_warn("message %u is not for the runner", r->msg.type);
	}
	if (got != -EAGAIN && lfd->fd >= 0)
		lose_client(r, c);
}

/* ---- the process ---- */

/* Signals of the terminal and of operators are the master's. */
static int open_signals(struct runner *r)
{
	static const int not_ours[] = {SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGQUIT, SIGALRM};
	sigset_t set;

	for (size_t i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++)
		signal(not_ours[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_SETMASK, &set, NULL);
	r->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	r->signals.on_ready = on_signal;
	return r->signals.fd < 0 ? -errno : loop_fd_add(r->loop, &r->signals, LOOP_IN);
}

static int open_clients(struct runner *r, const int *fds, size_t n)
{
	const struct message_run_exit hello = {.status = -1, .err = ECONNRESET};

	if (n > CLIENTS_MAX)
		return -E2BIG;
	for (unsigned i = 0; i < n; i++) {
		struct client *c = &r->clients[i];
		int err;

		c->lfd.fd = fds[i];
		c->lfd.on_ready = on_client;
		c->index = i;
		c->runner = r;
		err = loop_fd_add(r->loop, &c->lfd, LOOP_IN);
		if (err)
			return err;
		r->n_open++;
		channel_send(fds[i], MESSAGE_RUN_EXIT, &hello, sizeof(hello));
	}
	return n ? 0 : -EINVAL;
}

static int open_all(struct runner *r, const int *fds, size_t n)
{
	int err;

	list_init(&r->jobs);
	r->signals.fd = -1;
	r->lane_timer.on_expiry = on_lane_timer;
	r->leave_timer.on_expiry = on_leave;
	r->words = mmap(NULL, WORDS * sizeof(*r->words), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->words == MAP_FAILED)
		return -errno;
	r->loop = loop_new(&loop_epoll_ops);
	if (!r->loop)
		return -errno;
	err = open_signals(r);
	return err ? err : open_clients(r, fds, n);
}

int runner_main(const int *client_fds, size_t n_clients, const struct runner_rights *rights)
{
	struct runner *r = calloc(1, sizeof(*r));
	struct list *pos, *tmp;
	int err;

	if (!r)
		die_no_memory();
	r->rights = rights;
	err = open_all(r, client_fds, n_clients);
	if (err)
		log_err("the runner cannot start: %s", strerror(-err));
	else
		loop_run(r->loop);
	LIST_EACH_SAFE(pos, tmp, &r->jobs)
	{
		struct runner_job *job = container_of(pos, struct runner_job, link);

		runner_job_free(&job, r->loop);
	}
	if (r->signals.fd >= 0)
		close(r->signals.fd);
	if (r->loop)
		loop_free(&r->loop);
	if (r->words != MAP_FAILED)
		munmap(r->words, WORDS * sizeof(*r->words));
	free(r);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
