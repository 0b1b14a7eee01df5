/*
 * What is compared with the peers when no second path tells of them: a master with a fault nudges
 * the others with one priority 0 and keeps its addresses until one of them takes over
 * (vrrp/compare.c), and when nobody is well, who has the fault is the last resort
 * (vrrp/last_resort.c). Node 1 has priority 150, node 2 100 and node 3 50 unless a story says
 * otherwise; all of them track the backend "web" as the defaults have it.
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
#define SETTLED {START_ALL}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, {FORGET}
#define SLOWLY {START_ALL}, {RUN, 0, S(9)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, {FORGET}
#define CALM   {HOLDERS, 1, 1}

static const struct vrrp_track_conf web = {.kind = VRRP_TRACK_BACKEND, .name = "web"};
static const struct vrrp_track_conf both[2] = {
	{.next = (struct vrrp_track_conf *)&both[1], .kind = VRRP_TRACK_BACKEND, .name = "web"},
	{.kind = VRRP_TRACK_SCRIPT, .name = "chk"}};
static const struct vrrp_track_conf unmarked = {.kind = VRRP_TRACK_BACKEND, .name = "web", .compare = -1};
static const struct vrrp_track_conf weak = {.kind = VRRP_TRACK_BACKEND, .name = "web", .weight = -60};
static const struct vrrp_track_conf script = {.kind = VRRP_TRACK_SCRIPT, .name = "web"};
static const char *const argv[] = {"/bin/true", NULL};

#define TRACKS(row) .tracks = (struct vrrp_track_conf *)&(row), .compare = -1, .compare_delay_us = -1
#define WEB	TRACKS(web)
#define UP(n)	{TRACK, n, 1, 0, "web"}
#define DOWN(n)	{TRACK, n, 0, 0, "web"}
#define WELL	UP(1), UP(2)
#define ALL_WELL WELL, UP(3)
#define TOOK(n, m) {IS, n, VRRP_MASTER}, {IS, m, VRRP_FAULT}, CALM
#define STAYED {MOVES, 1, .text = ""}, CALM

static const struct vrrp_group_conf group = {.name = "G"};
static struct vrrp_witness_conf gateway;
static struct vrrp_peer_conf peers[2] = {{.next = &peers[1]}, {0}};
static const struct vrrp_instance_conf lowered = {WEB, .priority = 140};
static const struct vrrp_instance_conf not_compared = {TRACKS(unmarked), .priority = 150};

static const struct story stories[] = {
	/* ---- only the master's servers die: as quick as a resignation ---- */
	{"the peer takes over after its skew", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, MS(60)}, {IS, 2, VRRP_BACKUP}, {IS, 1, VRRP_MASTER}, {HOLDS, 1, 1},
		{RUN, 0, MS(2)}, TOOK(2, 1), {ORDER, 1, .text = "z-"}, {MOVES, 1, .text = "F"}, {MOVES, 2, .text = "M"},
		{WHY, 1, .text = "backend web is down"}, {PRIO, 1, 150}, {HELD_ON, 1, 0}, {ALARM, 1, .text = ""},
		{RUN, 0, S(20)}, TOOK(2, 1)}},
	{"and without the comparison it is the same moment", PAIR, .conf = {TRACKS(unmarked)}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, MS(60)}, {IS, 2, VRRP_BACKUP}, {HOLDERS, 0, 0}, {RUN, 0, MS(2)}, TOOK(2, 1)}},
	{"at 10 ms", PAIR, .conf = {WEB, .advert_us = MS(10)}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, MS(6)}, CALM, {RUN, 0, MS(0.3)}, TOOK(2, 1), {RUN, 0, S(2)}, TOOK(2, 1)}},
	{"at 1 s", PAIR, .conf = {WEB, .advert_us = S(1)}, .steps = {
		WELL, SLOWLY, DOWN(1), {RUN, 0, MS(600)}, CALM, {RUN, 0, MS(20)}, TOOK(2, 1), {RUN, 0, S(20)}, TOOK(2, 1)}},
	{"at 40.95 s", PAIR, .conf = {WEB, .advert_us = MS(40950)}, .steps = {
		WELL, {START_ALL}, {RUN, 0, S(400)}, {IS, 1, VRRP_MASTER}, {FORGET}, DOWN(1), {RUN, 0, S(24)}, CALM,
		{IS, 2, VRRP_BACKUP}, {RUN, 0, S(2)}, TOOK(2, 1)}},
	{"version 2: the skew is of a second", PAIR, .conf = {WEB, .version = 2, .advert_us = S(1)}, .steps = {
		WELL, SLOWLY, DOWN(1), {RUN, 0, MS(600)}, CALM, {RUN, 0, MS(20)}, TOOK(2, 1), {RUN, 0, S(20)}, TOOK(2, 1)}},
	{"also with an interval of 20 s", PAIR, .conf = {WEB, .version = 2, .advert_us = S(20)}, .steps = {
		WELL, {START_ALL}, {RUN, 0, S(200)}, {IS, 1, VRRP_MASTER}, {FORGET}, DOWN(1), {RUN, 0, MS(400)}, {IS, 2, VRRP_BACKUP},
		{RUN, 0, MS(500)}, TOOK(2, 1)}},
	{"and nobody at all: it speaks again after that second", PAIR, .conf = {WEB, .version = 2, .advert_us = S(20)}, .steps = {
		WELL, {START_ALL}, {RUN, 0, S(200)}, {IS, 1, VRRP_MASTER}, DOWN(2), {RUN, 0, S(1)}, {FORGET}, DOWN(1), {RUN, 0, MS(1400)},
		{SENT, 1, 0}, {RUN, 0, MS(400)}, {SENT, 1, 1}, {PRIO_SENT, 1, 1}, STAYED}},
	{"nopreempt: the nudge moves it", PAIR, .conf = {WEB, .nopreempt = true}, .steps = {
		WELL, {START, 1}, {RUN, 0, S(1)}, {START, 2}, {RUN, 0, S(1)}, {FORGET}, DOWN(1), {RUN, 0, MS(62)}, TOOK(2, 1)}},
	{"a higher one that does not preempt too", PAIR, .conf = {WEB, .nopreempt = true}, .steps = {
		WELL, {START, 2}, {RUN, 0, S(1)}, {START, 1}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, DOWN(2), {RUN, 0, MS(43)}, TOOK(1, 2)}},
	{"and one whose preemption is delayed", PAIR, .conf = {WEB, .preempt_delay_us = S(300)}, .steps = {
		WELL, {START, 2}, {RUN, 0, S(1)}, {START, 1}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, DOWN(2), {RUN, 0, MS(43)}, TOOK(1, 2)}},
	{"unicast", PAIR, .conf = {WEB, .peers = peers}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, MS(62)}, TOOK(2, 1), DOWN(2), {RUN, 0, S(3)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"with an address owner", .n_nodes = 2, .priorities = {255, 100}, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, MS(62)}, TOOK(2, 1), UP(1), {RUN, 0, MS(5)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, CALM}},
	{"the lowest priority there is", .n_nodes = 2, .priorities = {150, 1}, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, MS(101)}, TOOK(2, 1), {RUN, 0, S(5)}, TOOK(2, 1)}},
	{"also with the lower address", .n_nodes = 2, .priorities = {1, 150}, .conf = {WEB}, .steps = {
		WELL, {START_ALL}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, DOWN(2), {RUN, 0, MS(101)}, TOOK(1, 2), {RUN, 0, S(5)}, TOOK(1, 2)}},
	{"the last word is behind the addresses", PAIR, .conf = {WEB, .higher_prio_send_advert = true}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, MS(62)}, TOOK(2, 1), {ORDER, 1, .text = "z-a"}, {PRIO_SENT, 1, 1}}},
	{"the nudge is lost: preempted as the lowest", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, {CUT_FROM, 1, 2}, DOWN(1), {RUN, 0, MS(1)}, {HEAL}, {RUN, 0, MS(365)}, TOOK(2, 1)}},
	{"or nudged again", PAIR, .conf = {WEB, .nopreempt = true}, .steps = {
		WELL, {START, 1}, {RUN, 0, S(1)}, {START, 2}, {RUN, 0, S(1)}, {CUT_FROM, 1, 2}, DOWN(1), {RUN, 0, MS(1)}, {HEAL},
		{RUN, 0, MS(1100)}, {IS, 1, VRRP_MASTER}, CALM, {RUN, 0, MS(130)}, TOOK(2, 1)}},
	{"a delay that is asked for comes first", PAIR, .conf = {.tracks = (struct vrrp_track_conf *)&web, .compare = -1, .compare_delay_us = MS(500)}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, MS(495)}, {ZEROS, 1, 0}, {PRIO, 1, 150}, {RUN, 0, MS(70)}, TOOK(2, 1)}},
	{"it has passed before", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, MS(20)}, UP(1), {RUN, 0, S(5)}, STAYED, {MOVES, 2, .text = ""}, {PRIO_SENT, 1, 150},
		{HELD_ON, 1, 0}, {ZEROS, 1, 1}}},
	{"a reload in the silence", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, MS(20)}, {ADAPT, 1, VRRP_ADAPTED, .conf = &lowered}, {RUN, 0, MS(42)}, TOOK(2, 1)}},
	{"a reload that compares no more", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(1), DOWN(2), {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, {ADAPT, 1, VRRP_ADAPTED, .conf = &not_compared},
		{IS, 1, VRRP_FAULT}, {RUN, 0, MS(560)}, {IS, 2, VRRP_MASTER}, CALM}},
	/* ---- both have it ---- */
	{"the peer first: nothing moves", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(2), {RUN, 0, S(1)}, {IS, 2, VRRP_FAULT}, DOWN(1), {RUN, 0, MS(140)}, {SENT, 1, 10}, {ZEROS, 1, 1},
		{ALARM, 1, .text = ""}, {RUN, 0, MS(15)}, {PRIO_SENT, 1, 1}, {ALARM, 1, .text = "stays MASTER with a fault, nobody takes over"},
		{HELD_ON, 1, 1}, {RUN, 0, S(30)}, STAYED, {HELD_ON, 1, 1}, {MOVES, 2, .text = "F"}, UP(1), {RUN, 0, MS(101)},
		{PRIO_SENT, 1, 150}, {ALARM, 1, .text = ""}, UP(2), {RUN, 0, S(5)}, STAYED, {MOVES, 2, .text = "FB"}}},
	{"within the skew: nothing moves either", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, MS(50)}, DOWN(2), {RUN, 0, S(30)}, STAYED}},
	{"the master first: one move, and no more", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, MS(300)}, DOWN(2), {RUN, 0, S(30)}, TOOK(2, 1), {MOVES, 1, .text = "F"},
		{MOVES, 2, .text = "M"}, {PRIO, 2, 1}, {HELD_ON, 2, 1}}},
	{"unless it waits", PAIR, .conf = {.tracks = (struct vrrp_track_conf *)&web, .compare = -1, .compare_delay_us = MS(500)}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, MS(300)}, DOWN(2), {RUN, 0, S(30)}, STAYED}},
	{"then one is back for the peer: it becomes master", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(2), {RUN, 0, S(1)}, DOWN(1), {RUN, 0, S(9)}, UP(2), {RUN, 0, MS(365)}, TOOK(2, 1), {MOVES, 1, .text = "F"},
		UP(1), {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, CALM}},
	{"also for one that does not preempt", PAIR, .conf = {WEB, .nopreempt = true}, .steps = {
		WELL, {START, 1}, {RUN, 0, S(1)}, {START, 2}, {RUN, 0, S(1)}, DOWN(2), DOWN(1), {RUN, 0, S(9)}, {IS, 1, VRRP_MASTER}, UP(2),
		{RUN, 0, MS(1220)}, TOOK(2, 1), UP(1), {RUN, 0, S(9)}, {IS, 2, VRRP_MASTER}, {IS, 1, VRRP_BACKUP}, CALM}},
	{"for all at once: it stays", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(2), DOWN(1), {RUN, 0, S(9)}, UP(2), {RUN, 0, MS(20)}, UP(1), {RUN, 0, S(9)}, STAYED}},
	{"the new master fails too: it holds on in turn", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, DOWN(2), {RUN, 0, S(9)}, TOOK(2, 1), UP(1), {RUN, 0, MS(345)},
		{IS, 1, VRRP_MASTER}, {IS, 2, VRRP_FAULT}, CALM}},
	{"a peer in maintenance is not better", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, {HOLD, 2, VRRP_HOLD_MAINTENANCE}, {RUN, 0, S(1)}, DOWN(1), {RUN, 0, S(9)}, STAYED, {MOVES, 2, .text = ""},
		{HOLD, 2, VRRP_HOLD_NONE}, {RUN, 0, MS(365)}, TOOK(2, 1)}},
	{"but takes over from one that really leaves", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, {HOLD, 2, VRRP_HOLD_MAINTENANCE}, {RUN, 0, S(1)}, {STOP, 1}, {RUN, 0, MS(255)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"no peer at all: it holds on", .conf = {WEB}, .steps = {
		UP(1), {START_ALL}, {RUN, 0, S(1)}, {FORGET}, DOWN(1), {RUN, 0, S(9)}, STAYED, {HELD_ON, 1, 1}, UP(1), {RUN, 0, S(1)},
		{PRIO_SENT, 1, 100}, STAYED}},
	{"three: to the one that is well", TRIO, .conf = {WEB}, .steps = {
		ALL_WELL, SETTLED, DOWN(2), DOWN(1), {RUN, 0, MS(82)}, TOOK(3, 1), {IS, 2, VRRP_FAULT}, {RUN, 0, S(9)}, TOOK(3, 1)}},
	{"three: two that are equal are soon one", .n_nodes = 3, .priorities = {150, 100, 100}, .conf = {WEB}, .steps = {
		ALL_WELL, SETTLED, DOWN(1), {RUN, 0, MS(64)}, TOOK(3, 1), {IS, 2, VRRP_BACKUP}}},
	{"three: all have it, and the second is back first", TRIO, .conf = {WEB}, .steps = {
		ALL_WELL, SETTLED, DOWN(3), DOWN(2), DOWN(1), {RUN, 0, S(9)}, STAYED, UP(2), {RUN, 0, MS(365)}, TOOK(2, 1),
		{IS, 3, VRRP_FAULT}}},
	/* ---- in doubt ---- */
	{"the master is the first to know: the peer waits until it knows", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, {DOUBT, 2, 1}, DOWN(1), {RUN, 0, MS(62)}, {IS, 2, VRRP_BACKUP}, {RUN, 0, S(2)}, STAYED, {IS, 2, VRRP_BACKUP}, DOWN(2),
		{RUN, 0, S(9)}, STAYED, {MOVES, 2, .text = "F"}}},
	{"or takes over when it was mistaken", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, {DOUBT, 2, 1}, DOWN(1), {RUN, 0, S(2)}, STAYED, {DOUBT, 2, 0}, {RUN, 0, MS(365)}, TOOK(2, 1)}},
	{"also when it preempts nobody", PAIR, .conf = {WEB, .nopreempt = true}, .steps = {
		WELL, {START, 1}, {RUN, 0, S(1)}, {START, 2}, {RUN, 0, S(1)}, {FORGET}, {DOUBT, 2, 1}, DOWN(1), {RUN, 0, S(2)}, STAYED,
		{DOUBT, 2, 0}, {RUN, 0, MS(1220)}, TOOK(2, 1)}},
	{"from one that really leaves it takes it soon all the same", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, {DOUBT, 2, 1}, {STOP, 1}, {RUN, 0, MS(62)}, {IS, 2, VRRP_BACKUP}, {RUN, 0, MS(151)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"and from one that is dead as ever", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, {DOUBT, 2, 1}, {KILL, 1}, {RUN, 0, MS(365)}, {IS, 2, VRRP_MASTER}}},
	{"it does not preempt either", PAIR, .conf = {WEB}, .steps = {
		WELL, {START, 2}, {RUN, 0, S(1)}, {DOUBT, 1, 1}, {START, 1}, {RUN, 0, S(9)}, {IS, 1, VRRP_BACKUP}, CALM, {DOUBT, 1, 0},
		{RUN, 0, MS(345)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"doubt ends, whatever comes of it", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, {DOUBT, 2, 1}, DOWN(1), {RUN, 0, S(29)}, STAYED, {RUN, 0, S(3)}, TOOK(2, 1)}},
	{"also when it comes and goes", PAIR, .conf = {WEB, .nopreempt = true, .advert_us = S(1)}, .steps = {
		WELL, {START, 1}, {RUN, 0, S(5)}, {START, 2}, {RUN, 0, S(5)}, {FORGET}, {DOUBT, 2, 1}, DOWN(1), {RUN, 0, S(9)}, {DOUBT, 2, 0},
		{RUN, 0, MS(100)}, {DOUBT, 2, 1}, {RUN, 0, S(9)}, {DOUBT, 2, 0}, {RUN, 0, MS(100)}, {DOUBT, 2, 1}, {RUN, 0, S(9)}, STAYED,
		{DOUBT, 2, 0}, {RUN, 0, MS(100)}, {DOUBT, 2, 1}, {RUN, 0, S(10)}, TOOK(2, 1)}},
	{"the master in doubt is no news", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, {DOUBT, 1, 1}, {RUN, 0, S(5)}, STAYED, {DOUBT, 1, 0}, {RUN, 0, S(5)}, STAYED}},
	{"what is not compared is not doubted", PAIR, .conf = {TRACKS(unmarked)}, .steps = {
		WELL, SETTLED, {DOUBT, 2, 1}, DOWN(1), {RUN, 0, MS(62)}, TOOK(2, 1)}},
	{"heartbeats say it too", PAIR, .conf = {.tracks = (struct vrrp_track_conf *)&web, .compare = -1, .heartbeats = &wire_second_path}, .steps = {
		WELL, SETTLED, {DOUBT, 2, 1}, {RUN, 0, MS(150)}, DOWN(1), {RUN, 0, S(3)}, STAYED, {DOUBT, 2, 0}, {RUN, 0, MS(180)}, TOOK(2, 1)}},
	{"a group doubts as a whole", PAIR, .group = &group, .conf = {WEB}, .steps = {
		WELL, {SECOND, 0, 1}, WELL, {SECOND, 0, 0}, SETTLED, {DOUBT, 2, 1}, {SECOND, 0, 1}, DOWN(1), {RUN, 0, S(2)}, STAYED, {SECOND, 0, 0},
		STAYED, {DOUBT, 2, 0}, {RUN, 0, MS(365)}, TOOK(2, 1), {SECOND, 0, 1}, TOOK(2, 1)}},
	/* ---- back again ---- */
	{"it flaps, and the address goes where it is well, as ever", PAIR, .conf = {WEB, .flap_hold_us = S(30)}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, S(1)}, UP(1), {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, DOWN(1), {RUN, 0, S(1)}, UP(1), {RUN, 0, S(1)},
		DOWN(1), {RUN, 0, S(1)}, UP(1), {RUN, 0, S(1)}, DOWN(1), {RUN, 0, S(1)}, UP(1), {RUN, 0, S(1)}, {IS, 1, VRRP_BACKUP}, CALM,
		{MOVES, 1, .text = "FBMFBMFBMFB"}, {RUN, 0, S(60)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"a master that flaps while the peer is ill moves nothing", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(2), DOWN(1), {RUN, 0, S(1)}, UP(1), {RUN, 0, MS(40)}, DOWN(1), {RUN, 0, MS(70)}, UP(1), {RUN, 0, MS(300)},
		DOWN(1), {RUN, 0, S(3)}, STAYED, {HELD_ON, 1, 2}}},
	{"a peer that flaps takes it once", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(2), DOWN(1), {RUN, 0, S(3)}, UP(2), {RUN, 0, S(1)}, DOWN(2), {RUN, 0, S(3)}, UP(2), {RUN, 0, S(1)}, DOWN(2),
		{RUN, 0, S(3)}, TOOK(2, 1), {MOVES, 2, .text = "FBM"}}},
	/* ---- not on this node's word alone ---- */
	{"another uses the address while it holds on: it gives up", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, {CUT_FROM, 2, 1}, {CLAIM, 1, 0}, DOWN(1), {RUN, 0, MS(62)}, {IS, 2, VRRP_MASTER}, {IS, 1, VRRP_MASTER},
		{CLAIM, 1, 1}, TOOK(2, 1), {WHY, 1, .text = "backend web is down"}, {CLAIM, 1, 0}, {HEAL}, {RUN, 0, S(9)}, TOOK(2, 1)}},
	{"and takes it again if that was a lie", .conf = {WEB}, .steps = {
		UP(1), {START_ALL}, {RUN, 0, S(1)}, DOWN(1), {RUN, 0, S(2)}, {CLAIM, 1, 1}, {IS, 1, VRRP_FAULT}, {RUN, 0, S(59)}, {IS, 1, VRRP_FAULT},
		{RUN, 0, S(2)}, {IS, 1, VRRP_MASTER}}},
	{"deaf, it stays away for long", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, {CUT_FROM, 2, 1}, DOWN(1), {RUN, 0, MS(62)}, {CLAIM, 1, 1}, TOOK(2, 1), {RUN, 0, S(50)}, TOOK(2, 1), UP(1), {RUN, 0, S(1)},
		{IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, CALM}},
	{"a cut segment: two, until it heals", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, {CUT, 1, 2}, DOWN(1), {RUN, 0, S(3)}, {HOLDERS, 0, 2}, {HEAL}, {RUN, 0, MS(101)}, TOOK(2, 1)}},
	{"a frozen master stands down before it speaks", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(2), DOWN(1), {RUN, 0, S(3)}, UP(2), {RUN, 0, MS(20)}, {FREEZE, 1}, {RUN, 0, S(3)}, {IS, 2, VRRP_MASTER},
		{FORGET}, {THAW, 1}, {RUN, 0, MS(5)}, TOOK(2, 1), {ORDER, 1, .text = "-"}}},
	{"frozen in the silence too", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, MS(20)}, {FREEZE, 1}, {RUN, 0, S(3)}, {IS, 2, VRRP_MASTER}, {FORGET}, {THAW, 1}, {RUN, 0, MS(5)},
		TOOK(2, 1), {ORDER, 1, .text = "-"}}},
	{"its failover process is replaced: it goes on, as the lowest", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(2), DOWN(1), {RUN, 0, S(3)}, {KILL, 1}, {RUN, 0, MS(50)}, {REPLACE, 1}, {IS, 1, VRRP_MASTER}, DOWN(1),
		{RUN, 0, S(3)}, {IS, 1, VRRP_MASTER}, CALM, {MOVES, 2, .text = "F"}, {PRIO, 1, 1}}},
	{"stopped in the silence", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(1), {RUN, 0, MS(20)}, {STOP, 1}, {RUN, 0, MS(62)}, {IS, 2, VRRP_MASTER}, CALM, {RUN, 0, S(3)}, CALM}},
	{"handed over by an operator while it holds on", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(2), DOWN(1), {RUN, 0, S(3)}, {HOLD, 1, VRRP_HOLD_SWITCH}, {IS, 1, VRRP_FAULT}, {RUN, 0, S(1)}, CALM}},
	/* ---- what is not compared ---- */
	{"a weight is no fault", PAIR, .conf = {TRACKS(weak)}, .steps = {
		WELL, SETTLED, DOWN(1), {PRIO, 1, 90}, {ZEROS, 1, 0}, {RUN, 0, MS(465)}, {IS, 2, VRRP_MASTER}, {IS, 1, VRRP_BACKUP}, CALM}},
	{"scripts are not compared: nobody has it", PAIR, .conf = {TRACKS(script)}, .steps = {
		WELL, SETTLED, DOWN(2), DOWN(1), {IS, 1, VRRP_FAULT}, {RUN, 0, S(20)}, {HOLDERS, 0, 0}}},
	{"nor what is marked so", PAIR, .conf = {TRACKS(unmarked)}, .steps = {
		WELL, SETTLED, DOWN(2), DOWN(1), {IS, 1, VRRP_FAULT}, {RUN, 0, S(20)}, {HOLDERS, 0, 0}}},
	{"compare off: nothing", PAIR, .conf = {.tracks = (struct vrrp_track_conf *)&web}, .steps = {
		WELL, SETTLED, DOWN(2), DOWN(1), {IS, 1, VRRP_FAULT}, {RUN, 0, S(20)}, {HOLDERS, 0, 0}}},
	{"beside a lease: as ever", PAIR, .conf = {WEB, .lease = &wire_lease}, .steps = {
		WELL, SETTLED, DOWN(1), {IS, 1, VRRP_FAULT}, {RUN, 0, MS(70)}, TOOK(2, 1)}},
	{"beside hooks: as ever", PAIR, .conf = {WEB, .hooks = {.fence = {.argv = argv}, .fence_timeout_us = S(9)}}, .steps = {
		WELL, {START, 1}, {RUN, 0, S(1)}, {HOOK, 1, 1}, {START, 2}, {IS, 1, VRRP_MASTER}, {HOLDS, 1, 1}, DOWN(1), {IS, 1, VRRP_FAULT}}},
	{"another fault beside it moves it as ever", PAIR, .conf = {TRACKS(both)}, .steps = {
		WELL, {TRACK, 1, 1, 0, "chk"}, {TRACK, 2, 1, 0, "chk"}, SETTLED, DOWN(2), DOWN(1), {RUN, 0, S(3)}, {IS, 1, VRRP_MASTER}, UP(2),
		{RUN, 0, MS(1)}, {TRACK, 1, 0, 0, "chk"}, {IS, 1, VRRP_FAULT}, {RUN, 0, MS(62)}, TOOK(2, 1)}},
	/* ---- the last resort ---- */
	{"a dead master is replaced by one that has the fault", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(2), DOWN(1), {RUN, 0, S(3)}, {KILL, 1}, {RUN, 0, MS(400)}, {IS, 2, VRRP_FAULT}, {RUN, 0, MS(120)},
		{IS, 2, VRRP_MASTER}, {PRIO_SENT, 2, 1}, {WHY, 2, .text = "backend web is down, but nobody else"}, {HELD_ON, 2, 1},
		{ALARM, 2, .text = "nobody else takes over"}, {SILENCE, 2, 1}, UP(2), {RUN, 0, S(1)}, {PRIO_SENT, 2, 100}, {ALARM, 2, .text = ""}}},
	{"a well one is first", TRIO, .conf = {WEB}, .steps = {
		ALL_WELL, SETTLED, DOWN(2), {RUN, 0, S(1)}, {KILL, 1}, {RUN, 0, S(9)}, {IS, 3, VRRP_MASTER}, {IS, 2, VRRP_FAULT}, {MOVES, 2, .text = "F"},
		{MOVES, 3, .text = "M"}}},
	{"one in maintenance is first too", .n_nodes = 3, .priorities = {150, 100, 100}, .conf = {WEB}, .steps = {
		ALL_WELL, SETTLED, {HOLD, 3, VRRP_HOLD_MAINTENANCE}, DOWN(2), {RUN, 0, S(1)}, {KILL, 1}, {RUN, 0, S(9)}, {IS, 3, VRRP_MASTER},
		{IS, 2, VRRP_FAULT}, {MOVES, 2, .text = "F"}}},
	{"of several the highest is", TRIO, .conf = {WEB}, .steps = {
		ALL_WELL, SETTLED, DOWN(3), DOWN(2), DOWN(1), {RUN, 0, S(3)}, {KILL, 1}, {RUN, 0, S(9)}, {IS, 2, VRRP_MASTER}, {IS, 3, VRRP_FAULT},
		{MOVES, 3, .text = "F"}, UP(3), {RUN, 0, MS(400)}, {IS, 3, VRRP_MASTER}, {IS, 2, VRRP_FAULT},
		{HOLDS, 2, 0}}},
	{"equal ones are soon one", .n_nodes = 3, .priorities = {150, 100, 100}, .conf = {WEB}, .steps = {
		ALL_WELL, SETTLED, DOWN(3), DOWN(2), DOWN(1), {RUN, 0, S(3)}, {KILL, 1}, {RUN, 0, MS(520)}, {IS, 3, VRRP_MASTER}, {IS, 2, VRRP_FAULT},
		{HOLDS, 2, 0}, {HOLDS, 3, 1}, {RUN, 0, S(9)}, {IS, 3, VRRP_MASTER}, {IS, 2, VRRP_FAULT}}},
	{"a planned stop leaves it to the last resort", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(2), {RUN, 0, S(1)}, {STOP, 1}, {RUN, 0, MS(520)}, {IS, 2, VRRP_MASTER}, CALM, {START, 1}, {RUN, 0, S(1)},
		{IS, 1, VRRP_MASTER}, {IS, 2, VRRP_FAULT}, CALM}},
	{"both start with it: the higher one begins", PAIR, .conf = {WEB}, .steps = {
		DOWN(1), DOWN(2), {START_ALL}, {RUN, 0, S(9)}, {IS, 1, VRRP_MASTER}, {PRIO_SENT, 1, 1}, CALM, {MOVES, 2, .text = "F"}, UP(2),
		{RUN, 0, MS(365)}, TOOK(2, 1)}},
	{"one starts with it: the other begins", PAIR, .conf = {WEB}, .steps = {
		DOWN(1), UP(2), {START_ALL}, {RUN, 0, S(9)}, TOOK(2, 1), {MOVES, 1, .text = "F"}}},
	{"not with another fault", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(2), {RUN, 0, S(1)}, {LINK, 2, 0}, {KILL, 1}, {RUN, 0, S(9)}, {IS, 2, VRRP_FAULT}, {LINK, 2, 1},
		{RUN, 0, MS(520)}, {IS, 2, VRRP_MASTER}}},
	{"nor while the balancer is lost", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(2), {RESIGN, 2, .text = "balancer lost"}, {KILL, 1}, {RUN, 0, S(9)}, {IS, 2, VRRP_FAULT}}},
	{"nor unseen by the witness", PAIR, .conf = {WEB, .witnesses = &gateway}, .steps = {
		WELL, {WITNESS, 1, 1}, {WITNESS, 2, 1}, SETTLED, DOWN(2), {RUN, 0, S(1)}, {WITNESS, 2, 0}, {CUT, 1, 2}, {RUN, 0, S(9)},
		{IS, 2, VRRP_FAULT}, {ALARM, 2, .text = "hears neither a master nor a witness"}, CALM, {KILL, 1}, {WITNESS, 2, 1}, {RUN, 0, S(1)},
		{IS, 2, VRRP_MASTER}}},
	{"nor beside a lease", PAIR, .conf = {TRACKS(web), .lease = &wire_lease}, .steps = {
		WELL, SETTLED, DOWN(2), {RUN, 0, S(1)}, {KILL, 1}, {RUN, 0, S(9)}, {IS, 2, VRRP_FAULT}}},
	{"it stood still meanwhile: it listens first", PAIR, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(2), {RUN, 0, S(1)}, {FREEZE, 2}, {RUN, 0, S(3)}, {THAW, 2}, {RUN, 0, S(9)}, STAYED, {MOVES, 2, .text = "F"}}},
	{"the pace is the master's", .n_nodes = 2, .priorities = {150, 100}, .conf = {WEB, .advert_us = S(1)}, .steps = {
		WELL, SLOWLY, DOWN(2), {RUN, 0, S(3)}, {RX, 2, 150, 1, "3000"}, {CUT, 1, 2}, {RUN, 0, S(14)}, {IS, 2, VRRP_FAULT}, {RUN, 0, S(2)},
		{IS, 2, VRRP_MASTER}}},
	{"many in step say so first", PAIR, .in_step = true, .conf = {WEB}, .steps = {
		WELL, SETTLED, DOWN(2), {RUN, 0, S(1)}, {FORGET}, {KILL, 1}, {RUN, 0, MS(540)}, {IS, 2, VRRP_MASTER}, {ORDER, 2, .text = "a+ggggg"},
		{PRIO_SENT, 2, 1}}},
	/* ---- groups ---- */
	{"a group is nudged for, and goes, as a whole", PAIR, .group = &group, .conf = {WEB}, .steps = {
		WELL, {SECOND, 0, 1}, WELL, {SECOND, 0, 0}, SETTLED, DOWN(1), {RUN, 0, MS(64)}, TOOK(2, 1), {ORDER, 1, .text = "z-"},
		{MOVES, 1, .text = "F"}, {GROUP_MOVES, 1, .text = "F"}, {SECOND, 0, 1}, TOOK(2, 1),
		{ORDER, 1, .text = "z-"}, {MOVES, 1, .text = "F"}, {SECOND, 0, 0}, {RUN, 0, S(5)}, TOOK(2, 1), UP(1), {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, CALM, {SECOND, 0, 1},
		{IS, 1, VRRP_MASTER}, CALM}},
	{"both groups have it: nothing moves", PAIR, .group = &group, .conf = {WEB}, .steps = {
		WELL, {SECOND, 0, 1}, WELL, {SECOND, 0, 0}, SETTLED, DOWN(2), {RUN, 0, S(1)}, {SECOND, 0, 1}, DOWN(1), {RUN, 0, S(9)}, STAYED,
		{PRIO, 1, 1}, {SECOND, 0, 0}, STAYED, {PRIO, 1, 1}, {IS, 2, VRRP_FAULT}, UP(2), {RUN, 0, MS(365)}, TOOK(2, 1), {SECOND, 0, 1},
		TOOK(2, 1)}},
	{"both members of it at once: one silence", PAIR, .group = &group, .conf = {WEB}, .steps = {
		WELL, {SECOND, 0, 1}, WELL, {SECOND, 0, 0}, SETTLED, DOWN(2), {RUN, 0, S(1)}, DOWN(1), {SECOND, 0, 1}, DOWN(1), {RUN, 0, MS(140)},
		{ZEROS, 1, 1}, {RUN, 0, S(9)}, STAYED, {SECOND, 0, 0}, STAYED, UP(2), {RUN, 0, MS(365)}, TOOK(2, 1)}},
	{"a group as the last resort", PAIR, .group = &group, .conf = {WEB}, .steps = {
		WELL, {SECOND, 0, 1}, WELL, {SECOND, 0, 0}, SETTLED, DOWN(2), DOWN(1), {RUN, 0, S(3)}, {KILL, 1}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER},
		{PRIO_SENT, 2, 1}, {SECOND, 0, 1}, {IS, 2, VRRP_MASTER}, {PRIO_SENT, 2, 1}, {GROUP_IS, 2, VRRP_MASTER}}},
	{"but not when a member has another fault", PAIR, .group = &group, .conf = {WEB}, .steps = {
		WELL, {SECOND, 0, 1}, WELL, {SECOND, 0, 0}, SETTLED, DOWN(2), {RUN, 0, S(1)}, {SECOND, 0, 1}, {LINK, 2, 0}, {SECOND, 0, 0}, {KILL, 1},
		{RUN, 0, S(9)}, {IS, 2, VRRP_FAULT}, {SECOND, 0, 1}, {LINK, 2, 1}, {SECOND, 0, 0}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}}},
};
/* clang-format on */

static struct addr ip(uint32_t host)
{
	return (struct addr){
		.len = sizeof(struct sockaddr_in),
		.in4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc0000200 + host)},
	};
}

int main(void)
{
	peers[0].address = ip(1);
	peers[1].address = ip(2);
	return run_stories(stories, sizeof(stories) / sizeof(stories[0]));
}
