/*
 * A fake segment for scenario tests: up to four nodes, each with a loop of its own on a simulated
 * clock and one or two real VRRP instances; packets between them, which can be cut; recorded
 * operations. A story is a table of steps that run_story plays; each step does something or says
 * what must be so.
 */
#ifndef RELAIS_SCENARIO_VRRP_WIRE_H
#define RELAIS_SCENARIO_VRRP_WIRE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/loop/loop_sim.h"
#include "failover/vrrp/group.h"

/* A step names what it needs and leaves the rest zero. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

enum { WIRE_NODES = 4, WIRE_INSTANCES = 2 };

/* node N has 192.0.2.N / fe80::N / 2001:db8::N on eth0 (and eth1 for its second instance). */
enum what {
	END,
	/* doing; n = node (1..4) */
	START, /* n; a = startup delay in us */
	START_ALL,
	RUN,	   /* a = us */
	STOP,	   /* n */
	KILL,	   /* n: the process is gone, its addresses stay */
	REPLACE,   /* n: a new process on the same page, resume or start */
	CUT,	   /* n <-> a: no packet passes */
	CUT_FROM,  /* n -> a: one way */
	HEAL,	   /* all passes again */
	FREEZE,	   /* n stands still while the others run on */
	THAW,	   /* n */
	LINK,	   /* n; a = up */
	GONE,	   /* n: the interface does not exist */
	NO_SOURCE, /* n: the interface loses its addresses */
	MUTE,	   /* n; a = what it sends does not leave, from here on */
	MAC,	   /* n; a = last byte of the interface's MAC from here on */
	TRACK,	   /* n; text = name of a script or backend; a = up */
	NUMBER,	   /* n; text = name of the file; a = its number */
	RESIGN,	   /* n; text = reason; a = 1: what is missing is still to come */
	RELEASE,   /* n */
	WITNESS,   /* n; a = its witness answers from here on */
	HOLD,	   /* n; a = enum vrrp_hold: an operator's wish, for all of its group */
	RX, /* n; a = priority, b = last byte of the source; from outside; text = interval in ms */
	RX_BAD,	   /* n; as RX, but with TTL 254 */
	RX_OTHER,  /* n; as RX, but with another address list */
	RX_FROM,   /* n; as RX; text = source address */
	RX_AH,	   /* n; as RX from node 2, behind AH; b = sequence, text = key (8 bytes) */
	RX_SIGNED, /* n; as RX, signed at n's own time; text = key (32 bytes), NULL = n's own */
	TAP,	   /* n; a = slot: the last advertisement that it sent is kept there */
	SHOW,	   /* n; a = slot: n receives that one */
	CLOCK,	   /* n; a = us: its wall clock is so far ahead of the others' from here on */
	HCUT,	   /* n <-> a: no heartbeat passes (conf.heartbeats set: there is a second path) */
	DARK,	   /* n; a = the arbiter of leases does not hear n from here on */
	HHEAL,	   /* heartbeats pass again */
	DOUBT,	   /* n; a = all that it tracks is up, but in doubt, or without it */
	CLAIM,	   /* n hears another use its address; a = it gives up */
	ADAPT,	   /* n; conf = next configuration; a = expected answer */
	FORGET,	   /* counts of all nodes begin at 0 again */
	HOOK,	   /* n; a = the script that runs ended well; text = why not */
	ROLE,	   /* n; text = name; a = 1 as wanted, 0 another, -1 no answer */
	LEAVE,	   /* n; a = nothing runs any more */
	SECOND,	   /* the steps that follow mean the second instance (a = 1) or the first (a = 0) */
	/* expecting */
	IS,	     /* n; a = enum vrrp_state */
	HOLDS,	     /* n; a = 1 or 0: its addresses are on the interface */
	HOLDERS,     /* a = number of nodes with addresses */
	SENT,	     /* n; a = advertisements with a priority since FORGET */
	ZEROS,	     /* n; a = with priority 0 */
	ADDS,	     /* n; a */
	DELS,	     /* n; a */
	ADAPTS,	     /* n; a */
	GARPS,	     /* n; a = announcements */
	LOWERS,	     /* n; a = rx_lower calls */
	MOVES,	     /* n; text = its states since FORGET, as letters "IBMF" */
	PRIO,	     /* n; a = effective priority */
	PRIO_SENT,   /* n; a = priority in the last advertisement */
	SILENCE,     /* n; a = it took over because nobody was heard */
	WHY,	     /* n; text is part of its reason */
	DOWN_US,     /* n; a = down interval in use */
	DROPPED,     /* n; a = enum vrrp_drop, b = count */
	MASTER_IS,   /* n; a = last byte of the master's address, 0 = none */
	GROUP_IS,    /* n; a = state of its group */
	GROUP_MOVES, /* n; text */
	RUNS,	     /* n; text = the hook that runs, "" = none */
	RESTS,	     /* n; a */
	ALARM,	     /* n; text is part of the alarm on the page; "" = there is none */
	HELD_ON,     /* n; a = how often it stayed master in spite of a fault */
	PAGE,	     /* n; text = state on the shared page */
	ORDER, /* n; text = operations since FORGET: a advert, z zero, + add, - del, g announce,
		* f fence, p promote, d demote, x cancel, r role asked, s served */
};

struct step {
	enum what what;
	int n;
	int64_t a, b;
	const char *text;
	const struct vrrp_instance_conf *conf;
};

struct story {
	const char *name;
	int n_nodes;			     /* 0 = 1 */
	struct vrrp_instance_conf conf;	     /* zeros get defaults: v3, IPv4, 100 ms, 1 VIP */
	unsigned priorities[WIRE_NODES];     /* 0 = 100 */
	bool in_step;			     /* vrrp_instance_params */
	const struct vrrp_group_conf *group; /* both instances of each node are in it */
	struct step steps[64];
};

/* For conf.heartbeats: nodes hear each other's words beside the segment. */
extern struct vrrp_heartbeat_conf wire_second_path;
/* For conf.lease: one arbiter gives it for two seconds at a time. */
extern struct vrrp_lease_conf wire_lease;

/* For cmocka: *state is the story. */
void run_story(void **state);

static inline int run_stories(const struct story *stories, size_t n)
{
	struct CMUnitTest *tests = calloc(n, sizeof(*tests));
	int failed;

	assert_non_null(tests);
	for (size_t i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){
			.name = stories[i].name,
			.test_func = run_story,
			.initial_state = (void *)(uintptr_t)&stories[i],
		};
	failed = _cmocka_run_group_tests("stories", tests, n, NULL, NULL);
	free(tests);
	return failed;
}

/* Every node lists all, itself too: what it sends to itself does not come back. */
static inline void wire_peer(struct vrrp_peer_conf *p, const char *text,
			     struct vrrp_peer_conf *next)
{
	assert_true(addr_parse_ip(&p->address, slice_of(text), 0));
	p->next = next;
}

#define MS(x) ((int64_t)((x)*INT64_C(1000)))
#define S(x)  ((int64_t)((x)*INT64_C(1000000)))

#endif
