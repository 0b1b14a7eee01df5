/*
 * A lease in etcd. See etcd_lease.h; what is said is etcd_message.c's. A life:
 *
 *   wanted     GRANT (a lease), LOCK (the key under it, again and again while another has it)
 *   held       RENEW at a third of its time
 *   unwanted   REVOKE, and with the lease the key goes
 */
#include "failover/lease/etcd_lease.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "failover/lease/etcd_message.h"

enum { AGAIN_US = 50000, PATIENCE_MOST_US = 1000000, SECOND_US = 1000000 };

struct etcd_leases {
	struct loop *loop;
	char who[ETCD_NAME_MAX];
	struct list all; /* of struct etcd_lease */
};

struct etcd_lease {
	struct list link, users;
	struct etcd_leases *all;
	struct vrrp_lease_conf conf;
	char name[ETCD_NAME_MAX];
	unsigned endpoint; /* in use */
	/* the lease */
	uint64_t id;	  /* 0 = none */
	bool locked;	  /* the key is ours */
	int64_t until_us; /* the lease's safe end */
	struct loop_timer end, next;
	/* the question that is under way */
	enum etcd_op op;
	struct loop_fd lfd; /* fd -1 = none */
	int64_t asked_us;
	struct loop_timer patience;
	char out[ETCD_REQUEST_MAX], in[ETCD_REPLY_MAX];
	size_t out_len, out_sent, in_len;
	bool complained;
};

struct etcd_user {
	struct list link;
	struct etcd_lease *lease;
	etcd_lease_fn *tell;
	void *ctx;
	bool wanted;
};

static void proceed(struct etcd_lease *l);

static bool is_wanted(const struct etcd_lease *l)
{
	const struct list *pos;

	LIST_EACH(pos, &l->users)
	if (container_of(pos, struct etcd_user, link)->wanted)
		return true;
	return false;
}

static void tell_one(struct etcd_user *u, bool busy)
{
	const struct etcd_lease *l = u->lease;
	struct vrrp_lease_news news = {
		.until_us = l->locked && u->wanted ? l->until_us : 0, .id = l->id, .busy = busy};

	u->tell(u->ctx, &news);
}

static void tell(struct etcd_lease *l, bool busy)
{
	struct list *pos, *tmp;

	LIST_EACH_SAFE(pos, tmp, &l->users)
	tell_one(container_of(pos, struct etcd_user, link), busy);
}

/* ---- a question ---- */

static void hang_up(struct etcd_lease *l)
{
	if (l->lfd.fd >= 0) {
		loop_fd_del(l->all->loop, &l->lfd);
		close(l->lfd.fd);
	}
	l->lfd.fd = -1;
	l->op = ETCD_NONE;
	loop_timer_clear(l->all->loop, &l->patience);
}

static void later(struct etcd_lease *l, int64_t at_us)
{
	loop_timer_set(l->all->loop, &l->next, at_us);
}

static void failed(struct etcd_lease *l, const char *why)
{
	char text[ADDR_TEXT_MAX];

	if (!l->complained)
		log_warn("lease %s: etcd at %s: %s", l->name,
			 addr_text(&l->conf.endpoints[l->endpoint], text), why);
	l->complained = true;
	hang_up(l);
	l->endpoint = (l->endpoint + 1) % l->conf.n_endpoints;
	later(l, loop_now_us(l->all->loop) + AGAIN_US);
}

static size_t write_request(struct etcd_lease *l, enum etcd_op op)
{
	char text[ADDR_TEXT_MAX];
	struct etcd_ask ask = {.op = op,
			       .host = addr_text(&l->conf.endpoints[l->endpoint], text),
			       .name = l->name,
			       .who = l->all->who,
			       .id = l->id,
			       .ttl_s = l->conf.ttl_s};

	return etcd_request(l->out, &ask);
}

static void ask(struct etcd_lease *l, enum etcd_op op)
{
	const struct addr *to = &l->conf.endpoints[l->endpoint];
	int64_t patience_us = (int64_t)l->conf.ttl_s * SECOND_US / 6;

	l->op = op;
	l->out_len = write_request(l, op);
	l->out_sent = l->in_len = 0;
	l->asked_us = loop_clock_us(l->all->loop);
	l->lfd.fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->lfd.fd < 0 || (connect(l->lfd.fd, &to->sa, to->len) < 0 && errno != EINPROGRESS) ||
	    loop_fd_add(l->all->loop, &l->lfd, LOOP_OUT) < 0) {
		if (l->lfd.fd >= 0)
			close(l->lfd.fd);
		l->lfd.fd = -1;
		failed(l, strerror(errno));
		return;
	}
	loop_timer_set(l->all->loop, &l->patience,
		       l->asked_us +
			       (patience_us < PATIENCE_MOST_US ? patience_us : PATIENCE_MOST_US));
}

/* ---- answers ---- */

static void lose(struct etcd_lease *l)
{
	bool was = l->locked;

	l->id = 0;
	l->locked = false;
	l->until_us = 0;
	loop_timer_clear(l->all->loop, &l->end);
	if (was)
		tell(l, false);
}

static void extend(struct etcd_lease *l, unsigned ttl_s)
{
	int64_t span_us = (int64_t)ttl_s * SECOND_US;

	l->until_us = l->asked_us + span_us - span_us / 10;
	loop_timer_set(l->all->loop, &l->end, l->until_us);
}

static void answered(struct etcd_lease *l, enum etcd_op op, const struct etcd_answer *a)
{
	l->complained = false;
	switch (op) {
	case ETCD_GRANT:
		if (!a->ok)
			break;
		l->id = a->id;
		extend(l, a->ttl_s);
		break;
	case ETCD_LOCK: /* whose lease it is: that of an earlier life may be ours */
		l->locked = (a->ok || (a->has_other && a->id == l->id)) && is_wanted(l);
		tell(l, !l->locked && a->has_other);
		break;
	case ETCD_RENEW:
		if (!a->ok) {
			lose(l);
			break;
		}
		extend(l, a->ttl_s);
		if (l->locked)
			tell(l, false);
		break;
	default:
		lose(l);
		break;
	}
}

static void read_answer(struct etcd_lease *l, bool ended)
{
	enum etcd_op op = l->op;
	struct etcd_answer answer;
	int got = etcd_read(l->in, l->in_len, ended, op, &answer);

	if (got == 0 && l->in_len < sizeof(l->in))
		return;
	if (got <= 0) {
		/* A lease that etcd does not know any more: so it says to RENEW and REVOKE. */
		failed(l, "its answer is not understood, or an error");
		if (op == ETCD_LOCK || op == ETCD_REVOKE)
			lose(l);
		return;
	}
	hang_up(l);
	answered(l, op, &answer);
	proceed(l);
}

static void on_ready(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct etcd_lease *l = container_of(lfd, struct etcd_lease, lfd);
	ssize_t n;

	(void)ready;
	if (l->out_sent < l->out_len) {
		n = send(lfd->fd, l->out + l->out_sent, l->out_len - l->out_sent, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN) {
			failed(l, strerror(errno));
			return;
		}
		l->out_sent += n > 0 ? (size_t)n : 0;
		if (l->out_sent == l->out_len)
			loop_fd_set(loop, lfd, LOOP_IN);
		return;
	}
	n = recv(lfd->fd, l->in + l->in_len, sizeof(l->in) - l->in_len, 0);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0) {
		failed(l, strerror(errno));
		return;
	}
	l->in_len += (size_t)n;
	read_answer(l, n == 0);
}

static void on_patience(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	failed(container_of(timer, struct etcd_lease, patience), "no answer in time");
}

static void on_end(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	lose(container_of(timer, struct etcd_lease, end));
}

/* ---- what comes next ---- */

static void lease_free(struct etcd_lease *l)
{
	hang_up(l);
	loop_timer_clear(l->all->loop, &l->end);
	loop_timer_clear(l->all->loop, &l->next);
	list_del(&l->link);
	free(l);
}

static void proceed(struct etcd_lease *l)
{
	int64_t now = loop_now_us(l->all->loop);
	int64_t renew_us = l->until_us - (int64_t)l->conf.ttl_s * SECOND_US * 6 / 10;

	if (l->op != ETCD_NONE)
		return; /* its end comes here again */
	if (!is_wanted(l)) {
		if (l->id)
			ask(l, ETCD_REVOKE);
		else if (list_empty(&l->users))
			lease_free(l);
	} else if (!l->id) {
		ask(l, ETCD_GRANT);
	} else if (now >= renew_us) {
		ask(l, ETCD_RENEW);
	} else if (!l->locked && !loop_timer_armed(&l->next)) {
		ask(l, ETCD_LOCK);
		later(l, now + AGAIN_US);
	} else if (l->locked) {
		later(l, renew_us);
	}
}

static void on_next(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	proceed(container_of(timer, struct etcd_lease, next));
}

/* ---- users ---- */

static bool same(const struct etcd_lease *l, const struct vrrp_lease_conf *conf)
{
	if (strcmp(l->name, conf->name) != 0 || l->conf.n_endpoints != conf->n_endpoints)
		return false;
	for (unsigned i = 0; i < conf->n_endpoints; i++)
		if (!addr_eq(&l->conf.endpoints[i], &conf->endpoints[i], true))
			return false;
	return true;
}

static struct etcd_lease *lease_of(struct etcd_leases *all, const struct vrrp_lease_conf *conf)
{
	struct etcd_lease *l;
	struct list *pos;

	LIST_EACH(pos, &all->all)
	{
		l = container_of(pos, struct etcd_lease, link);
		if (same(l, conf))
			return l;
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		die_no_memory();
	l->all = all;
	l->conf = *conf;
	snprintf(l->name, sizeof(l->name), "%s", conf->name);
	l->lfd = (struct loop_fd){.fd = -1, .on_ready = on_ready};
	l->patience.on_expiry = on_patience;
	l->end.on_expiry = on_end;
	l->next.on_expiry = on_next;
	list_init(&l->users);
	list_push(&all->all, &l->link);
	return l;
}

struct etcd_user *etcd_user_new(struct etcd_leases *leases, const struct vrrp_lease_conf *conf,
				etcd_lease_fn *fn, void *ctx)
{
	struct etcd_user *u = calloc(1, sizeof(*u));

	if (!u)
		die_no_memory();
	u->lease = lease_of(leases, conf);
	u->tell = fn;
	u->ctx = ctx;
	list_push(&u->lease->users, &u->link);
	return u;
}

void etcd_user_free(struct etcd_user **user)
{
	struct etcd_user *u = *user;

	*user = NULL;
	if (!u)
		return;
	list_del(&u->link);
	proceed(u->lease); /* the last one: given back, then freed */
	free(u);
}

void etcd_user_want(struct etcd_user *u, bool wanted)
{
	if (u->wanted == wanted)
		return;
	u->wanted = wanted;
	if (!is_wanted(u->lease)) { /* for us it ends now, for the others when etcd hears it */
		u->lease->locked = false;
		loop_timer_clear(u->lease->all->loop, &u->lease->next);
	}
	if (wanted && u->lease->locked)
		tell_one(u, false);
	proceed(u->lease);
}

void etcd_user_adopt(struct etcd_user *u, const struct vrrp_lease_news *news)
{
	struct etcd_lease *l = u->lease;

	if (!news->id || l->id)
		return;
	l->id = news->id;
	l->until_us = news->until_us;
	l->locked = l->until_us > loop_clock_us(l->all->loop);
	if (l->locked)
		loop_timer_set(l->all->loop, &l->end, l->until_us);
}

/* ---- the process ---- */

struct etcd_leases *etcd_leases_new(struct loop *loop, const char *who)
{
	struct etcd_leases *all = calloc(1, sizeof(*all));

	if (!all)
		die_no_memory();
	all->loop = loop;
	snprintf(all->who, sizeof(all->who), "%s", who ? who : "");
	list_init(&all->all);
	return all;
}

/* Here, where nothing is to be done any more, it may wait. */
static void give_back(struct etcd_lease *l)
{
	const struct addr *to = &l->conf.endpoints[l->endpoint];
	int fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	size_t len = write_request(l, ETCD_REVOKE);

	if (fd < 0)
		return;
	if ((connect(fd, &to->sa, to->len) == 0 || errno == EINPROGRESS) &&
	    poll(&p, 1, ETCD_LAST_MS) == 1 && send(fd, l->out, len, MSG_NOSIGNAL) == (ssize_t)len) {
		p.events = POLLIN;
		poll(&p, 1, ETCD_LAST_MS);
	}
	close(fd);
}

void etcd_leases_free(struct etcd_leases **leases)
{
	struct etcd_leases *all = *leases;
	struct list *pos, *tmp;

	*leases = NULL;
	if (!all)
		return;
	LIST_EACH_SAFE(pos, tmp, &all->all)
	{
		struct etcd_lease *l = container_of(pos, struct etcd_lease, link);

		if (l->id)
			give_back(l);
		lease_free(l);
	}
	free(all);
}
