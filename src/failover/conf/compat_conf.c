/*
 * Rows of words with which Keepalived gets along with others: old checksums, owners that hear
 * nobody, masters that stood still, slow starts. Ranges are those of Keepalived's manual (2.4 for
 * what 2.2.7 does not know). Target: struct vrrp_instance_conf, in global_defs the build.
 */
#include "failover/conf/failover_build.h"

#define SECONDS(n) ((n)*1000000LL)

static void read_old_checksum(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_instance_conf *inst = target;

	if (line->n_words < 2)
		inst->old_checksum = VRRP_OLD_CHECKSUM_SEND;
	else if (strcmp(line->words[1].text, "never") == 0)
		inst->old_checksum = VRRP_OLD_CHECKSUM_NEVER;
	else
		FAILOVER_WARN(ctx, line, 1, "'%s' is not 'never', left out", line->words[1].text);
	failover_rows_extra(ctx, line, 2);
}

/* Without a number the others may have up to 254. */
static void read_timer_expired(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct vrrp_instance_conf *inst = target;
	long long n = 254;

	if (line->n_words > 1 && !failover_value_int(ctx, line, 1, 1, 255, &n, "254 is taken"))
		n = 254;
	inst->others_highest = (unsigned)n;
	failover_rows_extra(ctx, line, 2);
}

static void read_after_boot(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_seconds(ctx, line, 1, 1, SECONDS(4294),
			       &((struct failover_build *)target)->conf->delay_after_boot_us,
			       "no delay");
	failover_rows_extra(ctx, line, 2);
}

#define ROW(where, word, how, what, text)                                                         \
	{                                                                                         \
		.name = word, .sections = where, .type = CONF_CUSTOM, .parse = how, .args = what, \
		.doc = text, .since = "0.1"                                                       \
	}

const struct conf_keyword failover_compat_rows[] = {
	ROW(FAILOVER_INSTANCE, "old_unicast_checksum", read_old_checksum, "[never]",
	    "version 3, unicast: the checksum of Keepalived before 1.3.6; never: nor is it taken "
	    "from a peer, which else is answered in it"),
	ROW(FAILOVER_INSTANCE, "timer_expired_backup", read_timer_expired, "[<priority>]",
	    "highest priority of the others, 254 by default: a master that stood still for as long "
	    "as those wait stands down (without this word: for as long as its own priority would)"),
	{.name = "owner_ignore_adverts",
	 .sections = FAILOVER_INSTANCE,
	 .type = CONF_FLAG,
	 .offset = offsetof(struct vrrp_instance_conf, owner_ignores),
	 .args = "[<bool>]",
	 .doc = "with priority 255 no advertisement is listened to",
	 .since = "0.1"},
	{.name = "vrrp_owner_ignore_adverts",
	 .sections = FAILOVER_GLOBAL,
	 .type = CONF_FLAG,
	 .offset = offsetof(struct failover_build, defaults.owner_ignores),
	 .args = "[<bool>]",
	 .doc = "instances with priority 255 listen to no advertisement",
	 .since = "0.1"},
	ROW(FAILOVER_GLOBAL, "vrrp_delay_after_boot", read_after_boot, "<seconds>",
	    "no instance takes part until the machine has been up for so long; the longer of this "
	    "and vrrp_startup_delay counts"),
	{.name = NULL},
};
