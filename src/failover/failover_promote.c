/*
 * The scripts of a takeover and of a leave: run for an instance by the runner, one at a time, in a
 * lane of the instance, so that what an earlier process had begun ends first; and the stop of the
 * whole process, which waits for the demotions. When each is to run is vrrp/takeover.c's matter.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "core/log/log.h"
#include "failover/failover_impl.h"

enum { TEXT_LEN = 192, SLACK_US = 2000000 };

static uint32_t lane_of(const char *name)
{
	uint32_t hash = 2166136261u ^ 0x9e3779b9u; /* not notify's */

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash ? hash : 1;
}

static const struct script_conf *script_of(const struct vrrp_instance_conf *conf,
					   enum vrrp_hook hook)
{
	return hook == VRRP_HOOK_FENCE	   ? &conf->hooks.fence
	       : hook == VRRP_HOOK_PROMOTE ? &conf->hooks.promote
					   : &conf->hooks.demote;
}

static bool ask_runner(struct node *node, enum vrrp_hook hook)
{
	const struct vrrp_instance_conf *conf = vrrp_instance_conf(node->inst);
	const struct script_conf *script = script_of(conf, hook);
	char instance[TEXT_LEN], word[32], before[TEXT_LEN] = "RELAIS_BEFORE=", reason[TEXT_LEN];
	const char *const env[] = {instance, word, before, reason, NULL};
	struct runner_ask ask = {.argv = script->argv,
				 .env = env,
				 .uid = script->uid,
				 .gid = script->gid,
				 .lane = lane_of(conf->name)};
	char address[ADDR_TEXT_MAX];
	int err;

	snprintf(instance, sizeof(instance), "RELAIS_INSTANCE=%s", conf->name);
	snprintf(word, sizeof(word), "RELAIS_HOOK=%s", vrrp_hook_word(hook));
	if (vrrp_instance_before(node->inst)->len)
		snprintf(before, sizeof(before), "RELAIS_BEFORE=%s",
			 addr_host_text(vrrp_instance_before(node->inst), address));
	snprintf(reason, sizeof(reason), "RELAIS_REASON=%s", vrrp_instance_hook_reason(node->inst));
	err = script->argv ? runner_link_run(node->failover->runner, &ask, &node->hook_call)
			   : -ENOENT;
	if (err)
		log_err("(%s) %s: the runner does not take it: %s", conf->name,
			vrrp_hook_word(hook), strerror(-err));
	return err == 0;
}

/* "exit 3: the output's last line" */
static void say_end(const struct message_run_exit *exit, struct slice output, char *out, size_t cap)
{
	size_t from = output.len;
	int len;

	while (from > 0 && output.ptr[from - 1] == '\n')
		from--;
	output.len = from;
	while (from > 0 && output.ptr[from - 1] != '\n')
		from--;
	len = (int)(output.len - from < 80 ? output.len - from : 80);
	if (exit->status < 0)
		snprintf(out, cap, "%s", strerror(exit->err));
	else if (WIFSIGNALED(exit->status))
		snprintf(out, cap, "ended by signal %d", WTERMSIG(exit->status));
	else
		snprintf(out, cap, "exit %d%s%.*s", WEXITSTATUS(exit->status), len ? ": " : "", len,
			 len ? output.ptr + from : "");
}

static void on_hook_exit(struct runner_call *call, const struct message_run_exit *exit,
			 struct slice output)
{
	struct node *node = container_of(call, struct node, hook_call);
	char why[TEXT_LEN];

	/* The runner was replaced: there is no result, and what it ran is gone with it. */
	if (exit->status < 0 && exit->err == ECONNRESET && ask_runner(node, node->hook))
		return;
	say_end(exit, output, why, sizeof(why));
	vrrp_instance_hook_ended(node->inst, exit->status == 0 && !exit->timed_out, why);
}

bool failover_hook_run(void *ctx, struct vrrp_instance *inst, enum vrrp_hook hook)
{
	struct node *node = ctx;

	(void)inst;
	if (!node->failover->runner)
		return false;
	node->hook = hook;
	node->hook_call.on_exit = on_hook_exit;
	return ask_runner(node, hook);
}

void failover_hook_cancel(void *ctx, struct vrrp_instance *inst)
{
	struct node *node = ctx;

	(void)inst;
	if (node->failover->runner)
		runner_link_cancel(node->failover->runner, &node->hook_call);
}

void failover_hook_forget(struct node *node)
{
	runner_link_forget(&node->hook_call);
}

/* ---- stopping ---- */

static bool all_rest(const struct failover *f)
{
	const struct list *pos;

	LIST_EACH(pos, &f->nodes)
	if (!vrrp_instance_rests(container_of(pos, struct node, link)->inst))
		return false;
	return true;
}

bool failover_leave(struct failover *f, const char *reason)
{
	int64_t most_us = 0;
	struct list *pos;

	LIST_EACH(pos, &f->nodes)
	{
		struct vrrp_instance *inst = container_of(pos, struct node, link)->inst;
		int64_t us = vrrp_instance_conf(inst)->hooks.demote_timeout_us;

		if (!vrrp_instance_leave(inst, reason) && us > most_us)
			most_us = us;
	}
	if (all_rest(f))
		return true;
	atomic_store(&f->setup->page->failover_leaves_us,
		     loop_now_us(f->loop) + most_us + SLACK_US);
	return false;
}

void failover_hook_rested(void *ctx, struct vrrp_instance *inst)
{
	struct failover *f = ((struct node *)ctx)->failover;

	(void)inst;
	if (f->stopping && all_rest(f))
		failover_end(f);
}
