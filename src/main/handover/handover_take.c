/*
 * Replacing others. See handover_take.h.
 */
#include "main/handover/handover_take.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "core/sys/channel.h"
#include "main/check/running.h"
#include "main/children.h"
#include "main/handover/handover_wire.h"
#include "main/listeners.h"

enum {
	ANSWER_MS = 15000, /* one that starts answers when it serves */
	TURN_MS = 60000,   /* and one that is being replaced when that is settled */
	OTHERS_MAX = 2 * ARGS_PIDS_MAX,
};

struct other {
	pid_t pid;
	int fd;	    /* -1: it is told by a signal */
	bool gives; /* it is ours to replace */
	bool has_failover, has_tables;
	bool helper; /* a child of another one here, which ends it */
};

struct handover {
	struct other others[OTHERS_MAX];
	size_t n;
	struct arena arena; /* owns the listeners */
	struct balancer_conf given;
	struct channel_message msg;
};

/* ---- asking ---- */

/* The door of that master, or -1. */
static int knock(pid_t pid)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un sun;
	socklen_t len = handover_name(pid, &sun);
	pid_t who;

	if (fd >= 0 && connect(fd, (struct sockaddr *)&sun, len) == 0 &&
	    handover_trusts(fd, &who) && who == pid)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* False: no answer, or not in time. */
static bool receive(struct handover *h, int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int got;

	do
		got = poll(&p, 1, timeout_ms);
	while (got < 0 && errno == EINTR);
	return got == 1 && channel_recv(fd, &h->msg) == 1;
}

static int32_t number_in(const struct channel_message *msg)
{
	struct handover_number n = {0};

	if (msg->len == sizeof(n))
		memcpy(&n, msg->payload, sizeof(n));
	return n.number;
}

static void send_number(int fd, unsigned type, int32_t number)
{
	struct handover_number n = {number};

	channel_send(fd, type, &n, sizeof(n));
}

static void keep_socket(struct handover *h, const struct handover_listener *in, int fd)
{
	struct listener_conf *l = arena_zalloc(&h->arena, sizeof(*l));

	memcpy(&l->addr.sa, in->address, in->address_len);
	l->addr.len = in->address_len;
	l->interface = in->interface[0]
			       ? arena_strndup(&h->arena, in->interface,
					       strnlen(in->interface, sizeof(in->interface)))
			       : NULL;
	l->v4v6 = in->v4v6;
	l->v6only = in->v6only;
	l->transparent = in->transparent;
	l->inherited_fd = -1;
	l->fd = fd;
	l->next = h->given.global.stats_sockets;
	h->given.global.stats_sockets = l;
}

static bool fetch_socket(struct handover *h, int from, int32_t number)
{
	struct handover_listener in;

	send_number(from, HANDOVER_SOCKET, number);
	if (!receive(h, from, ANSWER_MS) || h->msg.type != HANDOVER_LISTENER)
		return false;
	if (h->msg.n_fds < 1 || h->msg.len != sizeof(in))
		return true;
	memcpy(&in, h->msg.payload, sizeof(in));
	for (int i = 1; i < h->msg.n_fds; i++)
		close(h->msg.fds[i]);
	if (in.address_len <= sizeof(in.address) && in.address_len <= sizeof(struct sockaddr_un))
		keep_socket(h, &in, h->msg.fds[0]);
	else
		close(h->msg.fds[0]);
	return true;
}

static struct other *add(struct handover *h, pid_t pid)
{
	struct other *o = &h->others[h->n];

	for (size_t i = 0; i < h->n; i++)
		if (h->others[i].pid == pid)
			return NULL;
	if (h->n == OTHERS_MAX || pid <= 1 || pid == getpid())
		return NULL;
	*o = (struct other){.pid = pid, .fd = knock(pid)};
	h->n++;
	return o;
}

static void hang_up(struct other *o)
{
	close(o->fd);
	o->fd = -1;
}

/* Its answer to ASK; whoever has replaced it is one of the others then. */
static void ask(struct handover *h, struct other *o, bool only_sockets)
{
	struct handover_ask ask = {HANDOVER_VERSION, only_sockets};
	struct handover_gives gives = {0};
	bool answered;

	channel_send(o->fd, HANDOVER_ASK, &ask, sizeof(ask));
	answered = receive(h, o->fd, ANSWER_MS);
	while (answered && h->msg.type == HANDOVER_WAIT)
		answered = receive(h, o->fd, TURN_MS);
	if (answered && h->msg.type == HANDOVER_GIVES && h->msg.len == sizeof(gives)) {
		memcpy(&gives, h->msg.payload, sizeof(gives));
		o->gives = true;
		o->has_failover = gives.has_failover;
		o->has_tables = gives.has_tables;
	} else {
		if (answered && h->msg.type == HANDOVER_GONE && !only_sockets)
			add(h, number_in(&h->msg));
		else if (!answered)
			fprintf(stderr, "relais: process %d does not answer\n", (int)o->pid);
		hang_up(o);
		return;
	}
	for (uint32_t i = 0; i < gives.n_sockets; i++)
		if (!fetch_socket(h, o->fd, (int32_t)i))
			break;
}

/* ---- whom ---- */

static struct other *find(struct handover *h, pid_t pid)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->others[i].pid == pid)
			return &h->others[i];
	return NULL;
}

/* `pidof relais` names the children too: those are their master's to end. */
static void find_masters(struct handover *h)
{
	size_t n = h->n;

	for (size_t i = 0; i < n; i++) {
		struct other *o = &h->others[i];
		pid_t parent = o->fd < 0 ? running_parent(o->pid) : 0;
		struct other *master = parent > 1 ? find(h, parent) : NULL;

		if (parent <= 1)
			continue;
		if (!master) {
			int fd = knock(parent);

			if (fd < 0)
				continue;
			close(fd);
			master = add(h, parent);
		}
		o->helper = master && master->fd >= 0;
	}
}

/* -x names a runtime socket: the process that listens there. */
static void ask_behind(struct handover *h, const char *path)
{
	struct other *o = &(struct other){.fd = -1};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct addr addr;
	pid_t pid = 0;

	if (fd >= 0 && addr_set_unix(&addr, slice_of(path), false) &&
	    connect(fd, &addr.sa, addr.len) == 0 && handover_trusts(fd, &pid) && !find(h, pid))
		o->fd = knock(pid);
	if (fd >= 0)
		close(fd);
	if (o->fd >= 0) {
		o->pid = pid;
		ask(h, o, true);
		if (o->fd >= 0)
			close(o->fd);
	} else if (pid == 0 || !find(h, pid)) {
		fprintf(stderr, "relais: -x %s: no relais gives its sockets there\n", path);
	}
}

struct handover *handover_new(struct args *args)
{
	struct handover *h;

	if (args->n_old_pids == 0 && !args->sockets_of)
		return NULL;
	h = calloc(1, sizeof(*h));
	if (!h)
		die_no_memory();
	arena_init(&h->arena, 0);
	for (size_t i = 0; i < args->n_old_pids; i++)
		add(h, args->old_pids[i]);
	find_masters(h);
	for (size_t i = 0; i < h->n; i++) /* grows meanwhile */
		if (h->others[i].fd >= 0)
			ask(h, &h->others[i], false);
	if (args->sockets_of)
		ask_behind(h, args->sockets_of);
	args->n_old_pids = 0;
	for (size_t i = 0; i < h->n && args->n_old_pids < ARGS_PIDS_MAX; i++)
		if (!h->others[i].helper)
			args->old_pids[args->n_old_pids++] = h->others[i].pid;
	for (size_t i = 0; i < h->n; i++)
		if (h->others[i].fd >= 0)
			child_keep_private(h->others[i].fd);
	return h;
}

/* ---- afterwards ---- */

const struct balancer_conf *handover_listeners(const struct handover *h)
{
	return h ? &h->given : NULL;
}

void handover_drop_unused(struct handover *h, const struct balancer_conf *conf)
{
	if (h)
		listeners_close_unused(&h->given, conf);
}

void handover_say_pid(struct handover *h)
{
	for (size_t i = 0; h && i < h->n; i++)
		if (h->others[i].gives)
			send_number(h->others[i].fd, HANDOVER_PID, getpid());
}

static const struct other *with_failover(const struct handover *h)
{
	for (size_t i = 0; h && i < h->n; i++)
		if (h->others[i].gives && h->others[i].has_failover)
			return &h->others[i];
	return NULL;
}

bool handover_has_failover(const struct handover *h)
{
	return with_failover(h);
}

void handover_meet_failover(struct handover *h, int fd)
{
	const struct other *o = with_failover(h);

	if (o)
		channel_send_fds(o->fd, HANDOVER_FAILOVER, NULL, 0, &fd, 1);
	close(fd);
}

int handover_tables(struct handover *h)
{
	const struct other *o = NULL;
	int fd;

	for (size_t i = 0; h && !o && i < h->n; i++)
		if (h->others[i].gives && h->others[i].has_tables)
			o = &h->others[i];
	fd = o ? memfd_create("relais-tables", MFD_CLOEXEC) : -1;
	if (fd < 0 || channel_send_fds(o->fd, HANDOVER_TABLES, NULL, 0, &fd, 1) == 0)
		return fd;
	close(fd);
	return -1;
}

void handover_done(struct handover *h, bool terminate)
{
	for (size_t i = 0; h && i < h->n; i++) {
		struct other *o = &h->others[i];

		if (o->gives) {
			send_number(o->fd, HANDOVER_DONE, terminate);
			child_forget_private(o->fd);
			hang_up(o);
		} else if (!o->helper) {
			kill(o->pid, terminate ? SIGTERM : SIGUSR1);
		}
	}
}

void handover_free(struct handover **h)
{
	struct handover *p = *h;

	*h = NULL;
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++) {
		if (p->others[i].fd < 0)
			continue;
		child_forget_private(p->others[i].fd);
		close(p->others[i].fd);
	}
	arena_fini(&p->arena);
	free(p);
}
