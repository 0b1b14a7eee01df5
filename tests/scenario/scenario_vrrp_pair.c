/*
 * Two and three real virtual routers on one segment: who holds the addresses when nodes die, stop,
 * freeze, are cut off and return. Node 1 has priority 150, node 2 100 and node 3 50 unless a story
 * says otherwise. Also mute.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vrrp_wire.h"

/* clang-format off */
#define PAIR   .n_nodes = 2, .priorities = {150, 100}
#define TRIO   .n_nodes = 3, .priorities = {150, 100, 50}
#define EQUALS .n_nodes = 2, .priorities = {100, 100}
/* 1 is master, the others know it */
#define SETTLED {START_ALL}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, {FORGET}
#define AH	   .version = 2, .advert_us = S(1), .auth = VRRP_AUTH_AH, .auth_pass = "s3cret"
#define AH_SETTLED {START_ALL}, {RUN, 0, S(5)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, {FORGET}
#define WITNESSED  .conf = {.witnesses = &gateway}
#define SEEN	   {WITNESS, 1, 1}, {WITNESS, 2, 1}
#define FLAP	   .flap_hold_us = S(30)
/* node 1 is out for a second, and back for one */
#define DIPS	   {TRACK, 1, 0, 0, "chk"}, {RUN, 0, S(1)}, {TRACK, 1, 1, 0, "chk"}, {RUN, 0, S(1)}
#define CALM    {HOLDERS, 1, 1}

static const struct vrrp_track_conf weak = {.kind = VRRP_TRACK_SCRIPT, .name = "chk", .weight = -60};
static const struct vrrp_track_conf must = {.kind = VRRP_TRACK_SCRIPT, .name = "chk"};
#define TRACKS(row) .tracks = (struct vrrp_track_conf *)&(row)

static struct vrrp_witness_conf gateway;
static struct vrrp_peer_conf peers[3], peers6[2];

static const struct story stories[] = {
	{"the higher priority becomes the only master", PAIR, .steps = {
		{START_ALL}, {RUN, 0, S(5)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, CALM,
		{MASTER_IS, 2, 1}, {MOVES, 1, .text = "BM"}, {MOVES, 2, .text = "B"}, {SENT, 2, 0}}},
	{"v2 at one second", PAIR, .conf = {.version = 2, .advert_us = S(1)}, .steps = {
		{START_ALL}, {RUN, 0, S(3)}, {HOLDERS, 1, 0}, {RUN, 0, S(10)}, {IS, 1, VRRP_MASTER},
		{IS, 2, VRRP_BACKUP}, CALM, {KILL, 1}, {RUN, 0, S(2)}, {IS, 2, VRRP_BACKUP}, {RUN, 0, S(2)},
		{IS, 2, VRRP_MASTER}}},
	{"IPv6", PAIR, .conf = {.family = AF_INET6}, .steps = {
		SETTLED, CALM, {STOP, 1}, {RUN, 0, MS(70)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"10 ms", PAIR, .conf = {.advert_us = MS(10)}, .steps = {
		SETTLED, CALM, {KILL, 1}, {RUN, 0, MS(25)}, {IS, 2, VRRP_BACKUP}, {RUN, 0, MS(12)},
		{IS, 2, VRRP_MASTER}}},
	{"AH: a pair", PAIR, .conf = {AH}, .steps = {
		AH_SETTLED, CALM, {DROPPED, 2, VRRP_DROP_AUTH, 0}, {DROPPED, 2, VRRP_DROP_REPLAY, 0}, {STOP, 1},
		{RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"AH: a node that starts anew hears where the others are", PAIR, .conf = {AH}, .steps = {
		AH_SETTLED, {RUN, 0, S(30)}, {STOP, 1}, {RUN, 0, S(4)}, {IS, 2, VRRP_MASTER}, {KILL, 1}, {REPLACE, 1},
		{RUN, 0, S(6)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, CALM, {DROPPED, 2, VRRP_DROP_REPLAY, 0}}},
	{"AH: one that goes on for a killed process is no replay", PAIR, .conf = {AH}, .steps = {
		AH_SETTLED, {RUN, 0, S(30)}, {KILL, 1}, {REPLACE, 1}, {IS, 1, VRRP_MASTER}, {RUN, 0, S(5)},
		{MOVES, 2, .text = ""}, {DROPPED, 2, VRRP_DROP_REPLAY, 0}, CALM}},
	{"AH: after a partition the lower one gives way", PAIR, .conf = {AH}, .steps = {
		AH_SETTLED, {CUT, 1, 2}, {RUN, 0, S(30)}, {HOLDERS, 1, 2}, {HEAL}, {RUN, 0, S(2)}, CALM, {IS, 1, VRRP_MASTER}}},
	{"AH: and so when the lower one has counted further", PAIR, .conf = {AH}, .steps = {
		AH_SETTLED, {STOP, 1}, {RUN, 0, S(9)}, {CUT, 1, 2}, {KILL, 1}, {REPLACE, 1}, {RUN, 0, S(9)},
		{HOLDERS, 1, 2}, {HEAL}, {RUN, 0, S(3)}, CALM, {IS, 1, VRRP_MASTER}}},
	{"v3 with the checksum of RFC 9568", PAIR, .conf = {.checksum_as_v2 = true}, .steps = {
		SETTLED, CALM, {RUN, 0, S(2)}, {MOVES, 2, .text = ""}}},
	{"a dead master is replaced within the down interval", PAIR, .steps = {
		SETTLED, {KILL, 1}, {RUN, 0, MS(255)}, {IS, 2, VRRP_BACKUP}, {RUN, 0, MS(110)},
		{IS, 2, VRRP_MASTER}, {ORDER, 2, .text = "a+ggggg"}}},
	{"a planned stop leaves only the skew", PAIR, .steps = {
		SETTLED, {STOP, 1}, {HOLDS, 1, 0}, {RUN, 0, MS(60)}, {IS, 2, VRRP_BACKUP}, {RUN, 0, MS(3)},
		{IS, 2, VRRP_MASTER}, CALM, {MOVES, 1, .text = "I"}}},
	{"the balancer is lost: as quick", PAIR, .steps = {
		SETTLED, {RESIGN, 1, .text = "balancer lost"}, {RUN, 0, MS(63)}, {IS, 2, VRRP_MASTER}, CALM,
		{RELEASE, 1}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, CALM}},
	{"a script fails: as quick", PAIR, .conf = {TRACKS(must)}, .steps = {
		{TRACK, 1, 1, 0, "chk"}, {TRACK, 2, 1, 0, "chk"}, SETTLED, {TRACK, 1, 0, 0, "chk"}, {RUN, 0, MS(63)},
		{IS, 2, VRRP_MASTER}, CALM, {IS, 1, VRRP_FAULT}}},
	{"both faulty: nobody", PAIR, .conf = {TRACKS(must)}, .steps = {
		{TRACK, 1, 1, 0, "chk"}, {TRACK, 2, 0, 0, "chk"}, {START_ALL}, {RUN, 0, S(1)}, CALM,
		{TRACK, 1, 0, 0, "chk"}, {RUN, 0, S(2)}, {HOLDERS, 1, 0}, {TRACK, 2, 1, 0, "chk"},
		{RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, CALM}},
	/* ---- what operators want ---- */
	{"switch: the peer has it after the skew and keeps it", PAIR, .steps = {
		SETTLED, {HOLD, 1, VRRP_HOLD_SWITCH}, {HOLDS, 1, 0}, {IS, 1, VRRP_BACKUP}, {ORDER, 1, .text = "z-"},
		{RUN, 0, MS(63)}, {IS, 2, VRRP_MASTER}, CALM, {RUN, 0, S(60)}, {IS, 2, VRRP_MASTER}, CALM,
		{MOVES, 1, .text = "B"}, {WHY, 1, .text = "handed over"}}},
	{"release after a switch: as configured", PAIR, .steps = {
		SETTLED, {HOLD, 1, VRRP_HOLD_SWITCH}, {RUN, 0, S(5)}, {HOLD, 1, VRRP_HOLD_NONE}, {RUN, 0, S(1)},
		{IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, CALM}},
	{"a switch without a peer comes back", .steps = {
		{START_ALL}, {RUN, 0, S(1)}, {HOLD, 1, VRRP_HOLD_SWITCH}, {IS, 1, VRRP_BACKUP}, {RUN, 0, MS(400)},
		{IS, 1, VRRP_MASTER}}},
	{"after a switch the other one dies: it is over", PAIR, .steps = {
		SETTLED, {HOLD, 1, VRRP_HOLD_SWITCH}, {RUN, 0, S(5)}, {KILL, 2}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER},
		{REPLACE, 2}, {RUN, 0, S(5)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}}},
	{"a switch on a backup keeps it from preempting only", PAIR, .steps = {
		SETTLED, {HOLD, 2, VRRP_HOLD_SWITCH}, {RUN, 0, S(5)}, {MOVES, 1, .text = ""}, {MOVES, 2, .text = ""},
		{SENT, 2, 0}, {ZEROS, 2, 0}, {STOP, 1}, {RUN, 0, MS(63)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"maintenance: handed over, and taken only when nobody has it", PAIR, .steps = {
		SETTLED, {HOLD, 1, VRRP_HOLD_MAINTENANCE}, {PRIO, 1, 1}, {RUN, 0, MS(63)}, {IS, 2, VRRP_MASTER}, CALM,
		{RUN, 0, S(60)}, CALM, {IS, 2, VRRP_MASTER}, {KILL, 2}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER},
		{PRIO_SENT, 1, 1}, {REPLACE, 2}, {RUN, 0, S(2)}, {IS, 2, VRRP_MASTER}, {IS, 1, VRRP_BACKUP}, CALM,
		{HOLD, 1, VRRP_HOLD_NONE}, {PRIO, 1, 150}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"maintenance: a peer that does not preempt gets it all the same", PAIR, .conf = {.nopreempt = true}, .steps = {
		{START, 1}, {RUN, 0, S(1)}, {START, 2}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER},
		{HOLD, 1, VRRP_HOLD_MAINTENANCE}, {RUN, 0, MS(63)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"maintenance of both: it stays where it is", PAIR, .steps = {
		SETTLED, {HOLD, 2, VRRP_HOLD_MAINTENANCE}, {RUN, 0, S(1)}, {HOLD, 1, VRRP_HOLD_MAINTENANCE}, {RUN, 0, S(1)},
		{FORGET}, {RUN, 0, S(60)}, {HOLDERS, 0, 1}, {MOVES, 1, .text = ""}, {MOVES, 2, .text = ""}}},
	{"maintenance outlives the failover process", PAIR, .steps = {
		SETTLED, {HOLD, 1, VRRP_HOLD_MAINTENANCE}, {RUN, 0, S(5)}, {KILL, 1}, {REPLACE, 1}, {PRIO, 1, 1},
		{RUN, 0, S(5)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"the link of the master goes down", PAIR, .steps = {
		SETTLED, {LINK, 1, 0}, {HOLDS, 1, 0}, {RUN, 0, MS(365)}, {IS, 2, VRRP_MASTER}, {LINK, 1, 1},
		{RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, CALM}},
	{"the better node returns and preempts", PAIR, .steps = {
		{START, 2}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, {START, 1}, {RUN, 0, MS(340)}, {IS, 1, VRRP_BACKUP},
		{RUN, 0, MS(3)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, CALM}},
	{"the winner announces for two seconds more: a slow loser lets go late", PAIR, .steps = {
		{START, 2}, {RUN, 0, S(1)}, {START, 1}, {RUN, 0, MS(345)}, {IS, 1, VRRP_MASTER}, {GARPS, 1, 5},
		{RUN, 0, MS(55)}, {GARPS, 1, 6}, {RUN, 0, MS(150)}, {GARPS, 1, 7}, {RUN, 0, S(2)}, {GARPS, 1, 9},
		{RUN, 0, S(2)}, {GARPS, 1, 9}, {RUN, 0, S(1)}, {GARPS, 1, 14}}},
	{"and so behind a resignation", PAIR, .steps = {
		SETTLED, {STOP, 1}, {RUN, 0, MS(65)}, {GARPS, 2, 5}, {RUN, 0, S(3)}, {GARPS, 2, 9}}},
	{"but not when nobody was there", PAIR, .steps = {
		SETTLED, {KILL, 1}, {RUN, 0, MS(365)}, {GARPS, 2, 5}, {RUN, 0, S(1)}, {GARPS, 2, 5}}},
	{"nopreempt: it does not", PAIR, .conf = {.nopreempt = true}, .steps = {
		{START, 2}, {RUN, 0, S(1)}, {START, 1}, {RUN, 0, S(20)}, {IS, 2, VRRP_MASTER}, {IS, 1, VRRP_BACKUP},
		{STOP, 2}, {RUN, 0, MS(50)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"preempt_delay: it does later", PAIR, .conf = {.preempt_delay_us = S(3)}, .steps = {
		{START, 2}, {RUN, 0, S(1)}, {START, 1}, {RUN, 0, S(3)}, {IS, 2, VRRP_MASTER}, {RUN, 0, MS(345)},
		{IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, CALM}},
	{"cut and healed: two masters, then the better one", PAIR, .steps = {
		SETTLED, {CUT, 1, 2}, {RUN, 0, S(1)}, {HOLDERS, 1, 2}, {FORGET}, {HEAL}, {RUN, 0, MS(105)},
		{IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, CALM, {MOVES, 1, .text = ""}}},
	{"healed: the winner repairs the neighbours' ARP caches", PAIR, .steps = {
		SETTLED, {CUT, 1, 2}, {RUN, 0, S(7)}, {FORGET}, {HEAL}, {RUN, 0, MS(205)}, {GARPS, 1, 5},
		{LOWERS, 1, 1}, CALM, {RUN, 0, MS(5005)}, {GARPS, 1, 10}}},
	{"a master that is mute gives up to the one whom it hears", PAIR, .steps = {
		SETTLED, {MUTE, 1, 1}, {RUN, 0, MS(600)}, {IS, 1, VRRP_FAULT}, {IS, 2, VRRP_MASTER}, {HOLDERS, 0, 1},
		{WHY, 1, .text = "no advertisement of ours leaves, and 192.0.2.2 is master too"}, {RUN, 0, S(9)},
		{IS, 1, VRRP_FAULT}, {MUTE, 1, 0}, {RUN, 0, S(2)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, CALM}},
	{"it tries again, each time later", PAIR, .steps = {
		SETTLED, {MUTE, 1, 1}, {RUN, 0, MS(600)}, {FORGET}, {RUN, 0, S(69)}, {IS, 1, VRRP_FAULT}, {HOLDERS, 0, 1},
		{MOVES, 1, .text = "BMFBMF"}, {MOVES, 2, .text = ""}}},
	{"in step: without its addresses, as its word does not leave", PAIR, .in_step = true, .steps = {
		SETTLED, {MUTE, 1, 1}, {RUN, 0, MS(600)}, {IS, 1, VRRP_FAULT}, {FORGET}, {RUN, 0, S(69)}, {IS, 1, VRRP_FAULT},
		{ADDS, 1, 0}, {GARPS, 1, 0}, {MOVES, 1, .text = "BFBF"}, {MUTE, 1, 0}, {RUN, 0, S(8)},
		{IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, CALM}},
	{"one that is mute for a moment, or alone, stays", PAIR, .steps = {
		SETTLED, {MUTE, 1, 1}, {RUN, 0, MS(200)}, {MUTE, 1, 0}, {RUN, 0, S(1)}, {MOVES, 1, .text = ""},
		{MUTE, 1, 1}, {STOP, 2}, {RUN, 0, S(60)}, {MOVES, 1, .text = ""}, {HOLDERS, 0, 1}}},
	{"healed, equal priorities: the greater address stays", EQUALS, .steps = {
		{START, 1}, {RUN, 0, S(1)}, {CUT, 1, 2}, {START, 2}, {RUN, 0, S(1)}, {HOLDERS, 1, 2}, {HEAL},
		{RUN, 0, MS(205)}, {IS, 2, VRRP_MASTER}, {IS, 1, VRRP_BACKUP}, CALM}},
	{"equal priorities started together: one master", EQUALS, .steps = {
		{START_ALL}, {RUN, 0, S(2)}, CALM, {IS, 2, VRRP_MASTER}}},
	{"equal priorities: who comes later stays backup", EQUALS, .steps = {
		{START, 1}, {RUN, 0, S(1)}, {START, 2}, {RUN, 0, S(5)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}}},
	{"higher_prio_send_advert makes the winner announce", PAIR, .conf = {.higher_prio_send_advert = true}, .steps = {
		{START, 2}, {RUN, 0, S(1)}, {START, 1}, {RUN, 0, MS(345)}, {LOWERS, 1, 1}, {IS, 2, VRRP_BACKUP}, CALM}},
	{"one way only: the deaf master is shouted at, not obeyed", PAIR, .steps = {
		SETTLED, {CUT_FROM, 1, 2}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, {IS, 1, VRRP_MASTER}, {HEAL},
		{RUN, 0, MS(205)}, {IS, 2, VRRP_BACKUP}, CALM}},
	{"a frozen master finds another and stands down unheard", PAIR, .steps = {
		SETTLED, {FREEZE, 1}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, {FORGET}, {THAW, 1}, {RUN, 0, MS(2)},
		{IS, 1, VRRP_BACKUP}, {ORDER, 1, .text = "-"}, {IS, 2, VRRP_MASTER}, CALM, {RUN, 0, MS(345)},
		{IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, CALM}},
	{"with nopreempt it stays backup", PAIR, .conf = {.nopreempt = true}, .steps = {
		SETTLED, {FREEZE, 1}, {RUN, 0, S(1)}, {FORGET}, {THAW, 1}, {RUN, 0, S(5)}, {IS, 1, VRRP_BACKUP},
		{IS, 2, VRRP_MASTER}, CALM, {SENT, 1, 0}, {MOVES, 2, .text = ""}}},
	{"frozen for less than the others wait: nothing happens", PAIR, .steps = {
		SETTLED, {FREEZE, 1}, {RUN, 0, MS(200)}, {THAW, 1}, {RUN, 0, S(1)}, {MOVES, 1, .text = ""},
		{MOVES, 2, .text = ""}}},
	{"a frozen backup disturbs nobody", PAIR, .steps = {
		SETTLED, {FREEZE, 2}, {RUN, 0, S(9)}, {THAW, 2}, {RUN, 0, S(2)}, {MOVES, 1, .text = ""},
		{MOVES, 2, .text = ""}, CALM}},
	{"the failover process is replaced: the other never notices", PAIR, .steps = {
		SETTLED, {KILL, 1}, {RUN, 0, MS(120)}, {REPLACE, 1}, {RUN, 0, S(3)}, {IS, 1, VRRP_MASTER},
		{MOVES, 2, .text = ""}, CALM}},
	{"replaced too late: one master all the same", PAIR, .conf = {.nopreempt = true}, .steps = {
		SETTLED, {KILL, 1}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, {REPLACE, 1}, {RUN, 0, S(3)},
		{IS, 1, VRRP_BACKUP}, {IS, 2, VRRP_MASTER}}},
	{"who preempts says whom, and who steps down says for whom", PAIR, .conf = {TRACKS(weak)}, .steps = {
		SETTLED, {TRACK, 1, 0, 0, "chk"}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER},
		{WHY, 2, .text = "preempts 192.0.2.1, which advertises priority 90, ours is 100"},
		{WHY, 1, .text = "192.0.2.2 advertises priority 100, ours is 90"}}},
	{"who takes over from silence says who was heard last", PAIR, .steps = {
		SETTLED, {KILL, 1}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, {WHY, 2, .text = "192.0.2.1 was heard last"}}},
	{"or who resigned", PAIR, .steps = {
		SETTLED, {STOP, 1}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, {WHY, 2, .text = "the master resigned: 192.0.2.1"}}},
	{"a lost weight hands over", PAIR, .conf = {TRACKS(weak)}, .steps = {
		SETTLED, {TRACK, 1, 0, 0, "chk"}, {PRIO, 1, 90}, {RUN, 0, MS(465)}, {IS, 2, VRRP_MASTER},
		{IS, 1, VRRP_BACKUP}, CALM, {TRACK, 1, 1, 0, "chk"}, {RUN, 0, MS(450)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"who is told from silence is the one to ask for duplicates", PAIR, .steps = {
		SETTLED, {SILENCE, 1, 1}, {KILL, 1}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, {SILENCE, 2, 1}}},
	{"a resignation is no silence", PAIR, .steps = {
		SETTLED, {STOP, 1}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, {SILENCE, 2, 0}}},
	{"nor is a lower master that speaks", PAIR, .steps = {
		{START, 2}, {RUN, 0, S(1)}, {SILENCE, 2, 1}, {START, 1}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER},
		{SILENCE, 1, 0}, {SILENCE, 2, 0}}},
	{"witness: who hears neither master nor witness takes nothing", PAIR, WITNESSED, .steps = {
		SEEN, SETTLED, {WITNESS, 2, 0}, {CUT, 1, 2}, {RUN, 0, S(9)}, {IS, 2, VRRP_BACKUP}, {HOLDERS, 1, 1},
		{WHY, 2, .text = "neither a master nor a witness"}, {PAGE, 2, .text = "BACKUP"}, {HEAL}, {RUN, 0, S(1)},
		{MOVES, 1, .text = ""}, {MOVES, 2, .text = ""}}},
	{"witness: it takes over when the witness is back and the master is not", PAIR, WITNESSED, .steps = {
		SEEN, SETTLED, {WITNESS, 2, 0}, {KILL, 1}, {RUN, 0, S(9)}, {IS, 2, VRRP_BACKUP}, {WITNESS, 2, 1},
		{RUN, 0, MS(355)}, {IS, 2, VRRP_BACKUP}, {RUN, 0, MS(10)}, {IS, 2, VRRP_MASTER}}},
	{"witness: both back at once: nothing happens", PAIR, WITNESSED, .steps = {
		SEEN, SETTLED, {WITNESS, 2, 0}, {CUT, 1, 2}, {RUN, 0, S(3)}, {WITNESS, 2, 1}, {HEAL}, {RUN, 0, S(3)},
		{MOVES, 1, .text = ""}, {MOVES, 2, .text = ""}, CALM}},
	{"witness: with an answer it is as quick as without one", PAIR, WITNESSED, .steps = {
		SEEN, SETTLED, {KILL, 1}, {RUN, 0, MS(255)}, {IS, 2, VRRP_BACKUP}, {RUN, 0, MS(110)}, {IS, 2, VRRP_MASTER}}},
	{"witness: an answer from before the silence does not count", PAIR, WITNESSED, .steps = {
		SEEN, SETTLED, {KILL, 1}, {RUN, 0, MS(100)}, {WITNESS, 2, 0}, {RUN, 0, S(2)}, {IS, 2, VRRP_BACKUP}}},
	{"witness: a resignation needs none", PAIR, WITNESSED, .steps = {
		SEEN, SETTLED, {WITNESS, 2, 0}, {STOP, 1}, {RUN, 0, MS(65)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"witness: nor does preemption", PAIR, WITNESSED, .steps = {
		{WITNESS, 2, 1}, {START, 2}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, {START, 1}, {RUN, 0, S(1)},
		{IS, 1, VRRP_MASTER}, CALM}},
	{"witness: nobody starts alone in the dark", PAIR, WITNESSED, .steps = {
		{START_ALL}, {RUN, 0, S(5)}, {HOLDERS, 1, 0}, {WITNESS, 2, 1}, {RUN, 0, MS(364)}, {IS, 2, VRRP_MASTER},
		CALM, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"flapping: after three returns in a minute the fourth waits", PAIR, .conf = {TRACKS(must), FLAP}, .steps = {
		{TRACK, 1, 1, 0, "chk"}, {TRACK, 2, 1, 0, "chk"}, SETTLED, DIPS, {IS, 1, VRRP_MASTER}, DIPS,
		{IS, 1, VRRP_MASTER}, DIPS, {FORGET}, DIPS, {IS, 1, VRRP_BACKUP}, {IS, 2, VRRP_MASTER}, CALM,
		{MOVES, 2, .text = "M"}, {RUN, 0, MS(400)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"flapping: it waits longer and longer, and the other serves", PAIR, .conf = {TRACKS(must), FLAP}, .steps = {
		{TRACK, 1, 1, 0, "chk"}, {TRACK, 2, 1, 0, "chk"}, SETTLED, DIPS, DIPS, DIPS, DIPS, {RUN, 0, S(1)},
		{IS, 1, VRRP_MASTER}, DIPS, {RUN, 0, S(1)}, {IS, 1, VRRP_BACKUP}, {RUN, 0, MS(400)}, {IS, 1, VRRP_MASTER}, DIPS,
		{RUN, 0, S(3)}, {IS, 2, VRRP_MASTER}, {IS, 1, VRRP_BACKUP}, CALM, {RUN, 0, MS(400)}, {IS, 1, VRRP_MASTER}, DIPS,
		{FORGET}, {RUN, 0, S(7)}, {MOVES, 1, .text = ""}, {MOVES, 2, .text = ""}, CALM, {RUN, 0, MS(400)},
		{IS, 1, VRRP_MASTER}, CALM}},
	{"flapping: who waits takes over at once when nobody is there", PAIR, .conf = {TRACKS(must), FLAP}, .steps = {
		{TRACK, 1, 1, 0, "chk"}, {TRACK, 2, 1, 0, "chk"}, SETTLED, DIPS, DIPS, DIPS, DIPS, {RUN, 0, S(1)}, DIPS,
		{IS, 1, VRRP_BACKUP}, {STOP, 2}, {RUN, 0, MS(42)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"flapping: and also when the master dies", PAIR, .conf = {TRACKS(must), FLAP}, .steps = {
		{TRACK, 1, 1, 0, "chk"}, {TRACK, 2, 1, 0, "chk"}, SETTLED, DIPS, DIPS, DIPS, DIPS, {RUN, 0, S(1)}, DIPS,
		{IS, 1, VRRP_BACKUP}, {KILL, 2}, {RUN, 0, MS(342)}, {IS, 1, VRRP_MASTER}}},
	{"flapping weights wait too", PAIR, .conf = {TRACKS(weak), FLAP}, .steps = {
		SETTLED, DIPS, DIPS, DIPS, {IS, 1, VRRP_MASTER}, {FORGET}, DIPS, {RUN, 0, MS(200)}, {IS, 1, VRRP_BACKUP},
		{MOVES, 2, .text = "M"}, CALM, {RUN, 0, MS(600)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"flapping without flap_hold: as often as it likes", PAIR, .conf = {TRACKS(must)}, .steps = {
		{TRACK, 1, 1, 0, "chk"}, {TRACK, 2, 1, 0, "chk"}, SETTLED, DIPS, DIPS, DIPS, DIPS, {IS, 1, VRRP_MASTER}, DIPS,
		{IS, 1, VRRP_MASTER}, CALM}},
	{"rare moves never wait", PAIR, .conf = {TRACKS(must), FLAP}, .steps = {
		{TRACK, 1, 1, 0, "chk"}, {TRACK, 2, 1, 0, "chk"}, SETTLED, DIPS, {RUN, 0, S(20)}, DIPS, {RUN, 0, S(20)}, DIPS,
		{RUN, 0, S(20)}, DIPS, {IS, 1, VRRP_MASTER}, {RUN, 0, S(20)}, DIPS, {IS, 1, VRRP_MASTER}, CALM}},
	{"both unhealthy alike: the present master stays", EQUALS, .conf = {TRACKS(weak)}, .steps = {
		{START, 1}, {RUN, 0, S(1)}, {START, 2}, {RUN, 0, S(1)}, {FORGET}, {TRACK, 2, 0, 0, "chk"}, {RUN, 0, S(1)},
		{TRACK, 1, 0, 0, "chk"}, {RUN, 0, S(5)}, {PRIO, 1, 40}, {PRIO, 2, 40}, {MOVES, 1, .text = ""},
		{MOVES, 2, .text = ""}, {TRACK, 1, 1, 0, "chk"}, {TRACK, 2, 1, 0, "chk"}, {RUN, 0, S(5)},
		{MOVES, 1, .text = ""}, {MOVES, 2, .text = ""}, CALM}},
	{"unicast", PAIR, .conf = {.peers = peers}, .steps = {
		SETTLED, CALM, {KILL, 1}, {RUN, 0, MS(365)}, {IS, 2, VRRP_MASTER}}},
	{"unicast over IPv6", PAIR, .conf = {.family = AF_INET6, .peers = peers6}, .steps = {
		SETTLED, CALM, {STOP, 1}, {RUN, 0, MS(65)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"unicast with checked sources", PAIR, .conf = {.peers = peers, .check_unicast_src = true}, .steps = {
		SETTLED, CALM, {RUN, 0, S(1)}, {DROPPED, 2, VRRP_DROP_UNICAST_SOURCE, 0}}},
	{"unicast: one advertisement for each peer", TRIO, .conf = {.peers = peers}, .steps = {
		{START_ALL}, {RUN, 0, S(1)}, {FORGET}, {RUN, 0, S(1)}, {IS, 3, VRRP_BACKUP}, {SENT, 1, 30}, CALM}},
	{"three nodes fall one after the other", TRIO, .steps = {
		SETTLED, {IS, 3, VRRP_BACKUP}, {STOP, 1}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, {IS, 3, VRRP_BACKUP}, CALM,
		{STOP, 2}, {RUN, 0, S(1)}, {IS, 3, VRRP_MASTER}, CALM, {MOVES, 3, .text = "M"}}},
	{"three nodes: the last resigns to the first", TRIO, .steps = {
		{START, 3}, {RUN, 0, S(1)}, {IS, 3, VRRP_MASTER}, {START, 1}, {START, 2}, {RUN, 0, S(1)},
		{IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, {IS, 3, VRRP_BACKUP}, CALM}},
	{"three nodes, the first cut off from both", TRIO, .steps = {
		SETTLED, {CUT, 1, 2}, {CUT, 1, 3}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, {IS, 3, VRRP_BACKUP}, {HEAL},
		{RUN, 0, MS(205)}, {IS, 1, VRRP_MASTER}, CALM, {MOVES, 3, .text = ""}}},
	{"an owner returns to its own at once", .n_nodes = 2, .priorities = {255, 100}, .steps = {
		SETTLED, {LINK, 1, 0}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, {LINK, 1, 1}, {RUN, 0, MS(2)},
		{IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, CALM}},
};
/* clang-format on */

int main(void)
{
	wire_peer(&peers[0], "192.0.2.1", &peers[1]);
	wire_peer(&peers[1], "192.0.2.2", &peers[2]);
	wire_peer(&peers[2], "192.0.2.3", NULL);
	wire_peer(&peers6[0], "2001:db8::1", &peers6[1]);
	wire_peer(&peers6[1], "2001:db8::2", NULL);
	return run_stories(stories, sizeof(stories) / sizeof(stories[0]));
}
