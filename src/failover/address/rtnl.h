/*
 * A netlink socket for routing messages. Used by links.c and hold.c, and by the master's sweep: no
 * loop needed, requests are answered by the kernel within the send itself.
 */
#ifndef RELAIS_ADDRESS_RTNL_H
#define RELAIS_ADDRESS_RTNL_H

#include <stdint.h>

#include "failover/address/rtnl_message.h"

enum { RTNL_BATCH_MAX = 64 };

typedef void rtnl_each_fn(void *ctx, const struct nlmsghdr *h);

/* groups: RTMGRP_* bits, 0 = requests only. Non-blocking, close-on-exec. fd or -errno. */
int rtnl_open(uint32_t groups);
int rtnl_open_netfilter(void); /* the same, to the packet filter */
/* Sends up to RTNL_BATCH_MAX messages at once, numbered 0.. by nlmsg_seq and with NLM_F_ACK;
 * errs[seq] gets 0 or -errno of each. 0, or -errno when the sending itself failed. */
int rtnl_run(int fd, const struct rtnl_message *m, int *errs);
/* A whole dump, waited for. Messages of the groups that come between are handed on too. */
int rtnl_dump(int fd, uint16_t type, rtnl_each_fn *each, void *ctx);
/* What has come in. 0, -ENOBUFS when something was lost (dump again), other -errno. */
int rtnl_receive(int fd, rtnl_each_fn *each, void *ctx);

#endif
