/*
 * Foreign bytes into the BFD parser, and what is accepted into a session that is up, on a simulated
 * clock. What is accepted must survive being built and parsed again; the session must survive.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/loop/loop_sim.h"
#include "failover/bfd/bfd_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool on_send(void *ctx, const uint8_t *bytes, size_t len)
{
	struct bfd_packet p;

	(void)ctx;
	if (bfd_packet_parse(&p, bytes, len) != BFD_ACCEPT)
		abort();
	return true;
}

static void on_changed(void *ctx, enum bfd_state from, enum bfd_state to, const char *reason)
{
	(void)ctx;
	if (from == to || !reason[0])
		abort();
}

static void build_again(const struct bfd_packet *p)
{
	uint8_t buf[BFD_PACKET_LEN];
	struct bfd_packet q;

	bfd_packet_build(buf, p);
	if (bfd_packet_parse(&q, buf, sizeof(buf)) != BFD_ACCEPT || q.state != p->state ||
	    q.diag != p->diag || q.mine != p->mine || q.yours != p->yours ||
	    q.min_tx_us != p->min_tx_us || q.min_rx_us != p->min_rx_us || q.poll != p->poll ||
	    q.final != p->final || q.multiplier != p->multiplier)
		abort();
}

/* The input is a row of packets: a byte of length, the bytes; then the clock goes on. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bfd_session_ops ops = {on_send, on_changed, NULL};
	const struct vrrp_bfd_conf conf = {.name = "f",
					   .min_rx_us = 10000,
					   .min_tx_us = 10000,
					   .idle_tx_us = 1000000,
					   .multiplier = 3};
	struct loop *loop = loop_new(&loop_sim_ops);
	struct bfd_session *s = bfd_session_new(loop, &conf, 1000, &ops, NULL);

	bfd_session_start(s);
	for (size_t at = 0; at < size && size < 4096;) {
		size_t len = data[at++] % 64;
		struct bfd_packet p;
		uint8_t *bytes;

		len = len < size - at ? len : size - at;
		bytes = malloc(len ? len : 1); /* exact: a byte too far is seen */
		if (!bytes)
			break;
		memcpy(bytes, data + at, len);
		if (bfd_packet_parse(&p, bytes, len) == BFD_ACCEPT) {
			build_again(&p);
			bfd_session_receive(s, &p);
		}
		free(bytes);
		at += len;
		loop_sim_advance(loop, 3000);
	}
	bfd_session_stop(s);
	bfd_session_free(&s);
	loop_free(&loop);
	return 0;
}
