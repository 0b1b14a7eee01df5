/*
 * The loop: a table from fd to node, a heap of timers, a queue of tasks. See loop.h.
 *
 * An event's tag is (generation << 32 | fd); a node that was deleted, or an fd number that was
 * reused within the same batch, has another generation, so stale events are dropped.
 * The timer heap is keyed by a copy of the deadline: a deadline moved later leaves the heap alone
 * and the timer goes back in when its old key comes up.
 */
#include "core/loop/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/die.h"

enum { BATCH = 256 };

struct fd_entry {
	struct loop_fd *node;
	uint32_t generation;
};

struct heap_entry {
	int64_t key;
	struct loop_timer *timer;
};

struct loop {
	const struct loop_ops *ops;
	void *ctx;
	int64_t now_us;
	struct fd_entry *fds; /* owned; indexed by fd */
	size_t n_fds;
	struct heap_entry *heap; /* owned; binary heap, root at 0 */
	int32_t n_heap, cap_heap;
	struct list tasks;
	bool stopping;
	uint64_t tags[BATCH];
	uint32_t ready[BATCH];
};

struct loop *loop_new(const struct loop_ops *ops)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->ops = ops;
	list_init(&loop->tasks);
	loop->ctx = ops->open();
	if (!loop->ctx) {
		free(loop);
		return NULL;
	}
	loop->now_us = ops->now_us(loop->ctx);
	return loop;
}

void loop_free(struct loop **loop)
{
	struct loop *l = *loop;

	*loop = NULL;
	if (!l)
		return;
	l->ops->close(l->ctx);
	free(l->fds);
	free(l->heap);
	free(l);
}

static int fds_reserve(struct loop *loop, int fd)
{
	size_t want = loop->n_fds ? loop->n_fds : 64;
	struct fd_entry *more;

	if (fd < 0)
		return -EBADF;
	if ((size_t)fd < loop->n_fds)
		return 0;
	while (want <= (size_t)fd)
		want *= 2;
	more = realloc(loop->fds, want * sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(more + loop->n_fds, 0, (want - loop->n_fds) * sizeof(*more));
	loop->fds = more;
	loop->n_fds = want;
	return 0;
}

static uint64_t tag_of(const struct loop *loop, int fd)
{
	return (uint64_t)loop->fds[fd].generation << 32 | (uint32_t)fd;
}

int loop_fd_add(struct loop *loop, struct loop_fd *lfd, uint32_t events)
{
	int err = fds_reserve(loop, lfd->fd);

	if (err)
		return err;
	RELAIS_ASSERT(!loop->fds[lfd->fd].node);
	loop->fds[lfd->fd].generation++;
	err = loop->ops->control(loop->ctx, 'a', lfd->fd, events, tag_of(loop, lfd->fd));
	if (err)
		return err;
	loop->fds[lfd->fd].node = lfd;
	lfd->events = events;
	return 0;
}

int loop_fd_set(struct loop *loop, struct loop_fd *lfd, uint32_t events)
{
	int err;

	if (lfd->events == events)
		return 0;
	err = loop->ops->control(loop->ctx, 'm', lfd->fd, events, tag_of(loop, lfd->fd));
	if (!err)
		lfd->events = events;
	return err;
}

static bool fd_unlink(struct loop *loop, struct loop_fd *lfd)
{
	if (lfd->fd < 0 || (size_t)lfd->fd >= loop->n_fds || loop->fds[lfd->fd].node != lfd)
		return false;
	loop->fds[lfd->fd].node = NULL;
	loop->fds[lfd->fd].generation++;
	lfd->events = 0;
	return true;
}

void loop_fd_del(struct loop *loop, struct loop_fd *lfd)
{
	if (fd_unlink(loop, lfd))
		loop->ops->control(loop->ctx, 'd', lfd->fd, 0, 0);
}

void loop_fd_forget(struct loop *loop, struct loop_fd *lfd)
{
	fd_unlink(loop, lfd);
}

static void heap_put(struct loop *loop, int32_t at, struct heap_entry e)
{
	loop->heap[at] = e;
	e.timer->slot = at + 1;
}

static void heap_up(struct loop *loop, int32_t at, struct heap_entry e)
{
	while (at > 0 && loop->heap[(at - 1) / 2].key > e.key) {
		heap_put(loop, at, loop->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_put(loop, at, e);
}

static void heap_down(struct loop *loop, int32_t at, struct heap_entry e)
{
	for (;;) {
		int32_t child = 2 * at + 1;

		if (child >= loop->n_heap)
			break;
		if (child + 1 < loop->n_heap && loop->heap[child + 1].key < loop->heap[child].key)
			child++;
		if (loop->heap[child].key >= e.key)
			break;
		heap_put(loop, at, loop->heap[child]);
		at = child;
	}
	heap_put(loop, at, e);
}

static void heap_remove(struct loop *loop, int32_t at)
{
	struct heap_entry last = loop->heap[--loop->n_heap];

	if (at == loop->n_heap)
		return;
	if (at > 0 && loop->heap[(at - 1) / 2].key > last.key)
		heap_up(loop, at, last);
	else
		heap_down(loop, at, last);
}

void loop_timer_set(struct loop *loop, struct loop_timer *t, int64_t deadline_us)
{
	t->deadline_us = deadline_us;
	if (t->slot) {
		if (loop->heap[t->slot - 1].key > deadline_us)
			heap_up(loop, t->slot - 1, (struct heap_entry){deadline_us, t});
		return;
	}
	if (loop->n_heap == loop->cap_heap) {
		int32_t cap = loop->cap_heap ? loop->cap_heap * 2 : 64;
		struct heap_entry *more = realloc(loop->heap, (size_t)cap * sizeof(*more));

		if (!more)
			die_no_memory();
		loop->heap = more;
		loop->cap_heap = cap;
	}
	heap_up(loop, loop->n_heap++, (struct heap_entry){deadline_us, t});
}

void loop_timer_clear(struct loop *loop, struct loop_timer *t)
{
	if (!t->slot)
		return;
	heap_remove(loop, t->slot - 1);
	t->slot = 0;
}

void loop_task_queue(struct loop *loop, struct loop_task *task)
{
	if (task->queued)
		return;
	task->queued = true;
	list_push(&loop->tasks, &task->link);
}

void loop_task_cancel(struct loop *loop, struct loop_task *task)
{
	(void)loop;
	if (!task->queued)
		return;
	task->queued = false;
	list_del(&task->link);
}

int64_t loop_now_us(const struct loop *loop)
{
	return loop->now_us;
}

int64_t loop_clock_us(struct loop *loop)
{
	loop->now_us = loop->ops->now_us(loop->ctx);
	return loop->now_us;
}

static void run_timers(struct loop *loop)
{
	while (loop->n_heap > 0 && loop->heap[0].key <= loop->now_us) {
		struct loop_timer *t = loop->heap[0].timer;

		if (t->deadline_us > loop->heap[0].key) {
			heap_down(loop, 0, (struct heap_entry){t->deadline_us, t});
			continue;
		}
		heap_remove(loop, 0);
		t->slot = 0;
		t->on_expiry(loop, t);
	}
}

/* Tasks queued by a task run in the same round: a chain ends when nobody queues any more. */
static void run_tasks(struct loop *loop)
{
	while (!list_empty(&loop->tasks)) {
		struct loop_task *task = container_of(loop->tasks.next, struct loop_task, link);

		task->queued = false;
		list_del(&task->link);
		task->run(loop, task);
	}
}

static void run_events(struct loop *loop, int n)
{
	for (int i = 0; i < n; i++) {
		uint32_t fd = (uint32_t)loop->tags[i];
		const struct fd_entry *e = fd < loop->n_fds ? &loop->fds[fd] : NULL;

		if (e && e->node && e->generation == (uint32_t)(loop->tags[i] >> 32))
			e->node->on_ready(loop, e->node, loop->ready[i]);
	}
}

void loop_step(struct loop *loop, int64_t until_us)
{
	int64_t wake = until_us;
	int n;

	if (loop->n_heap > 0 && (wake == LOOP_NEVER || loop->heap[0].key < wake))
		wake = loop->heap[0].key;
	if (!list_empty(&loop->tasks))
		wake = loop->now_us;
	n = loop->ops->wait(loop->ctx, wake, loop->tags, loop->ready, BATCH);
	loop->now_us = loop->ops->now_us(loop->ctx);
	run_events(loop, n);
	run_timers(loop);
	run_tasks(loop);
}

void loop_run(struct loop *loop)
{
	loop->stopping = false;
	while (!loop->stopping)
		loop_step(loop, LOOP_NEVER);
}

void loop_stop(struct loop *loop)
{
	loop->stopping = true;
}

void *loop_ops_ctx(struct loop *loop)
{
	return loop->ctx;
}
