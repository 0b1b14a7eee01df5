/*
 * The master's life: start, signals, stop. See master.h for what it is, watch.c for its children,
 * reload.c for new configurations. One thread on one loop; signals come in through a signalfd.
 */
#include "main/master.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/log/log.h"
#include "core/sys/message.h"
#include "failover/address/hold.h"
#include "main/house_files.h"
#include "main/keepalived_dump.h"
#include "main/listeners.h"
#include "main/master_priv.h"
#include "main/runner/runner_rights.h"
#include "main/check/running.h"

static bool wants_balancer(const struct master *m)
{
	return m->config->balancer != NULL;
}

static bool serves_traffic(const struct balancer_conf *conf)
{
	for (const struct proxy_conf *p = conf ? conf->proxies : NULL; p; p = p->next)
		if (p->listeners && !p->disabled)
			return true;
	return false;
}

void master_announce_up(struct master *m)
{
	atomic_store(&m->page->watched, serves_traffic(m->config->balancer) ? 1 : 0);
	if (m->said_up || (m->config->failover && !m->failover_was_ready))
		return;
	m->said_up = true;
	loop_timer_clear(m->loop, &m->heir_timer);
	if (m->args->late_pidfile && !house_pid_write(m->args->late_pidfile))
		log_err("cannot write the pid file %s: %s", m->args->late_pidfile, strerror(errno));
	handover_give_listen(m);
	handover_done(m->handover, m->args->old_terminate);
	if (m->args->up_fd >= 0 && write(m->args->up_fd, "1", 1) == 1)
		close(m->args->up_fd);
	log_notice("serving");
	sd_notify(0, "READY=1");
}

/* --- stopping ---------------------------------------------------------------------------- */

static bool any_balancer(const struct master *m)
{
	bool any = m->active || m->starting;

	for (unsigned i = 0; i < OLD_MAX; i++)
		any = any || m->old[i];
	return any;
}

static void stop_balancer(struct master *m, struct child *balancer)
{
	if (!balancer)
		return;
	child_send(balancer, m->drain ? MESSAGE_BALANCER_DRAIN : MESSAGE_BALANCER_STOP, NULL, 0);
	if (!m->drain)
		child_signal(balancer, SIGCONT);
}

/* The balancers have their own copies, and close them as soon as they drain. */
static void close_listeners(struct master *m)
{
	if (m->next)
		listeners_close_unused(m->next->balancer, m->config->balancer);
	listeners_close_unused(m->config->balancer, NULL);
}

static void after_shutdown(struct hook_script *hook)
{
	loop_stop(container_of(hook, struct master, hook)->loop);
}

/* All processes have ended: shutdown_script, once, then we. */
static void finish(struct master *m)
{
	const struct house_conf *house = master_house(m);

	if (m->stopped)
		return;
	m->stopped = true;
	m->hook.name = "shutdown_script";
	m->hook.done = after_shutdown;
	if (m->giver.gone_to || !house || !hook_script_start(&m->hook, &house->shutdown))
		loop_stop(m->loop);
}

/* In order: the VIPs leave (so that the peer serves), the balancers end, the runner ends last
 * because stopping runs scripts too. */
void master_stop_next(struct master *m)
{
	if (m->hook.job) { /* whose end brings us on */
		if (!m->stopped)
			hook_script_end(&m->hook);
		return;
	}
	if (m->failover)
		return;
	if (any_balancer(m)) {
		stop_balancer(m, m->active);
		stop_balancer(m, m->starting);
		for (unsigned i = 0; i < OLD_MAX; i++)
			stop_balancer(m, m->old[i]);
		close_listeners(m);
		return;
	}
	if (m->runner) {
		child_signal(m->runner, SIGTERM);
		return;
	}
	finish(m);
}

static int64_t stop_us(const struct master *m)
{
	const struct house_conf *house = master_house(m);

	return house && house->child_wait_s ? house->child_wait_s * 1000000LL : FAILOVER_STOP_US;
}

void master_stop(struct master *m, bool drain)
{
	if (m->stopping && (drain || !m->drain))
		return;
	if (!m->stopping && !m->giver.gone_to) /* else the unit goes on */
		sd_notify(0, "STOPPING=1");
	m->drain = drain;
	m->stopping = true;
	if (m->failover)
		child_send(m->failover, MESSAGE_FAILOVER_STOP, NULL, 0);
	loop_timer_set(m->loop, &m->stop_timer, loop_now_us(m->loop) + stop_us(m));
	master_stop_next(m);
}

/* Those that were to be replaced go on: what has come to us meanwhile is served to its end. */
void master_fail(struct master *m)
{
	m->failed = true;
	master_stop(m, m->handover != NULL);
}

static void kill_if(struct child *child)
{
	if (child)
		child_signal(child, SIGKILL);
}

/* What has not ended by itself is ended. A draining balancer may take its time. */
static void stop_took_too_long(struct loop *loop, struct loop_timer *timer)
{
	struct master *m = container_of(timer, struct master, stop_timer);

	if (m->failover && atomic_load(&m->page->failover_leaves_us) > loop_now_us(loop)) {
		/* its hooks have their own time */
	} else if (m->failover) {
		log_err("failover does not stop: killed");
		kill_if(m->failover);
	} else if (!m->drain) {
		kill_if(m->active);
		kill_if(m->starting);
		for (unsigned i = 0; i < OLD_MAX; i++)
			kill_if(m->old[i]);
		if (!any_balancer(m))
			kill_if(m->runner);
	}
	loop_timer_set(loop, timer, loop_now_us(loop) + stop_us(m));
}

/* --- signals ----------------------------------------------------------------------------- */

/* Under the name keepalived its signals mean what they mean there. */
static bool take_keepalived_signal(struct master *m, int signo)
{
	if (m->args->dialect != ARGS_KEEPALIVED)
		return false;
	switch (signo) {
	case SIGUSR1:
		keepalived_dump(m->config->failover, m->page, KEEPALIVED_DUMP_DATA, NULL);
		return true;
	case SIGUSR2:
		keepalived_dump(m->config->failover, m->page, KEEPALIVED_DUMP_STATS, NULL);
		return true;
	case ARGS_SIGNAL_JSON:
		keepalived_dump(m->config->failover, m->page, KEEPALIVED_DUMP_JSON, NULL);
		return true;
	case ARGS_SIGNAL_STATS_CLEAR:
		log_warn("signal %d: counters are not cleared, they only grow", signo);
		return true;
	default:
		return false;
	}
}

static void signal_ready(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct master *m = container_of(lfd, struct master, signals);
	struct signalfd_siginfo info;

	(void)loop, (void)ready;
	while (read(lfd->fd, &info, sizeof(info)) == sizeof(info)) {
		if (take_keepalived_signal(m, (int)info.ssi_signo))
			continue;
		switch (info.ssi_signo) {
		case SIGUSR1:
			log_notice("SIGUSR1: stopping once all connections are finished");
			master_stop(m, true);
			break;
		case SIGUSR2:
		case SIGHUP:
			master_reload(m);
			break;
		default: /* SIGTERM, SIGINT */
			log_notice("stopping");
			m->stop_signal = (int)info.ssi_signo;
			master_stop(m, false);
		}
	}
}

static int watch_signals(struct master *m)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	if (m->args->dialect == ARGS_KEEPALIVED) {
		sigaddset(&set, ARGS_SIGNAL_JSON);
		sigaddset(&set, ARGS_SIGNAL_STATS_CLEAR);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	m->signals = (struct loop_fd){.on_ready = signal_ready};
	m->signals.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (m->signals.fd < 0)
		return -errno;
	child_keep_private(m->signals.fd);
	return loop_fd_add(m->loop, &m->signals, LOOP_IN);
}

/* --- life -------------------------------------------------------------------------------- */

static int prepare(struct master *m)
{
	int err;

	m->page = shared_page_new();
	m->book = server_book_new();
	if (!m->page)
		return -errno;
	m->rights = runner_rights_new();
	m->loop = loop_new(&loop_epoll_ops);
	if (!m->loop || !m->rights)
		return -errno;
	atomic_store(&m->page->master_pid, (int)getpid());
	atomic_store(&m->page->master_started_us, loop_now_us(m->loop));
	err = watch_signals(m);
	if (!err)
		err = channel_pair(m->runner_ends);
	for (unsigned i = 0; i < SHARED_SLOTS && !err; i++)
		err = channel_pair(m->balancer_runner_ends[i]);
	m->seam_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (m->seam_fd < 0 && !err)
		err = -errno;
	master_watch_init(m);
	m->heir_ends[0] = m->heir_ends[1] = -1;
	for (unsigned i = 0; i < FAILOVER_PACKET_N; i++)
		m->packet_fds[i] = -1;
	m->stop_timer.on_expiry = stop_took_too_long;
	return err;
}

static bool start_children(struct master *m)
{
	reload_time_configure(&m->reload_time, master_house(m));
	atomic_store(&m->page->watched, serves_traffic(m->config->balancer) ? 1 : 0);
	if (m->config->failover && !master_start_runner(m))
		return false;
	if (m->config->failover && !master_takes_over(m) && !master_start_failover(m, false))
		return false;
	if (wants_balancer(m)) /* and when it serves, the heir */
		return master_start_balancer(m);
	if (master_takes_over(m))
		return master_start_heir(m);
	master_announce_up(m);
	return true;
}

static void start_or_fail(struct master *m)
{
	if (start_children(m))
		return;
	master_fail(m);
}

static void after_startup(struct hook_script *hook)
{
	struct master *m = container_of(hook, struct master, hook);

	if (m->stopping)
		master_stop_next(m);
	else
		start_or_fail(m);
}

static void on_reload_time(struct reload_time *rt)
{
	log_notice("the time of reload_time_file has come");
	master_reload(container_of(rt, struct master, reload_time));
}

/* What global_defs says of the master itself, then startup_script, then all else. */
static void start(struct master *m)
{
	const struct house_conf *house = master_house(m);

	m->hook = (struct hook_script){
		.loop = m->loop, .name = "startup_script", .done = after_startup};
	m->reload_time.loop = m->loop;
	m->reload_time.due = on_reload_time;
	if (house && house->umask >= 0)
		umask((mode_t)house->umask);
	if (house && house->master_name)
		prctl(PR_SET_NAME, house->master_name);
	if (!house || !hook_script_start(&m->hook, &house->startup))
		start_or_fail(m);
}

int master_run(const struct args *args, struct config **config, struct handover *handover)
{
	struct master m = {.args = args, .config = *config, .conf_fd = -1, .handover = handover};
	int err = prepare(&m);

	*config = NULL;
	if (err) {
		log_err("cannot start: %s", strerror(-err));
		return 1;
	}
	if (args->up_fd >= 0)
		child_keep_private(args->up_fd);
	running_publish(m.config, &m.conf_fd);
	handover_give_open(&m);
	start(&m);
	loop_run(m.loop);
	master_sweep(&m);
	handover_give_close(&m);
	reload_time_configure(&m.reload_time, NULL);
	listeners_close_unused(m.config->balancer, NULL);
	config_free(&m.config);
	loop_free(&m.loop);
	if (m.failed)
		return 1;
	return args->worker && m.stop_signal ? 128 + m.stop_signal : 0;
}
