/*
 * How large the receive buffer of a VRRP socket is: vrrp_rx_bufs_policy, kernel_rx_buf_size. Used
 * by transport.c; without either it is 4 MB.
 */
#ifndef RELAIS_TRANSPORT_RX_BUFFER_H
#define RELAIS_TRANSPORT_RX_BUFFER_H

#include "failover/model/house.h"

/* What one instance adds; 0 = nothing is asked for. mtu: of its interface. */
int vrrp_rx_buffer_share(const struct house_conf *house, const struct vrrp_instance_conf *conf,
			 int mtu);
/* Another instance uses the socket: *sum, of those before it, grows, and the buffer with it. */
void vrrp_rx_buffer_grow(int fd, const char *interface, const struct house_conf *house,
			 const struct vrrp_instance_conf *conf, int *sum);

#endif
