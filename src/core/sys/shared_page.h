/*
 * The memory that master, failover and balancers share: heartbeats of the balancer's threads, the
 * ledger of addresses that failover has put on interfaces, and the state of each VRRP instance for
 * whoever shows it. Mapped by the master before it forks; every field has exactly one writer, said
 * here. It outlives each process, so the ledger is there when failover was killed.
 */
#ifndef RELAIS_SYS_SHARED_PAGE_H
#define RELAIS_SYS_SHARED_PAGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/sys/shared_bfd.h"

enum {
	SHARED_THREADS_MAX = 64,
	SHARED_SLOTS = 8, /* balancers that may overlap during reloads */
	SHARED_LEDGER_MAX = 1024,
	SHARED_UNDO_MAX = 256,
	SHARED_UNDO_LEN = 256,
	SHARED_VIPS_MAX = 256,
	SHARED_MOVES_MAX = 20,
	SHARED_DROPS_MAX = 40, /* kinds of bad advertisements */
	SHARED_PEERS_MAX = 4,
	SHARED_SIGNERS_MAX = 16,
	SHARED_PATHS_MAX = 6,
	SHARED_ANSWERS = 8,	 /* to operators; the ninth takes the place of the first */
	SHARED_TRACKS_MAX = 16,	 /* of one VIP, shown; more are not */
	SHARED_FACTS_MAX = 256,	 /* things of the service that VIPs track */
	SHARED_NOTES_MAX = 256,	 /* files and BFD sessions, ever; more are not told */
	SHARED_BEAT_US = 100000, /* a balancer thread beats at least this often */
};

enum shared_balancer_state {
	SHARED_BALANCER_NONE,
	SHARED_BALANCER_STARTING,
	SHARED_BALANCER_READY,
	SHARED_BALANCER_DRAINING,
	SHARED_BALANCER_GONE,
};

enum shared_fact_kind {
	SHARED_FACT_BACKEND,
	SHARED_FACT_FRONTEND,
	SHARED_FACT_SERVER,
	SHARED_FACT_FILE, /* these two of failover, for the balancer's checks (shared_note) */
	SHARED_FACT_BFD,
};

/* Something of the service that a VIP tracks: the configuration's name of it. */
struct shared_want {
	enum shared_fact_kind kind;
	const char *name; /* a server's: BACKEND/SERVER */
};

/* How many servers of a backend take traffic; 0 or 1 for a server or a frontend. Above them, how
 * many of those are in doubt: the last check failed. */
struct shared_fact {
	_Atomic uint64_t key;	/* shared_fact_key */
	_Atomic uint32_t value; /* with SHARED_FACT_UNPROVEN: a first check is still to come */
};

/* What failover sees of a track_file (its number) or a BFD session (1 = up). */
struct shared_note {
	_Atomic uint64_t key; /* shared_fact_key; 0 = free, and all behind it */
	_Atomic int64_t value;
};

#define SHARED_FACT_UNPROVEN 0x80000000u

static inline uint32_t shared_fact_value(unsigned n_up, unsigned n_doubtful)
{
	n_up = n_up < 0xffff ? n_up : 0xffff;
	n_doubtful = n_doubtful < 0x7fff ? n_doubtful : 0x7fff;
	return n_doubtful << 16 | n_up;
}

static inline unsigned shared_fact_up(uint32_t value)
{
	return value & 0xffff;
}

static inline unsigned shared_fact_doubtful(uint32_t value)
{
	return value >> 16 & 0x7fff;
}

struct shared_slot {
	_Atomic uint32_t state;	    /* written by that balancer; GONE by the master */
	_Atomic uint32_t n_threads; /* by that balancer */
	_Atomic int32_t pid;	    /* by the master */
	_Atomic int64_t started_us; /* by the master */
	_Atomic int64_t beat_us[SHARED_THREADS_MAX]; /* CLOCK_MONOTONIC; each by its thread */
	_Atomic uint32_t n_facts;		     /* by that balancer, as the facts */
	struct shared_fact facts[SHARED_FACTS_MAX];
};

struct shared_ledger_entry { /* by failover, before it adds and after it removed the address */
	_Atomic uint32_t in_use;
	uint32_t ifindex;
	uint8_t family, prefix_len, has_peer;
	uint8_t address[16], peer[16];
};

/* The netlink message that takes one route or rule away again: by failover, before it adds it. */
struct shared_undo {
	_Atomic uint32_t len; /* 0 = free */
	uint8_t bytes[SHARED_UNDO_LEN];
};

struct shared_track { /* something that a VIP tracks, and what it adds to the priority now */
	char kind[12], name[48];
	char status[8]; /* "up", "down", "unknown" */
	char note[48];	/* a database's: "replica"; a file's number */
	int16_t weight, adds;
	bool fault;   /* it keeps the VIP away */
	bool reverse; /* weight 0: it is a fault while it is up; else the weight's sign is turned */
};

struct shared_peer { /* a router that was heard */
	char address[48];
	uint8_t priority;
	int64_t heard_mono_us; /* 0 = free */
};

struct shared_signer { /* a router whose signature was right: its last sequence number */
	uint8_t address[16];
	uint64_t sequence; /* 0 = free */
};

struct shared_path { /* a second path, and what came over it last */
	char name[64], peer[48], state[8];
	bool up, able; /* heard; the peer would serve if it took over */
	bool hears;    /* the peer hears advertisements */
	uint8_t priority;
	int64_t heard_mono_us;			/* 0 = never */
	uint64_t n_received, n_dropped, n_lost; /* n_lost: times that it fell silent */
};

struct shared_move {		    /* a change of state */
	int64_t wall_us, lasted_us; /* when; how long the state before had lasted */
	char from[8], to[8], reason[128];
};

/* One VRRP instance, for readers in other processes. Odd sequence: being written. */
struct shared_vip {
	_Atomic uint32_t sequence;
	char name[64], interface[16], state[8], master[64];
	char reason[128];
	char drops[192]; /* received advertisements by what was wrong: "ttl 3, checksum 1" */
	uint8_t vrid, family, version, priority, effective_priority;
	uint32_t n_addresses, n_transitions;
	char first_address[64];
	int64_t since_wall_us;	  /* CLOCK_REALTIME of the last change */
	int64_t advert_us;	  /* between advertisements, as learned where that is done */
	int64_t down_us;	  /* of silence, until a BACKUP takes over */
	int64_t state_mono_us;	  /* CLOCK_MONOTONIC of the last advertisement sent as master */
	uint32_t auth_sequence;	  /* auth_type AH */
	uint64_t signed_sequence; /* auth_type HMAC: the last one sent */
	struct shared_signer signers[SHARED_SIGNERS_MAX];
	uint64_t n_sent, n_received, n_dropped, n_repaired;
	uint64_t n_zero_sent, n_zero_received, n_frozen, n_flap_waits, n_conflicts, n_withheld;
	uint64_t n_become_master, n_release_master;
	uint64_t dropped[SHARED_DROPS_MAX]; /* at enum vrrp_drop */
	uint32_t n_tracks;
	struct shared_track tracks[SHARED_TRACKS_MAX];
	struct shared_peer peers[SHARED_PEERS_MAX];
	char phase[12]; /* of a takeover (vrrp/promote.h): "promote", "serve" */
	bool hooked;	/* there are hooks: the phase says something */
	uint32_t n_paths;
	struct shared_path paths[SHARED_PATHS_MAX];
	char alarm[128];	/* what second paths told and must not be: empty = nothing */
	char lease[48];		/* the name of the one that is needed; empty = none */
	int64_t lease_until_us; /* CLOCK_MONOTONIC: it is ours until then */
	uint64_t lease_id, n_lease_lost;
	uint64_t n_peer_alive, n_isolated, n_held_on, n_rivals;
	uint8_t hold;	       /* enum vrrp_hold: what an operator wants */
	int64_t moved_mono_us; /* CLOCK_MONOTONIC of the last change; 0 = none yet */
	uint32_t n_moves;      /* ever; the last SHARED_MOVES_MAX are there, at number % MAX */
	struct shared_move moves[SHARED_MOVES_MAX];
};

/* What became of an operator's wish (message.h, struct message_vip). */
struct shared_answer {
	_Atomic uint64_t id; /* 0 = free, or being written */
	uint32_t ok;
	char text[232];
};

struct shared_page {
	_Atomic uint32_t active;  /* slot of the balancer that serves; by the master */
	_Atomic uint32_t watched; /* 1: the balancer has proxies, its health decides over VIPs */
	_Atomic int32_t master_pid;
	_Atomic int64_t master_started_us;	       /* CLOCK_MONOTONIC */
	_Atomic uint32_t n_reloads, n_reloads_refused; /* by the master */
	struct shared_slot slots[SHARED_SLOTS];
	_Atomic int64_t failover_beat_us;   /* by failover, as the next three */
	_Atomic uint64_t n_vrrp_unknown;    /* packets with a VRID that is not here */
	_Atomic uint64_t n_vrrp_malformed;  /* without a VRID */
	_Atomic uint64_t n_vrrp_overflown;  /* that came faster than they could be read */
	_Atomic int64_t failover_leaves_us; /* by failover: it stops, and needs until then */
	_Atomic uint32_t heir_took;	    /* by failover: what one before it left is ours */
	struct shared_ledger_entry ledger[SHARED_LEDGER_MAX];
	struct shared_undo undo[SHARED_UNDO_MAX];
	_Atomic uint32_t n_answers; /* by failover; by the master while there is none */
	struct shared_answer answers[SHARED_ANSWERS];
	_Atomic uint32_t n_vips; /* by failover, as the vips */
	struct shared_vip vips[SHARED_VIPS_MAX];
	_Atomic uint32_t n_bfds;       /* by failover, as the bfds */
	_Atomic uint64_t n_bfd_strays; /* packets that are of none of them */
	struct shared_bfd bfds[SHARED_BFDS_MAX];
	struct shared_note notes[SHARED_NOTES_MAX]; /* by failover */
};

struct shared_page *shared_page_new(void); /* NULL with errno; shared with later forks */

/* No VIP, no address, nothing to undo: what was there is somebody else's. */
void shared_page_forget(struct shared_page *page);

/* Writer: change fields between begin and end. Reader: a consistent copy. */
void shared_vip_begin(struct shared_vip *vip);
void shared_vip_end(struct shared_vip *vip);
bool shared_vip_read(const struct shared_vip *vip, struct shared_vip *copy);

void shared_answer_put(struct shared_page *page, uint64_t id, bool ok, const char *text);
/* False: not there yet. */
bool shared_answer_get(const struct shared_page *page, uint64_t id, struct shared_answer *copy);

uint64_t shared_fact_key(enum shared_fact_kind kind, const char *name);
/* What the active balancer says. False: it is not READY, or does not know this name. */
bool shared_fact_read(const struct shared_page *page, uint64_t key, uint32_t *value);

/* Failover's: false when there is no room. Any process': false when nothing is known yet. */
bool shared_note_put(struct shared_page *page, uint64_t key, int64_t value);
bool shared_note_get(const struct shared_page *page, uint64_t key, int64_t *value);

/* The active balancer's oldest beat, or 0 when none is READY. */
int64_t shared_page_oldest_beat_us(const struct shared_page *page);

#endif
