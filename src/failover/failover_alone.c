/*
 * One virtual router runs once on a host. Started twice with the same file, by mistake or because
 * an old process is still about, relais would take the addresses that the other one holds for left
 * behind, and both would advertise from one address, where neither hears the other. So each
 * instance has a name of its own: an abstract socket, which the kernel keeps per network namespace
 * and sets free with the process. Nothing is ever sent over it.
 *
 * Called by failover.c before anything is touched, and after each reload. A name that another user
 * has bound is no evidence: whoever can run something here could keep us from starting with it.
 */
#include "failover/failover_impl.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/base/die.h"

enum {
	END_WAIT_MS = 3000, /* for one that is about to end, as a killed master's child is */
	STEP_MS = 100,
	BACKLOG = 1024, /* who asks is let in when there is time; frozen, we are still found */
};

/* Who asks has its answer by the connection itself. */
static void on_asked(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	int fd = accept4(lfd->fd, NULL, NULL, SOCK_CLOEXEC);

	(void)loop, (void)ready;
	if (fd >= 0)
		close(fd);
}

static socklen_t name_of(const struct vrrp_instance_conf *conf, struct sockaddr_un *sun)
{
	int len;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	len = snprintf(sun->sun_path + 1, sizeof(sun->sun_path) - 1, "relais-vrrp/%s/%d/%u",
		       conf->interface ? conf->interface : "", conf->family == AF_INET6 ? 6 : 4,
		       conf->vrid);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

/* The process that has the name, when it is one of our user's; 0 = none, or one that is no
 * evidence.
 */
static pid_t owner_of(const struct sockaddr_un *sun, socklen_t sun_len)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred cred = {.uid = (uid_t)-1};
	socklen_t len = sizeof(cred);
	bool found;

	if (fd < 0)
		return 0;
	found = connect(fd, (const struct sockaddr *)sun, sun_len) == 0 &&
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 &&
		(cred.uid == 0 || cred.uid == geteuid());
	close(fd);
	return !found ? 0 : cred.pid > 0 ? cred.pid : -1; /* -1: in another pid namespace */
}

/* 0, or the process that runs this virtual router already. What else fails is let pass. */
static pid_t take_name(struct failover *f, const struct vrrp_instance_conf *conf)
{
	struct sockaddr_un sun;
	socklen_t len = name_of(conf, &sun);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return 0;
	if (bind(fd, (struct sockaddr *)&sun, len) == 0 && listen(fd, BACKLOG) == 0) {
		f->names[f->n_names++] = (struct loop_fd){.on_ready = on_asked, .fd = fd};
		return 0;
	}
	close(fd);
	return errno == EADDRINUSE ? owner_of(&sun, len) : 0;
}

void failover_alone_release(struct failover *f)
{
	while (f->n_names > 0) {
		struct loop_fd *name = &f->names[--f->n_names];

		if (f->loop && name->events)
			loop_fd_del(f->loop, name);
		close(name->fd);
	}
	free(f->names);
	f->names = NULL;
}

static const struct vrrp_instance_conf *take_all(struct failover *f, pid_t *owner)
{
	size_t n = 0;

	failover_alone_release(f);
	for (const struct vrrp_instance_conf *i = f->conf->instances; i; i = i->next)
		n++;
	f->names = calloc(n ? n : 1, sizeof(*f->names));
	if (!f->names)
		die_no_memory();
	for (const struct vrrp_instance_conf *i = f->conf->instances; i; i = i->next)
		if ((*owner = take_name(f, i)) != 0)
			return i;
	return NULL;
}

static void say_who(char *text, size_t size, pid_t owner)
{
	if (owner > 0)
		snprintf(text, size, "process %d", (int)owner);
	else
		snprintf(text, size, "a process of another container");
}

bool failover_alone_take(struct failover *f)
{
	const struct timespec step = {0, STEP_MS * 1000000L};
	const struct vrrp_instance_conf *other;
	char who[64];
	pid_t owner;

	for (int waited = 0;; waited += STEP_MS) {
		other = take_all(f, &owner);
		if (!other || f->resume || (f->setup->replaces && f->setup->heir_fd < 0))
			return true;
		if (waited >= END_WAIT_MS)
			break;
		nanosleep(&step, NULL);
	}
	say_who(who, sizeof(who), owner);
	log_err("failover cannot start: %s: virtual_router_id %u on %s is run by another relais on "
		"this host already (%s): stop that one first",
		other->name, other->vrid, other->interface, who);
	return false;
}

void failover_alone_listen(struct failover *f)
{
	for (size_t i = 0; i < f->n_names; i++)
		if (loop_fd_add(f->loop, &f->names[i], LOOP_IN) < 0)
			f->names[i].events = 0;
}

void failover_alone_reload(struct failover *f)
{
	const struct vrrp_instance_conf *other;
	char who[64];
	pid_t owner;

	other = take_all(f, &owner);
	failover_alone_listen(f);
	if (!other)
		return;
	say_who(who, sizeof(who), owner);
	log_warn("%s: virtual_router_id %u on %s is run by another relais on this host too (%s)",
		 other->name, other->vrid, other->interface, who);
}
