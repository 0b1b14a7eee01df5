/*
 * The schedule of announcements. See announce.h; RFC 9568 6.4.2 (380), keepalived.conf garp_*.
 * One cursor walks the addresses round by round. A burst that is asked for while one runs makes
 * it longer, never doubles it. Without an interval between packets a burst still gives the loop a
 * turn every BATCH packets, so that many addresses do not delay an advertisement.
 */
#include "failover/announce/announce.h"

#include <string.h>

enum {
	BATCH = 128,
	LOWER_EVERY_US = 100000, /* bursts a peer can cause: at most this often */
};

static const struct vip_conf *first_vip(struct vrrp_announce *a)
{
	a->in_excluded = !a->conf->vips;
	return a->conf->vips ? a->conf->vips : a->conf->excluded;
}

static void step_cursor(struct vrrp_announce *a)
{
	a->next = a->next->next;
	if (!a->next && !a->in_excluded) {
		a->in_excluded = true;
		a->next = a->conf->excluded;
	}
	if (!a->next && --a->n_rounds_left > 0)
		a->next = first_vip(a);
}

static const char *interface_of(const struct vrrp_announce *a, const struct vip_conf *vip)
{
	return vip->dev ? vip->dev : a->conf->vmac ? a->conf->vmac : a->conf->interface;
}

/* 0 = now. */
static int64_t when_us(const struct vrrp_announce *a, const struct vip_conf *vip)
{
	bool v6 = vip->address.sa.sa_family == AF_INET6;
	int64_t own = v6 ? a->conf->garp.gna_interval_us : a->conf->garp.interval_us;
	const char *interface = interface_of(a, vip);

	return a->pace && interface ? vrrp_pace_ask(a->pace, interface, v6, own,
						    loop_now_us(a->loop))
				    : 0;
}

static void run_burst(struct vrrp_announce *a)
{
	for (int n = 0; n < BATCH; n++) {
		const struct vip_conf *vip = a->next;
		int64_t when;

		if (!a->on || !vip || a->n_rounds_left <= 0)
			return;
		when = when_us(a, vip);
		if (when > 0) {
			loop_timer_set(a->loop, &a->pause, when);
			return;
		}
		step_cursor(a);
		a->emit(a, vip);
	}
	if (a->on && a->next)
		loop_timer_set(a->loop, &a->pause, loop_now_us(a->loop) + 1);
}

static void burst(struct vrrp_announce *a, int n_rounds)
{
	bool running = a->next && a->n_rounds_left > 0;

	if (n_rounds <= 0)
		return;
	if (running) {
		if (n_rounds > a->n_rounds_left)
			a->n_rounds_left = n_rounds;
		return;
	}
	a->n_rounds_left = n_rounds;
	a->next = first_vip(a);
	run_burst(a);
}

static void arm(struct vrrp_announce *a, struct loop_timer *t, int64_t after_us)
{
	if (after_us > 0 && a->on)
		loop_timer_set(a->loop, t, loop_now_us(a->loop) + after_us);
}

static void on_pause(struct loop *loop, struct loop_timer *t)
{
	(void)loop;
	run_burst(container_of(t, struct vrrp_announce, pause));
}

static void on_again(struct loop *loop, struct loop_timer *t)
{
	struct vrrp_announce *a = container_of(t, struct vrrp_announce, again);

	(void)loop;
	burst(a, a->conf->garp.repeat);
}

static void on_again_lower(struct loop *loop, struct loop_timer *t)
{
	struct vrrp_announce *a = container_of(t, struct vrrp_announce, again_lower);

	if (a->lower_waits) {
		a->lower_waits = false;
		a->lower_us = loop_now_us(loop);
		arm(a, t, a->conf->garp.lower_prio_delay_us);
	}
	burst(a, a->conf->garp.lower_prio_repeat);
}

static void on_refresh(struct loop *loop, struct loop_timer *t)
{
	struct vrrp_announce *a = container_of(t, struct vrrp_announce, refresh);

	(void)loop;
	arm(a, t, a->conf->garp.refresh_us);
	burst(a, a->conf->garp.refresh_repeat > 0 ? a->conf->garp.refresh_repeat : 1);
}

/* Switches forget where an address lives whose interface sends nothing by itself. */
static void emit_extra(struct vrrp_announce *a, const struct vip_conf *vips)
{
	for (const struct vip_conf *vip = vips; vip && a->on; vip = vip->next) {
		bool other = vip->dev && strcmp(vip->dev, a->conf->interface) != 0;

		if (other && (a->conf->garp.extra_all || vip->use_vmac))
			a->emit(a, vip);
	}
}

static void on_extra(struct loop *loop, struct loop_timer *t)
{
	struct vrrp_announce *a = container_of(t, struct vrrp_announce, extra);

	(void)loop;
	arm(a, t, a->conf->garp.extra_us);
	emit_extra(a, a->conf->vips);
	emit_extra(a, a->conf->excluded);
}

/* A loser with much to do lets go late: the further from the takeover, the longer the pauses. */
static const int64_t echo_pauses_us[] = {50000, 150000, 500000, 1300000};
enum { N_ECHOES = sizeof(echo_pauses_us) / sizeof(echo_pauses_us[0]) };

static void on_echo(struct loop *loop, struct loop_timer *t)
{
	struct vrrp_announce *a = container_of(t, struct vrrp_announce, echo);

	(void)loop;
	if (++a->n_echoes < N_ECHOES)
		arm(a, t, echo_pauses_us[a->n_echoes]);
	burst(a, 1);
}

static void begin_echo(struct vrrp_announce *a)
{
	a->n_echoes = 0;
	arm(a, &a->echo, echo_pauses_us[0]);
}

void vrrp_announce_init(struct vrrp_announce *a, struct loop *loop,
			const struct vrrp_instance_conf *conf,
			void (*emit)(struct vrrp_announce *a, const struct vip_conf *vip))
{
	*a = (struct vrrp_announce){.loop = loop, .conf = conf, .emit = emit};
	a->pause.on_expiry = on_pause;
	a->again.on_expiry = on_again;
	a->again_lower.on_expiry = on_again_lower;
	a->refresh.on_expiry = on_refresh;
	a->extra.on_expiry = on_extra;
	a->echo.on_expiry = on_echo;
}

void vrrp_announce_master(struct vrrp_announce *a)
{
	a->on = true;
	arm(a, &a->again, a->conf->garp.delay_us);
	arm(a, &a->refresh, a->conf->garp.refresh_us);
	arm(a, &a->extra, a->conf->garp.extra_us);
	if (a->echo_wanted)
		begin_echo(a);
	burst(a, a->conf->garp.repeat);
}

void vrrp_announce_echo(struct vrrp_announce *a)
{
	a->echo_wanted = true;
	begin_echo(a);
}

void vrrp_announce_lower(struct vrrp_announce *a)
{
	int64_t now = loop_now_us(a->loop);

	if (!a->on || a->lower_waits)
		return;
	if (a->lower_us && now - a->lower_us < LOWER_EVERY_US) {
		/* Not now, but behind the last one: until then it may have been believed. */
		a->lower_waits = a->conf->garp.lower_prio_repeat > 0;
		if (a->lower_waits)
			loop_timer_set(a->loop, &a->again_lower, a->lower_us + LOWER_EVERY_US);
		return;
	}
	a->lower_us = now;
	arm(a, &a->again_lower, a->conf->garp.lower_prio_delay_us);
	burst(a, a->conf->garp.lower_prio_repeat);
}

void vrrp_announce_round(struct vrrp_announce *a)
{
	if (a->on)
		burst(a, 1);
}

void vrrp_announce_again(struct vrrp_announce *a)
{
	if (!a->on)
		return;
	begin_echo(a);
	burst(a, 1);
}

void vrrp_announce_hush(struct vrrp_announce *a)
{
	a->on = false;
	a->next = NULL;
	a->n_rounds_left = 0;
	a->lower_us = 0;
	loop_timer_clear(a->loop, &a->pause);
	loop_timer_clear(a->loop, &a->again);
	loop_timer_clear(a->loop, &a->again_lower);
	loop_timer_clear(a->loop, &a->refresh);
	loop_timer_clear(a->loop, &a->extra);
	loop_timer_clear(a->loop, &a->echo);
	a->echo_wanted = false;
}

/* A timer follows its period: gone with it, and begun with it. */
static void follow(struct vrrp_announce *a, struct loop_timer *t, int64_t period_us)
{
	if (period_us <= 0)
		loop_timer_clear(a->loop, t);
	else if (!loop_timer_armed(t))
		arm(a, t, period_us);
}

void vrrp_announce_reconfigure(struct vrrp_announce *a, const struct vrrp_instance_conf *conf)
{
	a->conf = conf;
	if (a->next) {
		a->next = first_vip(a);
		if (!a->next)
			a->n_rounds_left = 0;
	}
	follow(a, &a->refresh, conf->garp.refresh_us);
	follow(a, &a->extra, conf->garp.extra_us);
}
