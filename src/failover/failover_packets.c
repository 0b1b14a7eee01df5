/*
 * Packet sockets that outlive this process. The kernel takes 10 to 30 ms to close each, and a
 * killed process is not gone, nor is its channel to the master, before all are closed: at short
 * intervals the peer has taken over by then. So the master has copies (MESSAGE_FAILOVER_PACKET),
 * and the next failover process gets them.
 */
#include "failover/failover_impl.h"

#include "failover/address/segment/listener.h"

void failover_packets_open(struct failover *f)
{
	const int *kept = f->setup->packet_fds;

	for (uint32_t i = 0; i < FAILOVER_PACKET_N; i++) {
		int *fd = &f->packet_fds[i];

		*fd = kept ? kept[i] : -1;
		if (!kept || *fd >= 0)
			continue;
		*fd = segment_socket();
		if (*fd < 0) /* whoever needs it says so */
			*fd = -1;
		else
			channel_send_fds(f->setup->master_fd, MESSAGE_FAILOVER_PACKET, &i,
					 sizeof(i), fd, 1);
	}
}
