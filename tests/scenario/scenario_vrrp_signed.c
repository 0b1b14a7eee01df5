/*
 * Signed advertisements (auth_type HMAC) between real virtual routers: what a forger, a recorder, a
 * wrong clock and an operator who changes keys can do to them. Node 1 has priority 150, node 2 100.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vrrp_wire.h"

/* clang-format off */
#define PAIR	.n_nodes = 2, .priorities = {150, 100}
#define SETTLED	{START_ALL}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, {FORGET}
#define CALM	{HOLDERS, 1, 1}
#define STILL	{MOVES, 1, .text = ""}, {MOVES, 2, .text = ""}, CALM
#define NO(n, row) {DROPPED, n, VRRP_DROP_##row, 0}
#define CLEAN	NO(1, AUTH), NO(1, REPLAY), NO(1, STALE), NO(2, AUTH), NO(2, REPLAY), NO(2, STALE), \
		NO(2, UNSIGNED), NO(2, KEY)

#define OTHER	"ffffffffffffffffffffffffffffffff"

static struct vrrp_key_conf one = {.id = 1, .len = 32, .bytes = "0123456789abcdef0123456789abcdef"};
static struct vrrp_key_conf two = {.id = 2, .len = 32, .bytes = "fedcba9876543210fedcba9876543210"};
static struct vrrp_key_conf both1 = {.next = &two, .id = 1, .len = 32,
	.bytes = "0123456789abcdef0123456789abcdef"};

#define SIGNING(name, ...) static struct vrrp_signing_conf name = {__VA_ARGS__}
SIGNING(by_time, .keys = &one, .active = &one, .window_us = S(5));
SIGNING(by_order, .keys = &one, .active = &one);
SIGNING(old_too, .keys = &one, .active = &one, .window_us = S(5), .allow_old = true);
SIGNING(old_both, .keys = &one, .active = &one, .window_us = S(5), .allow_old = true, .send_old = true);
SIGNING(with_second, .keys = &both1, .active = &both1, .window_us = S(5));
SIGNING(second_signs, .keys = &both1, .active = &two, .window_us = S(5));
SIGNING(second_alone, .keys = &two, .active = &two, .window_us = S(5));
#define HMAC	.conf = {.signing = &by_time}
#define PASS	.version = 2, .advert_us = S(1), .auth = VRRP_AUTH_PASS, .auth_pass = "s3cret"

static struct vrrp_peer_conf peers[2], peers6[2];
/* as each node would have it: priorities are the story's */
static const struct vrrp_instance_conf
	plain1 = {.priority = 150}, plain2 = {.priority = 100},
	pass1 = {.priority = 150, PASS}, pass2 = {.priority = 100, PASS},
	old1 = {.priority = 150, .signing = &old_too}, old2 = {.priority = 100, .signing = &old_too},
	signed1 = {.priority = 150, .signing = &by_time}, signed2 = {.priority = 100, .signing = &by_time},
	more1 = {.priority = 150, .signing = &with_second}, more2 = {.priority = 100, .signing = &with_second},
	next1 = {.priority = 150, .signing = &second_signs}, next2 = {.priority = 100, .signing = &second_signs},
	last1 = {.priority = 150, .signing = &second_alone}, last2 = {.priority = 100, .signing = &second_alone};
#define TURN(n, to)  {ADAPT, n, VRRP_ADAPTED, .conf = &(to)}
#define KEPT(n, to)  {ADAPT, n, VRRP_KEPT, .conf = &(to)}

static const struct story stories[] = {
	{"a pair that signs", PAIR, HMAC, .steps = {
		SETTLED, CALM, {RUN, 0, S(20)}, STILL, CLEAN, NO(2, CLOCK_NOTE), {STOP, 1}, {RUN, 0, MS(63)},
		{IS, 2, VRRP_MASTER}, CALM}},
	{"version 2", PAIR, .conf = {.signing = &by_time, .version = 2, .advert_us = S(1)}, .steps = {
		{START_ALL}, {RUN, 0, S(10)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, {FORGET}, {RUN, 0, S(10)}, STILL, CLEAN}},
	{"IPv6", PAIR, .conf = {.signing = &by_time, .family = AF_INET6}, .steps = {
		SETTLED, {RUN, 0, S(5)}, STILL, CLEAN}},
	{"unicast", PAIR, .conf = {.signing = &by_time, .peers = peers}, .steps = {
		SETTLED, {RUN, 0, S(5)}, STILL, CLEAN}},
	{"unicast over IPv6", PAIR, .conf = {.signing = &by_time, .family = AF_INET6, .peers = peers6}, .steps = {
		SETTLED, {RUN, 0, S(5)}, STILL, CLEAN}},
	{"the checksum of RFC 9568", PAIR, .conf = {.signing = &by_time, .checksum_as_v2 = true}, .steps = {
		SETTLED, {RUN, 0, S(5)}, STILL, CLEAN}},
	{"10 ms", PAIR, .conf = {.signing = &by_time, .advert_us = MS(10)}, .steps = {
		SETTLED, {RUN, 0, S(2)}, STILL, CLEAN, {KILL, 1}, {RUN, 0, MS(37)}, {IS, 2, VRRP_MASTER}}},
	/* ---- forgers ---- */
	{"an unsigned higher one moves nobody", PAIR, HMAC, .steps = {
		SETTLED, {RX, 1, 254, 9}, {RX, 2, 254, 9}, {RX, 1, 255, 2}, {RUN, 0, S(1)}, STILL,
		{DROPPED, 1, VRRP_DROP_UNSIGNED, 2}, {DROPPED, 2, VRRP_DROP_UNSIGNED, 1}, {GARPS, 1, 0}}},
	{"an unsigned resignation moves nobody", PAIR, HMAC, .steps = {
		SETTLED, {RX, 2, 0, 1}, {RX, 1, 0, 2}, {RUN, 0, S(1)}, STILL, {SENT, 1, 10},
		{DROPPED, 2, VRRP_DROP_UNSIGNED, 1}}},
	{"nor do unsigned ones keep a dead master alive", PAIR, HMAC, .steps = {
		SETTLED, {KILL, 1}, {RUN, 0, MS(200)}, {RX, 2, 150, 1}, {RUN, 0, MS(165)}, {IS, 2, VRRP_MASTER}}},
	{"signed with another key", PAIR, HMAC, .steps = {
		SETTLED, {RX_SIGNED, 1, 254, 9, .text = OTHER}, {RX_SIGNED, 2, 0, 1, OTHER}, {RUN, 0, S(1)}, STILL,
		{DROPPED, 1, VRRP_DROP_AUTH, 1}, {DROPPED, 2, VRRP_DROP_AUTH, 1}}},
	{"signed with the right one: it counts", PAIR, HMAC, .steps = {
		SETTLED, {RX_SIGNED, 1, 254, 9}, {IS, 1, VRRP_BACKUP}, {RX_SIGNED, 1, 254, 9},
		{DROPPED, 1, VRRP_DROP_REPLAY, 1}}},
	/* ---- recorders ---- */
	{"shown again at once", PAIR, HMAC, .steps = {
		SETTLED, {TAP, 1, 0}, {RUN, 0, MS(10)}, {SHOW, 2, 0}, {SHOW, 2, 0}, {DROPPED, 2, VRRP_DROP_REPLAY, 2}, STILL}},
	{"an old one", PAIR, HMAC, .steps = {
		SETTLED, {TAP, 1, 0}, {RUN, 0, S(3)}, {SHOW, 2, 0}, {DROPPED, 2, VRRP_DROP_REPLAY, 1}, {RUN, 0, S(3)},
		{SHOW, 2, 0}, {DROPPED, 2, VRRP_DROP_STALE, 1}, STILL}},
	{"they keep no dead master alive", PAIR, HMAC, .steps = {
		SETTLED, {TAP, 1, 0}, {KILL, 1}, {RUN, 0, MS(200)}, {SHOW, 2, 0}, {RUN, 0, MS(165)}, {IS, 2, VRRP_MASTER}}},
	{"a resignation shown again when its node has returned", PAIR, HMAC, .steps = {
		SETTLED, {STOP, 1}, {TAP, 1, 0}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}, {START, 1}, {RUN, 0, S(1)},
		{IS, 1, VRRP_MASTER}, {FORGET}, {SHOW, 2, 0}, {RUN, 0, S(1)}, STILL, {DROPPED, 2, VRRP_DROP_REPLAY, 1}}},
	{"after a restart of the sender", PAIR, HMAC, .steps = {
		SETTLED, {TAP, 1, 0}, {KILL, 1}, {REPLACE, 1}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, {SHOW, 2, 0},
		{DROPPED, 2, VRRP_DROP_REPLAY, 1}, {HOLDERS, 0, 1}}},
	{"after a restart of the receiver", PAIR, HMAC, .steps = {
		SETTLED, {TAP, 1, 0}, {RUN, 0, MS(300)}, {KILL, 2}, {REPLACE, 2}, {SHOW, 2, 0}, {DROPPED, 2, VRRP_DROP_REPLAY, 1},
		{RUN, 0, S(1)}, {IS, 2, VRRP_BACKUP}, {HOLDERS, 0, 1}}},
	{"one that overtook another", PAIR, HMAC, .steps = {
		SETTLED, {CUT, 1, 2}, {RUN, 0, MS(100)}, {TAP, 1, 0}, {RUN, 0, MS(100)}, {TAP, 1, 1}, {SHOW, 2, 1}, {SHOW, 2, 0},
		{DROPPED, 2, VRRP_DROP_REPLAY, 1}, {HEAL}, {RUN, 0, S(1)}, STILL, {DROPPED, 2, VRRP_DROP_REPLAY, 1}}},
	{"the recorder of a node cannot speak for another", PAIR, HMAC, .steps = {
		SETTLED, {TAP, 1, 0}, {SHOW, 1, 0}, {DROPPED, 1, VRRP_DROP_OWN, 1}, STILL}},
	{"without clocks: by order alone", PAIR, .conf = {.signing = &by_order}, .steps = {
		SETTLED, {TAP, 1, 0}, {RUN, 0, S(60)}, {SHOW, 2, 0}, {DROPPED, 2, VRRP_DROP_REPLAY, 1}, {KILL, 1}, {REPLACE, 1},
		{RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, {SHOW, 2, 0}, {DROPPED, 2, VRRP_DROP_REPLAY, 2}, {HOLDERS, 0, 1}}},
	/* ---- clocks ---- */
	{"three seconds apart: taken, and noted", PAIR, HMAC, .steps = {
		{CLOCK, 1, S(3)}, SETTLED, {FORGET}, {RUN, 0, S(5)}, STILL, CLEAN, {DROPPED, 2, VRRP_DROP_CLOCK_NOTE, 57}}},
	{"ten seconds apart: nobody is believed", PAIR, HMAC, .steps = {
		{CLOCK, 1, S(10)}, {START_ALL}, {RUN, 0, S(1)}, {HOLDERS, 0, 2}, NO(2, REPLAY), {CLOCK, 1, 0}, {RUN, 0, S(1)},
		CALM, {IS, 1, VRRP_MASTER}}},
	{"ten seconds behind", PAIR, HMAC, .steps = {
		{CLOCK, 1, -S(10)}, {START_ALL}, {RUN, 0, S(1)}, {HOLDERS, 0, 2}, {CLOCK, 1, 0}, {RUN, 0, S(1)}, CALM}},
	{"without clocks: years apart", PAIR, .conf = {.signing = &by_order}, .steps = {
		{CLOCK, 1, S(999999999)}, SETTLED, {RUN, 0, S(5)}, STILL, CLEAN}},
	{"a clock that is set back a little", PAIR, HMAC, .steps = {
		SETTLED, {RUN, 0, S(1)}, {CLOCK, 1, -S(2)}, {RUN, 0, S(10)}, STILL, CLEAN}},
	{"both clocks set back by an hour", PAIR, HMAC, .steps = {
		SETTLED, {CLOCK, 1, -S(3600)}, {CLOCK, 2, -S(3600)}, {RUN, 0, S(10)}, STILL, CLEAN}},
	{"both clocks set ahead by an hour", PAIR, HMAC, .steps = {
		SETTLED, {CLOCK, 1, S(3600)}, {CLOCK, 2, S(3600)}, {RUN, 0, S(10)}, STILL, CLEAN}},
	/* ---- keys and migration ---- */
	{"keys change on both nodes without a move", PAIR, HMAC, .steps = {
		SETTLED, TURN(2, more2), {RUN, 0, S(1)}, TURN(1, more1), {RUN, 0, S(1)}, TURN(1, next1), {RUN, 0, S(1)},
		TURN(2, next2), {RUN, 0, S(1)}, TURN(2, last2), TURN(1, last1), {RUN, 0, S(1)}, STILL, CLEAN,
		{KILL, 1}, {RUN, 0, MS(365)}, {IS, 2, VRRP_MASTER}}},
	{"a reload with the same keys is none", PAIR, HMAC, .steps = {
		SETTLED, KEPT(1, signed1), KEPT(2, signed2), {RUN, 0, S(1)}, STILL, CLEAN}},
	{"changed too early: the other one does not know the key", PAIR, HMAC, .steps = {
		SETTLED, TURN(1, last1), {RUN, 0, MS(200)}, {DROPPED, 2, VRRP_DROP_KEY, 2}, {RUN, 0, S(1)}, {HOLDERS, 0, 2},
		TURN(2, last2), {RUN, 0, S(1)}, CALM}},
	{"to signatures without a move", PAIR, .steps = {
		SETTLED, TURN(2, old2), {RUN, 0, S(1)}, TURN(1, old1), {RUN, 0, S(1)}, TURN(1, signed1), TURN(2, signed2),
		{RUN, 0, S(5)}, STILL, CLEAN, {RX, 2, 254, 9}, {DROPPED, 2, VRRP_DROP_UNSIGNED, 1}}},
	{"and back again", PAIR, HMAC, .steps = {
		SETTLED, TURN(1, old1), TURN(2, old2), {RUN, 0, S(1)}, TURN(1, plain1), {RUN, 0, S(1)}, TURN(2, plain2),
		{RUN, 0, S(1)}, STILL}},
	{"allow-old: an unsigned master is followed and counted", PAIR, .conf = {.signing = &old_too}, .steps = {
		TURN(1, plain1), SETTLED, {RUN, 0, S(1)}, STILL, {DROPPED, 2, VRRP_DROP_UNSIGNED_NOTE, 17}}},
	{"allow-old: whoever signs is not believed unsigned", PAIR, .conf = {.signing = &old_too}, .steps = {
		SETTLED, {RX, 2, 0, 1}, {RUN, 0, S(1)}, STILL, {DROPPED, 2, VRRP_DROP_UNSIGNED, 1}}},
	{"without allow-old an unsigned master is nobody", PAIR, HMAC, .steps = {
		TURN(1, plain1), {START_ALL}, {RUN, 0, S(1)}, {IS, 2, VRRP_MASTER}}},
	{"send-old: who does not know signatures follows", PAIR, .conf = {.signing = &old_both}, .steps = {
		TURN(2, plain2), SETTLED, {RUN, 0, S(1)}, STILL, {STOP, 1}, {RUN, 0, MS(63)}, {IS, 2, VRRP_MASTER},
		{START, 1}, {RUN, 0, S(1)}, {IS, 1, VRRP_MASTER}, CALM}},
	{"send-old with a password", PAIR, .conf = {PASS, .signing = &old_both}, .steps = {
		TURN(2, pass2), {START_ALL}, {RUN, 0, S(9)}, {IS, 1, VRRP_MASTER}, {IS, 2, VRRP_BACKUP}, {FORGET},
		{RUN, 0, S(9)}, STILL, NO(2, AUTH), {KILL, 1}, {RUN, 0, S(4)}, {IS, 2, VRRP_MASTER}}},
	{"allow-old with a password: another password is nobody", PAIR, .conf = {PASS, .signing = &old_too}, .steps = {
		TURN(1, pass1), {START_ALL}, {RUN, 0, S(9)}, {IS, 2, VRRP_BACKUP}, {RX_SIGNED, 2, 0, 9}, NO(2, AUTH)}},
};
/* clang-format on */

int main(void)
{
	wire_peer(&peers[0], "192.0.2.1", &peers[1]);
	wire_peer(&peers[1], "192.0.2.2", NULL);
	wire_peer(&peers6[0], "2001:db8::1", &peers6[1]);
	wire_peer(&peers6[1], "2001:db8::2", NULL);
	return run_stories(stories, sizeof(stories) / sizeof(stories[0]));
}
