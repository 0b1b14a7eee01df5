/*
 * A BFD session. See bfd_session.h. Names of RFC 5880 6.8.1 are said beside the variables; `enter`
 * is the one door to the state.
 */
#include "failover/bfd/bfd_session.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/die.h"
#include "failover/bfd/bfd_fsm.h"

enum { UNKNOWN_RX_US = 1 }; /* 6.8.1: bfd.RemoteMinRxInterval until it is heard */

struct bfd_session {
	struct loop *loop; /* borrowed, as the next three */
	const struct vrrp_bfd_conf *conf;
	const struct bfd_session_ops *ops;
	void *ctx;

	enum bfd_state state;		/* bfd.SessionState; written by enter only */
	enum bfd_diag diag;		/* bfd.LocalDiag */
	uint32_t discr;			/* bfd.LocalDiscr */
	int64_t desired_us;		/* bfd.DesiredMinTxInterval, as we say it */
	int64_t required_us;		/* bfd.RequiredMinRxInterval, as we say it */
	int64_t used_tx_us, used_rx_us; /* as they count until the neighbor has answered a poll */
	bool polling;

	enum bfd_state remote_state;
	unsigned remote_diag;
	uint32_t remote_discr;
	int64_t remote_rx_us; /* bfd.RemoteMinRxInterval */
	int64_t remote_tx_us;
	unsigned remote_multiplier;
	bool remote_demand;

	struct loop_timer tx, detect;
	int64_t sent_us; /* when the last packet left; 0 = none */
	uint32_t random;
	struct bfd_session_stats stats;
};

/* ---- what goes out ---- */

static int64_t tx_us(const struct bfd_session *s)
{
	if (s->state == BFD_ADMIN_DOWN || s->remote_rx_us == 0) /* 6.8.7 */
		return 0;
	if (s->conf->passive && s->remote_discr == 0) /* 6.1 */
		return 0;
	if (s->remote_demand && s->state == BFD_UP && s->remote_state == BFD_UP && !s->polling)
		return 0;
	return s->used_tx_us > s->remote_rx_us ? s->used_tx_us : s->remote_rx_us;
}

/* 6.8.7: 75 to 100 % of it, or to 90 % where a single packet lost is the end. */
static int64_t jittered(struct bfd_session *s, int64_t us)
{
	int64_t most = s->conf->multiplier == 1 ? 90 : 100, permille;

	s->random ^= s->random << 13;
	s->random ^= s->random >> 17;
	s->random ^= s->random << 5;
	permille = 750 + (int64_t)(s->random % (uint32_t)((most - 75) * 10 + 1));
	return us * permille / 1000;
}

static void send_packet(struct bfd_session *s, bool final)
{
	uint8_t buf[BFD_PACKET_LEN];
	struct bfd_packet p = {
		.state = s->state,
		.diag = (unsigned)s->diag,
		.poll = s->polling && !final,
		.final = final,
		.multiplier = s->conf->multiplier,
		.mine = s->discr,
		.yours = s->remote_discr,
		.min_tx_us = (uint32_t)s->desired_us,
		.min_rx_us = (uint32_t)s->required_us,
	};

	bfd_packet_build(buf, &p);
	if (s->ops->send(s->ctx, buf, sizeof(buf)))
		s->stats.n_sent++;
	else
		s->stats.n_send_failed++;
}

/* The next periodic packet, counted from the last one: an interval that became shorter counts at
 * once. */
static void arm_tx(struct bfd_session *s)
{
	int64_t us = tx_us(s), now = loop_now_us(s->loop), at;

	if (us == 0) {
		loop_timer_clear(s->loop, &s->tx);
		return;
	}
	at = (s->sent_us ? s->sent_us : now) + jittered(s, us);
	loop_timer_set(s->loop, &s->tx, at > now ? at : now);
}

static void send_periodic(struct bfd_session *s)
{
	send_packet(s, false);
	s->sent_us = loop_now_us(s->loop);
	arm_tx(s);
}

static void on_tx(struct loop *loop, struct loop_timer *t)
{
	(void)loop;
	send_periodic(container_of(t, struct bfd_session, tx));
}

/* ---- times (6.8.3) ---- */

static void settle_times(struct bfd_session *s)
{
	s->used_tx_us = s->desired_us;
	s->used_rx_us = s->required_us;
	s->polling = false;
}

/* While Up a longer interval of ours, or a shorter one of the neighbor's, counts only when the
 * neighbor knows of it. Not Up, all is slow, and it reads them from any packet. */
static void review_times(struct bfd_session *s)
{
	int64_t desired = s->state == BFD_UP ? s->conf->min_tx_us : s->conf->idle_tx_us;
	int64_t required = s->conf->min_rx_us;
	bool changed = desired != s->desired_us || required != s->required_us;

	s->desired_us = desired;
	s->required_us = required;
	if (s->state != BFD_UP) {
		settle_times(s);
		return;
	}
	if (!changed)
		return;
	if (desired < s->used_tx_us)
		s->used_tx_us = desired;
	if (required > s->used_rx_us)
		s->used_rx_us = required;
	s->polling = true;
}

int64_t bfd_session_detect_us(const struct bfd_session *s)
{
	int64_t us = s->used_rx_us > s->remote_tx_us ? s->used_rx_us : s->remote_tx_us;

	return us * s->remote_multiplier; /* 6.8.4 */
}

static void arm_detect(struct bfd_session *s)
{
	if (s->remote_discr)
		loop_timer_set(s->loop, &s->detect,
			       loop_now_us(s->loop) + bfd_session_detect_us(s));
	else
		loop_timer_clear(s->loop, &s->detect);
}

/* ---- the door ---- */

static bool enter(struct bfd_session *s, enum bfd_event event, const char *reason)
{
	const struct bfd_step *step = bfd_fsm_step(s->state, event);
	enum bfd_state from = s->state;

	if (step->next == from)
		return false;
	s->state = step->next; /* the only place */
	if (step->diag != BFD_DIAG_KEEP)
		s->diag = step->diag;
	s->stats.n_up += s->state == BFD_UP;
	review_times(s);
	s->ops->changed(s->ctx, from, s->state, reason);
	return true;
}

/* ---- what comes in ---- */

static void on_detect(struct loop *loop, struct loop_timer *t)
{
	struct bfd_session *s = container_of(t, struct bfd_session, detect);
	int64_t late_us = loop_now_us(loop) - t->deadline_us;
	uint64_t heard = s->stats.n_received;
	char reason[96];

	if (s->ops->drain)
		s->ops->drain(s->ctx);
	if (s->stats.n_received != heard)
		return; /* it had spoken, we had not listened: that armed the timer again */
	if (late_us > bfd_session_detect_us(s)) {
		s->stats.n_frozen++;
		arm_detect(s);
		return;
	}
	snprintf(reason, sizeof(reason), "nothing heard for %.3f ms",
		 (double)bfd_session_detect_us(s) / 1000);
	s->stats.n_expired += s->state > BFD_DOWN;
	s->remote_discr = 0; /* 6.8.1 */
	s->remote_state = BFD_DOWN;
	s->remote_rx_us = UNKNOWN_RX_US;
	s->remote_demand = false;
	if (enter(s, BFD_EV_EXPIRED, reason))
		send_periodic(s); /* 6.8.7: what it says is new */
}

static void remember(struct bfd_session *s, const struct bfd_packet *p)
{
	s->remote_discr = p->mine;
	s->remote_state = p->state;
	s->remote_diag = p->diag;
	s->remote_demand = p->demand;
	s->remote_rx_us = p->min_rx_us;
	s->remote_tx_us = p->min_tx_us;
	s->remote_multiplier = p->multiplier;
	if (p->final && s->polling)
		settle_times(s);
}

void bfd_session_receive(struct bfd_session *s, const struct bfd_packet *p)
{
	int64_t before_us = tx_us(s);
	char reason[96];
	bool moved;

	if (s->state == BFD_ADMIN_DOWN)
		return;
	s->stats.n_received++;
	remember(s, p);
	snprintf(reason, sizeof(reason), "the neighbor says %s%s%s", bfd_state_word(p->state),
		 p->diag ? ": " : "", p->diag ? bfd_diag_text(p->diag) : "");
	moved = enter(s, (enum bfd_event)p->state, reason);
	arm_detect(s);
	if (p->poll)
		send_packet(s, true);
	if (moved)
		send_periodic(s);
	else if (tx_us(s) != before_us)
		arm_tx(s);
}

/* ---- life ---- */

struct bfd_session *bfd_session_new(struct loop *loop, const struct vrrp_bfd_conf *conf,
				    uint32_t discriminator, const struct bfd_session_ops *ops,
				    void *ctx)
{
	struct bfd_session *s = calloc(1, sizeof(*s));

	if (!s)
		die_no_memory();
	s->loop = loop;
	s->conf = conf;
	s->ops = ops;
	s->ctx = ctx;
	s->discr = s->random = discriminator;
	s->state = BFD_ADMIN_DOWN;
	s->remote_state = BFD_DOWN;
	s->remote_rx_us = UNKNOWN_RX_US;
	s->remote_multiplier = 1;
	s->tx.on_expiry = on_tx;
	s->detect.on_expiry = on_detect;
	return s;
}

void bfd_session_start(struct bfd_session *s)
{
	if (enter(s, BFD_EV_ENABLE, "started") && tx_us(s))
		send_periodic(s);
}

void bfd_session_stop(struct bfd_session *s)
{
	if (enter(s, BFD_EV_DISABLE, "stopped"))
		send_packet(s, false);
	loop_timer_clear(s->loop, &s->tx);
	loop_timer_clear(s->loop, &s->detect);
}

void bfd_session_free(struct bfd_session **session)
{
	struct bfd_session *s = *session;

	*session = NULL;
	if (!s)
		return;
	loop_timer_clear(s->loop, &s->tx);
	loop_timer_clear(s->loop, &s->detect);
	free(s);
}

void bfd_session_reconfigure(struct bfd_session *s, const struct vrrp_bfd_conf *conf)
{
	unsigned multiplier = s->conf->multiplier;
	bool polled = s->polling;
	int64_t before_us = tx_us(s);

	s->conf = conf;
	if (s->state == BFD_ADMIN_DOWN)
		return;
	review_times(s);
	if (s->polling != polled || conf->multiplier != multiplier)
		send_periodic(s);
	else if (tx_us(s) != before_us)
		arm_tx(s);
}

enum bfd_state bfd_session_state(const struct bfd_session *s)
{
	return s->state;
}

enum bfd_state bfd_session_remote_state(const struct bfd_session *s)
{
	return s->remote_state;
}

uint32_t bfd_session_discriminator(const struct bfd_session *s)
{
	return s->discr;
}

uint32_t bfd_session_remote_discriminator(const struct bfd_session *s)
{
	return s->remote_discr;
}

unsigned bfd_session_diag(const struct bfd_session *s)
{
	return (unsigned)s->diag;
}

unsigned bfd_session_remote_diag(const struct bfd_session *s)
{
	return s->remote_diag;
}

bool bfd_session_polls(const struct bfd_session *s)
{
	return s->polling;
}

int64_t bfd_session_tx_us(const struct bfd_session *s)
{
	return tx_us(s);
}

const struct bfd_session_stats *bfd_session_stats(const struct bfd_session *s)
{
	return &s->stats;
}
