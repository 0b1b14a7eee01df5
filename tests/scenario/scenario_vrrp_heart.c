/*
 * Two and three virtual routers that also hear each other over a second path: what they make of a
 * broken segment, of a second master, and of a fault that all of them have (vrrp/withhold.c,
 * vrrp/compare.c). Node 1 has priority 150, node 2 100 and node 3 50 unless a story says otherwise.
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
#define PATH   .heartbeats = &wire_second_path
#define SETTLED {START_ALL}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, {FORGET}
#define CALM   {HOLDERS, 1, 1}
#define STILL  {MOVES, 1, .text = ""}, {MOVES, 2, .text = ""}, CALM
#define SEEN   {WITNESS, 1, 1}, {WITNESS, 2, 1}

static const struct vrrp_track_conf must = {.kind = VRRP_TRACK_SCRIPT, .name = "chk"};
static const struct vrrp_track_conf weak = {.kind = VRRP_TRACK_SCRIPT, .name = "chk", .weight = -60};
static const struct vrrp_track_conf marked = {.kind = VRRP_TRACK_SCRIPT, .name = "chk", .compare = 1};
static const struct vrrp_track_conf unmarked = {.kind = VRRP_TRACK_SCRIPT, .name = "chk", .compare = -1};
#define TRACKS(row) .tracks = (struct vrrp_track_conf *)&(row)
#define LEASE	 .lease = &wire_lease
#define COMPARED TRACKS(must), .compare = 1, .compare_delay_us = MS(500)
#define WELL	 {TRACK, 1, 1, 0, "chk"}, {TRACK, 2, 1, 0, "chk"}
#define FAIL(n)	 {TRACK, n, 0, 0, "chk"}
#define MEND(n)	 {TRACK, n, 1, 0, "chk"}

static const struct vrrp_instance_conf reloaded = {PATH, COMPARED, .priority = 140};

static struct vrrp_witness_conf gateway;
static const struct vrrp_group_conf group = {.name = "G"};

static const struct story stories[] = {
	/* ---- the segment breaks ---- */
	{"the segment breaks: an alarm and no second master", PAIR, .conf = {PATH}, .steps = {
		SETTLED, {CUT, 1, 2}, {RUN, 0, S(30)}, STILL,
		{ALARM, 2, .text = "192.0.2.1 is MASTER as a second path says"}, {ALARM, 1, .text = ""},
		{HEAL}, {RUN, 0, MS(105)}, {ALARM, 2, .text = ""}, {RUN, 0, S(5)}, STILL}},
	{"one way only: no second master", PAIR, .conf = {PATH}, .steps = {
		SETTLED, {CUT_FROM, 1, 2}, {RUN, 0, S(30)}, STILL, {ALARM, 2, .text = "do not arrive on eth0"}}},
	{"a dead master is replaced as quickly as without", PAIR, .conf = {PATH}, .steps = {
		SETTLED, {KILL, 1}, {RUN, 0, MS(255)}, {IS, 2, VRRP_BACKUP}, {RUN, 0, MS(110)}, {IS, 2, VRRP_MASTER}}},
	{"at 10 ms too", PAIR, .conf = {PATH, .advert_us = MS(10)}, .steps = {
		SETTLED, {RUN, 0, MS(7)}, {KILL, 1}, {RUN, 0, MS(25)}, {IS, 2, VRRP_BACKUP}, {RUN, 0, MS(12)},
		{IS, 2, VRRP_MASTER}}},
	{"version 2 at one second too", PAIR, .conf = {PATH, .version = 2, .advert_us = S(1)}, .steps = {
		{START_ALL}, {RUN, 0, S(9)}, {IS, 1, VRRP_MASTER}, {KILL, 1}, {RUN, 0, MS(3610)}, {IS, 2, VRRP_MASTER}}},
	{"a planned stop is as quick", PAIR, .conf = {PATH}, .steps = {
		SETTLED, {STOP, 1}, {RUN, 0, MS(63)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"broken, then the master stops: taken over after the skew", PAIR, .conf = {PATH}, .steps = {
		SETTLED, {CUT, 1, 2}, {RUN, 0, S(5)}, {STOP, 1}, {RUN, 0, MS(64)}, {IS, 2, VRRP_MASTER}, CALM,
		{ALARM, 2, .text = ""}}},
	{"broken, then the master dies: within the down interval", PAIR, .conf = {PATH}, .steps = {
		SETTLED, {CUT, 1, 2}, {RUN, 0, S(5)}, {KILL, 1}, {RUN, 0, MS(255)}, {IS, 2, VRRP_BACKUP}, {RUN, 0, MS(110)}, {IS, 2, VRRP_MASTER}}},
	{"broken, then the master has a fault: as quick", PAIR, .conf = {PATH, TRACKS(must)}, .steps = {
		WELL, SETTLED, {CUT, 1, 2}, {RUN, 0, S(5)}, FAIL(1), {RUN, 0, MS(64)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"broken, then handed over by an operator", PAIR, .conf = {PATH}, .steps = {
		SETTLED, {CUT, 1, 2}, {RUN, 0, S(5)}, {HOLD, 1, VRRP_HOLD_SWITCH}, {RUN, 0, MS(64)},
		{IS, 2, VRRP_MASTER}, CALM, {RUN, 0, S(60)}, {IS, 1, VRRP_BACKUP}, CALM}},
	{"the second path breaks: nothing happens", PAIR, .conf = {PATH}, .steps = {
		SETTLED, {HCUT, 1, 2}, {RUN, 0, S(9)}, STILL, {KILL, 1}, {RUN, 0, MS(365)}, {IS, 2, VRRP_MASTER}}},
	{"both break: as without a second path", PAIR, .conf = {PATH}, .steps = {
		SETTLED, {HCUT, 1, 2}, {CUT, 1, 2}, {RUN, 0, MS(365)}, {HOLDERS, 1, 2}}},
	{"broken from the start: only one begins", PAIR, .conf = {PATH}, .steps = {
		{CUT, 1, 2}, {START, 1}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, {START, 2}, {RUN, 0, S(20)},
		{IS, 2, VRRP_BACKUP}, CALM}},
	{"three: the second takes over, the third hears it elsewhere", TRIO, .conf = {PATH}, .steps = {
		SETTLED, {CUT, 3, 1}, {CUT, 3, 2}, {RUN, 0, S(5)}, CALM, {KILL, 1}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER},
		{IS, 3, VRRP_BACKUP}, {ALARM, 3, .text = "192.0.2.2 is MASTER"}, {KILL, 2}, {RUN, 0, S(1)}, {IS, 3, VRRP_MASTER}}},
	{"a frozen master is replaced, and returns unheard", PAIR, .conf = {PATH}, .steps = {
		SETTLED, {FREEZE, 1}, {RUN, 0, MS(365)}, {IS, 2, VRRP_MASTER}, {RUN, 0, S(3)}, {FORGET}, {THAW, 1},
		{RUN, 0, MS(2)}, {IS, 1, VRRP_BACKUP}, {ORDER, 1, .text = "-"}, {IS, 2, VRRP_MASTER}, CALM,
		{RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"the failover process is replaced: nobody notices", PAIR, .conf = {PATH}, .steps = {
		SETTLED, {KILL, 1}, {RUN, 0, MS(120)}, {REPLACE, 1}, {RUN, 0, S(3)}, {IS, 1, VRRP_MASTER},
		{MOVES, 2, .text = ""}, CALM}},
	{"preemption goes its way", PAIR, .conf = {PATH}, .steps = {
		{START, 2}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, {START, 1}, {RUN, 0, MS(345)}, {IS, 1, VRRP_MASTER}, CALM,
		{FORGET}, {RUN, 0, S(20)}, STILL}},
	{"back and forth by hand: never two", PAIR, .conf = {PATH}, .steps = {
		SETTLED, {HOLD, 1, VRRP_HOLD_SWITCH}, {RUN, 0, S(2)}, {IS, 2, VRRP_MASTER}, CALM, {HOLD, 1, VRRP_HOLD_NONE},
		{RUN, 0, S(2)}, {IS, 1, VRRP_MASTER}, CALM, {MOVES, 1, .text = "BM"}, {MOVES, 2, .text = "MB"}}},
	/* ---- two masters ---- */
	{"two masters hear of each other on the second path: the lower one gives way", PAIR, .conf = {PATH}, .steps = {
		SETTLED, {HCUT, 1, 2}, {CUT, 1, 2}, {RUN, 0, S(5)}, {HOLDERS, 1, 2}, {FORGET}, {HHEAL}, {RUN, 0, MS(102)},
		CALM, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, {WHY, 2, .text = "as a second path says, ours is 100"},
		{MOVES, 1, .text = ""}, {RUN, 0, S(9)}, CALM, {ALARM, 1, .text = ""}, {ALARM, 2, .text = "is MASTER"}}},
	{"and the winner announces again", PAIR, .conf = {PATH}, .steps = {
		SETTLED, {HCUT, 1, 2}, {CUT, 1, 2}, {RUN, 0, S(7)}, {FORGET}, {HHEAL}, {RUN, 0, MS(205)}, {GARPS, 1, 1}, CALM}},
	{"equal priorities: the greater address stays", .n_nodes = 2, .conf = {PATH}, .steps = {
		{HCUT, 1, 2}, {CUT, 1, 2}, {START_ALL}, {RUN, 0, S(5)}, {HOLDERS, 1, 2}, {HHEAL}, {RUN, 0, MS(205)},
		{IS, 2, VRRP_MASTER}, {IS, 1, VRRP_BACKUP}, CALM}},
	/* ---- with witnesses ---- */
	{"the master's link is dead: it gives up, the other takes over", PAIR, .conf = {PATH, .witnesses = &gateway}, .steps = {
		SEEN, SETTLED, {CUT, 1, 2}, {WITNESS, 1, 0}, {RUN, 0, MS(800)}, {IS, 1, VRRP_BACKUP}, {IS, 2, VRRP_MASTER}, CALM,
		{WHY, 1, .text = "no witness answers here, but 192.0.2.2 sees one"}, {RUN, 0, S(20)}, CALM,
		{IS, 2, VRRP_MASTER}, {WITNESS, 1, 1}, {HEAL}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"the backup's link is dead: nothing happens", PAIR, .conf = {PATH, .witnesses = &gateway}, .steps = {
		SEEN, SETTLED, {CUT, 1, 2}, {WITNESS, 2, 0}, {RUN, 0, S(20)}, STILL}},
	{"the witness itself is dead: nothing happens", PAIR, .conf = {PATH, .witnesses = &gateway}, .steps = {
		SEEN, SETTLED, {WITNESS, 1, 0}, {WITNESS, 2, 0}, {RUN, 0, S(20)}, STILL, {CUT, 1, 2}, {RUN, 0, S(20)}, STILL}},
	{"only the master loses the witness: nothing, as it is heard", PAIR, .conf = {PATH, .witnesses = &gateway}, .steps = {
		SEEN, SETTLED, {WITNESS, 1, 0}, {RUN, 0, S(20)}, STILL}},
	{"broken between both, and both see the witness: it stays", PAIR, .conf = {PATH, .witnesses = &gateway}, .steps = {
		SEEN, SETTLED, {CUT, 1, 2}, {RUN, 0, S(20)}, STILL, {KILL, 1}, {RUN, 0, MS(365)}, {IS, 2, VRRP_MASTER}}},
	{"nobody gives up for one that has a fault", PAIR, .conf = {PATH, TRACKS(must), .witnesses = &gateway}, .steps = {
		WELL, SEEN, SETTLED, FAIL(2), {CUT, 1, 2}, {WITNESS, 1, 0}, {RUN, 0, S(9)}, {IS, 1, VRRP_MASTER}, CALM}},
	/* ---- the comparison ---- */
	{"both fail alike: the present master stays", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, FAIL(1), {RUN, 0, MS(300)}, FAIL(2), {RUN, 0, S(30)}, {MOVES, 1, .text = ""},
		{MOVES, 2, .text = "F"}, CALM, {PRIO, 1, 1}, {HELD_ON, 1, 1}, {ALARM, 1, .text = "stays MASTER with a fault"},
		MEND(1), {PRIO, 1, 150}, {ALARM, 1, .text = ""}, {RUN, 0, S(1)},
		MEND(2), {RUN, 0, S(5)}, {MOVES, 1, .text = ""}, {MOVES, 2, .text = "FB"}, CALM}},
	{"the backup first, then the master: it stays too", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, FAIL(2), {RUN, 0, S(1)}, FAIL(1), {RUN, 0, S(30)}, {MOVES, 1, .text = ""}, CALM}},
	{"and when the peer is well again, it moves within the skew", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, FAIL(1), FAIL(2), {RUN, 0, S(9)}, {IS, 1, VRRP_MASTER}, {FORGET}, MEND(2), {RUN, 0, MS(65)},
		{IS, 2, VRRP_MASTER}, {IS, 1, VRRP_FAULT}, CALM, {ORDER, 1, .text = "z-"}, {WHY, 1, .text = "script chk is down"}}},
	{"then the new master fails: it holds on in turn", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, FAIL(1), FAIL(2), {RUN, 0, S(9)}, MEND(2), {RUN, 0, S(1)}, {FORGET}, FAIL(2), {RUN, 0, S(9)},
		{IS, 2, VRRP_MASTER}, STILL, MEND(1), {RUN, 0, MS(45)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_FAULT}, CALM}},
	{"only the master fails: it hands over after the delay", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, FAIL(1), {RUN, 0, MS(495)}, {IS, 1, VRRP_MASTER}, {PRIO, 1, 150}, {RUN, 0, MS(70)},
		{IS, 2, VRRP_MASTER}, {IS, 1, VRRP_FAULT}, CALM, MEND(1), {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"without a delay: at once", PAIR, .conf = {PATH, TRACKS(must), .compare = 1}, .steps = {
		WELL, SETTLED, FAIL(1), {IS, 1, VRRP_FAULT}, {RUN, 0, MS(63)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"a fault that passes within the delay is none", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, FAIL(1), {RUN, 0, MS(400)}, MEND(1), {RUN, 0, MS(300)}, FAIL(1), {RUN, 0, MS(400)}, MEND(1),
		{RUN, 0, S(5)}, STILL, {HELD_ON, 1, 0}}},
	{"nopreempt: the zero moves it all the same", PAIR, .conf = {PATH, COMPARED, .nopreempt = true}, .steps = {
		WELL, {START, 1}, {RUN, 0, S(1)}, {START, 2}, {RUN, 0, S(1)}, FAIL(1), {RUN, 0, MS(565)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"no peer at all: it holds on", .conf = {PATH, COMPARED}, .steps = {
		{TRACK, 1, 1, 0, "chk"}, {START_ALL}, {RUN, 0, S(1)}, {FORGET}, FAIL(1), {RUN, 0, S(9)}, {IS, 1, VRRP_MASTER},
		{PRIO_SENT, 1, 1}, {HELD_ON, 1, 1}, MEND(1), {RUN, 0, S(1)}, {PRIO_SENT, 1, 100}, {MOVES, 1, .text = ""}}},
	{"the peer is dead: it holds on", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, {KILL, 2}, FAIL(1), {RUN, 0, S(9)}, {IS, 1, VRRP_MASTER}, {MOVES, 1, .text = ""}}},
	{"a peer in maintenance is not better", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, {HOLD, 2, VRRP_HOLD_MAINTENANCE}, {RUN, 0, S(1)}, FAIL(1), {RUN, 0, S(9)}, STILL,
		{HOLD, 2, VRRP_HOLD_NONE}, {RUN, 0, MS(200)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"a faulty peer takes over from a dead master as the last resort", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, FAIL(1), FAIL(2), {RUN, 0, S(9)}, {KILL, 1}, {RUN, 0, MS(400)}, {IS, 2, VRRP_FAULT},
		{RUN, 0, MS(120)}, {IS, 2, VRRP_MASTER}, {PRIO_SENT, 2, 1}, MEND(2), {RUN, 0, S(1)}, {PRIO_SENT, 2, 100}}},
	{"but not while a second path says that the master lives", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, FAIL(1), FAIL(2), {RUN, 0, S(9)}, {CUT, 1, 2}, {RUN, 0, S(9)}, {IS, 2, VRRP_FAULT}, CALM,
		{ALARM, 2, .text = "192.0.2.1 is MASTER as a second path says"}, {KILL, 1}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}}},
	{"a node that starts with the fault stays out", PAIR, .conf = {PATH, COMPARED}, .steps = {
		{TRACK, 1, 0, 0, "chk"}, {TRACK, 2, 1, 0, "chk"}, {START_ALL}, {RUN, 0, S(3)}, {IS, 1, VRRP_FAULT},
		{IS, 2, VRRP_MASTER}, CALM}},
	{"the second path breaks while it holds on: it stays", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, FAIL(1), FAIL(2), {RUN, 0, S(3)}, {HCUT, 1, 2}, {RUN, 0, S(9)}, {MOVES, 1, .text = ""}, CALM}},
	{"and a well peer preempts the lowest priority", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, FAIL(1), FAIL(2), {RUN, 0, S(3)}, {HCUT, 1, 2}, {RUN, 0, S(1)}, MEND(2), {RUN, 0, MS(365)},
		{IS, 2, VRRP_MASTER}, {IS, 1, VRRP_FAULT}, CALM, {RUN, 0, S(9)}, CALM}},
	{"the segment is broken: handed over on the second path", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, {CUT, 1, 2}, {RUN, 0, S(1)}, FAIL(1), {RUN, 0, MS(570)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"stood still while it held on: a fault now", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, FAIL(1), FAIL(2), {RUN, 0, S(3)}, {FREEZE, 1}, {RUN, 0, S(1)}, {THAW, 1}, {RUN, 0, MS(5)},
		{IS, 1, VRRP_FAULT}, {IS, 2, VRRP_MASTER}, CALM, {RUN, 0, S(9)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"three: to the one that is well", TRIO, .conf = {PATH, COMPARED}, .steps = {
		WELL, {TRACK, 3, 1, 0, "chk"}, SETTLED, FAIL(1), FAIL(2), {RUN, 0, MS(600)}, {IS, 3, VRRP_MASTER}, CALM}},
	{"a reload in the midst of it moves nothing", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, FAIL(1), FAIL(2), {RUN, 0, S(3)}, {ADAPT, 1, VRRP_ADAPTED, .conf = &reloaded}, {RUN, 0, S(3)},
		{MOVES, 1, .text = ""}, CALM, {PRIO, 1, 1}, MEND(2), {RUN, 0, MS(65)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"a row may ask for it", PAIR, .conf = {PATH, TRACKS(marked)}, .steps = {
		WELL, SETTLED, FAIL(2), {RUN, 0, S(1)}, FAIL(1), {RUN, 0, S(5)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"or not", PAIR, .conf = {PATH, TRACKS(unmarked), .compare = 1}, .steps = {
		WELL, SETTLED, FAIL(2), {RUN, 0, S(1)}, FAIL(1), {IS, 1, VRRP_FAULT}, {RUN, 0, S(5)}, {HOLDERS, 1, 0}}},
	{"a weight is no fault: compared by priority", PAIR, .conf = {PATH, TRACKS(weak), .compare = 1}, .steps = {
		WELL, SETTLED, FAIL(1), {PRIO, 1, 90}, {RUN, 0, MS(465)}, {IS, 2, VRRP_MASTER}, CALM, FAIL(2), {RUN, 0, S(1)},
		{IS, 1, VRRP_MASTER}, CALM}},
	{"scripts are not compared unless asked", PAIR, .conf = {PATH, TRACKS(must), .compare = -1}, .steps = {
		WELL, SETTLED, FAIL(2), {RUN, 0, S(1)}, FAIL(1), {IS, 1, VRRP_FAULT}}},
	{"other faults are not compared", PAIR, .conf = {PATH, COMPARED}, .steps = {
		WELL, SETTLED, FAIL(2), {RUN, 0, S(1)}, FAIL(1), {RUN, 0, S(3)}, {LINK, 1, 0}, {IS, 1, VRRP_FAULT}}},
	/* ---- without a second path ---- */
	{"no second path: it holds on, a well backup preempts", PAIR, .conf = {COMPARED}, .steps = {
		WELL, SETTLED, FAIL(1), {RUN, 0, MS(495)}, {PRIO, 1, 150}, {RUN, 0, MS(475)}, {IS, 2, VRRP_MASTER},
		{IS, 1, VRRP_FAULT}, CALM, {RUN, 0, S(20)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"no second path: both faulty, it stays", PAIR, .conf = {COMPARED}, .steps = {
		WELL, SETTLED, FAIL(1), FAIL(2), {RUN, 0, S(20)}, {MOVES, 1, .text = ""}, CALM}},
	{"no second path and not asked for: nobody", PAIR, .conf = {TRACKS(must), .compare = -1, .compare_delay_us = -1}, .steps = {
		WELL, SETTLED, FAIL(1), FAIL(2), {RUN, 0, S(20)}, {HOLDERS, 1, 0}}},
	/* ---- the lease ---- */
	{"lease: a dead master's runs out first", PAIR, .conf = {LEASE}, .steps = {
		SETTLED, {KILL, 1}, {RUN, 0, MS(1000)}, {IS, 2, VRRP_BACKUP}, {ALARM, 2, .text = "another node has it"},
		{RUN, 0, MS(1100)}, {IS, 2, VRRP_MASTER}, {ALARM, 2, .text = ""}}},
	{"lease: a planned stop gives it back", PAIR, .conf = {LEASE}, .steps = {
		SETTLED, {STOP, 1}, {RUN, 0, MS(66)}, {IS, 2, VRRP_MASTER}, CALM}},
	{"lease: both see the arbiter but not each other", PAIR, .conf = {LEASE}, .steps = {
		SETTLED, {CUT, 1, 2}, {RUN, 0, S(20)}, STILL, {ALARM, 2, .text = "waits for the lease lease: another"}, {HEAL},
		{RUN, 0, S(1)}, STILL, {ALARM, 2, .text = ""}}},
	{"lease: who cannot renew it gives up first", PAIR, .conf = {LEASE}, .steps = {
		SETTLED, {CUT, 1, 2}, {DARK, 1, 1}, {RUN, 0, MS(1100)}, {IS, 1, VRRP_MASTER}, CALM, {RUN, 0, MS(700)},
		{HOLDERS, 0, 0}, {WHY, 1, .text = "the lease lease could not be renewed"}, {RUN, 0, MS(210)},
		{IS, 2, VRRP_MASTER}, CALM, {RUN, 0, S(9)}, CALM, {ALARM, 1, .text = "etcd does not answer"}, {DARK, 1, 0},
		{HEAL}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"lease: nobody reaches the arbiter, nobody is master", PAIR, .conf = {LEASE}, .steps = {
		SETTLED, {DARK, 1, 1}, {DARK, 2, 1}, {RUN, 0, S(3)}, {HOLDERS, 0, 0}, {RUN, 0, S(9)}, {HOLDERS, 0, 0}, {DARK, 1, 0},
		{RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"lease: nor at the start", PAIR, .conf = {LEASE}, .steps = {
		{DARK, 1, 1}, {DARK, 2, 1}, {START_ALL}, {RUN, 0, S(5)}, {HOLDERS, 0, 0}, {DARK, 2, 0}, {RUN, 0, MS(5)},
		{IS, 2, VRRP_MASTER}, CALM}},
	{"lease: preemption, as the lower one gives it back", PAIR, .conf = {LEASE}, .steps = {
		{START, 2}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, {START, 1}, {RUN, 0, MS(450)}, {IS, 1, VRRP_MASTER},
		{IS, 2, VRRP_BACKUP}, CALM, {FORGET}, {RUN, 0, S(9)}, STILL}},
	{"lease: nobody preempts whom the arbiter does not hear", PAIR, .conf = {LEASE}, .steps = {
		{START, 2}, {RUN, 0, S(1)}, {DARK, 1, 1}, {START, 1}, {RUN, 0, S(9)}, {IS, 2, VRRP_MASTER}, {SENT, 1, 0}, CALM}},
	{"lease: handed over and back by an operator", PAIR, .conf = {LEASE}, .steps = {
		SETTLED, {HOLD, 1, VRRP_HOLD_SWITCH}, {RUN, 0, MS(66)}, {IS, 2, VRRP_MASTER}, CALM, {RUN, 0, S(5)},
		{HOLD, 1, VRRP_HOLD_NONE}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"lease: a master that thaws after its end says nothing", PAIR, .conf = {LEASE, .advert_us = S(1)}, .steps = {
		{START_ALL}, {RUN, 0, S(9)}, {IS, 1, VRRP_MASTER}, {FORGET}, {FREEZE, 1}, {RUN, 0, MS(2500)}, {FORGET}, {THAW, 1},
		{RUN, 0, MS(5)}, {IS, 1, VRRP_BACKUP}, {SENT, 1, 0}, {HOLDS, 1, 0}}},
	{"lease: the failover process is replaced and goes on", PAIR, .conf = {LEASE}, .steps = {
		SETTLED, {KILL, 1}, {RUN, 0, MS(120)}, {REPLACE, 1}, {IS, 1, VRRP_MASTER}, {RUN, 0, S(9)}, {MOVES, 2, .text = ""},
		CALM}},
	{"lease: replaced after its end, it asks anew", PAIR, .conf = {LEASE, .advert_us = S(1)}, .steps = {
		{START_ALL}, {RUN, 0, S(9)}, {IS, 1, VRRP_MASTER}, {FORGET}, {KILL, 1}, {RUN, 0, MS(2200)}, {REPLACE, 1},
		{IS, 1, VRRP_BACKUP}, {RUN, 0, S(9)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"lease: a faulty backup gives back what it asked for", PAIR, .conf = {LEASE, TRACKS(must)}, .steps = {
		WELL, SETTLED, {KILL, 1}, {RUN, 0, MS(600)}, FAIL(2), {RUN, 0, S(3)}, {IS, 2, VRRP_FAULT}, MEND(2), {RUN, 0, MS(366)},
		{IS, 2, VRRP_MASTER}}},
	{"lease: a group shares it", PAIR, .group = &group, .conf = {LEASE}, .steps = {
		SETTLED, {STOP, 1}, {RUN, 0, MS(66)}, {IS, 2, VRRP_MASTER}, {SECOND, 0, 1}, {IS, 2, VRRP_MASTER}, CALM,
		{MOVES, 2, .text = "M"}, {RUN, 0, S(5)}, {MOVES, 2, .text = "M"}, CALM, {SECOND, 0, 0}, {MOVES, 2, .text = "M"},
		CALM}},
	/* ---- groups ---- */
	{"a group holds on as a whole", PAIR, .group = &group, .conf = {PATH, COMPARED}, .steps = {
		{TRACK, 1, 1, 0, "chk"}, {TRACK, 2, 1, 0, "chk"}, {SECOND, 0, 1}, {TRACK, 1, 1, 0, "chk"},
		{TRACK, 2, 1, 0, "chk"}, {SECOND, 0, 0}, SETTLED, FAIL(2), {RUN, 0, S(1)}, FAIL(1), {RUN, 0, S(9)},
		{MOVES, 1, .text = ""}, {PRIO, 1, 1}, {SECOND, 0, 1}, {MOVES, 1, .text = ""}, {PRIO, 1, 1},
		{IS, 2, VRRP_FAULT}, CALM, {SECOND, 0, 0}, MEND(2), {RUN, 0, MS(66)}, {IS, 2, VRRP_MASTER}, CALM,
		{SECOND, 0, 1}, {IS, 2, VRRP_MASTER}, {IS, 1, VRRP_FAULT}, CALM}},
	{"a broken segment of one member moves nothing", PAIR, .group = &group, .conf = {PATH}, .steps = {
		SETTLED, {CUT, 1, 2}, {RUN, 0, S(9)}, STILL, {SECOND, 0, 1}, STILL}},
};
/* clang-format on */

int main(void)
{
	return run_stories(stories, sizeof(stories) / sizeof(stories[0]));
}
