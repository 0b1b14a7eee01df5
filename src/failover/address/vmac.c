/*
 * Virtual MAC interfaces. See vmac.h.
 *
 * In private mode no macvlan of this machine hears another, and what comes with our own MAC as its
 * source (the other node has the same) is given to this interface alone. The kernel must not
 * answer ARP for the addresses by the interface below (arp_ignore, arp_filter there), nor ask from
 * them there (arp_announce, which Keepalived leaves alone: whoever is asked learns the wrong MAC),
 * nor refuse what comes from a source whose route leads elsewhere (rp_filter, accept_local here).
 * IPv6 adverts need the link-local address of the interface below on this one, or the kernel would
 * not send them; it is deprecated, so that nothing else uses it.
 */
#include "failover/address/vmac.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "failover/address/rtnl.h"
#include "failover/address/undo.h"
#include "failover/address/vmac_message.h"

enum { IPV6_LEAST_MTU = 1280 };
enum { N_BELOW = 3, MENDS_AT_ONCE = 10, MEND_PERIOD_US = 1000000, MEND_PAUSE_US = 1000000 };

struct vmac {
	struct list link;
	char base[IFNAMSIZ];
	struct vmac_link want; /* ifindex 0: it is not there */
	int family;
	bool wanted;
	int slot;		    /* of shared_page.undo */
	struct rtnl_address source; /* link-local address copied from below; family 0 = none */
};

struct below { /* an interface that has some on it */
	struct list link;
	char name[IFNAMSIZ];
	int slot;
};

struct vmacs {
	struct loop *loop;
	struct shared_page *page;
	struct links *links; /* NULL until watch */
	struct links_watcher watcher;
	int fd;
	struct list all, belows;
	struct loop_timer mend_later;
	int64_t period_start_us;
	unsigned n_mended;
};

#define EACH_VMAC(v, pos, vmacs)      \
	LIST_EACH(pos, &(vmacs)->all) \
	if (((v) = container_of(pos, struct vmac, link)))

/* ---- the interface below ---- */

static const struct vmac_setting below_settings[N_BELOW] = {
	{IPV4_DEVCONF_ARP_IGNORE, 1}, {IPV4_DEVCONF_ARPFILTER, 1}, {IPV4_DEVCONF_ARP_ANNOUNCE, 2}};

static uint32_t read_setting(const char *name, const char *setting)
{
	char path[96];
	unsigned value = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/%s", name, setting);
	f = fopen(path, "re");
	if (f && fscanf(f, "%u", &value) != 1)
		value = 0;
	if (f)
		fclose(f);
	return value;
}

static bool has_vmacs(struct vmacs *vmacs, const char *base)
{
	struct list *pos;
	struct vmac *v;

	EACH_VMAC(v, pos, vmacs)
	{
		if (strcmp(v->base, base) == 0 && v->want.ifindex)
			return true;
	}
	return false;
}

static struct below *find_below(struct vmacs *vmacs, const char *name)
{
	struct list *pos;

	LIST_EACH(pos, &vmacs->belows)
	{
		if (strcmp(container_of(pos, struct below, link)->name, name) == 0)
			return container_of(pos, struct below, link);
	}
	return NULL;
}

static void run_one(struct vmacs *vmacs, struct rtnl_message *m, int *err)
{
	*err = -E2BIG;
	if (!m->full && m->n == 1)
		rtnl_run(vmacs->fd, m, err);
}

/* The note that puts these values back. */
static size_t write_restore(char buf[static SHARED_UNDO_LEN], const char *name,
			    const uint32_t values[static N_BELOW])
{
	struct vmac_setting was[N_BELOW];
	struct rtnl_message m;

	for (int i = 0; i < N_BELOW; i++)
		was[i] = (struct vmac_setting){below_settings[i].number, values[i]};
	rtnl_message_init(&m, buf, SHARED_UNDO_LEN);
	return vmac_message_put_settings(&m, name, was, N_BELOW) ? m.len : 0;
}

/* An earlier life of this process has set them: what it noted, whichever values that were. */
static int find_restore(const struct shared_page *page, const char *name)
{
	enum { IGNORE_N = 9, FILTER_N = 2, ANNOUNCE_N = 3 };
	char buf[SHARED_UNDO_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	int slot = UNDO_NONE;

	for (uint32_t i = 0; slot == UNDO_NONE && i < IGNORE_N * FILTER_N * ANNOUNCE_N; i++) {
		const uint32_t values[] = {i % IGNORE_N, i / IGNORE_N % FILTER_N,
					   i / IGNORE_N / FILTER_N};

		slot = undo_find(page, buf, write_restore(buf, name, values));
	}
	return slot;
}

/* What was set is noted, to be put back. */
static void prepare_below(struct vmacs *vmacs, const char *name)
{
	char buf[SHARED_UNDO_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	const uint32_t values[] = {read_setting(name, "arp_ignore"),
				   read_setting(name, "arp_filter"),
				   read_setting(name, "arp_announce")};
	struct below *b = find_below(vmacs, name);
	struct rtnl_message m;
	int err;

	if (!b) {
		b = calloc(1, sizeof(*b));
		if (!b)
			die_no_memory();
		strncpy(b->name, name, sizeof(b->name) - 1);
		b->slot = UNDO_NONE;
		list_push(&vmacs->belows, &b->link);
	}
	if (b->slot == UNDO_NONE)
		b->slot = find_restore(vmacs->page, name);
	if (values[0] == 1 && values[1] == 1 && values[2] == 2)
		return;
	if (b->slot == UNDO_NONE)
		b->slot = undo_note(vmacs->page, buf, write_restore(buf, name, values));
	rtnl_message_init(&m, buf, sizeof(buf));
	vmac_message_put_settings(&m, name, below_settings, N_BELOW);
	run_one(vmacs, &m, &err);
	if (err)
		log_warn("virtual MAC: settings of %s: %s", name, strerror(-err));
}

static void release_below(struct vmacs *vmacs, const char *name)
{
	struct below *b = find_below(vmacs, name);
	uint8_t bytes[SHARED_UNDO_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	uint32_t len;

	if (!b || has_vmacs(vmacs, name))
		return;
	if (b->slot != UNDO_NONE) {
		len = vmacs->page->undo[b->slot].len;
		memcpy(bytes, vmacs->page->undo[b->slot].bytes, len);
		undo_now(vmacs->fd, bytes, len);
		undo_forget(vmacs->page, b->slot);
	}
	list_del(&b->link);
	free(b);
}

/* ---- making and removing ---- */

struct search {
	const char *name;
	struct vmac_link found;
};

static void look_at(void *ctx, const struct nlmsghdr *h)
{
	struct search *s = ctx;
	struct vmac_link v;

	if (vmac_message_read(h, &v) && strcmp(v.name, s->name) == 0)
		s->found = v;
}

static void note(struct vmacs *vmacs, struct vmac *v)
{
	char buf[SHARED_UNDO_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct rtnl_message m;

	if (v->slot != UNDO_NONE)
		return;
	rtnl_message_init(&m, buf, sizeof(buf));
	if (vmac_message_put_delete(&m, v->want.name))
		v->slot = undo_note(vmacs->page, buf, m.len);
}

/* 0, also when it is there already and is what we want; -EEXIST when it is something else. */
static int create(struct vmacs *vmacs, struct vmac *v)
{
	char buf[512] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct search s = {.name = v->want.name};
	struct rtnl_message m;
	int err;

	note(vmacs, v);
	rtnl_message_init(&m, buf, sizeof(buf));
	vmac_message_put_create(&m, &v->want);
	run_one(vmacs, &m, &err);
	if (err != -EEXIST)
		return err;
	rtnl_dump(vmacs->fd, RTM_GETLINK, look_at, &s);
	if (s.found.is_macvlan && s.found.base == v->want.base &&
	    memcmp(s.found.mac, v->want.mac, sizeof(v->want.mac)) == 0)
		return 0;
	undo_forget(vmacs->page, v->slot); /* somebody else's */
	v->slot = UNDO_NONE;
	return -EEXIST;
}

static void configure(struct vmacs *vmacs, struct vmac *v)
{
	static const struct vmac_setting settings[] = {{IPV4_DEVCONF_ARP_IGNORE, 1},
						       {IPV4_DEVCONF_ARPFILTER, 0},
						       {IPV4_DEVCONF_ACCEPT_LOCAL, 1},
						       {IPV4_DEVCONF_RP_FILTER, 0},
						       {IPV4_DEVCONF_PROMOTE_SECONDARIES, 1}};
	char buf[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct rtnl_message m;
	int errs[3];

	rtnl_message_init(&m, buf, sizeof(buf));
	vmac_message_put_settings(&m, v->want.name, settings,
				  sizeof(settings) / sizeof(settings[0]));
	vmac_message_put_no_addrgen(&m, v->want.name); /* fails where there is no IPv6 */
	vmac_message_put_up(&m, v->want.name);
	rtnl_run(vmacs->fd, &m, errs);
	if (errs[0] || errs[2])
		log_err("virtual MAC: %s: %s", v->want.name,
			strerror(errs[0] ? -errs[0] : -errs[2]));
}

static void copy_source(struct vmacs *vmacs, struct vmac *v);

static bool make(struct vmacs *vmacs, struct vmac *v)
{
	int err = -ENODEV;

	v->want.base = (int)if_nametoindex(v->base);
	if (v->want.base) {
		prepare_below(vmacs, v->base);
		err = create(vmacs, v);
	}
	if (err) {
		log_err("virtual MAC: interface %s on %s: %s", v->want.name, v->base,
			strerror(-err));
		return false;
	}
	configure(vmacs, v);
	v->want.ifindex = (int)if_nametoindex(v->want.name);
	memset(&v->source, 0, sizeof(v->source));
	copy_source(vmacs, v);
	return v->want.ifindex != 0;
}

/* The kernel makes it as small as the one below becomes, and leaves it so. Below what IPv6 needs
 * its settings and addresses are gone as well: then it is made anew. */
static void follow_mtu(struct vmacs *vmacs, struct vmac *v, uint32_t mtu)
{
	const struct links_link *own = links_at(vmacs->links, v->want.ifindex);
	char buf[SHARED_UNDO_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	bool anew = own && own->mtu < IPV6_LEAST_MTU && mtu >= IPV6_LEAST_MTU;
	struct rtnl_message m;
	int err = 0;

	if (!own || own->mtu >= mtu)
		return;
	rtnl_message_init(&m, buf, sizeof(buf));
	if (anew ? vmac_message_put_delete(&m, v->want.name)
		 : vmac_message_put_mtu(&m, v->want.name, mtu))
		run_one(vmacs, &m, &err);
	log_notice("virtual MAC: %s has the MTU of %s again, %u%s%s", v->want.name, v->base, mtu,
		   err ? ": " : "", err ? strerror(-err) : "");
	if (anew && !err)
		make(vmacs, v);
}

static void drop(struct vmacs *vmacs, struct vmac *v)
{
	char buf[SHARED_UNDO_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct rtnl_message m;
	int err = 0;

	list_del(&v->link);
	rtnl_message_init(&m, buf, sizeof(buf));
	if (v->want.ifindex && vmac_message_put_delete(&m, v->want.name))
		run_one(vmacs, &m, &err);
	if (err && err != -ENODEV)
		log_err("virtual MAC: cannot remove %s: %s", v->want.name, strerror(-err));
	undo_forget(vmacs->page, v->slot);
	release_below(vmacs, v->base);
	free(v);
}

/* ---- IPv6: the address that adverts come from ---- */

static void run_address(struct vmacs *vmacs, uint16_t type, const struct rtnl_address *a)
{
	char buf[256] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct rtnl_message m;
	int err;

	rtnl_message_init(&m, buf, sizeof(buf));
	rtnl_message_put_address(
		&m, type, NLM_F_ACK | (type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_REPLACE : 0), 0,
		a);
	run_one(vmacs, &m, &err);
	if (err && type == RTM_NEWADDR)
		log_warn("virtual MAC: no link-local address: %s", strerror(-err));
}

static void copy_source(struct vmacs *vmacs, struct vmac *v)
{
	const struct links_link *l = vmacs->links ? links_find(vmacs->links, v->base) : NULL;
	struct rtnl_address a = {.ifindex = v->want.ifindex,
				 .family = AF_INET6,
				 .prefix_len = 64,
				 .scope = RT_SCOPE_LINK,
				 .flags = IFA_F_NODAD,
				 .has_lifetime = true,
				 .preferred_s = 0,
				 .valid_s = UINT32_MAX};

	if (v->family != AF_INET6 || !v->want.ifindex || !l || l->ipv6.len == 0)
		return;
	memcpy(a.local, rtnl_addr_bytes(&l->ipv6), 16);
	if (v->source.family && rtnl_address_eq(&a, &v->source, true))
		return;
	if (v->source.family)
		run_address(vmacs, RTM_DELADDR, &v->source);
	run_address(vmacs, RTM_NEWADDR, &a);
	v->source = a;
}

/* ---- the guard ---- */

static bool may_mend(struct vmacs *vmacs)
{
	int64_t now = loop_now_us(vmacs->loop);

	if (now - vmacs->period_start_us >= MEND_PERIOD_US) {
		vmacs->period_start_us = now;
		vmacs->n_mended = 0;
	}
	if (vmacs->n_mended++ < MENDS_AT_ONCE)
		return true;
	if (!loop_timer_armed(&vmacs->mend_later))
		loop_timer_set(vmacs->loop, &vmacs->mend_later, now + MEND_PAUSE_US);
	return false;
}

static void make_missing(struct vmacs *vmacs)
{
	struct list *pos;
	struct vmac *v;

	EACH_VMAC(v, pos, vmacs)
	{
		if (!v->want.ifindex && if_nametoindex(v->base))
			make(vmacs, v);
	}
}

static void mend_now(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	make_missing(container_of(timer, struct vmacs, mend_later));
}

static void on_gone(struct vmacs *vmacs, struct vmac *v)
{
	v->want.ifindex = 0;
	if (if_nametoindex(v->base) == 0)
		return; /* it went with the one below */
	log_warn("virtual MAC: %s was removed by somebody else and is made again", v->want.name);
	if (may_mend(vmacs))
		make(vmacs, v);
}

static void on_link(struct links_watcher *w, const struct links_link *l, unsigned changes)
{
	struct vmacs *vmacs = container_of(w, struct vmacs, watcher);
	struct list *pos;
	struct vmac *v;

	EACH_VMAC(v, pos, vmacs)
	{
		if (changes & LINKS_GONE && v->want.ifindex == l->ifindex)
			on_gone(vmacs, v);
		else if (changes & LINKS_STATE && v->want.ifindex == l->ifindex &&
			 !(l->flags & IFF_UP) && if_nametoindex(v->want.name) && may_mend(vmacs))
			configure(vmacs, v);
		else if (strcmp(l->name, v->base) == 0 && !(changes & LINKS_GONE)) {
			if (!v->want.ifindex)
				make(vmacs, v);
			else if (changes & LINKS_MTU)
				follow_mtu(vmacs, v, l->mtu);
			copy_source(vmacs, v);
		}
	}
}

/* ---- all of them ---- */

static struct vmac *find(struct vmacs *vmacs, const struct vmac_conf *conf)
{
	struct list *pos;
	struct vmac *v;

	EACH_VMAC(v, pos, vmacs)
	{
		if (strcmp(v->want.name, conf->name) == 0 && strcmp(v->base, conf->base) == 0 &&
		    memcmp(v->want.mac, conf->mac, sizeof(conf->mac)) == 0)
			return v;
	}
	return NULL;
}

static struct vmac *add(struct vmacs *vmacs, const struct vmac_conf *conf)
{
	struct vmac *v = calloc(1, sizeof(*v));

	if (!v)
		die_no_memory();
	strncpy(v->want.name, conf->name, sizeof(v->want.name) - 1);
	strncpy(v->base, conf->base, sizeof(v->base) - 1);
	memcpy(v->want.mac, conf->mac, sizeof(conf->mac));
	v->family = conf->family;
	v->slot = UNDO_NONE;
	list_push(&vmacs->all, &v->link);
	return v;
}

unsigned vmacs_set(struct vmacs *vmacs, const struct vmac_conf *list)
{
	struct list *pos, *tmp;
	unsigned n_failed = 0;
	struct vmac *v;

	EACH_VMAC(v, pos, vmacs)
	v->wanted = false;
	for (const struct vmac_conf *c = list; c; c = c->next) {
		v = find(vmacs, c);
		if (v)
			v->wanted = true;
	}
	LIST_EACH_SAFE(pos, tmp, &vmacs->all)
	{
		v = container_of(pos, struct vmac, link);
		if (!v->wanted)
			drop(vmacs, v);
	}
	for (const struct vmac_conf *c = list; c; c = c->next) {
		if (!find(vmacs, c))
			n_failed += !make(vmacs, add(vmacs, c));
	}
	if (list && read_setting("all", "rp_filter") == 1)
		log_warn("virtual MAC: net.ipv4.conf.all.rp_filter is 1, so the kernel drops what "
			 "is heard there: set it to 0 or 2");
	return n_failed;
}

void vmacs_clear(struct vmacs *vmacs)
{
	vmacs_set(vmacs, NULL);
}

void vmacs_watch(struct vmacs *vmacs, struct links *links)
{
	struct list *pos;
	struct vmac *v;

	vmacs->links = links;
	vmacs->watcher.on_link = on_link;
	links_watch(links, &vmacs->watcher);
	EACH_VMAC(v, pos, vmacs)
	copy_source(vmacs, v);
}

struct vmacs *vmacs_new(struct loop *loop, struct shared_page *page)
{
	struct vmacs *vmacs = calloc(1, sizeof(*vmacs));

	if (!vmacs)
		return NULL;
	vmacs->loop = loop;
	vmacs->page = page;
	vmacs->mend_later.on_expiry = mend_now;
	list_init(&vmacs->all);
	list_init(&vmacs->belows);
	vmacs->fd = rtnl_open(0);
	if (vmacs->fd < 0) {
		errno = -vmacs->fd;
		free(vmacs);
		return NULL;
	}
	return vmacs;
}

void vmacs_free(struct vmacs **vmacs)
{
	struct vmacs *v = *vmacs;
	struct list *pos, *tmp;

	*vmacs = NULL;
	if (!v)
		return;
	if (v->links)
		links_unwatch(&v->watcher);
	loop_timer_clear(v->loop, &v->mend_later);
	LIST_EACH_SAFE(pos, tmp, &v->all)
	free(container_of(pos, struct vmac, link));
	LIST_EACH_SAFE(pos, tmp, &v->belows)
	free(container_of(pos, struct below, link));
	close(v->fd);
	free(v);
}

bool vmacs_have(const struct vmacs *vmacs, const char *name)
{
	const struct list *pos;

	LIST_EACH(pos, &vmacs->all)
	{
		const struct vmac *v = container_of(pos, struct vmac, link);

		if (strcmp(v->want.name, name) == 0)
			return v->want.ifindex != 0;
	}
	return false;
}

bool vmacs_claims_slot(const struct vmacs *vmacs, int slot)
{
	const struct list *pos;

	LIST_EACH(pos, &vmacs->all)
	{
		if (container_of(pos, struct vmac, link)->slot == slot)
			return true;
	}
	LIST_EACH(pos, &vmacs->belows)
	{
		if (container_of(pos, struct below, link)->slot == slot)
			return true;
	}
	return false;
}
