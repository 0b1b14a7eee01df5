/*
 * BFD in the failover process: its verdicts go to the instances, as tracks. See failover_impl.h and
 * bfd/bfd.h.
 */
#include "failover/failover_impl.h"

static void bfd_changed(void *ctx, const struct vrrp_bfd_conf *conf, bool up)
{
	struct failover *f = ctx;
	struct list *pos;

	shared_note_put(f->setup->page, shared_fact_key(SHARED_FACT_BFD, conf->name), up);
	LIST_EACH(pos, &f->nodes)
	vrrp_instance_track_set(container_of(pos, struct node, link)->inst, VRRP_TRACK_BFD,
				conf->name, up);
}

void failover_bfd_open(struct failover *f)
{
	f->bfd = bfd_new(f->loop, f->setup->page, bfd_changed, f, f->conf);
}

void failover_bfd_reload(struct failover *f)
{
	bfd_configure(f->bfd, f->conf);
}

void failover_bfd_close(struct failover *f)
{
	bfd_free(&f->bfd);
}
