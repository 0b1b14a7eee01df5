/*
 * What becomes of the master's children. A balancer that dies is replaced at once on the same
 * listening sockets (new connections wait in the backlog), the failover process is told, and the
 * VIP stays; only one that dies young makes the node resign and is retried with growing pauses. A
 * failover process that dies is replaced and continues as the master it was; one that dies young
 * again is swept: its addresses are removed from here. A balancer without heartbeat is killed.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "balancer/balancer.h"
#include "balancer/health/health.h"
#include "core/base/die.h"
#include "core/log/log.h"
#include "core/sys/message.h"
#include "core/sys/netns.h"
#include "failover/address/hold.h"
#include "failover/failover.h"
#include "main/admin_wiring.h"
#include "main/listeners.h"
#include "main/master_priv.h"
#include "main/runner/runner.h"
#include "main/runner/runner_rights.h"

static const char *how_it_ended(int status, char *buf, size_t len)
{
	if (WIFSIGNALED(status))
		snprintf(buf, len, "killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(buf, len, "exit status %d", WEXITSTATUS(status));
	return buf;
}

void master_tell_failover(struct master *m, unsigned type)
{
	if (m->failover)
		child_send(m->failover, type, NULL, 0);
}

/* Listening sockets that a child inherits without using them would outlive their other holders. */
static void drop_listeners(const struct master *m, const struct balancer_conf *keep)
{
	const struct config *all[] = {m->config, m->next};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] && all[i]->balancer != keep)
			listeners_close_unused(all[i]->balancer, keep);
}

/* Of the ends of channels between runner and clients, a child has its own only: so each sees when
 * the other side is gone. keep: a client's end, or -1 in the runner. */
static void keep_runner_end(const struct master *m, int keep)
{
	for (int i = -1; i < SHARED_SLOTS; i++) {
		const int *ends = i < 0 ? m->runner_ends : m->balancer_runner_ends[i];

		if (keep >= 0)
			close(ends[0]);
		if (ends[1] != keep)
			close(ends[1]);
	}
}

/* The failover half and its scripts may have a network namespace of their own. */
static bool enter_namespace(const struct master *m)
{
	const struct failover_conf *conf = m->config->failover;
	const char *name = conf ? conf->net_namespace : NULL;
	int err = netns_enter(name, NULL);

	if (err)
		log_err("cannot enter the network namespace '%s': %s", name, strerror(-err));
	return err == 0;
}

void master_sweep(struct master *m)
{
	int back, err;

	if (m->giver.failover_handed || !master_owns_page(m))
		return;
	err = netns_enter(m->netns, &back);
	if (err == 0)
		hold_sweep(m->page);
	if (err || (err = netns_return(back)) != 0)
		log_err("network namespace '%s': %s", m->netns, strerror(-err));
}

/* --- runner ------------------------------------------------------------------------------ */

static int run_runner(void *ctx, int channel)
{
	struct master *m = ctx;
	int fds[1 + SHARED_SLOTS] = {m->runner_ends[0]};

	(void)channel;
	for (unsigned i = 0; i < SHARED_SLOTS; i++)
		fds[1 + i] = m->balancer_runner_ends[i][0];
	drop_listeners(m, NULL);
	server_book_drop(&m->book);
	keep_runner_end(m, -1);
	args_log_setup(m->args, "runner");
	if (!enter_namespace(m))
		return 1;
	return runner_main(fds, 1 + SHARED_SLOTS, m->rights);
}

static void runner_message(struct child *child, struct channel_message *msg)
{
	(void)child, (void)msg;
}

static void runner_ended(struct child *child, int status)
{
	struct master *m = child->owner;
	char how[96];

	child_free(&m->runner);
	if (m->stopping) {
		master_stop_next(m);
		return;
	}
	log_err("the runner ended (%s): starting another", how_it_ended(status, how, sizeof(how)));
	master_start_runner(m);
}

static const struct child_ops runner_ops = {runner_message, runner_ended};

bool master_start_runner(struct master *m)
{
	m->runner = child_start(m->loop, &runner_ops, m, run_runner, m,
				m->args->dialect == ARGS_RELAIS ? "relais-runner" : NULL);
	if (!m->runner)
		log_err("cannot start the runner: %s", strerror(errno));
	return m->runner;
}

/* --- failover ---------------------------------------------------------------------------- */

/* NULL = as the master's. Under other names than relais' the processes look as theirs do. */
static const char *name_or(const char *configured, bool own, const char *name)
{
	return configured ? configured : own ? name : NULL;
}

struct failover_start {
	struct master *m;
	bool resume;
};

static int run_failover(void *ctx, int channel)
{
	const struct failover_start *start = ctx;
	struct master *m = start->m;
	struct failover_setup setup = {
		.conf = m->config->failover,
		.master_fd = channel,
		.runner_fd = m->runner_ends[1],
		.page = m->page,
		.seam_fd = m->seam_fd,
		.resume = start->resume,
		.replaces = m->args->n_old_pids > 0,
		.heir_fd = m->heir_ends[0],
		.parse = config_parse_failover,
		.packet_fds = m->packet_fds,
	};

	if (m->heir_ends[1] >= 0)
		close(m->heir_ends[1]);
	drop_listeners(m, NULL);
	server_book_drop(&m->book); /* what it locks in memory should be little */
	keep_runner_end(m, m->runner_ends[1]);
	runner_rights_forget(&m->rights);
	args_log_setup(m->args, "failover");
	if (!enter_namespace(m))
		return 1;
	return failover_main(&setup);
}

static void failover_message(struct child *child, struct channel_message *msg)
{
	struct message_reloaded r;

	if (msg->type == MESSAGE_FAILOVER_PACKET)
		master_packet_keep(child->owner, msg);

	if (msg->type == MESSAGE_READY) {
		struct master *m = child->owner;

		m->failover_was_ready = true;
		if (m->active || !m->config->balancer)
			master_announce_up(m);
	}
	if (msg->type == MESSAGE_FAILOVER_HANDED)
		((struct master *)child->owner)->giver.failover_handed = true;
	if (msg->type != MESSAGE_FAILOVER_RELOADED || msg->len != sizeof(r))
		return;
	memcpy(&r, msg->payload, sizeof(r));
	if (r.err)
		log_err("failover keeps its old configuration: %s", strerror(-r.err));
	else
		log_notice(
			"failover reloaded: %u instances kept, %u adapted, %u rebuilt, %u added, "
			"%u removed",
			r.n_kept, r.n_adapted, r.n_rebuilt, r.n_added, r.n_removed);
}

static void failover_ended(struct child *child, int status)
{
	struct master *m = child->owner;
	int64_t now = loop_clock_us(m->loop);
	bool again = m->failover_death_us && now - m->failover_death_us < FAILOVER_SHORT_US;
	char how[96];

	child_free(&m->failover);
	if (m->giver.failover_handed || m->stopping || !m->config->failover) {
		master_sweep(m);
		if (m->stopping)
			master_stop_next(m);
		return;
	}
	m->failover_death_us = now;
	how_it_ended(status, how, sizeof(how));
	if (!master_owns_page(m)) {
		master_heir_failed(m, how);
		return;
	}
	if (!m->failover_was_ready && m->n_heirs == 0 && atomic_load(&m->page->n_reloads) == 0) {
		log_err("failover ended before it was ready (%s): not started", how);
		master_fail(m);
		return;
	}
	if (!again) {
		log_err("failover ended (%s): another continues in its place", how);
		if (master_start_failover(m, true))
			return;
	}
	log_err("failover ended (%s) once more: its addresses are removed", how);
	master_sweep(m);
	loop_timer_set(m->loop, &m->failover_timer, loop_now_us(m->loop) + RESTART_MIN_US);
}

static const struct child_ops failover_ops = {failover_message, failover_ended};

bool master_start_failover(struct master *m, bool resume)
{
	struct failover_start start = {m, resume};
	const char *netns = m->config->failover ? m->config->failover->net_namespace : NULL;

	if (strcmp(m->netns, netns ? netns : "") != 0)
		master_packets_drop(m);
	snprintf(m->netns, sizeof(m->netns), "%s", netns ? netns : "");
	master_packets_lend(m, true);
	m->failover = child_start(m->loop, &failover_ops, m, run_failover, &start,
				  name_or(master_house(m)->failover_name,
					  m->args->dialect != ARGS_HAPROXY, "relais-failover"));
	master_packets_lend(m, false);
	if (!m->failover) {
		log_err("cannot start the failover process: %s", strerror(errno));
		return false;
	}
	if (m->active)
		master_tell_failover(m, MESSAGE_BALANCER_UP);
	return true;
}

static void failover_restart(struct loop *loop, struct loop_timer *timer)
{
	struct master *m = container_of(timer, struct master, failover_timer);

	(void)loop;
	if (!m->failover && !m->stopping && m->config->failover)
		master_start_failover(m, false);
}

/* --- balancer ---------------------------------------------------------------------------- */

struct balancer_start {
	struct master *m;
	unsigned slot;
	int tables_fd;
};

static const struct balancer_conf *next_balancer(const struct master *m)
{
	return (m->next ? m->next : m->config)->balancer;
}

static int run_balancer(void *ctx, int channel)
{
	const struct balancer_start *start = ctx;
	struct master *m = start->m;
	const struct config *config = m->next ? m->next : m->config;
	struct balancer_setup setup = {
		.conf = config->balancer,
		.master_fd = channel,
		.runner_fd = m->balancer_runner_ends[start->slot][1],
		.page = m->page,
		.book = m->book,
		.tables_fd = start->tables_fd,
		.slot = start->slot,
		.wants = config->wants,
		.n_wants = config->n_wants,
		.seam_fd = m->seam_fd,
	};

	drop_listeners(m, config->balancer);
	keep_runner_end(m, setup.runner_fd);
	runner_rights_forget(&m->rights);
	args_log_setup(m->args, "balancer");
	admin_wire(&setup);
	return balancer_main(&setup);
}

static unsigned free_slot(struct master *m)
{
	for (unsigned i = 0; i < SHARED_SLOTS; i++) {
		bool used = (m->active && m->active->slot == i) ||
			    (m->starting && m->starting->slot == i);

		for (unsigned j = 0; j < OLD_MAX; j++)
			used = used || (m->old[j] && m->old[j]->slot == i);
		if (!used)
			return i;
	}
	return SHARED_SLOTS;
}

/* The balancer that served is to finish; the oldest of too many is ended. */
static void retire(struct master *m, struct child *balancer)
{
	unsigned at = 0;

	child_send(balancer, MESSAGE_BALANCER_DRAIN, NULL, 0);
	while (at < OLD_MAX && m->old[at])
		at++;
	RELAIS_ASSERT(at < OLD_MAX);
	m->old[at] = balancer;
}

static void balancer_ready(struct master *m, struct child *child)
{
	struct child *before = m->active;

	if (child != m->starting)
		return;
	loop_timer_clear(m->loop, &m->start_timer);
	m->starting = NULL;
	m->active = child;
	m->restart_us = RESTART_MIN_US;
	atomic_store_explicit(&m->page->active, child->slot, memory_order_release);
	master_tell_failover(m, MESSAGE_BALANCER_UP);
	if (m->next)
		master_reload_done(m);
	if (before)
		retire(m, before);
	if (master_takes_over(m) && !m->failover && !master_start_heir(m))
		master_fail(m);
	master_announce_up(m);
}

/* An operator's wish for a VIP goes on to failover, which answers on the shared page. */
static void hand_on_vip(struct master *m, const struct channel_message *msg)
{
	struct message_vip ask;

	if (msg->len != sizeof(ask))
		return;
	memcpy(&ask, msg->payload, sizeof(ask));
	if (!m->failover || child_send(m->failover, MESSAGE_FAILOVER_VIP, &ask, sizeof(ask)) < 0)
		shared_answer_put(m->page, ask.id, false,
				  "there is no failover process on this node");
}

/* FIFOs and mails are failover's; where it is being started anew, the line is lost. */
static void hand_on_virtual(struct master *m, const struct channel_message *msg)
{
	if (msg->len == sizeof(struct message_virtual) && m->failover)
		child_send(m->failover, MESSAGE_FAILOVER_VIRTUAL, msg->payload, msg->len);
}

static void balancer_message(struct child *child, struct channel_message *msg)
{
	if (msg->type == MESSAGE_READY)
		balancer_ready(child->owner, child);
	else if (msg->type == MESSAGE_ASK_RELOAD)
		master_reload(child->owner);
	else if (msg->type == MESSAGE_ASK_VIP)
		hand_on_vip(child->owner, msg);
	else if (msg->type == MESSAGE_TELL_VIRTUAL)
		hand_on_virtual(child->owner, msg);
}

static void try_again_later(struct master *m)
{
	master_tell_failover(m, MESSAGE_BALANCER_LOST);
	loop_timer_set(m->loop, &m->restart_timer, loop_now_us(m->loop) + m->restart_us);
	m->restart_us = m->restart_us * 2 > RESTART_MAX_US ? RESTART_MAX_US : m->restart_us * 2;
}

static void active_ended(struct master *m, const char *how)
{
	int64_t now = loop_clock_us(m->loop);
	bool again = m->balancer_death_us && now - m->balancer_death_us < BALANCER_SHORT_US;

	m->active = NULL;
	master_tell_failover(m, MESSAGE_BALANCER_DOWN);
	if (m->stopping || m->starting)
		return;
	m->balancer_death_us = now;
	log_err("the balancer ended (%s)%s", how,
		again ? " once more: the next try waits" : ": another takes its sockets");
	if (again || !master_start_balancer(m))
		try_again_later(m);
}

static void starting_ended(struct master *m, const char *how)
{
	m->starting = NULL;
	loop_timer_clear(m->loop, &m->start_timer);
	if (m->stopping)
		return;
	if (m->next) {
		master_reload_failed(m, how);
		if (m->active)
			return;
	}
	log_err("the balancer ended before it was ready (%s)", how);
	if (!m->said_up) {
		master_fail(m);
		return;
	}
	try_again_later(m);
}

static void balancer_ended(struct child *child, int status)
{
	struct master *m = child->owner;
	char how[96];

	how_it_ended(status, how, sizeof(how));
	atomic_store(&m->page->slots[child->slot].state, SHARED_BALANCER_GONE);
	if (child == m->active)
		active_ended(m, how);
	else if (child == m->starting)
		starting_ended(m, how);
	for (unsigned i = 0; i < OLD_MAX; i++)
		if (m->old[i] == child)
			m->old[i] = NULL;
	child_free(&child);
	if (m->stopping)
		master_stop_next(m);
}

static const struct child_ops balancer_ops = {balancer_message, balancer_ended};

bool master_start_balancer(struct master *m)
{
	struct balancer_start start = {m, free_slot(m), -1};
	struct shared_slot *slot;

	if (start.slot == SHARED_SLOTS) {
		log_err("cannot start a balancer: %d are still finishing their connections",
			SHARED_SLOTS - 1);
		return false;
	}
	if (!m->runner && health_needs_runner(next_balancer(m)) && !master_start_runner(m))
		return false;
	if (!runner_rights_set(m->rights, m->config->balancer, m->next ? m->next->balancer : NULL))
		log_err("too many scripts of the balancer: some will not be run");
	start.tables_fd = master_ask_tables(m, next_balancer(m));
	slot = &m->page->slots[start.slot];
	atomic_store(&slot->n_threads, 0);
	atomic_store(&slot->state, SHARED_BALANCER_STARTING);
	m->starting = child_start(m->loop, &balancer_ops, m, run_balancer, &start,
				  name_or(master_house(m) ? master_house(m)->checker_name : NULL,
					  m->args->dialect == ARGS_RELAIS, "relais-balancer"));
	if (start.tables_fd >= 0)
		close(start.tables_fd);
	if (!m->starting) {
		log_err("cannot start the balancer: %s", strerror(errno));
		return false;
	}
	m->starting->slot = start.slot;
	atomic_store(&slot->pid, m->starting->pid);
	atomic_store(&slot->started_us, loop_now_us(m->loop));
	loop_timer_set(m->loop, &m->start_timer, loop_now_us(m->loop) + BALANCER_START_US);
	return true;
}

static void start_took_too_long(struct loop *loop, struct loop_timer *timer)
{
	struct master *m = container_of(timer, struct master, start_timer);

	(void)loop;
	if (!m->starting)
		return;
	log_err("the balancer was not ready in %d s", BALANCER_START_US / 1000000);
	child_signal(m->starting, SIGKILL);
}

static void balancer_restart(struct loop *loop, struct loop_timer *timer)
{
	struct master *m = container_of(timer, struct master, restart_timer);

	(void)loop;
	if (!m->active && !m->starting && !m->stopping && !master_start_balancer(m))
		try_again_later(m);
}

static void look_for_hung(struct loop *loop, struct loop_timer *timer)
{
	struct master *m = container_of(timer, struct master, hung_timer);
	int64_t beat = shared_page_oldest_beat_us(m->page);

	if (m->active && beat && loop_now_us(loop) - beat > BALANCER_HUNG_US) {
		log_err("the balancer has not moved for %d s: it is killed and replaced",
			BALANCER_HUNG_US / 1000000);
		child_signal(m->active, SIGKILL);
	}
	loop_timer_set(loop, timer, loop_now_us(loop) + BALANCER_HUNG_US / 4);
}

void master_watch_init(struct master *m)
{
	m->restart_us = RESTART_MIN_US;
	m->start_timer.on_expiry = start_took_too_long;
	m->restart_timer.on_expiry = balancer_restart;
	m->failover_timer.on_expiry = failover_restart;
	m->hung_timer.on_expiry = look_for_hung;
	loop_timer_set(m->loop, &m->hung_timer, loop_now_us(m->loop) + BALANCER_HUNG_US / 4);
}
