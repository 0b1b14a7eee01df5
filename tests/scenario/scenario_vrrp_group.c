/*
 * Sync groups and reloads: two instances per node that move together, and instances that take
 * another configuration without leaving MASTER.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vrrp_wire.h"

/* clang-format off */
#define PAIR    .n_nodes = 2, .priorities = {150, 100}
#define TRACKS(row) .tracks = (struct vrrp_track_conf *)&(row)
#define SETTLED {START_ALL}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, {FORGET}
#define BOTH(n, state) {SECOND, 0, 0}, {IS, n, state}, {SECOND, 0, 1}, {IS, n, state}, {SECOND, 0, 0}
#define KINDS  (const struct vrrp_instance_conf[])

static const struct vrrp_track_conf must = {.kind = VRRP_TRACK_SCRIPT, .name = "chk"};
static const struct vrrp_track_conf weak = {.kind = VRRP_TRACK_SCRIPT, .name = "chk", .weight = -60};
static const struct vrrp_track_conf must_not = {.kind = VRRP_TRACK_SCRIPT, .name = "chk", .reverse = true};
static const struct vrrp_group_conf group = {.name = "SG"};
static const struct vrrp_group_conf tracking = {.name = "SG", TRACKS(must)};
static const struct vrrp_group_conf group_weak = {.name = "SG", TRACKS(weak)};
static const struct vrrp_group_conf weighing = {.name = "SG", .tracking_weight = true};
static struct vip_conf more_b = {.prefix_len = 24}, more_a = {.prefix_len = 24, .next = &more_b};

static const struct story stories[] = {
	/* ---- groups ---- */
	{"both members become master", PAIR, .group = &group, .steps = {
		{START_ALL}, {RUN, 0, S(1)}, BOTH(1, VRRP_MASTER), BOTH(2, VRRP_BACKUP),
		{GROUP_IS, 1, VRRP_MASTER}, {GROUP_MOVES, 1, .text = "BM"}, {GROUP_MOVES, 2, .text = "B"}}},
	{"one FAULT takes both, and the other node has both", PAIR, .group = &group, .steps = {
		SETTLED, {LINK, 1, 0}, BOTH(1, VRRP_FAULT), {GROUP_MOVES, 1, .text = "F"}, {SECOND, 0, 1},
		{WHY, 1, .text = "sync group SG: VI_1: interface eth0 is down"}, {ORDER, 1, .text = "z-"},
		{RUN, 0, MS(400)}, BOTH(2, VRRP_MASTER), {GROUP_IS, 2, VRRP_MASTER}}},
	{"the other node takes both as soon as one is silent", PAIR, .group = &group, .steps = {
		SETTLED, {LINK, 1, 0}, {RUN, 0, MS(63)}, BOTH(2, VRRP_MASTER), {SECOND, 0, 0}, {HOLDERS, 0, 1},
		{SECOND, 0, 1}, {HOLDERS, 0, 1}}},
	{"well again, both return", PAIR, .group = &group, .steps = {
		SETTLED, {LINK, 1, 0}, {RUN, 0, S(1)}, {FORGET}, {LINK, 1, 1}, BOTH(1, VRRP_BACKUP), {RUN, 0, S(1)},
		BOTH(1, VRRP_MASTER), BOTH(2, VRRP_BACKUP), {GROUP_MOVES, 1, .text = "BM"},
		{GROUP_MOVES, 2, .text = "B"}}},
	{"both links down: one up is not enough", PAIR, .group = &group, .steps = {
		SETTLED, {LINK, 1, 0}, {SECOND, 0, 1}, {LINK, 1, 0}, {SECOND, 0, 0}, {LINK, 1, 1}, BOTH(1, VRRP_FAULT),
		{WHY, 1, .text = "VI_2"}, {SECOND, 0, 1}, {LINK, 1, 1}, BOTH(1, VRRP_BACKUP)}},
	{"a higher advertisement for one moves both", .group = &group, .steps = {
		SETTLED, {RX, 1, 200, 2}, BOTH(1, VRRP_BACKUP), {SECOND, 0, 1}, {ORDER, 1, .text = "-"},
		{WHY, 1, .text = "VI_1 fell back: 192.0.2.2 advertises priority 200"}, {GROUP_MOVES, 1, .text = "B"}}},
	{"and each says its last word", .conf = {.higher_prio_send_advert = true}, .group = &group, .steps = {
		SETTLED, {RX, 1, 200, 2}, BOTH(1, VRRP_BACKUP), {ORDER, 1, .text = "-a"}, {SECOND, 0, 1},
		{ORDER, 1, .text = "-a"}}},
	{"so that a healed partition's winner announces for both", PAIR, .conf = {.higher_prio_send_advert = true}, .group = &group, .steps = {
		SETTLED, {CUT, 1, 2}, {RUN, 0, S(1)}, BOTH(2, VRRP_MASTER), {RUN, 0, S(6)}, {FORGET}, {HEAL}, {RUN, 0, MS(99)},
		BOTH(2, VRRP_BACKUP), {LOWERS, 1, 1}, {SECOND, 0, 1}, {LOWERS, 1, 1}, {GARPS, 1, 5}}},
	{"a frozen one says nothing", .conf = {.higher_prio_send_advert = true}, .group = &group, .steps = {
		SETTLED, {FREEZE, 1}, {RUN, 0, S(1)}, {FORGET}, {THAW, 1}, {RX, 1, 200, 2}, BOTH(1, VRRP_BACKUP),
		{ORDER, 1, .text = "-"}, {SECOND, 0, 1}, {ORDER, 1, .text = "-"}}},
	{"the group's own script", .group = &tracking, .steps = {
		{START, 1}, BOTH(1, VRRP_INIT), {TRACK, 1, 1, 0, "chk"}, {SECOND, 0, 1}, {TRACK, 1, 1, 0, "chk"},
		BOTH(1, VRRP_BACKUP), {RUN, 0, S(1)}, BOTH(1, VRRP_MASTER), {TRACK, 1, 0, 0, "chk"}, BOTH(1, VRRP_FAULT)}},
	{"an operator's switch: both say 0, the other node has both", PAIR, .group = &group, .steps = {
		SETTLED, {HOLD, 1, VRRP_HOLD_SWITCH}, BOTH(1, VRRP_BACKUP), {SECOND, 0, 0}, {ORDER, 1, .text = "z-"},
		{SECOND, 0, 1}, {ORDER, 1, .text = "z-"}, {RUN, 0, MS(63)}, BOTH(2, VRRP_MASTER), {RUN, 0, S(10)},
		BOTH(2, VRRP_MASTER), {HOLD, 1, VRRP_HOLD_NONE}, {RUN, 0, S(1)}, BOTH(1, VRRP_MASTER)}},
	{"a stop of both", PAIR, .group = &group, .steps = {
		SETTLED, {STOP, 1}, {GROUP_MOVES, 1, .text = "I"}, {RUN, 0, MS(63)}, BOTH(2, VRRP_MASTER)}},
	{"a member's own weight counts where the group tracks weights", .conf = {TRACKS(weak)}, .group = &weighing, .steps = {
		SETTLED, {TRACK, 1, 0, 0, "chk"}, {PRIO, 1, 40}, {IS, 1, VRRP_MASTER}}},
	{"weights of the group's own rows count for all members", PAIR, .group = &group_weak, .steps = {
		{START_ALL}, {RUN, 0, S(1)}, BOTH(1, VRRP_MASTER), {TRACK, 1, 0, 0, "chk"}, {PRIO, 1, 90},
		{SECOND, 0, 1}, {TRACK, 1, 0, 0, "chk"}, {PRIO, 1, 90}, {RUN, 0, S(1)}, BOTH(2, VRRP_MASTER)}},
	{"an owner's group is master together", .conf = {.priority = 255}, .group = &group, .steps = {
		{START_ALL}, BOTH(1, VRRP_MASTER), {GROUP_IS, 1, VRRP_MASTER}}},
	{"a frozen node stands down with both", PAIR, .group = &group, .steps = {
		SETTLED, {FREEZE, 1}, {RUN, 0, S(1)}, BOTH(2, VRRP_MASTER), {FORGET}, {THAW, 1}, {RUN, 0, MS(2)},
		BOTH(1, VRRP_BACKUP), {SENT, 1, 0}, {SECOND, 0, 1}, {SENT, 1, 0}}},
	{"a replaced process resumes both", PAIR, .group = &group, .steps = {
		SETTLED, {KILL, 1}, {RUN, 0, MS(100)}, {REPLACE, 1}, BOTH(1, VRRP_MASTER), {GROUP_IS, 1, VRRP_MASTER},
		{RUN, 0, S(1)}, BOTH(2, VRRP_BACKUP), {MOVES, 2, .text = ""}}},

	/* ---- reload ---- */
	{"the same again is KEPT", .steps = {
		SETTLED, {ADAPT, 1, VRRP_KEPT, .conf = KINDS{{0}}}, {ORDER, 1, .text = ""}, {IS, 1, VRRP_MASTER},
		{RUN, 0, S(1)}, {SENT, 1, 10}}},
	{"another priority: said at once, still master", .steps = {
		SETTLED, {ADAPT, 1, VRRP_ADAPTED, .conf = KINDS{{.priority = 180}}}, {SENT, 1, 1}, {PRIO_SENT, 1, 180},
		{MOVES, 1, .text = ""}, {PAGE, 1, .text = "MASTER"}}},
	{"more addresses: added without leaving MASTER", .steps = {
		SETTLED, {ADAPT, 1, VRRP_ADAPTED, .conf = KINDS{{.vips = &more_a}}}, {ADAPTS, 1, 1}, {ADDS, 1, 0},
		{DELS, 1, 0}, {GARPS, 1, 10}, {MOVES, 1, .text = ""}}},
	{"more addresses while backup: nothing on the interface", .steps = {
		{START, 1}, {ADAPT, 1, VRRP_ADAPTED, .conf = KINDS{{.vips = &more_a}}}, {ADAPTS, 1, 0}, {HOLDS, 1, 0},
		{RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, {GARPS, 1, 10}}},
	{"one node has more addresses for a while: still one master", PAIR, .steps = {
		SETTLED, {ADAPT, 2, VRRP_ADAPTED, .conf = KINDS{{.vips = &more_a}}}, {RUN, 0, S(2)}, {HOLDERS, 1, 1},
		{MOVES, 2, .text = ""}, {ADAPT, 1, VRRP_ADAPTED, .conf = KINDS{{.vips = &more_a, .priority = 150}}},
		{RUN, 0, S(2)}, {MOVES, 1, .text = ""}, {MOVES, 2, .text = ""}}},
	{"another interval: the backup learns it before it worries", PAIR, .steps = {
		SETTLED, {ADAPT, 1, VRRP_ADAPTED, .conf = KINDS{{.priority = 150, .advert_us = S(2)}}}, {RUN, 0, S(9)},
		{MOVES, 2, .text = ""}, {HOLDERS, 1, 1}}},
	{"another interval while backup", .conf = {.version = 2, .advert_us = S(1)}, .steps = {
		{START, 1}, {ADAPT, 1, VRRP_ADAPTED, .conf = KINDS{{.version = 2, .advert_us = S(2)}}}, {RUN, 0, 6609374},
		{IS, 1, VRRP_BACKUP}, {RUN, 0, 1}, {IS, 1, VRRP_MASTER}}},
	{"a new script does not unseat a master", .steps = {
		SETTLED, {ADAPT, 1, VRRP_ADAPTED, .conf = KINDS{{TRACKS(must)}}}, {IS, 1, VRRP_MASTER},
		{TRACK, 1, 0, 0, "chk"}, {IS, 1, VRRP_FAULT}}},
	{"a script that is no longer tracked ends its fault", .conf = {TRACKS(must)}, .steps = {
		{START, 1}, {TRACK, 1, 0, 0, "chk"}, {IS, 1, VRRP_FAULT}, {ADAPT, 1, VRRP_ADAPTED, .conf = KINDS{{0}}},
		{IS, 1, VRRP_BACKUP}}},
	{"what is known of a script stays known", .conf = {TRACKS(must)}, .steps = {
		{TRACK, 1, 0, 0, "chk"}, {START, 1}, {IS, 1, VRRP_FAULT},
		{ADAPT, 1, VRRP_ADAPTED, .conf = KINDS{{TRACKS(weak)}}}, {IS, 1, VRRP_BACKUP}, {PRIO, 1, 40},
		{ADAPT, 1, VRRP_ADAPTED, .conf = KINDS{{TRACKS(must_not)}}}, {IS, 1, VRRP_BACKUP}, {PRIO, 1, 100}}},
	{"made an owner", .steps = {
		{START, 1}, {ADAPT, 1, VRRP_ADAPTED, .conf = KINDS{{.priority = 255}}}, {IS, 1, VRRP_MASTER}}},
	{"another password: said at once", .conf = {.version = 2, .advert_us = S(1)}, .steps = {
		{START, 1}, {RUN, 0, S(4)}, {FORGET}, {ADAPT, 1, VRRP_ADAPTED, .conf = KINDS{{.version = 2,
		.advert_us = S(1), .auth = VRRP_AUTH_PASS, .auth_pass = "new"}}}, {SENT, 1, 1}, {IS, 1, VRRP_MASTER}}},
	{"another virtual router is a REBUILD", .steps = {
		SETTLED, {ADAPT, 1, VRRP_REBUILD, .conf = KINDS{{.vrid = 99}}},
		{ADAPT, 1, VRRP_REBUILD, .conf = KINDS{{.version = 2, .advert_us = S(1)}}},
		{ADAPT, 1, VRRP_REBUILD, .conf = KINDS{{.family = AF_INET6}}}, {IS, 1, VRRP_MASTER}, {ORDER, 1, .text = ""}}},
};
/* clang-format on */

int main(void)
{
	assert_true(addr_parse_ip(&more_a.address, SLICE("192.0.2.10"), 0));
	assert_true(addr_parse_ip(&more_b.address, SLICE("192.0.2.11"), 0));
	return run_stories(stories, sizeof(stories) / sizeof(stories[0]));
}
