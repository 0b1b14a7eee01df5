/*
 * Real traffic as a check (`observe layer4|layer7`): after error-limit failures in a row, what
 * on-error says. flow reports on every balancer thread; the decision is taken on the checks'
 * thread, told by a letter.
 */
#include "balancer/health/observe.h"

#include <stdio.h>

#include "core/base/list.h"

static struct mailbox *checks_mailbox;

/* Counts as one failed check, or settles the server as down. */
static void act(struct check *c)
{
	struct check_outcome o = {.result = CHECK_HANA, .code = -1};

	snprintf(o.detail, sizeof(o.detail), "Detected %d consecutive errors, last one was: %s",
		 c->conf->error_limit, atomic_load(&c->observed_what));
	switch (c->conf->on_error) {
	case ON_ERROR_FASTINTER:
		break;
	case ON_ERROR_SUDDEN_DEATH: /* one more failure takes it down */
		if (tally_is_up(&c->tally))
			c->tally.health = c->tally.rise;
		break;
	case ON_ERROR_MARK_DOWN:
		if (tally_is_up(&c->tally))
			c->tally.health = c->tally.rise;
		/* fall through */
	case ON_ERROR_FAIL_CHECK:
		check_cut(c);
		c->started_us = loop_now_us(c->loop);
		check_finished(c, &o);
		break;
	}
	if (c->phase == CHECK_IDLE && c->intervals.fast &&
	    c->timer.deadline_us > loop_now_us(c->loop) + c->intervals.fast)
		loop_timer_set(c->loop, &c->timer, loop_now_us(c->loop) + c->intervals.fast);
}

static void observed(struct loop *loop, struct letter *letter)
{
	struct check *c = container_of(letter, struct check, observed);

	(void)loop;
	atomic_store(&c->observed_posted, false);
	if (atomic_load(&c->server->state) != SERVER_STOPPED)
		act(c);
}

static void report(struct server *s, bool layer7, bool ok, const char *what)
{
	struct check *c = s->check;

	if (!c || c->conf->observe == OBSERVE_NONE ||
	    (layer7 && c->conf->observe == OBSERVE_LAYER4))
		return;
	if (ok) {
		/* a connection that stands proves nothing to one who watches answers */
		if ((layer7 || c->conf->observe == OBSERVE_LAYER4) &&
		    atomic_load_explicit(&s->observe_errors, memory_order_relaxed))
			atomic_store(&s->observe_errors, 0);
		return;
	}
	if (atomic_fetch_add(&s->observe_errors, 1) + 1 < c->conf->error_limit)
		return;
	atomic_store(&s->observe_errors, 0);
	atomic_store(&c->observed_what, what);
	if (!atomic_exchange(&c->observed_posted, true))
		mailbox_post(checks_mailbox, &c->observed);
}

void observe_start(struct mailbox *mailbox)
{
	checks_mailbox = mailbox;
	server_observe_hook = report;
}

void observe_attach(struct check *c)
{
	c->observed.deliver = observed;
}

void observe_stop(void)
{
	server_observe_hook = NULL;
}
