/*
 * Forking and watching the master's children. See children.h. A child's end is seen through its
 * pidfd, so it is noticed in the same loop turn and never confused with another process.
 */
#include "main/children.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log/log.h"

enum { PRIVATE_MAX = 64 };

/* The master's own descriptors, closed in every child. One process, one thread. */
static int private_fds[PRIVATE_MAX];
static size_t n_private;

void child_keep_private(int fd)
{
	if (n_private < PRIVATE_MAX)
		private_fds[n_private++] = fd;
}

void child_forget_private(int fd)
{
	for (size_t i = 0; i < n_private; i++) {
		if (private_fds[i] == fd) {
			private_fds[i] = private_fds[--n_private];
			return;
		}
	}
}

/* There in a build with a leak checker only: _exit() passes by what exit() would ask of it. */
extern void __lsan_do_leak_check(void) __attribute__((weak));

static void leave_child(int status)
{
	if (__lsan_do_leak_check)
		__lsan_do_leak_check();
	_exit(status);
}

static void enter_child(const char *process_name)
{
	sigset_t none;

	for (size_t i = 0; i < n_private; i++)
		close(private_fds[i]);
	n_private = 0;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (process_name)
		prctl(PR_SET_NAME, process_name);
}

static void pid_ready(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct child *child = container_of(lfd, struct child, pid_fd);
	struct channel_message *msg;
	int status = 0;

	(void)ready;
	if (waitpid(child->pid, &status, WNOHANG) != child->pid)
		return;
	loop_fd_del(loop, &child->pid_fd);
	/* what it said before it ended still counts */
	msg = malloc(sizeof(*msg));
	while (msg && channel_recv(child->channel, msg) == 1)
		child->ops->message(child, msg);
	free(msg);
	loop_fd_del(loop, &child->channel_fd);
	child->ops->ended(child, status);
}

static void channel_ready(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct child *child = container_of(lfd, struct child, channel_fd);
	struct channel_message *msg = malloc(sizeof(*msg));
	int got;

	(void)ready;
	if (!msg)
		return;
	while ((got = channel_recv(child->channel, msg)) == 1)
		child->ops->message(child, msg);
	if (got != -EAGAIN) /* it closed its end: its pidfd tells the rest */
		loop_fd_del(loop, &child->channel_fd);
	free(msg);
}

static int watch(struct loop *loop, struct child *child)
{
	int err;

	child->pid_fd = (struct loop_fd){.on_ready = pid_ready};
	child->pid_fd.fd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	if (child->pid_fd.fd < 0)
		return -errno;
	child_keep_private(child->pid_fd.fd);
	child->channel_fd = (struct loop_fd){.on_ready = channel_ready, .fd = child->channel};
	err = loop_fd_add(loop, &child->pid_fd, LOOP_IN);
	return err ? err : loop_fd_add(loop, &child->channel_fd, LOOP_IN);
}

/* A thousand servers that go at once are told in one go; what does not wait takes no memory. */
static void make_room(const int ends[2])
{
	const int bytes = 4 << 20;

	for (unsigned i = 0; i < 2; i++)
		if (setsockopt(ends[i], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
			setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

struct child *child_start(struct loop *loop, const struct child_ops *ops, void *owner,
			  int (*run)(void *ctx, int channel), void *ctx, const char *process_name)
{
	struct child *child = calloc(1, sizeof(*child));
	int ends[2], err;

	if (!child)
		return NULL;
	err = channel_pair(ends);
	if (err) {
		free(child);
		errno = -err;
		return NULL;
	}
	make_room(ends);
	*child = (struct child){.channel = ends[0], .ops = ops, .owner = owner};
	child->pid = fork();
	if (child->pid == 0) {
		close(ends[0]);
		enter_child(process_name);
		leave_child(run(ctx, ends[1]));
	}
	close(ends[1]);
	child_keep_private(ends[0]);
	err = child->pid < 0 ? -errno : watch(loop, child);
	if (!err)
		return child;
	if (child->pid > 0)
		kill(child->pid, SIGKILL);
	child_forget_private(ends[0]);
	close(ends[0]);
	free(child);
	errno = -err;
	return NULL;
}

void child_signal(const struct child *child, int signo)
{
	syscall(SYS_pidfd_send_signal, child->pid_fd.fd, signo, NULL, 0);
}

int child_send(const struct child *child, unsigned type, const void *payload, size_t len)
{
	return channel_send(child->channel, type, payload, len);
}

void child_free(struct child **child)
{
	struct child *c = *child;

	*child = NULL;
	if (!c)
		return;
	child_forget_private(c->channel);
	child_forget_private(c->pid_fd.fd);
	close(c->channel);
	close(c->pid_fd.fd);
	free(c);
}
