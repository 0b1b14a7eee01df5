/*
 * Witnesses. See witness.h.
 *
 * Every period each target is asked once. An echo request carries the target's own number and a
 * sequence; only the reply to the last one counts, so that an old answer proves nothing. A
 * connection that is not there after a period is given up for the next one.
 */
#include "failover/track/witness.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"

enum { PERIOD_LEAST_US = 5000, PERIOD_MOST_US = 1000000, ECHO_LEN = 16, IP4_LEN_LEAST = 20 };

struct target {
	struct witness *w;
	const struct vrrp_witness_conf *conf; /* borrowed */
	struct loop_fd lfd;		      /* fd -1 = none */
	uint16_t id, sequence;
	int64_t asked_us; /* 0 = answered already */
	bool complained;
};

struct witness {
	struct loop *loop;
	int64_t period_us;
	witness_fn *answered;
	void *ctx;
	struct loop_timer timer;
	unsigned n;
	struct target targets[];
};

static void shut(struct target *t)
{
	if (t->lfd.fd < 0)
		return;
	loop_fd_del(t->w->loop, &t->lfd);
	close(t->lfd.fd);
	t->lfd.fd = -1;
}

static void complain(struct target *t, const char *what)
{
	char text[ADDR_TEXT_MAX];

	if (!t->complained)
		log_warn("witness %s: %s: %s", addr_host_text(&t->conf->address, text), what,
			 strerror(errno));
	t->complained = true;
}

static void answered(struct target *t)
{
	int64_t asked_us = t->asked_us;

	t->asked_us = 0;
	t->complained = false;
	if (asked_us > 0)
		t->w->answered(t->w->ctx, asked_us);
}

static bool open_target(struct target *t, int type, int protocol, uint32_t events)
{
	const struct addr *to = &t->conf->address;
	int family = to->sa.sa_family;

	t->lfd.fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	if (t->lfd.fd < 0) {
		complain(t, "socket");
		return false;
	}
	if ((connect(t->lfd.fd, &to->sa, to->len) < 0 && errno != EINPROGRESS) ||
	    loop_fd_add(t->w->loop, &t->lfd, events) < 0) {
		complain(t, "connect");
		close(t->lfd.fd);
		t->lfd.fd = -1;
		return false;
	}
	return true;
}

/* ---- echo (RFC 792, RFC 4443 section 4.1): both headers are alike ---- */

static uint16_t checksum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void ask_echo(struct target *t)
{
	bool six = t->conf->address.sa.sa_family == AF_INET6;
	uint8_t m[ECHO_LEN] = {six ? ICMP6_ECHO_REQUEST : ICMP_ECHO};
	uint16_t sum;

	if (t->lfd.fd < 0 &&
	    !open_target(t, SOCK_RAW, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP, LOOP_IN))
		return;
	t->sequence++;
	m[4] = (uint8_t)(t->id >> 8);
	m[5] = (uint8_t)t->id;
	m[6] = (uint8_t)(t->sequence >> 8);
	m[7] = (uint8_t)t->sequence;
	sum = six ? 0 : checksum(m, sizeof(m)); /* IPv6: the kernel's, with its pseudo-header */
	m[2] = (uint8_t)(sum >> 8);
	m[3] = (uint8_t)sum;
	t->asked_us = loop_clock_us(t->w->loop);
	if (send(t->lfd.fd, m, sizeof(m), 0) >= 0)
		return;
	complain(t, "echo request");
	shut(t);
}

static bool is_reply(const struct target *t, const uint8_t *m, size_t len)
{
	bool six = t->conf->address.sa.sa_family == AF_INET6;

	if (!six) { /* raw IPv4 sockets hand out the IP header too */
		size_t head = len < IP4_LEN_LEAST ? len : (size_t)(m[0] & 15) * 4;

		if (head >= len)
			return false;
		m += head;
		len -= head;
	}
	return len >= 8 && m[0] == (six ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) &&
	       (uint16_t)(m[4] << 8 | m[5]) == t->id && (uint16_t)(m[6] << 8 | m[7]) == t->sequence;
}

static void on_echo(struct target *t)
{
	for (;;) {
		uint8_t m[256];
		ssize_t len = recv(t->lfd.fd, m, sizeof(m), 0);

		if (len < 0 && errno == EAGAIN)
			return;
		if (len < 0) /* unreachable, as an error of this socket */
			return;
		if (is_reply(t, m, (size_t)len))
			answered(t);
	}
}

/* ---- TCP ---- */

static void ask_tcp(struct target *t)
{
	shut(t);
	t->asked_us = loop_clock_us(t->w->loop);
	open_target(t, SOCK_STREAM, 0, LOOP_OUT);
}

static void on_connected(struct target *t)
{
	int err = 0;
	socklen_t len = sizeof(err);

	getsockopt(t->lfd.fd, SOL_SOCKET, SO_ERROR, &err, &len);
	shut(t);
	if (!err)
		answered(t);
}

/* ---- life ---- */

static void on_ready(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct target *t = container_of(lfd, struct target, lfd);

	(void)loop, (void)ready;
	if (t->conf->tcp)
		on_connected(t);
	else
		on_echo(t);
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
	struct witness *w = container_of(timer, struct witness, timer);

	for (unsigned i = 0; i < w->n; i++) {
		if (w->targets[i].conf->tcp)
			ask_tcp(&w->targets[i]);
		else
			ask_echo(&w->targets[i]);
	}
	loop_timer_set(loop, timer, loop_now_us(loop) + w->period_us);
}

struct witness *witness_new(struct loop *loop, const struct vrrp_witness_conf *list,
			    int64_t period_us, witness_fn *fn, void *ctx)
{
	const struct vrrp_witness_conf *c;
	struct witness *w;
	unsigned n = 0;

	for (c = list; c; c = c->next)
		n++;
	w = calloc(1, sizeof(*w) + n * sizeof(w->targets[0]));
	if (!w)
		die_no_memory();
	w->loop = loop;
	w->period_us = period_us < PERIOD_LEAST_US  ? PERIOD_LEAST_US
		       : period_us > PERIOD_MOST_US ? PERIOD_MOST_US
						    : period_us;
	w->answered = fn;
	w->ctx = ctx;
	w->timer.on_expiry = on_timer;
	for (c = list; c; c = c->next) {
		struct target *t = &w->targets[w->n++];

		t->w = w;
		t->conf = c;
		t->lfd = (struct loop_fd){.fd = -1, .on_ready = on_ready};
		t->id = (uint16_t)((unsigned)getpid() + w->n);
	}
	loop_timer_set(loop, &w->timer, loop_now_us(loop));
	return w;
}

void witness_free(struct witness **w)
{
	struct witness *p = *w;

	*w = NULL;
	if (!p)
		return;
	for (unsigned i = 0; i < p->n; i++)
		shut(&p->targets[i]);
	loop_timer_clear(p->loop, &p->timer);
	free(p);
}
