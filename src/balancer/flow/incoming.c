/*
 * Connections as they come from accept/: the runtime socket's go to admin/, the others become
 * sessions. The kernel wakes one thread, by and large the same one: connections that stay would all
 * end up there, so a thread that has clearly more than another hands its new ones over, by letter.
 */
#include <stdlib.h>
#include <unistd.h>

#include "balancer/flow/session.h"

struct handover {
	struct letter letter;
	struct worker *to;
	struct listener *listener;
	int fd;
	struct addr peer;
};

static void arrive(struct loop *loop, struct letter *letter)
{
	struct handover *h = container_of(letter, struct handover, letter);

	(void)loop;
	if (h->to->ended) {
		close(h->fd);
		accept_release(&h->to->accept, h->listener);
	} else {
		session_begin(h->to, h->listener, h->fd, &h->peer);
	}
	free(h);
}

static unsigned load_of(const struct worker *w)
{
	return atomic_load_explicit(&w->load, memory_order_relaxed);
}

static struct worker *lightest(struct worker *own)
{
	struct worker *best = own;

	for (unsigned i = 0; i < own->house->n_threads; i++)
		if (load_of(&own->house->workers[i]) < load_of(best))
			best = &own->house->workers[i];
	return load_of(own) > load_of(best) + 1 + load_of(best) / 8 ? best : own;
}

static bool hand_over(struct worker *to, struct listener *l, int fd, const struct addr *peer)
{
	struct handover *h = malloc(sizeof(*h));

	if (!h)
		return false;
	*h = (struct handover){.letter.deliver = arrive, .to = to, .listener = l, .fd = fd};
	memcpy(&h->peer, peer, sizeof(peer->len) + peer->len);
	mailbox_post(&to->mailbox, &h->letter);
	return true;
}

void incoming_accept(struct accept_thread *t, struct listener *l, int fd, const struct addr *peer)
{
	struct worker *own = t->owner, *to = own;

	if (!l->proxy) {
		if (own->house->admin_accept)
			own->house->admin_accept(own->loop, fd, l->conf);
		else
			close(fd);
		return;
	}
	if (own->house->n_threads > 1)
		to = lightest(own);
	atomic_fetch_add_explicit(&to->load, 1, memory_order_relaxed);
	if (to != own && hand_over(to, l, fd, peer))
		return;
	if (to != own) { /* no memory for the letter */
		atomic_fetch_sub_explicit(&to->load, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&own->load, 1, memory_order_relaxed);
	}
	session_begin(own, l, fd, peer);
}
