/*
 * What heartbeats tell: the peers' last words, as instances ask for them (vrrp/peers.h), and which
 * paths bring something. Pure: times come in, nothing goes out. One per instance.
 *
 * A path that brought something and then nothing for alarm_us is lost; one that never did is missed
 * when the same span and HEART_FIRST_US have passed since the beginning.
 */
#ifndef RELAIS_HEART_HEART_TALLY_H
#define RELAIS_HEART_HEART_TALLY_H

#include "failover/heart/heart_packet.h"

enum { HEART_PATHS_MAX = 6, HEART_FIRST_US = 3000000, HEART_ALARM_LEAST_US = 500000 };

enum heart_health { HEART_NEW, HEART_UP, HEART_LOST };

struct heart_path {
	enum heart_health health;
	bool own;	  /* leads back to ourselves: never an alarm */
	int64_t heard_us; /* 0 = never */
	uint64_t n_received, n_dropped, n_lost;
	struct heart_packet last;
};

struct heart_tally {
	struct vrrp_peers peers;
	unsigned n_paths;
	struct heart_path paths[HEART_PATHS_MAX];
	uint64_t sequences[VRRP_PEERS_MAX][HEART_PATHS_MAX]; /* the last of each peer and path */
	int64_t begun_us, alarm_us;
};

/* interval_us: between two heartbeats. */
void heart_tally_init(struct heart_tally *t, unsigned n_paths, int64_t interval_us, int64_t now_us);
/* own: our own address. is_signed: sequences count even after a silence. */
enum heart_drop heart_tally_take(struct heart_tally *t, unsigned path, const struct heart_packet *p,
				 const struct addr *own, bool is_signed, int64_t now_us);
/* Bits of the paths whose health is another now than when this was last asked. */
unsigned heart_tally_watch(struct heart_tally *t, int64_t now_us);
unsigned heart_tally_n_up(const struct heart_tally *t);

#endif
