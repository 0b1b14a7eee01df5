/*
 * The balancer process: builds what runs from the frozen configuration, starts the threads, says
 * that it is ready, and ends when the master says so (balancer_control.c). Started by main/ in a
 * process of its own; listening sockets are open already.
 */
#include "balancer/balancer.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "balancer/balancer_private.h"
#include "balancer/health/health.h"
#include "core/log/log.h"

enum { FDS_SPARE = 128, FDS_MOST = 1 << 20 };

static struct balancer *running;

struct balancer *balancer_running(void)
{
	return running;
}

static unsigned count_threads(const struct global_conf *global)
{
	unsigned n = global->nbthread > 0 ? (unsigned)global->nbthread : 0;
	cpu_set_t allowed;

	if (n == 0)
		n = sched_getaffinity(0, sizeof(allowed), &allowed) == 0
			    ? (unsigned)CPU_COUNT(&allowed)
			    : 1;
	return n < 1 ? 1 : n > SHARED_THREADS_MAX ? SHARED_THREADS_MAX : n;
}

/* Two descriptors per connection. Without a maxconn, as many as the descriptors allow. */
static unsigned settle_maxconn(const struct global_conf *global)
{
	struct rlimit lim = {1024, 1024};
	rlim_t want = global->maxconn > 0 ? (rlim_t)global->maxconn * 2 + FDS_SPARE : FDS_MOST;

	getrlimit(RLIMIT_NOFILE, &lim);
	if (global->ulimit_n > 0)
		want = (rlim_t)global->ulimit_n;
	if (want > lim.rlim_max && geteuid() == 0) {
		struct rlimit more = {want, want};

		if (global->maxconn > 0 && setrlimit(RLIMIT_NOFILE, &more) == 0)
			lim = more;
	}
	lim.rlim_cur = want < lim.rlim_max ? want : lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
	if (global->maxconn <= 0)
		return lim.rlim_cur > 2 * FDS_SPARE ? (unsigned)(lim.rlim_cur - FDS_SPARE) / 2
						    : FDS_SPARE;
	if (lim.rlim_cur < want)
		log_warn("maxconn %d needs %llu file descriptors, only %llu are allowed",
			 global->maxconn, (unsigned long long)want,
			 (unsigned long long)lim.rlim_cur);
	return (unsigned)global->maxconn;
}

static bool build_proxies(struct balancer_process *p)
{
	struct balancer *b = &p->balancer;
	unsigned i = 0;

	b->proxies =
		aligned_alloc(64, (sizeof(*b->proxies) * (b->conf->n_proxies + 1) + 63) & ~63ul);
	if (!b->proxies)
		return false;
	memset(b->proxies, 0, sizeof(*b->proxies) * (b->conf->n_proxies + 1));
	for (const struct proxy_conf *c = b->conf->proxies; c && i < b->conf->n_proxies;
	     c = c->next) {
		struct proxy *proxy = &b->proxies[i++];

		if (proxy_init(proxy, c, b->n_threads))
			return false;
		if (c->sides & PROXY_BACKEND) {
			proxy->backend = backend_new(proxy, b->n_threads);
			if (!proxy->backend)
				return false;
		}
	}
	b->n_proxies = i;
	return true;
}

/* Accepted sockets inherit these. */
static void set_listener_options(const struct listener_conf *l)
{
	int one = 1, wait_s = 1, flags = fcntl(l->fd, F_GETFL);

	if (flags >= 0 && !(flags & O_NONBLOCK)) /* an inherited one */
		fcntl(l->fd, F_SETFL, flags | O_NONBLOCK);
	if (l->addr.sa.sa_family == AF_UNIX)
		return;
	setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (l->defer_accept)
		setsockopt(l->fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &wait_s, sizeof(wait_s));
}

static void add_listeners(struct flow_house *house, const struct listener_conf *l,
			  struct proxy *proxy)
{
	for (; l; l = l->next) {
		if (l->fd < 0)
			continue;
		set_listener_options(l);
		house->listeners[house->n_listeners].conf = l;
		house->listeners[house->n_listeners++].proxy = proxy;
	}
}

static bool build_listeners(struct balancer_process *p)
{
	struct balancer *b = &p->balancer;
	size_t n = 1;

	for (unsigned i = 0; i < b->n_proxies; i++)
		for (const struct listener_conf *l = b->proxies[i].conf->listeners; l; l = l->next)
			n++;
	for (const struct listener_conf *l = b->conf->global.stats_sockets; l; l = l->next)
		n++;
	p->house.listeners = calloc(n, sizeof(*p->house.listeners));
	if (!p->house.listeners)
		return false;
	for (unsigned i = 0; i < b->n_proxies; i++)
		if (!b->proxies[i].conf->disabled)
			add_listeners(&p->house, b->proxies[i].conf->listeners, &b->proxies[i]);
	add_listeners(&p->house, b->conf->global.stats_sockets, NULL);
	return true;
}

static bool build_workers(struct balancer_process *p)
{
	unsigned n = p->balancer.n_threads;

	p->house.workers = calloc(n, sizeof(*p->house.workers));
	for (unsigned i = 0; p->house.workers && i < n; i++) {
		struct worker *w = &p->house.workers[i];

		if (worker_init(w, &p->house, i) ||
		    accept_start(&w->accept, p->house.listeners, p->house.n_listeners))
			return false;
	}
	return p->house.workers;
}

/* How long everything has been as it is counts from here. */
static void stamp_servers(struct balancer *b)
{
	for (unsigned i = 0; i < b->n_proxies; i++) {
		struct backend *be = b->proxies[i].backend;

		if (!be)
			continue;
		be->changed_us = b->started_us;
		for (unsigned j = 0; j < be->n_servers; j++)
			be->servers[j].changed_us = b->started_us;
	}
}

static bool build(struct balancer_process *p, const struct balancer_setup *setup)
{
	struct balancer *b = &p->balancer;
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	*b = (struct balancer){.setup = setup,
			       .conf = setup->conf,
			       .n_threads = count_threads(&setup->conf->global),
			       .maxconn = settle_maxconn(&setup->conf->global),
			       .started_wall_us = (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000};
	p->house = (struct flow_house){
		.conf = setup->conf,
		.n_threads = b->n_threads,
		.maxconn = b->maxconn,
		.totals = &b->totals,
		.slot = setup->page ? &setup->page->slots[setup->slot % SHARED_SLOTS] : NULL,
		.admin_accept = setup->admin_accept,
		.stats_page = setup->stats_page,
		.buffer_len = setup->conf->global.bufsize ? setup->conf->global.bufsize : 16384,
	};
	if (!build_proxies(p))
		return false;
	b->stick = p->house.stick = stick_house_new(b->conf);
	if (!p->house.stick)
		return false;
	p->house.proxies = b->proxies;
	p->house.n_proxies = b->n_proxies;
	if (!build_listeners(p) || !build_workers(p))
		return false;
	b->started_us = worker_now_us(&p->house.workers[0]);
	stamp_servers(b);
	return true;
}

static void *thread_main(void *arg)
{
	struct worker *w = arg;
	struct flow_house *house = w->house;

	atomic_fetch_add(&house->n_running, 1);
	worker_run(w);
	atomic_fetch_sub(&house->n_running, 1);
	return NULL;
}

static bool start_threads(struct balancer_process *p)
{
	for (unsigned i = 1; i < p->balancer.n_threads; i++)
		if (pthread_create(&p->house.workers[i].thread, NULL, thread_main,
				   &p->house.workers[i]))
			return false;
	while (atomic_load(&p->house.n_running) + 1 < p->balancer.n_threads)
		sched_yield();
	return true;
}

static void tear_down(struct balancer_process *p)
{
	for (unsigned i = 1; i < p->balancer.n_threads; i++)
		pthread_join(p->house.workers[i].thread, NULL);
	for (unsigned i = 0; i < p->balancer.n_threads; i++)
		worker_hang_up(&p->house.workers[i]);
	for (unsigned i = 0; i < p->balancer.n_threads; i++)
		worker_flush(&p->house.workers[i]);
	health_stop();
	for (unsigned i = 0; i < p->balancer.n_threads; i++)
		worker_fini(&p->house.workers[i]);
	free(p->house.workers);
	free(p->house.listeners);
	for (unsigned i = 0; i < p->balancer.n_proxies; i++) {
		backend_free(&p->balancer.proxies[i].backend);
		proxy_fini(&p->balancer.proxies[i]);
	}
	free(p->balancer.proxies);
	stick_house_free(&p->house.stick);
}

static bool start_health(struct balancer_process *p)
{
	struct health_setup setup = {.loop = p->house.workers[0].loop,
				     .proxies = p->balancer.proxies,
				     .n_proxies = p->balancer.n_proxies,
				     .conf = p->balancer.conf,
				     .runner_fd = p->balancer.setup->runner_fd,
				     .master_fd = p->balancer.setup->master_fd,
				     .page = p->balancer.setup->page,
				     .book = p->balancer.setup->book};
	int err = health_start(&setup);

	if (err)
		log_err("cannot start the health checks: %s", strerror(-err));
	return !err;
}

int balancer_main(const struct balancer_setup *setup)
{
	static struct balancer_process p; /* one per process; too large for the stack */

	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	memset(&p, 0, sizeof(p));
	if (!build(&p, setup)) {
		log_err("the balancer cannot start: %s", strerror(errno ? errno : ENOMEM));
		return 1;
	}
	running = &p.balancer;
	if (!start_health(&p))
		return 1;
	balancer_tables_load(&p);
	balancer_facts_start(&p.balancer);
	if (!balancer_drop_privileges(setup->conf))
		return 1;
	balancer_control_show(&p);
	if (!start_threads(&p) || balancer_control_start(&p))
		return 1;
	atomic_fetch_add(&p.house.n_running, 1);
	worker_run(&p.house.workers[0]);
	balancer_control_stop(&p);
	balancer_tables_stop();
	balancer_facts_stop();
	tear_down(&p);
	running = NULL;
	return 0;
}
