/*
 * The packet filter's table. See wall.h.
 */
#include "failover/address/wall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "failover/address/rtnl.h"
#include "failover/address/undo.h"
#include "failover/address/wall_message.h"

static size_t collect(const struct vip_conf *vip, struct addr *out, size_t n)
{
	for (; vip; vip = vip->next) {
		if (out)
			out[n] = vip->address;
		n++;
	}
	return n;
}

/* RFC 9568 6.1: the owner of the addresses always accepts. */
static size_t collect_closed(const struct failover_conf *conf, struct addr *out)
{
	size_t n = 0;

	for (const struct vrrp_instance_conf *i = conf->instances; i; i = i->next)
		if (!i->accept && i->priority != 255)
			n = collect(i->excluded, out, collect(i->vips, out, n));
	return n;
}

static size_t collect_vmacs(const struct failover_conf *conf, const char **out)
{
	size_t n = 0;

	for (const struct vmac_conf *v = conf->vmacs; v; v = v->next, n++)
		if (out)
			out[n] = v->name;
	return n;
}

/* Two instances may name one address; a set holds it once. */
static size_t unite(struct addr *all, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		size_t at = 0;

		while (at < kept && !addr_eq(&all[at], &all[i], false))
			at++;
		if (at == kept)
			all[kept++] = all[i];
	}
	return kept;
}

static int carry_out(const struct wall_plan *plan)
{
	int errs[WALL_MESSAGES_MAX], err = 0, fd = rtnl_open_netfilter();
	size_t cap = wall_message_len(plan);
	struct rtnl_message m;
	char *buf = malloc(cap);

	if (!buf)
		die_no_memory();
	rtnl_message_init(&m, buf, cap);
	if (fd < 0)
		err = fd;
	else if (!wall_message_build(&m, plan))
		err = -E2BIG;
	if (!err)
		rtnl_run(fd, &m, errs);
	for (unsigned i = 0; !err && i < m.n; i++)
		err = errs[i];
	if (fd >= 0)
		close(fd);
	free(buf);
	return err;
}

static void note(struct wall *wall, const char *table)
{
	char buf[SHARED_UNDO_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct rtnl_message m;

	rtnl_message_init(&m, buf, sizeof(buf));
	if (wall_message_raze(&m, table))
		wall->slot = undo_note(wall->page, buf, m.len);
	strncpy(wall->table, table, sizeof(wall->table) - 1);
}

int wall_set(struct wall *wall, const struct failover_conf *conf)
{
	struct wall_plan plan = {.table = conf->wall_table ? conf->wall_table : "relais",
				 .priority = conf->wall_priority};
	const char **vmacs;
	struct addr *closed;
	bool none;
	int err;

	plan.n_closed = collect_closed(conf, NULL);
	plan.n_vmacs = collect_vmacs(conf, NULL);
	none = plan.n_closed == 0 && plan.n_vmacs == 0;
	if (wall->table[0] && (none || strcmp(wall->table, plan.table) != 0))
		wall_raze(wall);
	if (none)
		return 0;
	closed = calloc(plan.n_closed + 1, sizeof(*closed));
	vmacs = calloc(plan.n_vmacs + 1, sizeof(*vmacs));
	if (!closed || !vmacs)
		die_no_memory();
	collect_closed(conf, closed);
	collect_vmacs(conf, vmacs);
	plan.closed = closed;
	plan.vmacs = vmacs;
	plan.n_closed = unite(closed, plan.n_closed);
	if (!wall->table[0])
		note(wall, plan.table);
	err = carry_out(&plan);
	free(closed);
	free(vmacs);
	if (err)
		log_err("packet filter: table %s: %s: no_accept and virtual MACs do without",
			plan.table, strerror(-err));
	return err;
}

void wall_raze(struct wall *wall)
{
	char buf[SHARED_UNDO_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct rtnl_message m;

	if (!wall->table[0])
		return;
	rtnl_message_init(&m, buf, sizeof(buf));
	if (wall_message_raze(&m, wall->table))
		undo_now(-1, buf, m.len);
	undo_forget(wall->page, wall->slot);
	wall->table[0] = '\0';
}

bool wall_claims_slot(const struct wall *wall, int slot)
{
	return wall->table[0] && wall->slot == slot;
}
