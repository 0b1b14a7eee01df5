/*
 * The failover processes' packet sockets, of which the master has copies: a killed one is gone at
 * once, and the next goes on with them (failover/failover_packets.c says why).
 */
#include <string.h>
#include <unistd.h>

#include "core/sys/message.h"
#include "main/master_priv.h"

void master_packet_keep(struct master *m, struct channel_message *msg)
{
	uint32_t use = FAILOVER_PACKET_N;

	if (msg->n_fds != 1 || msg->len != sizeof(use))
		return;
	memcpy(&use, msg->payload, sizeof(use));
	if (use >= FAILOVER_PACKET_N || m->packet_fds[use] >= 0) {
		close(msg->fds[0]);
		return;
	}
	m->packet_fds[use] = msg->fds[0];
	child_keep_private(msg->fds[0]);
}

void master_packets_drop(struct master *m)
{
	for (unsigned i = 0; i < FAILOVER_PACKET_N; i++) {
		if (m->packet_fds[i] < 0)
			continue;
		child_forget_private(m->packet_fds[i]);
		close(m->packet_fds[i]);
		m->packet_fds[i] = -1;
	}
}

void master_packets_lend(struct master *m, bool have)
{
	for (unsigned i = 0; i < FAILOVER_PACKET_N; i++)
		if (m->packet_fds[i] >= 0)
			(have ? child_forget_private : child_keep_private)(m->packet_fds[i]);
}
