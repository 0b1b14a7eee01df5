/*
 * What the masters of two relais say to each other when one replaces the other (-sf, -st): packets
 * of channel.h over an abstract socket that a master has in its pid's name. The two may be of
 * different builds: a number is never used for anything else, structs do not change, and another
 * HANDOVER_VERSION is nobody who hands over.
 */
#ifndef RELAIS_HANDOVER_HANDOVER_WIRE_H
#define RELAIS_HANDOVER_HANDOVER_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

enum { HANDOVER_VERSION = 1 };

enum handover_message {
	/* from the one that follows */
	HANDOVER_ASK = 96, /* struct handover_ask */
	HANDOVER_SOCKET,   /* struct handover_number: the listening socket of this number */
	HANDOVER_PID,	   /* struct handover_number: its process, once it is in the background */
	HANDOVER_TABLES,   /* one fd: write the stick tables there */
	HANDOVER_FAILOVER, /* one fd: its failover process, for ours (failover_heir.c) */
	HANDOVER_DONE, /* struct handover_number: it serves; 1 = end at once, 0 = finish first */
	/* answers */
	HANDOVER_GIVES,	   /* struct handover_gives */
	HANDOVER_WAIT,	   /* another one is at it: an answer will come */
	HANDOVER_GONE,	   /* struct handover_number: who has replaced us; 0 = nobody, we stop */
	HANDOVER_LISTENER, /* struct handover_listener, and the socket; none = there is no such */
};

struct handover_ask {
	uint32_t version;
	uint32_t only_sockets; /* and not to replace us (-x) */
};

struct handover_number {
	int32_t number;
};

struct handover_gives {
	uint32_t n_sockets, has_failover, has_tables;
};

struct handover_listener {
	uint32_t address_len;
	char address[128], interface[16];
	uint8_t v4v6, v6only, transparent, unused;
};

/* The address on which the master of this process is asked; its length. */
socklen_t handover_name(pid_t pid, struct sockaddr_un *sun);
/* The other end's user may ask for or give what is root's. pid: its process, 0 = not to be seen. */
bool handover_trusts(int fd, pid_t *pid);

#endif
