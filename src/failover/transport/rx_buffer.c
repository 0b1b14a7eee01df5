/*
 * Receive buffers. See rx_buffer.h. The kernel doubles what it is told, for its own books. Less
 * than LEAST is not asked for: adverts of 10 ms must survive a turn of the loop that takes longer.
 */
#include "failover/transport/rx_buffer.h"

#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
	LEAST = 16 * 1024,
	MOST = 1 << 28,
	ADVERT_LEN = 60 + 40 /* IP header with options, VRRP header and AH */
};

static int advert_len(const struct vrrp_instance_conf *conf)
{
	int len = ADVERT_LEN;

	for (const struct vip_conf *vip = conf->vips; vip; vip = vip->next)
		len += conf->family == AF_INET ? 4 : 16;
	return len;
}

int vrrp_rx_buffer_share(const struct house_conf *house, const struct vrrp_instance_conf *conf,
			 int mtu)
{
	if (conf->rx_buf_bytes)
		return conf->rx_buf_bytes;
	switch (house->rx_policy) {
	case HOUSE_RX_MTU:
		return mtu * house->rx_multiplier;
	case HOUSE_RX_ADVERT:
		return advert_len(conf) * house->rx_multiplier;
	case HOUSE_RX_BYTES:
		return house->rx_bytes;
	default:
		return 0;
	}
}

void vrrp_rx_buffer_grow(int fd, const char *interface, const struct house_conf *house,
			 const struct vrrp_instance_conf *conf, int *sum)
{
	struct ifreq ifr = {.ifr_mtu = 0};
	int share, bytes;

	strncpy(ifr.ifr_name, interface, sizeof(ifr.ifr_name) - 1);
	if (ioctl(fd, SIOCGIFMTU, &ifr) < 0)
		ifr.ifr_mtu = 1500;
	share = vrrp_rx_buffer_share(house, conf, ifr.ifr_mtu);
	if (share <= 0)
		return;
	share = share > MOST ? MOST : share;
	*sum = *sum > MOST - share ? MOST : *sum + share;
	bytes = *sum < LEAST ? LEAST : *sum;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}
