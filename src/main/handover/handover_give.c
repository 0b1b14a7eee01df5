/*
 * Being replaced. See handover_give.h. One heir at a time; others that ask meanwhile wait, and are
 * told who has replaced us, or have their turn when the heir is gone without having served.
 */
#include "main/handover/handover_give.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "balancer/stick/stick_conf.h"
#include "core/base/die.h"
#include "core/log/log.h"
#include "core/sys/message.h"
#include "main/handover/handover_wire.h"
#include "main/listeners.h"
#include "main/master_priv.h"

enum { BACKLOG = 16 };

socklen_t handover_name(pid_t pid, struct sockaddr_un *sun)
{
	int len;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	len = snprintf(sun->sun_path + 1, sizeof(sun->sun_path) - 1, "relais-master/%d", (int)pid);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

bool handover_trusts(int fd, pid_t *pid)
{
	struct ucred cred = {.uid = (uid_t)-1};
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return false;
	*pid = cred.pid;
	return cred.uid == 0 || cred.uid == geteuid();
}

static void say(const struct handover_asker *a, unsigned type, int32_t number)
{
	struct handover_number n = {number};

	channel_send(a->lfd.fd, type, &n, sizeof(n));
}

static void drop(struct handover_asker *a)
{
	loop_fd_del(a->master->loop, &a->lfd);
	child_forget_private(a->lfd.fd);
	close(a->lfd.fd);
	*a = (struct handover_asker){.master = NULL};
}

/* ---- sockets ---- */

struct pick {
	unsigned left;
	const struct listener_conf *found;
	unsigned n;
};

/* What was inherited is for the one that follows to inherit. */
static void pick(void *ctx, const struct listener_conf *l)
{
	struct pick *p = ctx;

	if (l->fd < 0 || l->inherited_fd >= 0)
		return;
	p->n++;
	if (p->left-- == 0)
		p->found = l;
}

static void give_socket(const struct handover_asker *a, unsigned number)
{
	struct handover_listener out = {.address_len = 0};
	struct pick p = {.left = number};
	const struct listener_conf *l;

	listeners_each(a->master->config->balancer, pick, &p);
	l = p.found;
	if (!l || l->addr.len > sizeof(out.address)) {
		channel_send(a->lfd.fd, HANDOVER_LISTENER, &out, sizeof(out));
		return;
	}
	out.address_len = l->addr.len;
	memcpy(out.address, &l->addr.sa, l->addr.len);
	snprintf(out.interface, sizeof(out.interface), "%s", l->interface ? l->interface : "");
	out.v4v6 = l->v4v6;
	out.v6only = l->v6only;
	out.transparent = l->transparent;
	channel_send_fds(a->lfd.fd, HANDOVER_LISTENER, &out, sizeof(out), &l->fd, 1);
}

/* ---- who is the heir ---- */

static bool is_busy(const struct master *m)
{
	return m->giver.heir || m->next || m->starting;
}

static void answer(struct handover_asker *a)
{
	struct master *m = a->master;
	struct handover_gives gives = {.has_failover = m->failover && m->failover_was_ready,
				       .has_tables = m->active && m->config->balancer &&
						     stick_conf_any(m->config->balancer)};
	struct pick p = {.left = UINT32_MAX};

	if (m->stopping) {
		say(a, HANDOVER_GONE, m->giver.gone_to);
		drop(a);
		return;
	}
	a->waits = !a->only_sockets && is_busy(m);
	if (a->waits) {
		say(a, HANDOVER_WAIT, 0);
		return;
	}
	listeners_each(m->config->balancer, pick, &p);
	gives.n_sockets = p.n;
	if (a->only_sockets) {
		gives.has_failover = 0;
	} else {
		m->giver.heir = a;
		log_notice("process %d is to replace this one", (int)a->pid);
	}
	channel_send(a->lfd.fd, HANDOVER_GIVES, &gives, sizeof(gives));
}

void handover_give_next(struct master *m)
{
	for (unsigned i = 0; i < HANDOVER_ASKERS_MAX; i++) {
		struct handover_asker *a = &m->giver.askers[i];

		if (a->master && a->waits && (m->stopping || !is_busy(m)))
			answer(a);
	}
}

/* The one that was to replace us is gone: all goes on here. */
static void heir_is_gone(struct master *m)
{
	struct handover_giver *g = &m->giver;

	g->heir = NULL;
	log_warn("the process that was to replace this one has ended: this one goes on");
	if (g->failover_handed) {
		g->failover_handed = false;
		if (!m->stopping && m->config->failover && !m->failover)
			master_start_failover(m, true);
	}
	handover_give_next(m);
}

static void heir_serves(struct handover_asker *a, bool terminate)
{
	struct master *m = a->master;

	m->giver.gone_to = a->pid;
	m->giver.heir = NULL;
	drop(a);
	log_notice("replaced by process %d: %s", (int)m->giver.gone_to,
		   terminate ? "stopping" : "stopping once all connections are finished");
	sd_notifyf(0, "MAINPID=%d", (int)m->giver.gone_to);
	master_stop(m, !terminate);
	handover_give_next(m);
}

/* ---- messages ---- */

static void take_ask(struct handover_asker *a, const struct channel_message *msg)
{
	struct handover_ask ask;

	if (msg->len != sizeof(ask)) {
		drop(a);
		return;
	}
	memcpy(&ask, msg->payload, sizeof(ask));
	a->only_sockets = ask.only_sockets;
	if (ask.version == HANDOVER_VERSION)
		answer(a);
	else
		drop(a);
}

static void forward(struct child *child, unsigned type, const struct channel_message *msg)
{
	if (child && msg->n_fds > 0)
		channel_send_fds(child->channel, type, NULL, 0, msg->fds, 1);
}

static void take_heirs(struct handover_asker *a, const struct channel_message *msg)
{
	struct handover_number n = {0};

	if (msg->len == sizeof(n))
		memcpy(&n, msg->payload, sizeof(n));
	switch (msg->type) {
	case HANDOVER_PID:
		a->pid = n.number;
		break;
	case HANDOVER_TABLES:
		forward(a->master->active, MESSAGE_BALANCER_SAVE, msg);
		break;
	case HANDOVER_FAILOVER:
		forward(a->master->failover, MESSAGE_FAILOVER_HEIR, msg);
		break;
	case HANDOVER_DONE:
		heir_serves(a, n.number != 0);
		break;
	default:
		break;
	}
}

static void take_message(struct handover_asker *a, const struct channel_message *msg)
{
	struct handover_number n;

	if (msg->type == HANDOVER_ASK) {
		take_ask(a, msg);
	} else if (msg->type == HANDOVER_SOCKET && msg->len == sizeof(n)) {
		memcpy(&n, msg->payload, sizeof(n));
		give_socket(a, (unsigned)n.number);
	} else if (a == a->master->giver.heir) {
		take_heirs(a, msg);
	}
	for (int i = 0; i < msg->n_fds; i++)
		close(msg->fds[i]);
}

static void on_asker(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct handover_asker *a = container_of(lfd, struct handover_asker, lfd);
	struct channel_message *msg = malloc(sizeof(*msg));
	struct master *m = a->master;
	int got = 1;

	(void)loop, (void)ready;
	if (!msg)
		die_no_memory();
	while (a->master && (got = channel_recv(lfd->fd, msg)) == 1)
		take_message(a, msg);
	free(msg);
	if (!a->master || got == -EAGAIN)
		return;
	drop(a);
	if (m->giver.heir == a)
		heir_is_gone(m);
}

static void on_door(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct master *m = container_of(lfd, struct master, giver.lfd);
	int fd = accept4(lfd->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct handover_asker *a = m->giver.askers;
	pid_t pid;

	(void)ready;
	if (fd < 0)
		return;
	while (a < m->giver.askers + HANDOVER_ASKERS_MAX && a->master)
		a++;
	if (a == m->giver.askers + HANDOVER_ASKERS_MAX || !handover_trusts(fd, &pid)) {
		close(fd);
		return;
	}
	*a = (struct handover_asker){
		.lfd = {.on_ready = on_asker, .fd = fd}, .master = m, .pid = pid};
	child_keep_private(fd);
	if (loop_fd_add(loop, &a->lfd, LOOP_IN) < 0) {
		child_forget_private(fd);
		close(fd);
		a->master = NULL;
	}
}

/* ---- the door ---- */

void handover_give_open(struct master *m)
{
	struct sockaddr_un sun;
	socklen_t len = handover_name(getpid(), &sun);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&sun, len) == 0 && listen(fd, BACKLOG) == 0) {
		m->giver.lfd = (struct loop_fd){.on_ready = on_door, .fd = fd};
		m->giver.open = true;
		child_keep_private(fd);
		return;
	}
	log_info("-sf will not be able to take over from this process: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

void handover_give_listen(struct master *m)
{
	if (m->giver.open && !m->giver.lfd.events)
		loop_fd_add(m->loop, &m->giver.lfd, LOOP_IN);
}

void handover_give_close(struct master *m)
{
	for (unsigned i = 0; i < HANDOVER_ASKERS_MAX; i++)
		if (m->giver.askers[i].master)
			drop(&m->giver.askers[i]);
	if (!m->giver.open)
		return;
	if (m->giver.lfd.events)
		loop_fd_del(m->loop, &m->giver.lfd);
	child_forget_private(m->giver.lfd.fd);
	close(m->giver.lfd.fd);
	m->giver.open = false;
}
