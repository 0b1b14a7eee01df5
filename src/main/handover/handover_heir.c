/*
 * Our failover process takes over from that of the relais that we replace (failover_heir.c): it is
 * started when all else serves, and brought together with the other one by both masters. It may
 * come too late on a machine that is very busy; it is tried again then. The master's thread.
 */
#include <signal.h>
#include <unistd.h>

#include "core/log/log.h"
#include "main/master_priv.h"

enum { TRIES = 5, START_US = 10 * 1000000 };

static void took_too_long(struct loop *loop, struct loop_timer *timer)
{
	struct master *m = container_of(timer, struct master, heir_timer);

	(void)loop;
	log_err("failover has not taken over within %d s", START_US / 1000000);
	m->n_heirs = TRIES;
	if (m->failover && !master_owns_page(m))
		child_signal(m->failover, SIGKILL);
	master_fail(m);
}

bool master_start_heir(struct master *m)
{
	bool started;

	if (channel_pair(m->heir_ends) < 0)
		return false;
	if (m->n_heirs++ == 0) {
		m->heir_timer.on_expiry = took_too_long;
		loop_timer_set(m->loop, &m->heir_timer, loop_now_us(m->loop) + START_US);
	}
	started = master_start_failover(m, false);
	close(m->heir_ends[0]);
	if (started)
		handover_meet_failover(m->handover, m->heir_ends[1]);
	else
		close(m->heir_ends[1]);
	m->heir_ends[0] = m->heir_ends[1] = -1;
	return started;
}

/* What it noted of what another one still has is not for us to remove. */
void master_heir_failed(struct master *m, const char *how)
{
	shared_page_forget(m->page);
	log_err("failover could not take over (%s)%s", how,
		m->n_heirs < TRIES ? ": it tries once more" : ": not started");
	if (m->n_heirs >= TRIES || !master_start_heir(m))
		master_fail(m);
}
