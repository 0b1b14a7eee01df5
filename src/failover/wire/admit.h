/*
 * Whether an advertisement may take part, given the configuration: the half of RFC 9568 7.1 that
 * is not in the bytes. Pure.
 */
#ifndef RELAIS_WIRE_ADMIT_H
#define RELAIS_WIRE_ADMIT_H

#include "failover/wire/packet.h"
#include "failover/model/vrrp_conf.h"

/* The advertised addresses as they stand in a packet: built once per configuration. */
struct vrrp_list {
	unsigned n;
	uint8_t bytes[VRRP_ADDRESSES_MAX * 16];
};

/* The advertised VIPs of the instance's family, in order; what exceeds 255 is left out. */
void vrrp_list_build(struct vrrp_list *list, const struct vrrp_instance_conf *conf);

/* Stretch guard: what is learned of a master's interval (version 3, up to 40.95 s) lengthens the
 * wait for it to at most this: anyone may say anything, and four forged advertisements must not
 * leave the addresses without an owner for two minutes. */
int64_t vrrp_admit_interval_most_us(const struct vrrp_instance_conf *conf);

/* Before the bytes are looked at: carriage, source, TTL, unicast sender. */
enum vrrp_drop vrrp_admit_path(const struct vrrp_instance_conf *conf, const struct vrrp_path *path);

/* After vrrp_packet_parse accepted. skip_list: the list was checked for this sender before.
 * *notes gets a bit (1u << row) for each NOTE row that applies. */
enum vrrp_drop vrrp_admit(const struct vrrp_instance_conf *conf, const struct vrrp_list *list,
			  const struct vrrp_packet *p, bool skip_list, unsigned *notes);

#endif
