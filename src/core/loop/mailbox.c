/*
 * Mailboxes between loops. See mailbox.h. Senders push onto a stack; the receiver takes the whole
 * stack at once and reverses it.
 */
#include "core/loop/mailbox.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void mailbox_ready(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct mailbox *box = container_of(lfd, struct mailbox, lfd);
	struct letter *stack, *in_order = NULL, *next;
	uint64_t count;
	ssize_t got = read(lfd->fd, &count, sizeof(count));

	(void)got, (void)ready;
	stack = atomic_exchange_explicit(&box->newest, NULL, memory_order_acquire);
	for (; stack; stack = next) {
		next = stack->next;
		stack->next = in_order;
		in_order = stack;
	}
	for (; in_order; in_order = next) {
		next = in_order->next;
		in_order->deliver(loop, in_order);
	}
}

int mailbox_init(struct mailbox *box, struct loop *loop)
{
	int err;

	*box = (struct mailbox){.loop = loop, .lfd.on_ready = mailbox_ready};
	box->lfd.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (box->lfd.fd < 0)
		return -errno;
	err = loop_fd_add(loop, &box->lfd, LOOP_IN);
	if (err)
		close(box->lfd.fd);
	return err;
}

void mailbox_flush(struct mailbox *box)
{
	mailbox_ready(box->loop, &box->lfd, LOOP_IN);
}

void mailbox_fini(struct mailbox *box)
{
	loop_fd_del(box->loop, &box->lfd);
	close(box->lfd.fd);
	box->lfd.fd = -1;
}

void mailbox_post(struct mailbox *box, struct letter *letter)
{
	struct letter *seen = atomic_load_explicit(&box->newest, memory_order_relaxed);
	uint64_t one = 1;
	ssize_t done;

	do
		letter->next = seen;
	while (!atomic_compare_exchange_weak_explicit(&box->newest, &seen, letter,
						      memory_order_release, memory_order_relaxed));
	if (!seen) {
		done = write(box->lfd.fd, &one, sizeof(one));
		(void)done;
	}
}
