/*
 * Rows fence, promote and demote of vrrp_instance, with their times: relais' own, for a service
 * that has to be made ready before clients may come (a database). Keepalived passes over them with
 * a warning. What is written here and cannot be run refuses the configuration: going on without it
 * would put the addresses where nobody can write.
 */
#include "failover/conf/failover_build.h"

static void read_into(struct conf_ctx *ctx, const struct conf_line *line, struct script_conf *out)
{
	if (out->text)
		FAILOVER_ERROR(ctx, line, 0, "'%s' is there already", line->words[0].text);
	else if (!failover_script_read(ctx, line, 1, NULL, out))
		FAILOVER_ERROR(ctx, line, 0, "'%s' cannot be left out: see the line above",
			       line->words[0].text);
	failover_rows_extra(ctx, line, 4);
}

#define READ(member)                                                                        \
	static void read_##member(struct conf_ctx *ctx, const struct conf_line *line,       \
				  void *target)                                             \
	{                                                                                   \
		read_into(ctx, line, &((struct vrrp_instance_conf *)target)->hooks.member); \
	}

READ(fence)
READ(promote)
READ(demote)

#define SCRIPT(word, how, text)                                                                 \
	{                                                                                       \
		.name = word, .sections = FAILOVER_INSTANCE, .type = CONF_CUSTOM, .parse = how, \
		.args = "<command> [<user> [<group>]]", .doc = text, .since = "0.1"             \
	}
#define TIME(word, where, dflt_)                                                          \
	{                                                                                 \
		.name = word, .sections = FAILOVER_INSTANCE, .type = CONF_TIME_US,        \
		.offset = offsetof(struct vrrp_instance_conf, hooks.where), .min = 10000, \
		.max = 3600 * 1000000LL, .args = "<seconds>", .dflt = dflt_,              \
		.doc = "how long it may take, " dflt_ " by default", .since = "0.1"       \
	}

const struct conf_keyword failover_hooks_rows[] = {
	SCRIPT("fence", read_fence,
	       "relais' own: run first when this node takes over; must end with 0"),
	SCRIPT("promote", read_promote,
	       "relais' own: run after fence; the addresses come when it has ended with 0"),
	SCRIPT("demote", read_demote,
	       "relais' own: run before the addresses go where that is planned, else after"),
	TIME("fence_timeout", fence_timeout_us, "10 s"),
	TIME("promote_timeout", promote_timeout_us, "30 s"),
	TIME("demote_timeout", demote_timeout_us, "10 s"),
	{.name = NULL},
};

void failover_hooks_default(struct vrrp_hooks_conf *hooks)
{
	hooks->fence_timeout_us = 10 * 1000000LL;
	hooks->promote_timeout_us = 30 * 1000000LL;
	hooks->demote_timeout_us = 10 * 1000000LL;
}

void failover_hooks_check(struct failover_build *b, const struct vrrp_instance_conf *inst)
{
	const struct vrrp_hooks_conf *h = &inst->hooks;

	if (!h->fence.text && !h->promote.text && !h->demote.text)
		return;
	if (inst->group)
		conf_error(b->ctx.diags, inst->place,
			   "%s: fence, promote and demote are not supported in a sync group "
			   "(addresses "
			   "of both families go into one instance by virtual_ipaddress_excluded)",
			   inst->name);
	if (h->promote.text && !inst->nopreempt)
		conf_note(
			b->ctx.diags, inst->place,
			"%s: without 'nopreempt' a node that returns with a higher priority takes "
			"the database over from the one that serves",
			inst->name);
}
