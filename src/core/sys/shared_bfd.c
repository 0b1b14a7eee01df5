/*
 * A BFD session on the shared page. See shared_bfd.h; the same way as shared_page.c's VIPs.
 */
#include "core/sys/shared_bfd.h"

#include <string.h>

void shared_bfd_begin(struct shared_bfd *bfd)
{
	atomic_fetch_add_explicit(&bfd->sequence, 1, memory_order_acq_rel);
	atomic_thread_fence(memory_order_release);
}

void shared_bfd_end(struct shared_bfd *bfd)
{
	atomic_fetch_add_explicit(&bfd->sequence, 1, memory_order_release);
}

bool shared_bfd_read(const struct shared_bfd *bfd, struct shared_bfd *copy)
{
	for (int tries = 0; tries < 1000; tries++) {
		uint32_t before = atomic_load_explicit(&bfd->sequence, memory_order_acquire);

		if (before & 1)
			continue;
		memcpy(copy, bfd, sizeof(*copy));
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&bfd->sequence, memory_order_relaxed) == before)
			return true;
	}
	return false;
}
