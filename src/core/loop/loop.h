/*
 * The event loop of one thread: file descriptors, timers, deferred tasks. Everything is called on
 * the thread that runs the loop; other threads speak to it through a mailbox (mailbox.h).
 *
 * Nodes (loop_fd, loop_timer, loop_task) are members of their owners' structs; the loop only
 * borrows them. After loop_fd_del, loop_timer_clear or loop_task_cancel the loop never touches the
 * node again, also not for an event of the same batch: the owner may free it at once.
 *
 * Time is monotonic microseconds, read once per batch. The poller stands behind loop_ops: epoll in
 * the program, a simulated clock in scenario tests (loop_sim.h).
 */
#ifndef RELAIS_LOOP_LOOP_H
#define RELAIS_LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/list.h"

struct loop;
struct loop_fd;
struct loop_timer;
struct loop_task;

enum { /* readiness, as bits; the same values as EPOLL* */
       LOOP_IN = 0x001,
       LOOP_OUT = 0x004,
       LOOP_ERR = 0x008,
       LOOP_HUP = 0x010,
       LOOP_RDHUP = 0x2000,
       LOOP_EXCLUSIVE = 1 << 28, /* one of several loops on this fd is woken (listeners) */
       LOOP_EDGE = 1 << 31,	 /* report changes only; without it, report states */
};

typedef void loop_fd_fn(struct loop *loop, struct loop_fd *lfd, uint32_t ready);
typedef void loop_timer_fn(struct loop *loop, struct loop_timer *timer);
typedef void loop_task_fn(struct loop *loop, struct loop_task *task);

struct loop_fd {
	loop_fd_fn *on_ready;
	int fd;		 /* borrowed: the owner closes it after loop_fd_del */
	uint32_t events; /* what was asked for */
};

struct loop_timer {
	loop_timer_fn *on_expiry;
	int64_t deadline_us;
	int32_t slot; /* place in the loop's heap + 1; 0 = not armed. All-zero is a fresh timer. */
};

struct loop_task { /* all-zero is a fresh task */
	loop_task_fn *run;
	struct list link;
	bool queued;
};

enum { LOOP_NEVER = -1 };

/* A poller and a clock. ctx is what open returned. */
struct loop_ops {
	void *(*open)(void);
	void (*close)(void *ctx);
	/* op: 'a'dd, 'm'odify, 'd'elete; tag comes back from wait. 0 or -errno. */
	int (*control)(void *ctx, char op, int fd, uint32_t events, uint64_t tag);
	/* Waits until something is ready or until_us (LOOP_NEVER: no bound). Fills up to max. */
	int (*wait)(void *ctx, int64_t until_us, uint64_t *tags, uint32_t *ready, int max);
	int64_t (*now_us)(void *ctx);
};

extern const struct loop_ops loop_epoll_ops;

struct loop *loop_new(const struct loop_ops *ops); /* NULL with errno */
void loop_free(struct loop **loop);

/* 0 or -errno. lfd->fd and on_ready are set by the caller before. */
int loop_fd_add(struct loop *loop, struct loop_fd *lfd, uint32_t events);
int loop_fd_set(struct loop *loop, struct loop_fd *lfd, uint32_t events);
void loop_fd_del(struct loop *loop, struct loop_fd *lfd);
/* The same without telling the poller: for a descriptor that is closed at once, which takes it out
 * of epoll by itself. Spares a system call per connection. */
void loop_fd_forget(struct loop *loop, struct loop_fd *lfd);

/* Arms or moves. Moving a deadline later costs nothing (the heap is mended when it fires). */
void loop_timer_set(struct loop *loop, struct loop_timer *t, int64_t deadline_us);
void loop_timer_clear(struct loop *loop, struct loop_timer *t);
static inline bool loop_timer_armed(const struct loop_timer *t)
{
	return t->slot != 0;
}

/* Runs once at the end of the present batch, in the order queued. Twice queued runs once. */
void loop_task_queue(struct loop *loop, struct loop_task *task);
void loop_task_cancel(struct loop *loop, struct loop_task *task);

int64_t loop_now_us(const struct loop *loop); /* monotonic, as of this batch */
int64_t loop_clock_us(struct loop *loop);     /* read now (and remembered for the batch) */
void loop_run(struct loop *loop);	      /* until loop_stop */
/* One batch: waits at most until until_us (LOOP_NEVER: unbounded). */
void loop_step(struct loop *loop, int64_t until_us);
void loop_stop(struct loop *loop);
void *loop_ops_ctx(struct loop *loop); /* for loop_sim */

#endif
