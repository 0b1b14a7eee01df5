/*
 * The inside of an instance, for the files of this room only: instance.c (life and timers),
 * receive.c (what came in), condition.c (may it take part, with which priority), advertise.c (what
 * goes out), compare.c and last_resort.c (faults that count only if a peer is better), reconf.c
 * (reload), publish.c (the shared page), group.c.
 */
#ifndef RELAIS_VRRP_INSTANCE_IMPL_H
#define RELAIS_VRRP_INSTANCE_IMPL_H

#include "core/log/log.h"
#include "failover/wire/admit.h"
#include "failover/announce/announce.h"
#include "failover/vrrp/flap.h"
#include "failover/vrrp/group.h"
#include "failover/vrrp/instance.h"
#include "failover/vrrp/promote.h"
#include "failover/wire/signature.h"
#include "failover/vrrp/peers.h"

enum { REASON_LEN = 128, GATE_BURST = 3, GATE_PERIOD_US = 60 * 1000000 }; /* log gates */

enum track_status {
	TRACK_UNKNOWN, /* no result yet: holds a starting instance back */
	TRACK_PASSED,  /* no result yet, taken as good (resume, reload) */
	TRACK_UP,
	TRACK_DOWN,
};

struct track {
	const struct vrrp_track_conf *conf; /* borrowed: of the instance's or the group's conf */
	enum track_status status;
	bool doubtful;	  /* it may soon be down */
	long long number; /* of a VRRP_TRACK_FILE */
	/* Of a VRRP_TRACK_DATABASE (track_role.c): what it says; the status is made of it. */
	enum track_status role, answers;
	int64_t asked_us;
	char note[48];
};

enum vrrp_leave { VRRP_LEAVE_NONE, VRRP_LEAVE_YIELD, VRRP_LEAVE_STOP };

struct vrrp_takeover { /* takeover.c */
	enum vrrp_phase phase;
	bool holds; /* the addresses are on the interface */
	bool running, unstartable;
	bool failed;	      /* a fault until it is tried again */
	bool continues, owes; /* what a process before this one was doing */
	unsigned n_failures;  /* in a row */
	struct loop_timer timer, retry;
	int64_t begun_us, promoted_us; /* the phase; what was asked before this does not count */
	struct addr before;	       /* who was master before */
	enum vrrp_leave leave;	       /* what follows a demotion */
	char leave_why[REASON_LEN];
	char why[REASON_LEN]; /* it failed */
};

struct vrrp_instance {
	struct loop *loop; /* borrowed, as the next four */
	const struct vrrp_instance_conf *conf;
	const struct vrrp_instance_ops *ops;
	void *ctx;
	struct shared_vip *page; /* may be NULL */

	enum vrrp_state state; /* written by vrrp_instance_feed only */
	char reason[REASON_LEN];
	int64_t since_wall_us;
	bool started; /* start was called and its delay is over, stop was not */

	struct loop_timer timer; /* INIT: start delay, BACKUP: down, MASTER: next advertisement */
	bool in_step;		 /* vrrp_instance_params */
	bool claimed;		 /* BACKUP: the advertisement of the takeover has left already */
	int64_t last_sent_us;	 /* MASTER's own beat; 0 = never */
	int64_t learned_us;	 /* v3: the master's interval; 0 = use ours */
	int64_t hold_until_us;	 /* preempt_delay; 0 = begins with the next lower advertisement */
	struct vrrp_flap flap;
	int64_t heard_us;	/* the last good advertisement that was no resignation; 0 = none */
	struct addr heard_from; /* it, as the next */
	unsigned heard_priority;
	int64_t witnessed_us; /* when the last question was asked that a witness answered; 0 = none
			       */
	bool withheld;	      /* the down timer ran out, but no witness answers */
	bool found_silence;   /* became master because nobody was heard any more */
	bool peer_alive;      /* the same, but a second path says that the master lives */
	bool rival;	      /* MASTER, and a second path says that another is too */
	bool master_left;     /* the down timer runs because of a priority 0 */
	struct addr master;   /* who was heard last as master */
	uint32_t sequence;    /* auth_type AH: the last one sent or heard */
	uint64_t signed_sequence;    /* the last one that was sent signed */
	struct vrrp_signers signers; /* whose signatures were right */
	struct log_gate clock_gate;
	bool heard_old_checksum; /* in the last good advertisement (old_unicast_checksum) */
	struct log_gate checksum_gate;
	struct shared_peer *peer_heard; /* on the page: who was heard last, at this address */
	struct addr peer_address;
	struct addr list_ok; /* whose address list was found right (skip_check_adv_addr) */

	struct vrrp_link link;
	struct track *tracks; /* owned */
	unsigned n_tracks;
	unsigned priority; /* effective */
	enum vrrp_hold held;
	bool leaves; /* has said priority 0 for it, moves at once */
	bool resigned;
	bool awaits; /* resigned, but in INIT it waits for what is to come: that is no fault */
	char resigned_for[REASON_LEN];

	struct {
		bool on;	 /* a fault until it is tried again */
		bool fails;	 /* what was sent last did not leave */
		int64_t left_us; /* when one left; 0 = never */
		int64_t pause_us;
		struct loop_timer retry;
		char why[REASON_LEN];
	} mute;
	struct vrrp_takeover takeover;
	const struct vrrp_peers *peers; /* borrowed from failover/heart/; NULL = no second path */
	char alarm[REASON_LEN];
	int64_t master_since_us;
	struct {
		struct vrrp_lease_news news;
		int64_t busy_us;    /* when the arbiter last said that another has it; 0 = never */
		bool wanted, waits; /* waits: to take over */
	} lease;
	int64_t faulty_us; /* since when something that is compared is down; 0 = nothing is */
	struct loop_timer compare_timer;
	bool doubts;				  /* a row of it is in doubt */
	int64_t doubts_since_us, doubts_until_us; /* the present doubt, the end of the last one */
	bool silent;	  /* MASTER, has nudged the others: lets them take over */
	bool held_on;	  /* MASTER, nobody did */
	int64_t taken_us; /* another was found to use the addresses that it held on to; 0 = never */
	bool last_resort; /* takes over with such a fault, or went on as master with it */

	struct vrrp_list list; /* of conf */
	struct vrrp_announce announce;
	struct vrrp_group *group; /* NULL = none */
	struct list group_link;

	struct vrrp_instance_stats stats;
	int64_t answered_us;	/* when a master answered a lower advertisement last; 0 = never */
	bool drops_unpublished; /* dropped[] has what the page does not show yet */
	struct log_gate gates[VRRP_DROP_N], late_gate, witness_gate, peer_gate, fault_gate;
};

/* instance.c: the one door. Asserts the arrow, writes the state, carries out the actions, logs,
 * counts, publishes, tells. A master that stood still yields before anything else. */
void vrrp_instance_feed(struct vrrp_instance *inst, enum vrrp_event event, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for an advertisement that came: heard_us is its interval. */
void vrrp_instance_feed_heard(struct vrrp_instance *inst, enum vrrp_event event, int64_t heard_us,
			      const char *reason);
int64_t vrrp_instance_own_down_us(const struct vrrp_instance *inst);

/* advertise.c */
void vrrp_advertise(struct vrrp_instance *inst, unsigned priority);
/* The address that goes with dst; NULL when the interface has none. */
const struct addr *vrrp_source_for(const struct vrrp_instance *inst, const struct addr *dst);
const struct addr *vrrp_source(const struct vrrp_instance *inst);
bool vrrp_is_own_address(const struct vrrp_instance *inst, const struct addr *a);

/* signing.c: with conf->signing only. The length with the trailer, 0 when it cannot be. */
size_t vrrp_sign(struct vrrp_instance *inst, uint8_t *buf, size_t cap, size_t len,
		 const struct addr *src);
enum vrrp_drop vrrp_signing_check(struct vrrp_instance *inst, const struct vrrp_packet *p,
				  const uint8_t *bytes, const struct vrrp_path *path,
				  unsigned *notes);
void vrrp_signing_publish(const struct vrrp_instance *inst, struct shared_vip *v);
void vrrp_signing_remember(struct vrrp_instance *inst, const struct shared_vip *before);

/* condition.c: what is tracked changed: recompute the priority, go to FAULT or come back, and
 * with the instance its group. */
void vrrp_condition_review(struct vrrp_instance *inst);
/* Rows of conf and group anew; what is known of a (kind, name) stays known, the others begin as
 * fresh says. Out of memory ends the process as at start-up. */
void vrrp_condition_rebuild(struct vrrp_instance *inst, enum track_status fresh);

enum verdict { VERDICT_CLEAR, VERDICT_WAIT, VERDICT_FAULT };
/* Of the instance alone, without its group. why gets a sentence unless CLEAR. spared: what is
 * compared is no fault; else whether it is one now is asked of compare.c. */
enum verdict vrrp_condition_judge(const struct vrrp_instance *inst, bool spared,
				  char why[static REASON_LEN]);
enum verdict vrrp_condition_verdict(const struct vrrp_instance *inst, char why[static REASON_LEN]);
/* Which of what is compared is down: "backend web is down". */
void vrrp_condition_say_fault(const struct vrrp_instance *inst, char why[static REASON_LEN]);
const char *vrrp_condition_kind(enum vrrp_track_kind kind); /* "script" */
/* Of weight 0 and reversed: the fault is that it is up. A reversed weight changes its sign. */
bool vrrp_condition_turns(const struct vrrp_track_conf *row);
bool vrrp_condition_is_fault(const struct vrrp_instance *inst, const struct track *t);
/* What this track adds to the priority now. */
int vrrp_condition_adds(const struct vrrp_instance *inst, const struct track *t);
/* Acts on a verdict. */
void vrrp_condition_apply(struct vrrp_instance *inst, enum verdict verdict, const char *why);

/* takeover.c: in place of adding addresses, and of deleting them. */
void vrrp_takeover_begin(struct vrrp_instance *inst);
void vrrp_takeover_lose(struct vrrp_instance *inst);
void vrrp_takeover_init(struct vrrp_instance *inst);
void vrrp_takeover_fini(struct vrrp_instance *inst);
/* True: `demote` comes first (or what ran was ended), and all the rest follows by itself. */
bool vrrp_takeover_leave(struct vrrp_instance *inst, enum vrrp_leave leave, const char *why);
void vrrp_takeover_forgive(struct vrrp_instance *inst); /* what failed may be tried again */
/* From the page of a process that died. */
void vrrp_takeover_remember(struct vrrp_instance *inst, const struct shared_vip *before);
void vrrp_takeover_pay(struct vrrp_instance *inst); /* it is not resumed: demotes if need be */
void vrrp_takeover_confirmed(struct vrrp_instance *inst);

/* track_role.c */
void vrrp_role_settle(struct vrrp_instance *inst); /* the phase has changed */
bool vrrp_role_is_needed(const struct vrrp_instance *inst);
void vrrp_role_say_missing(const struct vrrp_instance *inst, char why[static REASON_LEN]);
/* Priority anew; those in a group too, when one of them holds on. */
void vrrp_condition_weigh(struct vrrp_instance *inst);

/* withhold.c. Nobody was heard for so long that the master is not there; a master that is being
 * preempted speaks until it is told. */
bool vrrp_withhold_silent(const struct vrrp_instance *inst);
/* Why nothing keeps it from taking over. */
void vrrp_withhold_say_none(const struct vrrp_instance *inst, char why[static REASON_LEN]);
/* The down timer ran out. True: not taken over, and armed for the next look. */
bool vrrp_withhold(struct vrrp_instance *inst);
/* Logged, and shown while one of withheld, peer_alive, rival and lease.waits is set, or a fault is
 * held. */
void vrrp_withhold_alarm(struct vrrp_instance *inst, struct log_gate *gate, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void vrrp_withhold_moved(struct vrrp_instance *inst, enum vrrp_state from); /* has moved */

/* lease.c */
bool vrrp_lease_missing(struct vrrp_instance *inst);  /* as vrrp_withhold */
void vrrp_lease_unneeded(struct vrrp_instance *inst); /* another is master */
void vrrp_lease_moved(struct vrrp_instance *inst);
void vrrp_lease_remember(struct vrrp_instance *inst, const struct shared_vip *before);
bool vrrp_lease_forbids(const struct vrrp_instance *inst); /* to be MASTER, now */
bool vrrp_lease_ended(struct vrrp_instance *inst);	   /* MASTER without it: gave up */

/* compare.c: faults that count only if a peer is better. */
bool vrrp_compare_row(const struct vrrp_instance *inst, const struct vrrp_track_conf *row);
void vrrp_compare_note(struct vrrp_instance *inst, bool faulty); /* faulty: such a row is down */
/* MASTER in spite of such a fault; and, when no peer has found the same in time, with priority 1 */
bool vrrp_compare_holds_on(const struct vrrp_instance *inst);
bool vrrp_compare_lowest(const struct vrrp_instance *inst);
void vrrp_compare_moved(struct vrrp_instance *inst, enum vrrp_state from);
/* MASTER, and it or its group has nudged the others: not a word now. How long: as others need. */
bool vrrp_compare_silent(const struct vrrp_instance *inst);
int64_t vrrp_compare_silence_us(const struct vrrp_instance *inst);
/* What is compared is about to go down, as it seems, here or in its group: the master's nudge may
 * be about the same, so nothing is taken from one that lives. */
bool vrrp_compare_in_doubt(const struct vrrp_instance *inst);
bool vrrp_compare_doubts(const struct vrrp_instance *inst); /* without its group */
void vrrp_compare_doubt_note(struct vrrp_instance *inst, bool doubts);
/* Another has taken over. True: this one held on with such a fault, and is in FAULT now. */
bool vrrp_compare_relieve(struct vrrp_instance *inst, const char *who);

/* mute.c: MASTER, but nobody is reached. */
void vrrp_mute_init(struct vrrp_instance *inst);
void vrrp_mute_fini(struct vrrp_instance *inst);
void vrrp_mute_note(struct vrrp_instance *inst, bool left); /* one was sent, or could not be */
/* Another is master with less priority. True: this one has gone to FAULT. */
bool vrrp_mute_gives_up(struct vrrp_instance *inst, const struct addr *other);
/* Tries again, and the word that it takes over did not leave either. True: FAULT once more. */
bool vrrp_mute_still(struct vrrp_instance *inst);

/* last_resort.c: FAULT for nothing but what is compared. */
bool vrrp_last_resort_waits(const struct vrrp_instance *inst); /* and may take over */
void vrrp_last_resort_listen(struct vrrp_instance *inst);      /* from now on, anew */
void vrrp_last_resort_settle(struct vrrp_instance *inst);      /* after a review */
void vrrp_last_resort_begin(struct vrrp_instance *inst);       /* is about to be MASTER */

/* group.c */
/* Of some member. */
bool vrrp_group_any(const struct vrrp_group *group,
		    bool (*is_so)(const struct vrrp_instance *inst));
void vrrp_group_relieve(struct vrrp_group *group, const char *reason);
bool vrrp_group_spared(const struct vrrp_group *group); /* no fault but what is compared */
void vrrp_group_each_master(struct vrrp_group *group, void (*fn)(struct vrrp_instance *inst));
void vrrp_group_review(struct vrrp_group *group);
void vrrp_group_moved(struct vrrp_instance *inst, enum vrrp_event event, enum vrrp_state from,
		      enum vrrp_state to);

/* publish.c */
void vrrp_publish_all(struct vrrp_instance *inst);
void vrrp_publish_counts(struct vrrp_instance *inst);
void vrrp_publish_drops(struct vrrp_instance *inst); /* and the counts */
void vrrp_publish_move(struct vrrp_instance *inst, enum vrrp_state from, enum vrrp_state to);
void vrrp_publish_heard(struct vrrp_instance *inst, const struct addr *from, unsigned priority);

#endif
