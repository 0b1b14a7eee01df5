/*
 * Messages between relais' own processes, over SOCK_SEQPACKET socketpairs that the master made
 * before it forked. One message is one packet: a fixed header, a payload (a fixed struct of
 * message.h, or text), and up to CHANNEL_FDS_MAX descriptors. A peer's end of file means that the
 * process is gone.
 */
#ifndef RELAIS_SYS_CHANNEL_H
#define RELAIS_SYS_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

enum { CHANNEL_PAYLOAD_MAX = 32 * 1024, CHANNEL_FDS_MAX = 4 };

struct channel_message {
	uint32_t type; /* enum message_type */
	uint32_t len;  /* of payload */
	int fds[CHANNEL_FDS_MAX];
	int n_fds;
	char payload[CHANNEL_PAYLOAD_MAX];
};

/* Both ends close-on-exec and non-blocking. 0 or -errno. */
int channel_pair(int ends[2]);
/* 0, -EAGAIN when the peer does not read, -EPIPE when it is gone, other -errno. */
int channel_send(int fd, uint32_t type, const void *payload, size_t len);
int channel_send_fds(int fd, uint32_t type, const void *payload, size_t len, const int *fds,
		     int n_fds);
/* 1 = got one (its fds are the caller's), 0 = peer gone, -EAGAIN, -EBADMSG (wrong version or
 * size: our own other half is of another build), other -errno. */
int channel_recv(int fd, struct channel_message *msg);

#endif
