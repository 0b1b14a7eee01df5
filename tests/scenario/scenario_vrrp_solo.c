/*
 * One virtual router on a simulated clock, to the microsecond: what it does alone, and with
 * advertisements that come from outside (RX). The room's vrrp/instance.c with advertise.c,
 * announce.c, condition.c and publish.c, as they run in the program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vrrp_wire.h"

/* clang-format off */
#define SCRIPT(track, w, rev) static const struct vrrp_track_conf track = {                        \
	.kind = VRRP_TRACK_SCRIPT, .name = "chk", .weight = w, .weight_set = w != 0, .reverse = rev}
SCRIPT(must, 0, false);
SCRIPT(must_not, 0, true);
SCRIPT(plus, 20, false);
SCRIPT(minus, -30, false);
SCRIPT(plus_reverse, 20, true);
SCRIPT(minus_reverse, -20, true);
SCRIPT(minus_all, -254, false);
SCRIPT(plus_all, 254, false);
SCRIPT(plus_155, 155, false);
static const struct vrrp_track_conf two_b = {.kind = VRRP_TRACK_SCRIPT, .name = "b", .weight = -5};
static const struct vrrp_track_conf two_a = {.kind = VRRP_TRACK_SCRIPT, .name = "a", .weight = 3,
					     .next = (struct vrrp_track_conf *)&two_b};
#define TRACKS(row) .tracks = (struct vrrp_track_conf *)&(row)

static struct vip_conf vip_c = {.prefix_len = 24}, vip_b = {.prefix_len = 24, .next = &vip_c},
		       vip_a = {.prefix_len = 24, .next = &vip_b}, vip_x = {.prefix_len = 24},
		       vip_elsewhere = {.prefix_len = 24, .dev = "eth7", .next = &vip_c};

#define NUMBERED(track, w, rev) static const struct vrrp_track_conf track = {                      \
	.kind = VRRP_TRACK_FILE, .name = "file", .weight = w, .reverse = rev}
NUMBERED(number_0, 0, false);
NUMBERED(number_0_reverse, 0, true);
NUMBERED(number_1, 1, false);
NUMBERED(number_2_reverse, 2, true);
NUMBERED(number_huge, 2147483647, false);
static const struct vrrp_instance_conf reweighted = {TRACKS(number_2_reverse)}, faulty = {TRACKS(number_0)};
static const struct vrrp_instance_conf unreversed = {TRACKS(plus)}, up_is_a_fault = {TRACKS(must_not)};

#define SOURCE {.len = sizeof(struct sockaddr_in), .in4 = {.sin_family = AF_INET,                 \
	.sin_addr.s_addr = __BYTE_ORDER == __LITTLE_ENDIAN ? 0x010200c0 : 0xc0000201}} /* 192.0.2.1 */

static struct vrrp_peer_conf peer = {.address = {.len = sizeof(struct sockaddr_in),
						 .in4 = {.sin_family = AF_INET}}};

#define TAKEOVER {START, 1}, {RUN, 0, S(4)}, {IS, 1, VRRP_MASTER}, {FORGET}
#define STANDBY  {START, 1}, {RX, 1, 150, 2}, {FORGET}

static const struct story stories[] = {
	/* ---- becoming master: RFC 9568 6.4.1, 6.4.2 ---- */
	{"v2 at 1 s takes over after 3.609375 s", .conf = {.version = 2, .advert_us = S(1)}, .steps = {
		{IS, 1, VRRP_INIT}, {START, 1}, {IS, 1, VRRP_BACKUP}, {RUN, 0, 3609374},
		{IS, 1, VRRP_BACKUP}, {RUN, 0, 1}, {IS, 1, VRRP_MASTER}, {MOVES, 1, .text = "BM"}}},
	{"v3 at 100 ms takes over after 360.937 ms", .steps = {
		{START, 1}, {RUN, 0, 360936}, {IS, 1, VRRP_BACKUP}, {RUN, 0, 1}, {IS, 1, VRRP_MASTER}}},
	{"v3 at 10 ms takes over after 36.093 ms", .conf = {.advert_us = MS(10)}, .steps = {
		{START, 1}, {RUN, 0, 36092}, {IS, 1, VRRP_BACKUP}, {RUN, 0, 1}, {IS, 1, VRRP_MASTER}}},
	{"a skew of 78 us is kept", .conf = {.advert_us = MS(10), .priority = 254}, .steps = {
		{START, 1}, {RUN, 0, 30077}, {IS, 1, VRRP_BACKUP}, {RUN, 0, 1}, {IS, 1, VRRP_MASTER}}},
	{"down_timer_adverts 5", .conf = {.down_adverts = 5}, .steps = {
		{START, 1}, {RUN, 0, 560936}, {IS, 1, VRRP_BACKUP}, {RUN, 0, 1}, {IS, 1, VRRP_MASTER}}},
	{"an address owner is master at once", .conf = {.priority = 255}, .steps = {
		{START, 1}, {IS, 1, VRRP_MASTER}, {MOVES, 1, .text = "M"}, {HOLDS, 1, 1}}},
	{"state MASTER below 255 still waits", .conf = {.wants_master = true, .priority = 254}, .steps = {
		{START, 1}, {IS, 1, VRRP_BACKUP}, {RUN, 0, 300781}, {IS, 1, VRRP_MASTER}}},
	{"advertises before it adds, then announces", .steps = {
		{START, 1}, {RUN, 0, 360937}, {ORDER, 1, .text = "a+ggggg"}}},
	{"startup delay holds INIT", .steps = {
		{START, 1, S(2)}, {RUN, 0, 1999999}, {IS, 1, VRRP_INIT}, {RX, 1, 150, 2},
		{RUN, 0, 1}, {IS, 1, VRRP_BACKUP}, {SENT, 1, 0}}},
	{"IPv6 takes over too", .conf = {.family = AF_INET6}, .steps = {
		{START, 1}, {RUN, 0, 360937}, {IS, 1, VRRP_MASTER}, {ORDER, 1, .text = "a+ggggg"}}},

	/* ---- backup ---- */
	{"a higher priority restarts the timer", .steps = {
		{START, 1}, {RUN, 0, MS(300)}, {RX, 1, 150, 2}, {RUN, 0, 360936}, {IS, 1, VRRP_BACKUP},
		{MASTER_IS, 1, 2}, {RUN, 0, 1}, {IS, 1, VRRP_MASTER}, {MASTER_IS, 1, 0}}},
	{"an equal priority does, from either address", .steps = {
		{START, 1}, {RUN, 0, MS(300)}, {RX, 1, 100, 2}, {RUN, 0, MS(300)}, {IS, 1, VRRP_BACKUP}}},
	{"priority 0 leaves the skew time", .steps = {
		STANDBY, {RX, 1, 0, 2}, {RUN, 0, 60936}, {IS, 1, VRRP_BACKUP}, {RUN, 0, 1},
		{IS, 1, VRRP_MASTER}, {WHY, 1, .text = "resigned"}}},
	{"a lower priority does not stop the timer", .steps = {
		{START, 1}, {RUN, 0, MS(300)}, {RX, 1, 99, 2}, {RUN, 0, 60936}, {IS, 1, VRRP_BACKUP},
		{RUN, 0, 1}, {IS, 1, VRRP_MASTER}}},
	{"nopreempt: a lower priority restarts it", .conf = {.nopreempt = true}, .steps = {
		{START, 1}, {RUN, 0, MS(300)}, {RX, 1, 99, 2}, {RUN, 0, 360936}, {IS, 1, VRRP_BACKUP},
		{RUN, 0, 1}, {IS, 1, VRRP_MASTER}}},
	{"nopreempt: priority 0 still counts", .conf = {.nopreempt = true}, .steps = {
		STANDBY, {RX, 1, 0, 2}, {RUN, 0, 60937}, {IS, 1, VRRP_MASTER}}},
	{"nopreempt with state MASTER preempts", .conf = {.nopreempt = true, .wants_master = true}, .steps = {
		{START, 1}, {RUN, 0, MS(300)}, {RX, 1, 99, 2}, {RUN, 0, 60937}, {IS, 1, VRRP_MASTER}}},
	{"preempt_delay counts from the start", .conf = {.preempt_delay_us = MS(400)}, .steps = {
		{START, 1}, {RUN, 0, MS(300)}, {RX, 1, 50, 2}, {RUN, 0, MS(200)}, {RX, 1, 50, 2},
		{RUN, 0, 160936}, {IS, 1, VRRP_BACKUP}, {RUN, 0, 1}, {IS, 1, VRRP_MASTER}}},
	{"preempt_delay begins when a lower one appears", .conf = {.preempt_delay_us = MS(400)}, .steps = {
		{START, 1}, {RUN, 0, MS(300)}, {RX, 1, 150, 2}, {RUN, 0, MS(300)}, {RX, 1, 50, 3},
		{RUN, 0, MS(300)}, {RX, 1, 50, 3}, {RUN, 0, MS(300)}, {RX, 1, 50, 3},
		{RUN, 0, 60936}, {IS, 1, VRRP_BACKUP}, {RUN, 0, 1}, {IS, 1, VRRP_MASTER}}},
	{"preempt_delay does not guard against nobody", .conf = {.preempt_delay_us = S(60)}, .steps = {
		{START, 1}, {RUN, 0, 360937}, {IS, 1, VRRP_MASTER}}},
	{"v3 learns the master's interval", .steps = {
		{START, 1}, {DOWN_US, 1, 360937}, {RX, 1, 150, 2, "1000"}, {DOWN_US, 1, 3609375},
		{RUN, 0, 3609374}, {IS, 1, VRRP_BACKUP}, {RUN, 0, 1}, {IS, 1, VRRP_MASTER},
		{DOWN_US, 1, 360937}, {DROPPED, 1, VRRP_DROP_INTERVAL_NOTE, 1}}},
	{"v3: a master's interval is learned up to ten of our own", .conf = {.advert_us = MS(500)}, .steps = {
		{START, 1}, {RX, 1, 150, 2, "5000"}, {DROPPED, 1, VRRP_DROP_STRETCH, 0}, {DOWN_US, 1, 18046875},
		{RX, 1, 150, 2, "5010"}, {DROPPED, 1, VRRP_DROP_STRETCH, 1}, {DROPPED, 1, VRRP_DROP_INTERVAL_NOTE, 1},
		{DOWN_US, 1, 18046875}, {RX, 1, 150, 2, "500"}, {DOWN_US, 1, 1804687}}},
	{"v3: up to a second is always learned", .conf = {.advert_us = MS(10)}, .steps = {
		{START, 1}, {RX, 1, 150, 2, "1000"}, {DROPPED, 1, VRRP_DROP_STRETCH, 0}, {DOWN_US, 1, 3609375}}},
	{"v3: forged intervals of 40.95 s cost a few seconds, not minutes", .steps = {
		{START, 1}, {RX, 1, 254, 2, "40950"}, {RX, 1, 254, 3, "40950"}, {RX, 1, 254, 4, "40950"},
		{RX, 1, 254, 5, "40950"}, {DROPPED, 1, VRRP_DROP_STRETCH, 4}, {RUN, 0, 3609374},
		{IS, 1, VRRP_BACKUP}, {RUN, 0, 1}, {IS, 1, VRRP_MASTER}}},
	{"v3: the interval learned from a rival that wins is capped too", .steps = {
		TAKEOVER, {RX, 1, 254, 2, "40950"}, {IS, 1, VRRP_BACKUP}, {RUN, 0, 3609375}, {IS, 1, VRRP_MASTER}}},
	{"v3: our own interval may be long", .conf = {.advert_us = S(10)}, .steps = {
		{START, 1}, {RX, 1, 150, 2, "40950"}, {DROPPED, 1, VRRP_DROP_STRETCH, 0}, {DOWN_US, 1, 147803906}}},
	{"v3 does not learn from one it preempts", .steps = {
		{START, 1}, {RX, 1, 50, 2, "1000"}, {DOWN_US, 1, 360937}}},
	{"v3: priority 0 uses the learnt skew", .steps = {
		{START, 1}, {RX, 1, 150, 2, "1000"}, {RX, 1, 0, 2}, {RUN, 0, 609374}, {IS, 1, VRRP_BACKUP},
		{RUN, 0, 1}, {IS, 1, VRRP_MASTER}}},
	{"v2 drops another interval", .conf = {.version = 2, .advert_us = S(1)}, .steps = {
		{START, 1}, {RUN, 0, S(3)}, {RX, 1, 150, 2, "2000"}, {DROPPED, 1, VRRP_DROP_INTERVAL, 1},
		{RUN, 0, 609375}, {IS, 1, VRRP_MASTER}}},
	{"v2 with a password", .conf = {.version = 2, .advert_us = S(1), .auth = VRRP_AUTH_PASS,
			.auth_pass = "1111"}, .steps = {
		{START, 1}, {RUN, 0, S(3)}, {RX, 1, 150, 2}, {RUN, 0, S(3)}, {IS, 1, VRRP_BACKUP},
		{DROPPED, 1, VRRP_DROP_AUTH, 0}}},

	/* ---- master: 6.4.3 ---- */
	{"in step: from the next multiple of the interval on", .in_step = true, .steps = {
		{START, 1}, {RUN, 0, 360938}, {IS, 1, VRRP_MASTER}, {SENT, 1, 1},
		{RUN, 0, 39061}, {SENT, 1, 1}, {RUN, 0, 1}, {SENT, 1, 2},
		{RUN, 0, 99999}, {SENT, 1, 2}, {RUN, 0, 1}, {SENT, 1, 3}}},
	{"in step: the word first, all else behind the others", .in_step = true, .steps = {
		{START, 1}, {RUN, 0, 360937}, {IS, 1, VRRP_BACKUP}, {ORDER, 1, .text = "a"},
		{RUN, 0, 1}, {IS, 1, VRRP_MASTER}, {ORDER, 1, .text = "a+ggggg"}}},
	{"in step: a higher one speaks at the same moment", .in_step = true, .steps = {
		{START, 1}, {RUN, 0, 360937}, {SENT, 1, 1}, {RX, 1, 150, 2}, {RUN, 0, 360936},
		{IS, 1, VRRP_BACKUP}, {SENT, 1, 1}, {RUN, 0, 1}, {SENT, 1, 2}, {RUN, 0, 1},
		{IS, 1, VRRP_MASTER}, {SENT, 1, 2}}},
	{"in step: frozen behind its word it listens anew", .in_step = true, .steps = {
		{START, 1}, {RUN, 0, 360937}, {SENT, 1, 1}, {FREEZE, 1}, {RUN, 0, S(1)}, {THAW, 1},
		{RUN, 0, 1}, {IS, 1, VRRP_BACKUP}, {MOVES, 1, .text = "B"}, {SENT, 1, 1},
		{RUN, 0, 360935}, {SENT, 1, 1}, {RUN, 0, 2}, {IS, 1, VRRP_MASTER}, {SENT, 1, 2}}},
	{"in step: also after an answer to a lower one", .in_step = true, .steps = {
		{START, 1}, {RUN, 0, 400000}, {FORGET}, {RUN, 0, 30000}, {RX, 1, 50, 2}, {SENT, 1, 1},
		{RUN, 0, 69999}, {SENT, 1, 1}, {RUN, 0, 1}, {SENT, 1, 2}}},
	{"in step: back on it after a delay", .in_step = true, .steps = {
		{START, 1}, {RUN, 0, 400000}, {FORGET}, {FREEZE, 1}, {RUN, 0, 250000}, {THAW, 1},
		{RUN, 0, 1}, {SENT, 1, 1}, {RUN, 0, 49998}, {SENT, 1, 1}, {RUN, 0, 1}, {SENT, 1, 2},
		{IS, 1, VRRP_MASTER}}},
	{"ten advertisements a second, no drift", .steps = {
		TAKEOVER, {RUN, 0, S(10)}, {SENT, 1, 100}, {ZEROS, 1, 0}}},
	{"a hundred at 10 ms", .conf = {.advert_us = MS(10)}, .steps = {
		TAKEOVER, {RUN, 0, S(1)}, {SENT, 1, 100}}},
	{"a higher priority makes it backup", .steps = {
		TAKEOVER, {RX, 1, 101, 2}, {IS, 1, VRRP_BACKUP}, {ORDER, 1, .text = "-"}, {MASTER_IS, 1, 2},
		{WHY, 1, .text = "192.0.2.2 advertises priority 101"}, {RUN, 0, 360937}, {IS, 1, VRRP_MASTER}}},
	{"higher_prio_send_advert speaks once more, with the addresses gone", .conf = {.higher_prio_send_advert = true}, .steps = {
		TAKEOVER, {RX, 1, 101, 2}, {IS, 1, VRRP_BACKUP}, {ORDER, 1, .text = "-a"}}},
	{"an equal priority from a greater address wins", .steps = {
		TAKEOVER, {RX, 1, 100, 2}, {IS, 1, VRRP_BACKUP}}},
	{"an equal priority from a lower address does not", .steps = {
		TAKEOVER, {LINK, 1, 1}, {RX, 1, 100, 0}, {IS, 1, VRRP_MASTER}, {ORDER, 1, .text = "aggggg"}}},
	{"IPv6: the link-local source decides a tie", .conf = {.family = AF_INET6}, .steps = {
		TAKEOVER, {RX, 1, 100, 0}, {IS, 1, VRRP_MASTER}, {RX, 1, 100, 2}, {IS, 1, VRRP_BACKUP}}},
	{"a lower priority is answered and announced against, twice", .steps = {
		TAKEOVER, {RX, 1, 50, 2}, {IS, 1, VRRP_MASTER}, {LOWERS, 1, 1}, {ORDER, 1, .text = "aggggg"},
		{RUN, 0, 4999999}, {GARPS, 1, 10}, {RUN, 0, 1}, {GARPS, 1, 15}}},
	{"the answer restarts the advertisement timer", .steps = {
		TAKEOVER, {RUN, 0, MS(50)}, {FORGET}, {RX, 1, 50, 2}, {SENT, 1, 1}, {RUN, 0, 99999},
		{SENT, 1, 1}, {RUN, 0, 1}, {SENT, 1, 2}}},
	{"a flood of lower priorities is no flood of announcements", .steps = {
		TAKEOVER, {RX, 1, 50, 2}, {RX, 1, 50, 2}, {RX, 1, 50, 2}, {GARPS, 1, 5}, {LOWERS, 1, 1}, {SENT, 1, 1}}},
	{"what comes behind a burst is announced against too", .steps = {
		TAKEOVER, {RX, 1, 50, 2}, {GARPS, 1, 5}, {RUN, 0, MS(50)}, {RX, 1, 50, 2}, {GARPS, 1, 5}, {RUN, 0, MS(51)},
		{GARPS, 1, 10}, {RUN, 0, MS(4990)}, {GARPS, 1, 15}, {RUN, 0, MS(120)}, {GARPS, 1, 20}, {RUN, 0, S(9)}, {GARPS, 1, 20}}},
	{"nor is one of resignations answered each time", .steps = {
		TAKEOVER, {RX, 1, 0, 2}, {RX, 1, 0, 2}, {RX, 1, 0, 2}, {ORDER, 1, .text = "a"}, {RUN, 0, MS(13)},
		{RX, 1, 0, 2}, {ORDER, 1, .text = "aa"}, {IS, 1, VRRP_MASTER}}},
	{"lower_prio_no_advert", .conf = {.lower_prio_no_advert = true}, .steps = {
		TAKEOVER, {RX, 1, 50, 2}, {IS, 1, VRRP_MASTER}, {ORDER, 1, .text = ""}, {LOWERS, 1, 1}}},
	{"priority 0 is answered at once", .steps = {
		TAKEOVER, {RX, 1, 0, 2}, {IS, 1, VRRP_MASTER}, {ORDER, 1, .text = "a"}}},
	{"a planned stop: priority 0, then the addresses", .steps = {
		TAKEOVER, {STOP, 1}, {IS, 1, VRRP_INIT}, {ORDER, 1, .text = "z-"}, {RUN, 0, S(20)},
		{SENT, 1, 0}, {GARPS, 1, 0}, {MOVES, 1, .text = "I"}, {STOP, 1}, {ORDER, 1, .text = "z-"}}},
	{"a backup stops without a word", .steps = {
		STANDBY, {STOP, 1}, {IS, 1, VRRP_INIT}, {ORDER, 1, .text = ""}, {MOVES, 1, .text = "I"}}},
	{"an owner meets another owner", .conf = {.priority = 255}, .steps = {
		{START, 1}, {RX, 1, 255, 0}, {IS, 1, VRRP_MASTER}, {DROPPED, 1, VRRP_DROP_OWNER, 1},
		{RX, 1, 255, 2}, {IS, 1, VRRP_BACKUP}}},

	/* ---- the interface ---- */
	{"link down is a fault, up again a backup", .steps = {
		TAKEOVER, {LINK, 1, 0}, {IS, 1, VRRP_FAULT}, {WHY, 1, .text = "eth0 is down"}, {HOLDS, 1, 0},
		{RUN, 0, S(5)}, {IS, 1, VRRP_FAULT}, {LINK, 1, 1}, {IS, 1, VRRP_BACKUP}, {RUN, 0, 360937},
		{IS, 1, VRRP_MASTER}, {MOVES, 1, .text = "FBM"}}},
	{"a master whose interface gets another MAC announces it", .steps = {
		TAKEOVER, {RUN, 0, S(8)}, {FORGET}, {MAC, 1, 7}, {IS, 1, VRRP_MASTER}, {GARPS, 1, 1}, {RUN, 0, S(3)}, {GARPS, 1, 5}}},
	{"a backup does not", .steps = {
		STANDBY, {MAC, 1, 7}, {GARPS, 1, 0}}},
	{"a link that is not tracked and returns: announced once more", .conf = {.dont_track_primary = true}, .steps = {
		TAKEOVER, {RUN, 0, S(8)}, {FORGET}, {LINK, 1, 0}, {GARPS, 1, 0}, {LINK, 1, 1}, {IS, 1, VRRP_MASTER}, {GARPS, 1, 1},
		{RUN, 0, S(3)}, {GARPS, 1, 5}, {DELS, 1, 0}}},
	{"an interface that goes away and comes back", .steps = {
		TAKEOVER, {GONE, 1}, {IS, 1, VRRP_FAULT}, {WHY, 1, .text = "does not exist"},
		{LINK, 1, 1}, {IS, 1, VRRP_BACKUP}}},
	{"started without a link", .steps = {
		{LINK, 1, 0}, {START, 1}, {IS, 1, VRRP_FAULT}, {MOVES, 1, .text = "F"}, {LINK, 1, 1},
		{IS, 1, VRRP_BACKUP}}},
	{"without a source address", .steps = {
		TAKEOVER, {NO_SOURCE, 1, 1}, {IS, 1, VRRP_FAULT}, {WHY, 1, .text = "no IPv4 address"},
		{LINK, 1, 1}, {IS, 1, VRRP_BACKUP}}},
	{"a source that is tracked goes and comes back", .conf = {.src = SOURCE, .track_src_ip = true}, .steps = {
		TAKEOVER, {NO_SOURCE, 1, 1}, {IS, 1, VRRP_FAULT}, {WHY, 1, .text = "source address 192.0.2.1 is missing"},
		{HOLDS, 1, 0}, {LINK, 1, 1}, {IS, 1, VRRP_BACKUP}, {RUN, 0, 360937}, {IS, 1, VRRP_MASTER}}},
	{"a unicast source needs no word for it", .conf = {.src = SOURCE, .peers = &peer}, .steps = {
		TAKEOVER, {NO_SOURCE, 1, 1}, {IS, 1, VRRP_FAULT}, {WHY, 1, .text = "source address 192.0.2.1 is missing"},
		{LINK, 1, 1}, {IS, 1, VRRP_BACKUP}}},
	{"a source that is not tracked", .conf = {.src = SOURCE}, .steps = {
		TAKEOVER, {NO_SOURCE, 1, 1}, {IS, 1, VRRP_MASTER}}},
	{"an owner comes back as master", .conf = {.priority = 255}, .steps = {
		{START, 1}, {LINK, 1, 0}, {IS, 1, VRRP_FAULT}, {LINK, 1, 1}, {IS, 1, VRRP_MASTER}}},
	{"dont_track_primary", .conf = {.dont_track_primary = true}, .steps = {
		TAKEOVER, {LINK, 1, 0}, {IS, 1, VRRP_MASTER}, {GONE, 1}, {IS, 1, VRRP_FAULT}}},
	{"in FAULT nothing is heard", .steps = {
		STANDBY, {LINK, 1, 0}, {RX, 1, 150, 2}, {RX, 1, 0, 2}, {RUN, 0, S(9)}, {IS, 1, VRRP_FAULT},
		{SENT, 1, 0}}},

	/* ---- tracking ---- */
	{"waits in INIT for a script's first result", .conf = {TRACKS(must)}, .steps = {
		{START, 1}, {RUN, 0, S(9)}, {IS, 1, VRRP_INIT}, {WHY, 1, .text = "waiting"}, {MOVES, 1, .text = ""},
		{TRACK, 1, 1, 0, "chk"}, {IS, 1, VRRP_BACKUP}, {RUN, 0, 360937}, {IS, 1, VRRP_MASTER}}},
	{"a first result that is bad", .conf = {TRACKS(must)}, .steps = {
		{START, 1}, {TRACK, 1, 0, 0, "chk"}, {IS, 1, VRRP_FAULT}, {MOVES, 1, .text = "F"}}},
	{"a master whose script fails resigns at once", .conf = {TRACKS(must)}, .steps = {
		{TRACK, 1, 1, 0, "chk"}, TAKEOVER, {TRACK, 1, 0, 0, "chk"}, {IS, 1, VRRP_FAULT},
		{ORDER, 1, .text = "z-"}, {WHY, 1, .text = "script chk is down"},
		{TRACK, 1, 1, 0, "chk"}, {IS, 1, VRRP_BACKUP}}},
	{"reverse turns the result", .conf = {TRACKS(must_not)}, .steps = {
		{START, 1}, {TRACK, 1, 1, 0, "chk"}, {IS, 1, VRRP_FAULT}, {TRACK, 1, 0, 0, "chk"},
		{IS, 1, VRRP_BACKUP}}},
	{"somebody else's script is none of ours", .conf = {TRACKS(must)}, .steps = {
		{TRACK, 1, 1, 0, "chk"}, TAKEOVER, {TRACK, 1, 0, 0, "other"}, {IS, 1, VRRP_MASTER}}},
	{"weight above 0 is added while up", .conf = {TRACKS(plus)}, .steps = {
		{START, 1}, {IS, 1, VRRP_BACKUP}, {PRIO, 1, 100}, {TRACK, 1, 1, 0, "chk"}, {PRIO, 1, 120},
		{TRACK, 1, 0, 0, "chk"}, {PRIO, 1, 100}, {IS, 1, VRRP_BACKUP}}},
	{"weight below 0 is taken off while down", .conf = {TRACKS(minus)}, .steps = {
		{START, 1}, {PRIO, 1, 100}, {TRACK, 1, 0, 0, "chk"}, {PRIO, 1, 70}, {IS, 1, VRRP_BACKUP},
		{TRACK, 1, 1, 0, "chk"}, {PRIO, 1, 100}}},
	{"a reversed weight above 0 is taken off while up, as Keepalived does", .conf = {TRACKS(plus_reverse)}, .steps = {
		{START, 1}, {TRACK, 1, 1, 0, "chk"}, {PRIO, 1, 80}, {TRACK, 1, 0, 0, "chk"}, {PRIO, 1, 100}}},
	{"a reversed weight below 0 is added while down", .conf = {TRACKS(minus_reverse)}, .steps = {
		{START, 1}, {TRACK, 1, 1, 0, "chk"}, {PRIO, 1, 100}, {TRACK, 1, 0, 0, "chk"}, {PRIO, 1, 120}}},
	{"a reload that reverses a weight counts it anew", .conf = {TRACKS(plus_reverse)}, .steps = {
		{START, 1}, {TRACK, 1, 1, 0, "chk"}, {PRIO, 1, 80}, {ADAPT, 1, VRRP_ADAPTED, .conf = &unreversed},
		{PRIO, 1, 120}, {ADAPT, 1, VRRP_ADAPTED, .conf = &up_is_a_fault}, {IS, 1, VRRP_FAULT},
		{WHY, 1, .text = "script chk is up (reverse)"}}},
	{"weights add up", .conf = {TRACKS(two_a)}, .steps = {
		{START, 1}, {TRACK, 1, 1, 0, "a"}, {PRIO, 1, 103}, {TRACK, 1, 0, 0, "b"}, {PRIO, 1, 98},
		{TRACK, 1, 0, 0, "a"}, {PRIO, 1, 95}}},
	{"never below 1", .conf = {TRACKS(minus_all)}, .steps = {
		{START, 1}, {TRACK, 1, 0, 0, "chk"}, {PRIO, 1, 1}, {IS, 1, VRRP_BACKUP}}},
	{"never above 254", .conf = {TRACKS(plus_all)}, .steps = {
		{START, 1}, {TRACK, 1, 1, 0, "chk"}, {PRIO, 1, 254}}},
	{"not even one above 254: only an owner has 255", .conf = {TRACKS(plus_155)}, .steps = {
		{START, 1}, {TRACK, 1, 1, 0, "chk"}, {PRIO, 1, 254}}},
	{"an owner's priority never changes", .conf = {TRACKS(minus_all), .priority = 255}, .steps = {
		{START, 1}, {TRACK, 1, 0, 0, "chk"}, {PRIO, 1, 255}, {IS, 1, VRRP_MASTER}}},
	{"an owner still faults without weight", .conf = {TRACKS(must), .priority = 255}, .steps = {
		{TRACK, 1, 1, 0, "chk"}, {START, 1}, {IS, 1, VRRP_MASTER}, {TRACK, 1, 0, 0, "chk"},
		{IS, 1, VRRP_FAULT}}},
	{"a master advertises its new priority", .conf = {TRACKS(minus)}, .steps = {
		TAKEOVER, {PRIO_SENT, 1, 100}, {TRACK, 1, 0, 0, "chk"}, {RUN, 0, MS(100)}, {PRIO_SENT, 1, 70},
		{IS, 1, VRRP_MASTER}, {PAGE, 1, .text = "MASTER"}}},

	/* ---- the seam ---- */
	{"a balancer that is still to come is waited for, and no fault", .steps = {
		{RESIGN, 1, 1, .text = "balancer not ready yet"}, {START, 1}, {RUN, 0, S(5)}, {IS, 1, VRRP_INIT},
		{WHY, 1, .text = "balancer not ready yet"}, {MOVES, 1, .text = ""}, {RELEASE, 1}, {IS, 1, VRRP_BACKUP},
		{WHY, 1, .text = "started"}, {RUN, 0, MS(370)}, {IS, 1, VRRP_MASTER},
		{WHY, 1, .text = "nobody was heard yet"}}},
	{"one that never comes is", .steps = {
		{RESIGN, 1, 1, .text = "balancer not ready yet"}, {START, 1}, {RESIGN, 1, .text = "balancer lost"},
		{IS, 1, VRRP_FAULT}, {WHY, 1, .text = "balancer lost"}}},
	{"and so it is for one that is MASTER", .steps = {
		TAKEOVER, {RESIGN, 1, 1, .text = "balancer not ready yet"}, {IS, 1, VRRP_FAULT}}},
	{"resigns for the balancer, and comes back", .steps = {
		TAKEOVER, {RESIGN, 1, .text = "balancer lost"}, {IS, 1, VRRP_FAULT}, {ORDER, 1, .text = "z-"},
		{WHY, 1, .text = "balancer lost"}, {PAGE, 1, .text = "FAULT"}, {RELEASE, 1}, {IS, 1, VRRP_BACKUP},
		{RUN, 0, 360937}, {IS, 1, VRRP_MASTER}}},
	{"stays out while another fault lasts", .steps = {
		TAKEOVER, {LINK, 1, 0}, {RESIGN, 1, .text = "balancer hangs"}, {WHY, 1, .text = "balancer hangs"},
		{LINK, 1, 1}, {IS, 1, VRRP_FAULT}, {RELEASE, 1}, {IS, 1, VRRP_BACKUP}}},
	{"resigned before the start", .steps = {
		{RESIGN, 1, .text = "balancer not ready"}, {START, 1}, {IS, 1, VRRP_FAULT}, {RELEASE, 1},
		{IS, 1, VRRP_BACKUP}}},

	/* ---- standing still ---- */
	{"a frozen master says nothing more", .steps = {
		TAKEOVER, {FREEZE, 1}, {RUN, 0, MS(400)}, {THAW, 1}, {RUN, 0, MS(1)}, {IS, 1, VRRP_BACKUP},
		{ORDER, 1, .text = "-"}, {WHY, 1, .text = "stood still"}, {RUN, 0, 360937}, {IS, 1, VRRP_MASTER}}},
	{"a short pause is none", .steps = {
		TAKEOVER, {FREEZE, 1}, {RUN, 0, MS(200)}, {THAW, 1}, {RUN, 0, MS(1)}, {IS, 1, VRRP_MASTER}}},
	{"thawed by an advertisement: no answer as master", .steps = {
		TAKEOVER, {FREEZE, 1}, {RUN, 0, S(4)}, {THAW, 1}, {RX, 1, 50, 2}, {IS, 1, VRRP_BACKUP},
		{ORDER, 1, .text = "-"}, {LOWERS, 1, 0}}},
	{"thawed by a stop: no priority 0 in another's reign", .steps = {
		TAKEOVER, {FREEZE, 1}, {RUN, 0, S(4)}, {THAW, 1}, {STOP, 1}, {RUN, 0, 1}, {ZEROS, 1, 0}, {HOLDS, 1, 0}}},
	{"thawed by a fault: none either", .steps = {
		TAKEOVER, {FREEZE, 1}, {RUN, 0, S(4)}, {THAW, 1}, {RX, 1, 50, 2},
		{RESIGN, 1, .text = "balancer"}, {ZEROS, 1, 0}, {IS, 1, VRRP_FAULT}}},
	{"thawed in the midst of a burst: no announcement", .conf = {.garp = {.repeat = 50,
			.interval_us = MS(20)}}, .steps = {
		{START, 1}, {RUN, 0, MS(365)}, {IS, 1, VRRP_MASTER}, {FORGET}, {FREEZE, 1}, {RUN, 0, S(4)},
		{THAW, 1}, {RUN, 0, MS(50)}, {GARPS, 1, 0}, {IS, 1, VRRP_BACKUP}}},
	{"a frozen backup listens before it takes over", .steps = {
		STANDBY, {FREEZE, 1}, {RUN, 0, S(4)}, {THAW, 1}, {RUN, 0, MS(100)}, {IS, 1, VRRP_BACKUP},
		{RX, 1, 150, 2}, {RUN, 0, MS(300)}, {IS, 1, VRRP_BACKUP}, {SENT, 1, 0}}},

	/* ---- another process continues ---- */
	{"a replaced process goes on as master", .steps = {
		TAKEOVER, {RUN, 0, MS(150)}, {KILL, 1}, {RUN, 0, MS(150)}, {HOLDS, 1, 1}, {FORGET},
		{REPLACE, 1}, {IS, 1, VRRP_MASTER}, {ORDER, 1, .text = "a+ggggg"}, {MOVES, 1, .text = "M"},
		{WHY, 1, .text = "continues"}}},
	{"too late it starts anew", .steps = {
		TAKEOVER, {KILL, 1}, {RUN, 0, MS(500)}, {FORGET}, {REPLACE, 1}, {IS, 1, VRRP_BACKUP}, {SENT, 1, 0}}},
	{"a backup's replacement is a backup", .steps = {
		STANDBY, {KILL, 1}, {RUN, 0, MS(50)}, {REPLACE, 1}, {IS, 1, VRRP_BACKUP}}},
	{"after a stop nothing is resumed", .steps = {
		TAKEOVER, {STOP, 1}, {KILL, 1}, {FORGET}, {REPLACE, 1}, {IS, 1, VRRP_BACKUP}}},
	{"a replacement does not wait for scripts", .conf = {TRACKS(must)}, .steps = {
		{TRACK, 1, 1, 0, "chk"}, TAKEOVER, {KILL, 1}, {RUN, 0, MS(50)}, {REPLACE, 1}, {IS, 1, VRRP_MASTER},
		{TRACK, 1, 0, 0, "chk"}, {IS, 1, VRRP_FAULT}}},

	/* ---- numbers of files, compared with Keepalived 2.2.7 ---- */
	{"a number times its weight is added", .conf = {TRACKS(number_1)}, .steps = {
		{NUMBER, 1, 6, 0, "file"}, {START, 1}, {PRIO, 1, 106}, {NUMBER, 1, -12, 0, "file"}, {PRIO, 1, 88},
		{NUMBER, 1, 0, 0, "file"}, {PRIO, 1, 100}, {NUMBER, 1, 9, 0, "other"}, {PRIO, 1, 100},
		{NUMBER, 1, 500, 0, "file"}, {PRIO, 1, 254}, {NUMBER, 1, -253, 0, "file"}, {PRIO, 1, 1}, {IS, 1, VRRP_BACKUP}}},
	{"below -253 it is a fault", .conf = {TRACKS(number_1)}, .steps = {
		{NUMBER, 1, 0, 0, "file"}, TAKEOVER, {NUMBER, 1, -254, 0, "file"}, {IS, 1, VRRP_FAULT}, {ZEROS, 1, 1},
		{WHY, 1, .text = "file file"}, {NUMBER, 1, 4, 0, "file"}, {IS, 1, VRRP_BACKUP}, {PRIO, 1, 104}}},
	{"reversed it is taken away", .conf = {TRACKS(number_2_reverse)}, .steps = {
		{NUMBER, 1, 7, 0, "file"}, {START, 1}, {PRIO, 1, 86}, {NUMBER, 1, -7, 0, "file"}, {PRIO, 1, 114}}},
	{"weight 0: any number but 0 is a fault", .conf = {TRACKS(number_0)}, .steps = {
		{START, 1}, {IS, 1, VRRP_INIT}, {NUMBER, 1, 0, 0, "file"}, {IS, 1, VRRP_BACKUP},
		{NUMBER, 1, 1, 0, "file"}, {IS, 1, VRRP_FAULT}, {WHY, 1, .text = "file file says 1"}, {NUMBER, 1, -1, 0, "file"}, {IS, 1, VRRP_FAULT},
		{NUMBER, 1, 0, 0, "file"}, {IS, 1, VRRP_BACKUP}, {PRIO, 1, 100}}},
	{"weight 0 reverse: 0 is a fault", .conf = {TRACKS(number_0_reverse)}, .steps = {
		{NUMBER, 1, 0, 0, "file"}, {START, 1}, {IS, 1, VRRP_FAULT}, {NUMBER, 1, 3, 0, "file"}, {IS, 1, VRRP_BACKUP}}},
	{"a product beyond all bounds stays in them", .conf = {TRACKS(number_huge)}, .steps = {
		{NUMBER, 1, 2147483647, 0, "file"}, {START, 1}, {PRIO, 1, 254}, {NUMBER, 1, -2147483648LL, 0, "file"},
		{IS, 1, VRRP_FAULT}}},
	{"an owner is not moved by numbers", .conf = {.priority = 255, TRACKS(number_1)}, .steps = {
		{NUMBER, 1, -300, 0, "file"}, {START, 1}, {IS, 1, VRRP_MASTER}, {PRIO, 1, 255}}},
	{"a reload with another weight counts the number anew", .conf = {TRACKS(number_1)}, .steps = {
		{NUMBER, 1, 10, 0, "file"}, {START, 1}, {PRIO, 1, 110}, {ADAPT, 1, VRRP_ADAPTED, .conf = &reweighted},
		{PRIO, 1, 80}, {IS, 1, VRRP_BACKUP}, {ADAPT, 1, VRRP_ADAPTED, .conf = &faulty}, {IS, 1, VRRP_FAULT}}},

	/* ---- announcements ---- */
	{"again after garp_master_delay", .steps = {
		{START, 1}, {RUN, 0, 360937}, {GARPS, 1, 5}, {RUN, 0, 4999999}, {GARPS, 1, 5}, {RUN, 0, 1},
		{GARPS, 1, 10}, {RUN, 0, S(60)}, {GARPS, 1, 10}}},
	{"garp_master_delay 0: once", .conf = {.garp = {.repeat = 3}}, .steps = {
		{START, 1}, {RUN, 0, S(60)}, {GARPS, 1, 3}}},
	{"garp_master_refresh", .conf = {.garp = {.repeat = 1, .refresh_us = S(10), .refresh_repeat = 2}}, .steps = {
		TAKEOVER, {RUN, 0, S(60)}, {GARPS, 1, 12}}},
	{"garp_extra_if: what is on other interfaces", .conf = {.vips = &vip_elsewhere,
			.garp = {.repeat = 1, .extra_us = S(10), .extra_all = true}}, .steps = {
		TAKEOVER, {RUN, 0, S(35)}, {GARPS, 1, 3}}},
	{"garp_extra_if: without `all` only virtual MACs", .conf = {.vips = &vip_elsewhere,
			.garp = {.repeat = 1, .extra_us = S(10)}}, .steps = {
		TAKEOVER, {RUN, 0, S(35)}, {GARPS, 1, 0}}},
	{"every address, the excluded ones too", .conf = {.vips = &vip_a, .excluded = &vip_x,
			.garp = {.repeat = 2}}, .steps = {
		{START, 1}, {RUN, 0, S(1)}, {GARPS, 1, 8}}},
	{"garp_interval keeps packets apart", .conf = {.vips = &vip_a, .garp = {.repeat = 2,
			.interval_us = MS(5)}}, .steps = {
		{START, 1}, {RUN, 0, 360937}, {GARPS, 1, 1}, {RUN, 0, MS(5)}, {GARPS, 1, 2}, {RUN, 0, MS(20)},
		{GARPS, 1, 6}, {RUN, 0, S(1)}, {GARPS, 1, 6}}},
	{"a burst does not outlive the mastership", .conf = {.vips = &vip_a, .garp = {.repeat = 9,
			.interval_us = MS(5), .delay_us = S(5)}}, .steps = {
		{START, 1}, {RUN, 0, 370937}, {GARPS, 1, 3}, {RX, 1, 150, 2}, {RUN, 0, MS(300)}, {GARPS, 1, 3}}},

	/* ---- what is dropped ---- */
	{"a TTL of 254", .steps = {
		STANDBY, {RUN, 0, MS(300)}, {RX_BAD, 1, 150, 2}, {DROPPED, 1, VRRP_DROP_TTL, 1}, {RUN, 0, 60937},
		{IS, 1, VRRP_MASTER}}},
	{"a source that nobody has", .steps = {
		TAKEOVER, {RX_FROM, 1, 150, 0, "0.0.0.0"}, {RX_FROM, 1, 150, 0, "224.0.0.18"},
		{RX_FROM, 1, 150, 0, "255.255.255.255"}, {RX_FROM, 1, 150, 0, "127.0.0.1"}, {RX_FROM, 1, 150, 0, "0.0.0.9"},
		{DROPPED, 1, VRRP_DROP_SOURCE, 5}, {IS, 1, VRRP_MASTER}, {RX_FROM, 1, 150, 0, "10.0.0.1"}, {IS, 1, VRRP_BACKUP}}},
	{"an IPv6 source that is not link-local", .conf = {.family = AF_INET6}, .steps = {
		TAKEOVER, {RX_FROM, 1, 150, 0, "::"}, {RX_FROM, 1, 150, 0, "2001:db8::2"}, {RX_FROM, 1, 150, 0, "ff02::12"},
		{DROPPED, 1, VRRP_DROP_SOURCE, 3}, {IS, 1, VRRP_MASTER}, {RX_FROM, 1, 150, 0, "fe80::9"}, {IS, 1, VRRP_BACKUP}}},
	{"AH: a forged digest, a replay, and none at all", .conf = {.version = 2, .advert_us = S(1),
			.auth = VRRP_AUTH_AH, .auth_pass = "s3cret"}, .steps = {
		TAKEOVER, {RX_AH, 1, 150, 1000, "guessed"}, {DROPPED, 1, VRRP_DROP_AUTH, 1},
		{RX_AH, 1, 150, 1}, {DROPPED, 1, VRRP_DROP_REPLAY, 1}, {RX, 1, 150, 2},
		{DROPPED, 1, VRRP_DROP_AUTH_TYPE, 1}, {IS, 1, VRRP_MASTER}, {RX_AH, 1, 150, 100}, {IS, 1, VRRP_BACKUP},
		{RX_AH, 1, 150, 100}, {DROPPED, 1, VRRP_DROP_REPLAY, 2}, {RX_AH, 1, 150, 101}, {DROPPED, 1, VRRP_DROP_REPLAY, 2}}},
	{"AH where nobody asked for it", .conf = {.version = 2, .advert_us = S(1), .auth_pass = "s3cret"}, .steps = {
		TAKEOVER, {RX_AH, 1, 150, 1}, {DROPPED, 1, VRRP_DROP_AUTH_TYPE, 1}, {IS, 1, VRRP_MASTER}}},
	{"another router with our VRID", .steps = {
		TAKEOVER, {RX_OTHER, 1, 150, 2}, {IS, 1, VRRP_MASTER}, {DROPPED, 1, VRRP_DROP_ADDRESS_LIST, 1}}},
	{"our own advertisement", .steps = {
		TAKEOVER, {RX, 1, 150, 1}, {IS, 1, VRRP_MASTER}, {DROPPED, 1, VRRP_DROP_OWN, 1}}},
	{"skip_check_adv_addr trusts the same sender", .conf = {.skip_check_adv_addr = true}, .steps = {
		STANDBY, {RX_OTHER, 1, 150, 3}, {DROPPED, 1, VRRP_DROP_ADDRESS_LIST, 1}, {RX_OTHER, 1, 150, 2},
		{DROPPED, 1, VRRP_DROP_ADDRESS_LIST, 1}, {MASTER_IS, 1, 2}}},
	{"an owner that ignores adverts stays", .conf = {.priority = 255, .owner_ignores = true}, .steps = {
		{START, 1}, {FORGET}, {RX, 1, 255, 9}, {RUN, 0, MS(10)}, {IS, 1, VRRP_MASTER}, {SENT, 1, 0}}},
	{"who owns nothing listens all the same", .conf = {.owner_ignores = true}, .steps = {
		{START, 1}, {RX, 1, 150, 9}, {RUN, 0, MS(300)}, {MASTER_IS, 1, 9}}},
	{"270 ms of standstill are below the own down time", .steps = {
		TAKEOVER, {FREEZE, 1}, {RUN, 0, MS(270)}, {THAW, 1}, {RUN, 0, MS(1)}, {IS, 1, VRRP_MASTER}}},
	{"timer_expired_backup counts by the others", .conf = {.others_highest = 254}, .steps = {
		TAKEOVER, {FREEZE, 1}, {RUN, 0, MS(270)}, {THAW, 1}, {RUN, 0, MS(1)}, {IS, 1, VRRP_BACKUP},
		{SENT, 1, 0}, {WHY, 1, .text = "stood still"}}},
	{"the page says who and why", .steps = {
		{START, 1}, {PAGE, 1, .text = "BACKUP"}, {RUN, 0, S(1)}, {PAGE, 1, .text = "MASTER"},
		{STOP, 1}, {PAGE, 1, .text = "INIT"}}},
};
/* clang-format on */

static void set_address(struct vip_conf *v, const char *text)
{
	assert_true(addr_parse_ip(&v->address, slice_of(text), 0));
}

int main(void)
{
	set_address(&vip_a, "192.0.2.10");
	set_address(&vip_b, "192.0.2.11");
	set_address(&vip_c, "192.0.2.12");
	set_address(&vip_x, "192.0.2.20");
	return run_stories(stories, sizeof(stories) / sizeof(stories[0]));
}
