/*
 * Sends hostile VRRP packets as fast as one thread can: frames built by hand on a packet socket, so
 * that sources, TTLs and lengths are what no kernel would let pass. Forty of each kind in turn,
 * until COUNT are out; prints one JSON object with how many of each kind were sent.
 *
 *   vrrp_flood IFACE COUNT VIP VIP6 OPEN-VIP V4-VRID V6-VRID OPEN-VRID
 *
 * First listens for one signed advertisement of V4-VRID, to show it again. OPEN-VRID is a router
 * without authentication and with priority above 1. All are to the groups of RFC 9568.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME_MAX = 256, RUN = 40, KINDS_MAX = 32, VRRP = 112, TRAILER_LEN = 28 };

struct frame {
	const char *kind;
	size_t len;
	uint8_t bytes[FRAME_MAX];
	unsigned long n_sent;
};

static struct frame frames[KINDS_MAX];
static unsigned n_frames;
static struct in_addr vip, open_vip, rogue;
static struct in6_addr vip6, rogue6;
static int v4_vrid, v6_vrid, open_vrid;

static uint32_t sum(uint32_t s, const void *data, size_t len)
{
	const uint8_t *b = data;

	for (size_t i = 0; i < len; i++)
		s += i & 1 ? b[i] : (uint32_t)b[i] << 8;
	return s;
}

static uint16_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return htons((uint16_t)~s);
}

/* What one kind is made of; zeros are as in a good one. */
struct recipe {
	const char *kind;
	bool v6;
	int vrid, priority, ttl, count, interval_cs;
	int first;		 /* version and type */
	size_t cut;		 /* bytes of the message that are sent, 0 = all */
	bool bad_sum, no_source; /* source 0.0.0.0, or one that is not of this link */
	int key;		 /* a trailer with this key id and a digest of zeros */
};

static size_t put_message(uint8_t *m, const struct recipe *r, const struct in6_addr *src6,
			  const struct in6_addr *dst6)
{
	size_t len = 8 + (r->v6 ? 16 : 4), at = len;
	uint32_t s = 0;
	uint16_t field;

	m[0] = (uint8_t)(r->first ? r->first : 0x31);
	m[1] = (uint8_t)(r->vrid ? r->vrid : r->v6 ? v6_vrid : v4_vrid);
	m[2] = (uint8_t)(r->priority ? r->priority : 254);
	m[3] = (uint8_t)(r->count ? r->count - 1 : 1);
	field = htons((uint16_t)(r->interval_cs ? r->interval_cs : 10));
	memcpy(m + 4, &field, 2);
	memcpy(m + 8,
	       r->v6		      ? (const void *)&vip6
	       : r->vrid == open_vrid ? &open_vip
				      : &vip,
	       r->v6 ? 16 : 4);
	if (r->count == 1)
		at = len = 8; /* count 0 */
	if (r->v6)
		s = sum(sum(0, src6, 16), dst6, 16) + VRRP + (uint32_t)len;
	field = fold(sum(s, m, len));
	memcpy(m + 6, &field, 2);
	if (r->bad_sum)
		m[6] ^= 0x55;
	if (r->key) {
		m[at] = 1;
		m[at + 1] = (uint8_t)r->key;
		at += TRAILER_LEN;
	}
	return r->cut ? r->cut : at;
}

static void add(const struct recipe *r)
{
	struct frame *f = &frames[n_frames++];
	uint8_t *b = f->bytes, *ip = b + 14;
	struct in6_addr src6 = rogue6, dst6;
	size_t n;

	f->kind = r->kind;
	inet_pton(AF_INET6, "ff02::12", &dst6);
	memcpy(b, r->v6 ? "\x33\x33\0\0\0\x12" : "\x01\0\x5e\0\0\x12", 6);
	memcpy(b + 6, "\x02\0\0\0\0\x66", 6);
	memcpy(b + 12, r->v6 ? "\x86\xdd" : "\x08\x00", 2);
	if (r->v6) {
		if (r->no_source)
			inet_pton(AF_INET6, "2001:db8::66", &src6);
		n = put_message(ip + 40, r, &src6, &dst6);
		memcpy(ip, "\x60\0\0\0", 4);
		ip[4] = 0;
		ip[5] = (uint8_t)n;
		ip[6] = VRRP;
		ip[7] = (uint8_t)(r->ttl ? r->ttl : 255);
		memcpy(ip + 8, &src6, 16);
		memcpy(ip + 24, &dst6, 16);
		f->len = 14 + 40 + n;
		return;
	}
	n = put_message(ip + 20, r, NULL, NULL);
	memcpy(ip,
	       (uint8_t[]){0x45, 0xc0, 0, (uint8_t)(20 + n), 0, 0, 0, 0,
			   (uint8_t)(r->ttl ? r->ttl : 255), VRRP},
	       10);
	if (!r->no_source)
		memcpy(ip + 12, &rogue, 4);
	memcpy(ip + 16, (uint8_t[]){224, 0, 0, 18}, 4);
	memcpy(ip + 10, &(uint16_t){fold(sum(0, ip, 20))}, 2);
	f->len = 14 + 20 + n;
}

/* One that a master really sent, as it came. */
static void add_replay(int fd)
{
	struct frame *f = &frames[n_frames];
	struct sockaddr_ll from;

	for (;;) {
		socklen_t from_len = sizeof(from);
		ssize_t n =
			recvfrom(fd, f->bytes, FRAME_MAX, 0, (struct sockaddr *)&from, &from_len);

		if (n == 14 + 20 + 12 + TRAILER_LEN && memcmp(f->bytes + 12, "\x08\x00", 2) == 0 &&
		    f->bytes[14 + 9] == VRRP && f->bytes[14 + 20 + 1] == v4_vrid) {
			f->kind = "replay";
			f->len = (size_t)n;
			n_frames++;
			return;
		}
	}
}

static void flood(int fd, const struct sockaddr_ll *to, unsigned long count)
{
	struct mmsghdr messages[RUN];
	struct iovec iov;
	unsigned long done = 0;

	for (unsigned k = 0; done < count; k = (k + 1) % n_frames) {
		int left = RUN;

		iov = (struct iovec){frames[k].bytes, frames[k].len};
		for (int i = 0; i < RUN; i++)
			messages[i].msg_hdr = (struct msghdr){.msg_name = (void *)to,
							      .msg_namelen = sizeof(*to),
							      .msg_iov = &iov,
							      .msg_iovlen = 1};
		while (left > 0) {
			int n = sendmmsg(fd, messages, (unsigned)left, 0);

			if (n > 0) {
				left -= n;
			} else if (errno != ENOBUFS && errno != EAGAIN) {
				perror("sendmmsg");
				exit(1);
			}
		}
		frames[k].n_sent += RUN;
		done += RUN;
	}
}

static void report(void)
{
	printf("{");
	for (unsigned k = 0; k < n_frames; k++)
		printf("%s\"%s\": %lu", k ? ", " : "", frames[k].kind, frames[k].n_sent);
	printf("}\n");
}

int main(int argc, char **argv)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	if (argc != 9 || fd < 0 || inet_pton(AF_INET, argv[3], &vip) != 1 ||
	    inet_pton(AF_INET6, argv[4], &vip6) != 1 || inet_pton(AF_INET, argv[5], &open_vip) != 1)
		return 2;
	at.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return 2;
	v4_vrid = atoi(argv[6]);
	v6_vrid = atoi(argv[7]);
	open_vrid = atoi(argv[8]);
	inet_pton(AF_INET, "192.0.2.66", &rogue);
	inet_pton(AF_INET6, "fe80::66", &rogue6);
	add(&(struct recipe){.kind = "ttl", .ttl = 254});
	add(&(struct recipe){.kind = "source", .no_source = true});
	add(&(struct recipe){.kind = "truncated", .cut = 7});
	add(&(struct recipe){.kind = "version", .first = 0x41});
	add(&(struct recipe){.kind = "type", .first = 0x32});
	add(&(struct recipe){.kind = "count-zero", .count = 1});
	add(&(struct recipe){.kind = "length", .count = 10});
	add(&(struct recipe){.kind = "checksum", .bad_sum = true});
	add(&(struct recipe){.kind = "vrid", .vrid = 200});
	add(&(struct recipe){.kind = "unsigned"});
	add(&(struct recipe){.kind = "key", .key = 77});
	add(&(struct recipe){.kind = "auth", .key = 1});
	add(&(struct recipe){
		.kind = "stretch", .vrid = open_vrid, .priority = 1, .interval_cs = 4095});
	add(&(struct recipe){.kind = "ttl6", .v6 = true, .ttl = 64});
	add(&(struct recipe){.kind = "source6", .v6 = true, .no_source = true});
	add(&(struct recipe){.kind = "checksum6", .v6 = true, .bad_sum = true});
	add(&(struct recipe){.kind = "unsigned6", .v6 = true});
	add_replay(fd);
	shutdown(fd, SHUT_RD);
	flood(fd, &at, strtoul(argv[2], NULL, 10));
	report();
	return 0;
}
