/*
 * Tracked databases in the failover process: what each relais-dbrole says goes to the instances,
 * and an instance that has been promoted has its databases asked at once.
 */
#include <limits.h>

#include "core/sys/tool_path.h"
#include "failover/failover_impl.h"

static void told(void *ctx, const struct vrrp_database_conf *db, const struct vrrp_role *role)
{
	struct failover *f = ctx;
	struct list *pos;

	LIST_EACH(pos, &f->nodes)
	vrrp_instance_track_role(container_of(pos, struct node, link)->inst, db->name, role);
}

static void ask_all(struct failover *f, const struct vrrp_track_conf *row)
{
	for (; row; row = row->next)
		if (row->kind == VRRP_TRACK_DATABASE)
			database_watch_ask(f->databases, row->name);
}

void failover_database_ask(void *ctx, struct vrrp_instance *inst)
{
	struct failover *f = ((struct node *)ctx)->failover;
	const struct vrrp_instance_conf *conf = vrrp_instance_conf(inst);

	if (!f->databases)
		return;
	ask_all(f, conf->tracks);
	if (conf->group)
		ask_all(f, conf->group->tracks);
}

void failover_database_open(struct failover *f)
{
	struct database_watch_setup setup = {
		.loop = f->loop, .link = f->runner, .told = told, .ctx = f};

	if (tool_path_find("relais-dbrole", f->dbrole, sizeof(f->dbrole)))
		setup.tool = f->dbrole;
	else if (f->conf->databases)
		log_err("relais-dbrole is not installed: the tracked databases count as down");
	f->databases = database_watch_new(&setup, f->conf);
}
