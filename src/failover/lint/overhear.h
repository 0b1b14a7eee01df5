/*
 * What is advertised on the interfaces of a configuration right now, judged by it: one VRID used by
 * two clusters, another version, password or interval, two masters; and whether somebody answers
 * for a VIP that nobody advertises. For relais -c --listen. Listens on packet sockets and joins no
 * group: nothing is sent but, at the end, ARP and ND questions that change nobody's cache. Blocks
 * for as long as it is told to; needs CAP_NET_RAW.
 */
#ifndef RELAIS_LINT_OVERHEAR_H
#define RELAIS_LINT_OVERHEAR_H

#include "failover/lint/lint.h"
#include "failover/wire/packet.h"

/* Who was heard: one for each (instance or VRID, source, version) on an interface. */
struct overheard {
	struct overheard *next;
	const char *interface;
	const struct vrrp_instance_conf *inst; /* NULL: no instance here has the VRID */
	struct addr src;
	struct vrrp_packet packet;		    /* the last one, good or not */
	uint8_t addresses[VRRP_ADDRESSES_MAX * 16]; /* its own */
	enum vrrp_drop flaw; /* not VRRP_ACCEPT: the last packet was malformed */
	int ttl;
	unsigned vrid, n;
	bool ours; /* went out of this machine */
};

struct overhear {
	const struct lint *l;
	struct arena *arena;
	struct overheard *first;
	unsigned n_heard; /* kinds; at most OVERHEARD_MAX */
	struct {
		const struct vrrp_instance_conf *inst;
		const struct overheard *last;
		unsigned n_turns; /* how often another was heard than before */
	} masters[256];
	unsigned n_masters;
};

enum { OVERHEARD_MAX = 512 };

/* An IP packet (from its header on) that was seen on an interface. Pure but for what it notes. */
void overhear_take(struct overhear *o, const char *interface, const uint8_t *ip, size_t len,
		   bool ours);
/* Says what there is to say of all that was taken: advice, and notes of who is well. */
void overhear_judge(struct overhear *o);

/* All of it. 0, or -errno of a socket. */
int overhear_run(const struct lint *l, struct arena *arena, int64_t listen_us);

#endif
