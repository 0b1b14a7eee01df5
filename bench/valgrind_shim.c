/*
 * Preloaded into relais when it runs under valgrind, whose version in Debian 12 (3.19) knows
 * neither pidfd_open nor epoll_pwait2. Gives both in terms of older calls: a pidfd is the reading
 * end of a pipe that closes when a thread has seen the child end; a wait is rounded up to
 * milliseconds. Nothing that is done per request is touched but the poll itself.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct {
	pid_t pid;
	int writer;
} children[1024]; /* by descriptor of the reading end */

int epoll_pwait2(int fd, struct epoll_event *events, int max, const struct timespec *timeout,
		 const sigset_t *mask)
{
	int ms = timeout ? (int)(timeout->tv_sec * 1000 + (timeout->tv_nsec + 999999) / 1000000)
			 : -1;
	return epoll_pwait(fd, events, max, ms, mask);
}

static void *wait_for_end(void *arg)
{
	int reader = (int)(intptr_t)arg;
	siginfo_t info;
	waitid(P_PID, (id_t)children[reader].pid, &info, WEXITED | WNOWAIT);
	close(children[reader].writer);
	return NULL;
}

static long child_watch(pid_t pid)
{
	int ends[2];
	pthread_t thread;
	if (pipe2(ends, 02000000 /* O_CLOEXEC */) < 0 || ends[0] >= 1024)
		return -1;
	children[ends[0]].pid = pid;
	children[ends[0]].writer = ends[1];
	pthread_create(&thread, NULL, wait_for_end, (void *)(intptr_t)ends[0]);
	return ends[0];
}

long syscall(long number, ...)
{
	long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long a[6];
	va_list list;
	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_pidfd_open)
		return child_watch((pid_t)a[0]);
	if (number == SYS_pidfd_send_signal)
		return kill(children[a[0]].pid, (int)a[1]);
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
