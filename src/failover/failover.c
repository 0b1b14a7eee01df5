/*
 * The failover process: puts its parts together, runs the loop, and takes them apart again. See
 * failover.h. A life:
 *
 *   1. real-time priority; links are read, an earlier life's addresses removed   address/
 *   2. instances are made, told what is known, and started                        failover_nodes.c
 *   3. memory locked, capabilities off, READY to the master                       failover_rights.c
 *   4. the loop: adverts, links, the balancer's beats, the master's word          vrrp/, service.c
 *   5. STOP, SIGTERM or a master that is gone: priority 0, addresses away, exit
 */
#include "failover/failover.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "core/sys/message.h"
#include "failover/failover_impl.h"

static void stop(struct failover *f, const char *reason)
{
	if (f->stopping)
		return;
	f->stopping = true;
	log_notice("stopping: %s", reason);
	failover_heir_forget(f);
	if (failover_leave(f, reason))
		failover_end(f);
	else /* an end of file there would be told again and again */
		loop_fd_del(f->loop, &f->master);
}

void failover_end(struct failover *f)
{
	failover_nodes_stop(f, "stopped");
	failover_holdings_give_static(f);
	loop_stop(f->loop);
}

static void take_message(struct failover *f)
{
	switch (f->msg.type) {
	case MESSAGE_FAILOVER_RELOAD:
		if (f->msg.n_fds > 0) {
			failover_reload_begin(f, f->msg.fds[0]);
			f->msg.fds[0] = -1;
		}
		break;
	case MESSAGE_FAILOVER_STOP:
		stop(f, "the master asks for it");
		break;
	case MESSAGE_FAILOVER_HEIR:
		if (f->msg.n_fds > 0) {
			failover_heir_meet(f, f->msg.fds[0]);
			f->msg.fds[0] = -1;
		}
		break;
	case MESSAGE_FAILOVER_VIP:
		failover_operator_vip(f, f->msg.payload, f->msg.len);
		break;
	case MESSAGE_FAILOVER_VIRTUAL:
		failover_virtual_tell(f, f->msg.payload, f->msg.len);
		break;
	case MESSAGE_BALANCER_UP:
		service_facts_renew(&f->facts);
		service_watch_tell(&f->service, SERVICE_EV_UP);
		break;
	case MESSAGE_BALANCER_DOWN:
		service_watch_tell(&f->service, SERVICE_EV_DOWN);
		break;
	case MESSAGE_BALANCER_LOST:
		service_watch_tell(&f->service, SERVICE_EV_LOST);
		break;
	default:
		log_warn("message %u from the master is not for failover", f->msg.type);
		break;
	}
	for (int i = 0; i < f->msg.n_fds; i++) {
		if (f->msg.fds[i] >= 0)
			close(f->msg.fds[i]);
	}
}

static void on_master(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct failover *f = container_of(lfd, struct failover, master);
	int got;

	(void)loop, (void)ready;
	while (!f->stopping && (got = channel_recv(lfd->fd, &f->msg)) != -EAGAIN) {
		if (got == 1) {
			take_message(f);
			continue;
		}
		if (got < 0)
			log_err("channel to the master: %s", strerror(-got));
		stop(f, "the master is gone");
	}
}

static void on_signal(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct failover *f = container_of(lfd, struct failover, signals);
	struct signalfd_siginfo info;

	(void)loop, (void)ready;
	while (read(lfd->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		stop(f, "terminated");
}

static void on_beat(struct loop *loop, struct loop_timer *timer)
{
	struct failover *f = container_of(timer, struct failover, beat);
	int64_t now = loop_now_us(loop);

	const struct vrrp_transport_stats *stats = vrrp_transport_stats(f->transport);
	struct shared_page *page = f->setup->page;

	page->n_vrrp_unknown = stats->n_unknown_vrid;
	page->n_vrrp_malformed = stats->n_malformed;
	page->n_vrrp_overflown = stats->n_overflown;
	atomic_store_explicit(&page->failover_beat_us, now, memory_order_release);
	loop_timer_set(loop, timer, now + FAILOVER_BEAT_US);
}

static void on_link(struct links_watcher *w, const struct links_link *l, unsigned changes)
{
	struct failover *f = container_of(w, struct failover, links_watcher);

	failover_links_changed(f, l, changes & LINKS_GONE);
	failover_static_look_soon(f);
}

static void on_address(struct links_watcher *w, const struct rtnl_address *a, bool there)
{
	struct failover *f = container_of(w, struct failover, links_watcher);

	(void)there;
	failover_links_address(f, a);
	failover_static_look_soon(f);
}

static void on_service(struct service_watch *w, bool well, const char *reason)
{
	failover_service_changed(container_of(w, struct failover, service), well, reason);
}

static void on_facts(struct service_facts *s)
{
	failover_facts_changed(container_of(s, struct failover, facts));
}

/* Signals of the terminal and of operators are the master's; SIGTERM ends us like STOP. */
static int open_signals(struct failover *f)
{
	static const int not_ours[] = {SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGQUIT, SIGALRM};
	sigset_t term;

	for (size_t i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++)
		signal(not_ours[i], SIG_IGN);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_SETMASK, &term, NULL);
	f->signals.fd = signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
	f->signals.on_ready = on_signal;
	return f->signals.fd < 0 ? -errno : loop_fd_add(f->loop, &f->signals, LOOP_IN);
}

static const char *open_parts(struct failover *f)
{
	f->loop = loop_new(&loop_epoll_ops);
	if (!f->loop)
		return "event loop";
	errno = EPERM;
	if (!failover_rights_suffice())
		return "addresses";
	failover_packets_open(f);
	if (!failover_holdings_prepare(f))
		return "netlink";
	f->links = links_new(f->loop);
	if (!f->links)
		return "netlink";
	if (!failover_holdings_open(f) || !failover_links_open(f))
		return "netlink";
	errno = -mailbox_init(&f->mail, f->loop);
	if (errno)
		return "mailbox";
	f->pace = vrrp_pace_new();
	vrrp_pace_configure(f->pace, f->conf->garp_groups);
	f->announce = announce_new(f->links, f->packet_fds[FAILOVER_PACKET_ANNOUNCE]);
	if (!f->announce)
		return "packet socket";
	f->transport = vrrp_transport_new(f->loop, f->conf->house);
	if (!f->transport)
		return "VRRP sockets";
	f->hearts = hearts_new(f->loop);
	f->leases = etcd_leases_new(f->loop, f->conf->router_id);
	errno = -open_signals(f);
	if (errno)
		return "signals";
	f->facts = (struct service_facts){.loop = f->loop,
					  .page = f->setup->page,
					  .wake.fd = f->setup->seam_fd,
					  .on_change = on_facts};
	errno = -service_facts_start(&f->facts);
	if (errno)
		return "the balancers' eventfd";
	f->master.fd = f->setup->master_fd;
	f->master.on_ready = on_master;
	errno = -loop_fd_add(f->loop, &f->master, LOOP_IN);
	return errno ? "channel to the master" : NULL;
}

/* What the process before us had published; caller frees. */
static struct shared_vip *copy_published(const struct failover *f, unsigned *n)
{
	struct shared_page *page = f->setup->page;
	struct shared_vip *copy;

	*n = atomic_load(&page->n_vips);
	copy = calloc(*n ? *n : 1, sizeof(*copy));
	if (!copy)
		die_no_memory();
	for (unsigned i = 0; f->resume && i < *n; i++) {
		/* It may have died in the middle of writing: then the last word is what is there.
		 */
		if (!shared_vip_read(&page->vips[i], &copy[i]))
			memcpy(&copy[i], &page->vips[i], sizeof(copy[i]));
	}
	for (unsigned i = 0; i < *n; i++)
		memset(&page->vips[i], 0, sizeof(page->vips[i]));
	atomic_store(&page->n_vips, 0);
	return copy;
}

static void start_parts(struct failover *f)
{
	struct shared_vip *before;
	unsigned n_before;

	failover_note_vips(f, f->conf);
	f->links_watcher.on_link = on_link;
	f->links_watcher.on_address = on_address;
	links_watch(f->links, &f->links_watcher);
	f->service.loop = f->loop;
	f->service.page = f->setup->page;
	f->service.on_change = on_service;
	service_watch_start(&f->service);
	f->resigned = !service_well(&f->service.service);
	f->beat.on_expiry = on_beat;
	on_beat(f->loop, &f->beat);
	failover_holdings_static(f);
	before = copy_published(f, &n_before);
	failover_nodes_build(f);
	failover_static_tell(f);
	failover_scripts_open(f);
	failover_bfd_open(f);
	failover_nodes_start(f, before, f->resume ? n_before : 0);
	free(before);
	if (f->resume)
		failover_holdings_sweep(f);
}

static void close_parts(struct failover *f)
{
	if (f->facts.loop)
		service_facts_stop(&f->facts);
	failover_bfd_close(f);
	failover_nodes_free(f);
	failover_scripts_close(f);
	failover_reload_fini(f);
	hearts_free(&f->hearts);
	etcd_leases_free(&f->leases);
	vrrp_transport_free(&f->transport);
	announce_free(&f->announce);
	vrrp_pace_free(&f->pace);
	failover_links_close(f);
	failover_holdings_close(f);
	links_free(&f->links);
	if (f->signals.fd >= 0)
		close(f->signals.fd);
	if (f->mail.loop)
		mailbox_fini(&f->mail);
	loop_free(&f->loop);
}

/* False: it is not ours to run here, or not any more. */
static bool claim(struct failover *f)
{
	if (f->setup->heir_fd >= 0) {
		switch (failover_heir_ask(f)) {
		case FAILOVER_HEIR_GIVEN:
			f->resume = true;
			return true;
		case FAILOVER_HEIR_NOTHING:
			break;
		case FAILOVER_HEIR_STOP:
			return false;
		}
	}
	if (!failover_alone_take(f))
		return false;
	atomic_store(&f->setup->page->heir_took, 1);
	return true;
}

/* NULL, or what could not be had. */
static const char *begin(struct failover *f)
{
	const char *failed;

	if (!f->resume)
		failover_holdings_sweep_configured(f->conf);
	failed = open_parts(f);
	if (failed)
		log_err("failover cannot start: %s: %s%s", failed, strerror(errno),
			errno == EPERM ? " (it needs root, or CAP_NET_ADMIN and CAP_NET_RAW)" : "");
	if (!failed && f->resume && !failover_heir_take(f))
		failed = "heir";
	return failed;
}

static void live(struct failover *f)
{
	int reload = f->next_reload;

	start_parts(f);
	failover_alone_listen(f);
	failover_rights_lock_memory(); /* after: a resumed master has no time to lose */
	failover_rights_drop();
	failover_scripts_start_watch(f);
	failover_links_start_beat(f);
	channel_send(f->setup->master_fd, MESSAGE_READY, NULL, 0);
	f->next_reload = -1;
	if (reload >= 0) /* it came while we waited to take over */
		failover_reload_begin(f, reload);
	loop_run(f->loop);
}

int failover_main(const struct failover_setup *setup)
{
	struct failover *f = calloc(1, sizeof(*f));
	const char *failed;

	if (!f)
		die_no_memory();
	f->setup = setup;
	f->conf = setup->conf;
	f->resume = setup->resume;
	f->signals.fd = f->next_reload = f->heir.fd = -1;
	list_init(&f->nodes);
	list_init(&f->groups);
	if (setup->heir_fd >= 0)
		failover_rights_realtime(setup->conf);
	if (!claim(f)) {
		failover_alone_release(f);
		free(f);
		return EXIT_FAILURE;
	}
	if (setup->heir_fd < 0)
		failover_rights_realtime(setup->conf);
	failed = begin(f);
	if (!failed)
		live(f);
	failover_alone_release(f);
	failover_heir_forget(f);
	close_parts(f);
	free(f);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
