/*
 * A VRRP instance at run time: its state, its timers on the loop, its counters. Feeds fsm.h with
 * events and carries out the actions through vrrp_instance_ops, so the very same code runs on
 * sockets and netlink in the program and on a simulated clock in scenario tests.
 *
 * Order of calls: new, link_changed (from links), track_set for what is known already,
 * vrrp_group_add, then start (or resume). Later: receive, link_changed, track_set, resign and
 * release as things happen; reconfigure at reload; stop, then free. All on the failover's thread.
 */
#ifndef RELAIS_VRRP_INSTANCE_H
#define RELAIS_VRRP_INSTANCE_H

#include "core/loop/loop.h"
#include "core/sys/shared_page.h"
#include "failover/vrrp/fsm.h"
#include "failover/announce/pace.h"
#include "failover/wire/packet.h"
#include "failover/model/vrrp_conf.h"
#include "failover/model/vrrp_link.h"

struct vrrp_instance;

/* What an operator may have run around a takeover (promote.h). */
enum vrrp_hook { VRRP_HOOK_FENCE, VRRP_HOOK_PROMOTE, VRRP_HOOK_DEMOTE };
const char *vrrp_hook_word(enum vrrp_hook hook);

/* What an instance does to the world. ctx is the params'. Hooks must not free the instance and
 * must not call back into it but for the getters below. NULL hooks are skipped. */
struct vrrp_instance_ops {
	/* One advertisement, complete with checksum, from src to dst (the group, or one peer):
	 * see vrrp_transport_send. With auth_type AH bytes is a whole IPv4 packet (ah.h).
	 * False = it did not leave. */
	bool (*send_advert)(void *ctx, struct vrrp_instance *inst, const struct addr *src,
			    const struct addr *dst, const uint8_t *bytes, size_t len);
	/* All of conf->vips and conf->excluded, then routes and rules. Called after the advert of a
	 * new master, and after its hooks; the addresses must be usable for announce when it
	 * returns. */
	void (*addresses_add)(void *ctx, struct vrrp_instance *inst);
	void (*addresses_del)(void *ctx, struct vrrp_instance *inst);
	/* Reload while MASTER: remove what only `from` has, add what only `to` has. Both confs
	 * are alive during the call. */
	void (*addresses_adapt)(void *ctx, struct vrrp_instance *inst,
				const struct vrrp_instance_conf *from,
				const struct vrrp_instance_conf *to);
	/* One gratuitous ARP or unsolicited NA for this address, now. */
	void (*announce)(void *ctx, struct vrrp_instance *inst, const struct vip_conf *vip);
	/* Behind every change of state; reason is a sentence, valid during the call. Not for a
	 * stop in the midst of which the instance is taken away: to is INIT then. */
	void (*state_changed)(void *ctx, struct vrrp_instance *inst, enum vrrp_state from,
			      enum vrrp_state to, const char *reason);
	void (*priority_changed)(void *ctx, struct vrrp_instance *inst, unsigned from, unsigned to);
	/* CLOCK_REALTIME in microseconds, for signatures; NULL = the system's. */
	int64_t (*wall_us)(void *ctx);
	/* As MASTER, an advertisement of lower priority came (notify_master_rx_lower_pri). */
	void (*rx_lower)(void *ctx, struct vrrp_instance *inst);
	/* The lease of conf->lease is wanted (and to be kept), or given back. What becomes of it is
	 * told by vrrp_instance_lease, also during the call. */
	void (*lease)(void *ctx, struct vrrp_instance *inst, bool wanted);
	/* Run this script of conf->hooks and tell its end by vrrp_instance_hook_ended, later. False
	 * = it cannot be run. One at a time. */
	bool (*hook_run)(void *ctx, struct vrrp_instance *inst, enum vrrp_hook hook);
	void (*hook_cancel)(void *ctx, struct vrrp_instance *inst); /* no end is told */
	/* Ask the tracked databases anew, now (vrrp_instance_track_role). */
	void (*role_ask)(void *ctx, struct vrrp_instance *inst);
	/* The addresses were added later than state_changed, when the hooks were through. */
	void (*served)(void *ctx, struct vrrp_instance *inst);
	/* The last hook has ended, and nothing is held. */
	void (*rested)(void *ctx, struct vrrp_instance *inst);
};

struct vrrp_instance_params {
	struct loop *loop;		       /* borrowed, as all here */
	const struct vrrp_instance_conf *conf; /* must live until reconfigure or free */
	const struct vrrp_instance_ops *ops;
	void *ctx;
	struct shared_vip *page; /* published there; NULL = nowhere */
	struct vrrp_pace *pace;	 /* of announcements; NULL = no pauses */
	/* A master's advertisements leave at whole multiples of their interval on the loop's clock,
	 * the first one up to an interval early: those of many instances in one turn of the loop,
	 * which costs both ends a fraction of as many turns. Takeovers come together then, and all
	 * speak before the first one adds addresses. */
	bool in_step;
};

struct vrrp_instance_stats {
	uint64_t n_sent, n_send_failed, n_zero_sent;
	uint64_t n_received, n_zero_received; /* good ones */
	uint64_t n_dropped;		      /* sum of the DROP rows below */
	uint64_t dropped[VRRP_DROP_N];	      /* by kind, NOTE rows too */
	uint64_t n_become_master, n_release_master, n_transitions;
	uint64_t n_frozen;     /* stood down because the process had stood still */
	uint64_t n_repaired;   /* addresses put back */
	uint64_t n_withheld;   /* silence, but no witness answered: not taken over */
	uint64_t n_peer_alive; /* silence, but a second path knows the master alive: the same */
	uint64_t n_isolated;   /* given up: neither peer nor witness, and a peer sees one */
	uint64_t n_rivals;     /* another master was found over a second path */
	uint64_t n_lease_lost; /* given up: the lease could not be renewed */
	uint64_t n_held_on;    /* MASTER in spite of a fault, as no peer is better */
	uint64_t n_conflicts;  /* somebody else answered for an address that we hold */
	uint64_t n_flap_waits; /* mastership was lost so often that preemption waits (flap.h) */
};

struct vrrp_instance *vrrp_instance_new(const struct vrrp_instance_params *params);
void vrrp_instance_free(struct vrrp_instance **inst); /* without a word on the wire */

/* INIT for delay_us (vrrp_startup_delay; 0 = none), then BACKUP, MASTER (owner) or FAULT. */
void vrrp_instance_start(struct vrrp_instance *inst, int64_t delay_us);
/* Instead of start, in a failover process that replaced one that died: before is a copy of what
 * that one published. Continues as MASTER when it was MASTER of the same router and its last
 * advertisement is younger than the down interval; else false, and nothing happened: start. */
bool vrrp_instance_resume(struct vrrp_instance *inst, const struct shared_vip *before);
/* Before start or resume: what an earlier process had published of peers and moves stands on our
 * page too, and what an operator wanted holds. */
void vrrp_publish_remember(struct vrrp_instance *inst, const struct shared_vip *before);
/* Priority 0, addresses away, INIT. Idempotent. */
void vrrp_instance_stop(struct vrrp_instance *inst, const char *reason);
/* The same, but `demote` comes first where there is one. False: a hook still runs; ops->rested
 * tells when it has ended. */
bool vrrp_instance_leave(struct vrrp_instance *inst, const char *reason);
bool vrrp_instance_rests(const struct vrrp_instance *inst);
/* Its addresses are on the interface: a master whose hooks still run has none. */
bool vrrp_instance_holds(const struct vrrp_instance *inst);
/* Why the present hook runs: a sentence. */
const char *vrrp_instance_hook_reason(const struct vrrp_instance *inst);
/* Who was master before we took over; len 0 = unknown. */
const struct addr *vrrp_instance_before(const struct vrrp_instance *inst);
/* The hook that ops->hook_run began has ended. */
void vrrp_instance_hook_ended(struct vrrp_instance *inst, bool success, const char *why);

/* From vrrp_transport: bytes from the VRRP header on. Bad ones are counted and dropped. */
void vrrp_instance_receive(struct vrrp_instance *inst, const uint8_t *bytes, size_t len,
			   const struct vrrp_path *path);
/* The packets that were there are through: what came of them is shown on the page. */
void vrrp_instance_received(struct vrrp_instance *inst);
/* A copy is taken. Interfaces other than the instance's own are ignored (those come through
 * track_set), so it may be called for every link. */
void vrrp_instance_link_changed(struct vrrp_instance *inst, const struct vrrp_link *link);
/* Every track row of this kind and name, also the group's. Unknown names are ignored.
 * up is the raw result: `reverse` is applied here. A row of weight 0 that was never set holds
 * the instance in INIT after start ("waiting for ..."), but not after resume or reload. Rows with
 * a weight are ignored for an owner (priority 255) and in a group without
 * sync_group_tracking_weight, as Keepalived does. */
void vrrp_instance_track_set(struct vrrp_instance *inst, enum vrrp_track_kind kind,
			     const char *name, bool up);
/* The same, asked row by row, for tracks whose rows differ in more than the name: 1 = up, 2 = up,
 * but it may soon be down (compare.c), 0 = down, -1 = as it was. */
typedef int vrrp_track_ask_fn(void *ctx, const struct vrrp_track_conf *row);
void vrrp_instance_track_ask(struct vrrp_instance *inst, vrrp_track_ask_fn *ask, void *ctx);
/* The same for the number of a tracked file: times its weight it is added to the priority, below
 * -253 it is a fault; with weight 0 any number but 0 is. */
void vrrp_instance_track_number(struct vrrp_instance *inst, const char *name, long long number);
/* What a tracked database says (track_role.c): whether it has the role that is wanted, whether it
 * answers at all, both after rise and fall; when it was asked; a word on it ("replica"). */
struct vrrp_role {
	bool as_wanted, answers;
	int64_t asked_us;
	const char *note;
};
void vrrp_instance_track_role(struct vrrp_instance *inst, const char *name,
			      const struct vrrp_role *role);
/* The seam: out of the running for `reason` until released, whatever else is well. */
void vrrp_instance_resign(struct vrrp_instance *inst, const char *reason);
/* The same, but what is missing is still to come: one that starts stays in INIT until then. */
void vrrp_instance_await(struct vrrp_instance *inst, const char *reason);
void vrrp_instance_release(struct vrrp_instance *inst);

/* What an operator wants of an instance (operator.c). */
enum vrrp_hold {
	VRRP_HOLD_NONE,
	VRRP_HOLD_SWITCH,      /* BACKUP, preempts nobody; over when it has to take over */
	VRRP_HOLD_MAINTENANCE, /* and priority 1: only when nobody else has the addresses */
};
/* In two steps, so that all of a sync group say priority 0 before the first one moves: the wish,
 * with priority 0 from a master that is to leave, and then the move. */
void vrrp_instance_hold(struct vrrp_instance *inst, enum vrrp_hold hold);
void vrrp_instance_hold_settle(struct vrrp_instance *inst);

enum vrrp_reconf { VRRP_KEPT, VRRP_ADAPTED, VRRP_REBUILD };
/* What a change of configuration asks for; pure. */
enum vrrp_reconf vrrp_reconf_kind(const struct vrrp_instance_conf *from,
				  const struct vrrp_instance_conf *to);
/* The old configuration must live until all instances and groups have been reconfigured.
 * KEPT and ADAPTED: `to` is now the instance's configuration, the state stays. REBUILD: nothing
 * was done; stop and free this instance and make another. */
enum vrrp_reconf vrrp_instance_reconfigure(struct vrrp_instance *inst,
					   const struct vrrp_instance_conf *to);

/* A master that stood still for longer than the others wait gives up everything here; what must
 * not be done by one that is no longer master asks first. True: it gave up. */
bool vrrp_instance_yield_if_frozen(struct vrrp_instance *inst);
/* How long addresses are valid in the kernel without renewal: vip_lifetime, or else as long as the
 * others may have to wait until they take over, and at least VRRP_LIFETIME_LEAST_S; 0 = for ever.
 */
enum { VRRP_LIFETIME_LEAST_S = 4 };
unsigned vrrp_lifetime_s(const struct vrrp_instance_conf *conf);

/* A witness (conf->witnesses) answered what was asked at asked_us of the loop. Where there are
 * witnesses, nobody takes over from silence but who has such an answer from the second half of its
 * down interval: else it is the one that is cut off. */
void vrrp_instance_witnessed(struct vrrp_instance *inst, int64_t asked_us);

/* What is known of the lease (conf->lease): ours until then (of the loop, 0 = not ours), its id for
 * a process that goes on after this one; busy: the arbiter has just said that another has it. */
struct vrrp_lease_news {
	int64_t until_us;
	uint64_t id;
	bool busy;
};
void vrrp_instance_lease(struct vrrp_instance *inst, const struct vrrp_lease_news *news);

/* The peers as they are heard over second paths (peers.h), owned by whoever hears them; NULL =
 * there is no second path. Before start, and changed whenever a row of them has changed or was
 * heard again. */
struct vrrp_peers;
struct vrrp_peer_word;
void vrrp_instance_peers_set(struct vrrp_instance *inst, const struct vrrp_peers *peers);
void vrrp_instance_peers_changed(struct vrrp_instance *inst);
/* What this instance has to say there of itself; heard_us is not set. Who may have stood still
 * calls vrrp_instance_peers_changed first. */
void vrrp_instance_word(const struct vrrp_instance *inst, struct vrrp_peer_word *out);

/* The address room put an address back that somebody else had removed. */
void vrrp_instance_note_repair(struct vrrp_instance *inst);
/* The address room found that somebody else answers for an address held here. */
void vrrp_instance_note_conflict(struct vrrp_instance *inst);
/* Somebody else uses an address held here as its own. True: it may, as it has taken over from a
 * master that holds on with a fault (compare.c), and now this one has given up. who: for the log.
 */
bool vrrp_instance_taken_from(struct vrrp_instance *inst, const char *who);
/* MASTER because nobody was heard: no master resigned, and no lower one was there to step down. */
bool vrrp_instance_found_silence(const struct vrrp_instance *inst);
/* A master that did not stand still advertises once more, out of turn. */
void vrrp_instance_speak(struct vrrp_instance *inst);
/* Announce one round now (an address was put back, the link returned). MASTER only. */
void vrrp_instance_announce_now(struct vrrp_instance *inst);

enum vrrp_state vrrp_instance_state(const struct vrrp_instance *inst);
const char *vrrp_instance_reason(const struct vrrp_instance *inst);
const struct vrrp_instance_conf *vrrp_instance_conf(const struct vrrp_instance *inst);
const struct vrrp_instance_stats *vrrp_instance_stats(const struct vrrp_instance *inst);
unsigned vrrp_instance_priority(const struct vrrp_instance *inst); /* effective */
/* Who was last heard as master; len 0 = nobody or ourselves. */
const struct addr *vrrp_instance_master(const struct vrrp_instance *inst);
int64_t vrrp_instance_advert_us(const struct vrrp_instance *inst); /* in use (v3: learned) */
int64_t vrrp_instance_down_us(const struct vrrp_instance *inst);

#endif
