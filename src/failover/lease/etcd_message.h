/*
 * What is said to etcd's HTTP/JSON gateway (version 3.4 and later) about a lease, and what it
 * answers. Pure; text into buffers of the caller. Each request is HTTP/1.0, so the answer is
 * neither chunked nor kept open.
 */
#ifndef RELAIS_LEASE_ETCD_MESSAGE_H
#define RELAIS_LEASE_ETCD_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/slice.h"

enum { ETCD_REQUEST_MAX = 1024, ETCD_REPLY_MAX = 4096, ETCD_NAME_MAX = 64 };

enum etcd_op {
	ETCD_NONE,
	ETCD_GRANT,  /* a lease of ttl_s */
	ETCD_LOCK,   /* the key name for that lease, if nobody has it */
	ETCD_RENEW,  /* the lease */
	ETCD_REVOKE, /* it, and with it the key */
};

struct etcd_ask {
	enum etcd_op op;
	const char *host, *name, *who; /* "192.0.2.1:2379"; the lock; whose it is to be */
	uint64_t id;		       /* of the lease, but for GRANT */
	unsigned ttl_s;
};

struct etcd_answer {
	bool ok;	/* granted, renewed, revoked; LOCK: it is ours now */
	bool has_other; /* LOCK: it has a holder, whose lease is id */
	uint64_t id;	/* GRANT */
	unsigned ttl_s; /* GRANT, RENEW */
};

/* The length, 0 if it does not fit. */
size_t etcd_request(char out[static ETCD_REQUEST_MAX], const struct etcd_ask *ask);
/* 1: read; 0: more has to come; -1: no answer of etcd, or an error of it. ended: nothing follows.
 */
int etcd_read(const char *bytes, size_t len, bool ended, enum etcd_op op, struct etcd_answer *out);

#endif
