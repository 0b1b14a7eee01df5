/*
 * Work handed from one thread's loop to another's: a lock-free list of letters and one eventfd.
 * Letters are delivered on the receiving thread in the order in which one sender posted them.
 */
#ifndef RELAIS_LOOP_MAILBOX_H
#define RELAIS_LOOP_MAILBOX_H

#include <stdatomic.h>

#include "core/loop/loop.h"

struct letter {
	void (*deliver)(struct loop *loop, struct letter *letter);
	struct letter *next;
};

struct mailbox {
	struct loop *loop; /* borrowed: the receiver's */
	struct loop_fd lfd;
	_Atomic(struct letter *) newest;
};

/* On the receiver's thread (or before it runs). 0 or -errno. */
int mailbox_init(struct mailbox *box, struct loop *loop);
void mailbox_fini(struct mailbox *box);
/* Delivers what is there, on the receiver's thread: for an end outside of its loop. */
void mailbox_flush(struct mailbox *box);
/* From any thread. The letter belongs to the receiver from here on; deliver frees or reuses it. */
void mailbox_post(struct mailbox *box, struct letter *letter);

#endif
