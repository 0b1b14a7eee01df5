/*
 * The operator's scripts in the failover process: the link to the runner, tracked scripts,
 * processes and files (their verdicts go to the instances), and what notify is told of changes. See
 * failover_impl.h.
 */
#include <errno.h>
#include <string.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "failover/failover_impl.h"

static void script_changed(void *ctx, const struct vrrp_script_conf *script, bool up)
{
	struct failover *f = ctx;
	struct list *pos;

	if (failover_answers_script(f, script)) /* init_fail, or a result from before */
		return;
	LIST_EACH(pos, &f->nodes)
	vrrp_instance_track_set(container_of(pos, struct node, link)->inst,
				script->is_process ? VRRP_TRACK_PROCESS : VRRP_TRACK_SCRIPT,
				script->name, up);
}

static void process_changed(void *ctx, const struct vrrp_process_conf *process, bool up)
{
	struct failover *f = ctx;
	struct list *pos;

	LIST_EACH(pos, &f->nodes)
	vrrp_instance_track_set(container_of(pos, struct node, link)->inst, VRRP_TRACK_PROCESS,
				process->name, up);
}

static void number_changed(void *ctx, const struct vrrp_file_conf *file, long long number)
{
	struct failover *f = ctx;
	struct list *pos;

	shared_note_put(f->setup->page, shared_fact_key(SHARED_FACT_FILE, file->name), number);
	LIST_EACH(pos, &f->nodes)
	vrrp_instance_track_number(container_of(pos, struct node, link)->inst, file->name, number);
}

static bool is_answered(void *ctx, const struct vrrp_script_conf *script)
{
	return failover_answers_script(ctx, script);
}

void failover_scripts_open(struct failover *f)
{
	static const struct track_ops ops = {script_changed, is_answered};

	f->runner = runner_link_new(f->loop, f->setup->runner_fd);
	if (!f->runner) {
		log_err("no scripts can be run: %s", strerror(errno));
		f->runner = runner_link_new(f->loop, -1);
	}
	if (!f->runner)
		die_no_memory();
	f->notify = notify_new(f->loop, f->runner, f->conf);
	f->track = track_new(f->loop, f->runner, &ops, f, f->conf);
	track_tell(f->track);
	f->files = file_watch_new(f->loop, number_changed, f, f->conf);
	failover_database_open(f);
}

void failover_scripts_start_watch(struct failover *f)
{
	f->processes = process_watch_new(f->loop, process_changed, f, f->conf);
}

/* The state's word, or -1 for one that nobody is told of. */
static int event_of(enum vrrp_state state)
{
	switch (state) {
	case VRRP_MASTER:
		return NOTIFY_MASTER;
	case VRRP_BACKUP:
		return NOTIFY_BACKUP;
	case VRRP_FAULT:
		return NOTIFY_FAULT;
	case VRRP_INIT:
		return NOTIFY_STOP;
	default:
		return -1;
	}
}

void failover_scripts_state(struct failover *f, const struct vrrp_instance *inst,
			    enum vrrp_state to, bool known)
{
	int event = f->deleting && to == VRRP_INIT ? NOTIFY_DELETED : event_of(to);

	if (f->notify && event >= 0)
		(known ? notify_fifos_only : notify_instance)(f->notify, vrrp_instance_conf(inst),
							      (enum notify_event)event,
							      vrrp_instance_priority(inst));
}

void failover_scripts_group_state(struct failover *f, const struct vrrp_group *group,
				  enum vrrp_state to, bool known)
{
	int event = event_of(to);

	if (f->deleting && to == VRRP_INIT) /* a member goes, the group does not stop */
		return;
	if (f->notify && event >= 0)
		(known ? notify_group_fifos_only : notify_group)(f->notify, vrrp_group_conf(group),
								 (enum notify_event)event);
}

void failover_scripts_priority(struct failover *f, const struct vrrp_instance *inst)
{
	enum vrrp_state state = vrrp_instance_state(inst);

	if (f->notify && (state == VRRP_MASTER || state == VRRP_BACKUP))
		notify_instance(f->notify, vrrp_instance_conf(inst),
				state == VRRP_MASTER ? NOTIFY_MASTER_PRIORITY
						     : NOTIFY_BACKUP_PRIORITY,
				vrrp_instance_priority(inst));
}

void failover_scripts_rx_lower(struct failover *f, const struct vrrp_instance *inst)
{
	if (f->notify)
		notify_instance(f->notify, vrrp_instance_conf(inst), NOTIFY_RX_LOWER,
				vrrp_instance_priority(inst));
}

/* fifo_write_vrrp_states_on_reload. */
static void write_states(struct failover *f)
{
	struct list *pos;

	LIST_EACH(pos, &f->nodes)
	{
		const struct vrrp_instance *inst = container_of(pos, struct node, link)->inst;
		int event = event_of(vrrp_instance_state(inst));

		if (event >= 0)
			notify_fifos_only(f->notify, vrrp_instance_conf(inst),
					  (enum notify_event)event, vrrp_instance_priority(inst));
	}
}

void failover_scripts_reload(struct failover *f)
{
	notify_configure(f->notify, f->conf);
	track_configure(f->track, f->conf);
	track_tell(f->track);
	file_watch_configure(f->files, f->conf);
	database_watch_configure(f->databases, f->conf);
	process_watch_configure(f->processes, f->conf);
	if (f->conf->fifo_states_on_reload)
		write_states(f);
}

void failover_scripts_close(struct failover *f)
{
	process_watch_free(&f->processes);
	file_watch_free(&f->files);
	database_watch_free(&f->databases);
	track_free(&f->track);
	notify_free(&f->notify);
	runner_link_free(&f->runner);
}
