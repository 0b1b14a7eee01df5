/*
 * What the failover process says of a BFD session on the shared page, for readers in other
 * processes. One writer; an odd sequence: being written.
 */
#ifndef RELAIS_SYS_SHARED_BFD_H
#define RELAIS_SYS_SHARED_BFD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { SHARED_BFDS_MAX = 64 }; /* shown; more are not */

struct shared_bfd {
	_Atomic uint32_t sequence;
	char name[32]; /* "" = free */
	char neighbor[64], state[12], remote_state[12];
	char reason[96], drops[128]; /* received packets by what was wrong: "ttl 3, auth 1" */
	int64_t since_wall_us;	     /* CLOCK_REALTIME of the last change */
	int64_t tx_us, detect_us;    /* in use; tx 0 = silent */
	uint32_t discriminator, remote_discriminator;
	uint32_t multiplier;
	bool polls;
	uint64_t n_sent, n_received, n_dropped, n_up, n_expired;
};

/* Writer: change fields between begin and end. Reader: a consistent copy. */
void shared_bfd_begin(struct shared_bfd *bfd);
void shared_bfd_end(struct shared_bfd *bfd);
bool shared_bfd_read(const struct shared_bfd *bfd, struct shared_bfd *copy);

#endif
