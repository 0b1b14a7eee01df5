/*
 * The poller of the program: epoll, with epoll_pwait2 so that deadlines below a millisecond hold
 * (VRRP at 10 ms needs its skew of 78 us). Falls back to rounded-up milliseconds where the kernel
 * lacks it.
 */
#include "core/loop/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

_Static_assert((uint32_t)LOOP_IN == (uint32_t)EPOLLIN && (uint32_t)LOOP_OUT == (uint32_t)EPOLLOUT &&
		       (uint32_t)LOOP_ERR == (uint32_t)EPOLLERR &&
		       (uint32_t)LOOP_HUP == (uint32_t)EPOLLHUP &&
		       (uint32_t)LOOP_RDHUP == (uint32_t)EPOLLRDHUP &&
		       (uint32_t)LOOP_EXCLUSIVE == (uint32_t)EPOLLEXCLUSIVE &&
		       (uint32_t)LOOP_EDGE == (uint32_t)EPOLLET,
	       "loop bits are epoll bits");

enum { MAX_EVENTS = 256 };

struct epoll_ctx {
	int epfd;
	bool no_pwait2;
	struct epoll_event events[MAX_EVENTS];
};

static void *epoll_open(void)
{
	struct epoll_ctx *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (c->epfd < 0) {
		free(c);
		return NULL;
	}
	return c;
}

static void epoll_shut(void *ctx)
{
	struct epoll_ctx *c = ctx;

	close(c->epfd);
	free(c);
}

static int epoll_control(void *ctx, char op, int fd, uint32_t events, uint64_t tag)
{
	struct epoll_ctx *c = ctx;
	struct epoll_event ev = {.events = events, .data.u64 = tag};
	int what = op == 'a' ? EPOLL_CTL_ADD : op == 'm' ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;

	return epoll_ctl(c->epfd, what, fd, &ev) < 0 ? -errno : 0;
}

static int64_t epoll_now_us(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int epoll_sleep(struct epoll_ctx *c, int64_t left_us, int max)
{
	struct timespec ts = {.tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000};
	int n;

	if (left_us == 0)
		return epoll_wait(c->epfd, c->events, max, 0);
	if (left_us < 0)
		return epoll_wait(c->epfd, c->events, max, -1);
	if (!c->no_pwait2) {
		n = epoll_pwait2(c->epfd, c->events, max, &ts, NULL);
		if (n >= 0 || errno != ENOSYS)
			return n;
		c->no_pwait2 = true;
	}
	if (left_us > 3600LL * 1000000)
		left_us = 3600LL * 1000000;
	return epoll_wait(c->epfd, c->events, max, (int)((left_us + 999) / 1000));
}

static int epoll_sleep_until(void *ctx, int64_t until_us, uint64_t *tags, uint32_t *ready, int max)
{
	struct epoll_ctx *c = ctx;
	int64_t left = -1;
	int n;

	if (until_us != LOOP_NEVER) {
		left = until_us - epoll_now_us(c);
		if (left < 0)
			left = 0;
	}
	n = epoll_sleep(c, left, max < MAX_EVENTS ? max : MAX_EVENTS);
	for (int i = 0; i < n; i++) {
		tags[i] = c->events[i].data.u64;
		ready[i] = c->events[i].events;
	}
	return n < 0 ? 0 : n;
}

const struct loop_ops loop_epoll_ops = {
	.open = epoll_open,
	.close = epoll_shut,
	.control = epoll_control,
	.wait = epoll_sleep_until,
	.now_us = epoll_now_us,
};
