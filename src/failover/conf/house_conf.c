/*
 * Rows of global_defs, and of the file itself, that speak of the program and not of VRRP: scripts
 * around the run, reloads, processes, files, buffers. Ranges and what happens outside them are
 * Keepalived's, as `keepalived -t` says them. Target: struct failover_build.
 */
#include <stdlib.h>

#include "failover/conf/failover_build.h"
#include "failover/model/house.h"

enum { NAME_MAX_LEN = 15, CPUS_MAX = 1024 };

static struct house_conf *house_of(void *target)
{
	return ((struct failover_build *)target)->conf->house;
}

void failover_house_init(struct failover_build *b)
{
	b->conf->house = ARENA_NEW(b->ctx.arena, struct house_conf);
	b->conf->house->startup.timeout_s = b->conf->house->shutdown.timeout_s = 10;
	b->conf->house->umask = -1;
	b->conf->house->rx_multiplier = 3;
}

/* ---- scripts around the run: read when the user of scripts is known ---- */

static void note_script(struct conf_ctx *ctx, const struct conf_line *line,
			const struct conf_line **slot)
{
	if (*slot)
		FAILOVER_WARN(ctx, line, 0, "'%s' is there already: the first counts",
			      line->words[0].text);
	else
		*slot = line;
}

static void read_startup(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	note_script(ctx, line, &((struct failover_build *)target)->startup_script);
}

static void read_shutdown(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	note_script(ctx, line, &((struct failover_build *)target)->shutdown_script);
}

static void read_hook_timeout(struct conf_ctx *ctx, const struct conf_line *line, int *out)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 1, 1000, &n, "10 s is taken"))
		*out = (int)n;
	failover_rows_extra(ctx, line, 2);
}

static void read_startup_timeout(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_hook_timeout(ctx, line, &house_of(target)->startup.timeout_s);
}

static void read_shutdown_timeout(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_hook_timeout(ctx, line, &house_of(target)->shutdown.timeout_s);
}

static void read_hook(struct failover_build *b, const struct conf_line *line,
		      struct script_conf *out)
{
	if (line && !failover_script_read(&b->ctx, line, 1, NULL, out))
		FAILOVER_ADVISE(&b->ctx, line, 0, "'%s' is left out: nothing will be run",
				line->words[0].text);
}

void failover_house_finish(struct failover_build *b)
{
	struct house_conf *h = b->conf->house;

	read_hook(b, b->startup_script, &h->startup.script);
	read_hook(b, b->shutdown_script, &h->shutdown.script);
}

/* ---- reloads ---- */

static void read_reload_file(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const char *path = line->n_words > 1 ? line->words[1].text : NULL;

	/* Without a path: beside the pid file, whose place may be written further down. */
	house_of(target)->reload_file = path ? path : "";
	failover_rows_extra(ctx, line, 2);
}

static void read_reload_time(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	house_of(target)->reload_time_file = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

static void read_reload_repeat(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	house_of(target)->reload_repeat = true;
	failover_rows_extra(ctx, line, 1);
}

/* ---- names of processes and files ---- */

static void read_names(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct house_conf *h = house_of(target);

	h->master_name = h->master_name ? h->master_name : "keepalived";
	h->failover_name = h->failover_name ? h->failover_name : "keepalived_vrrp";
	h->checker_name = h->checker_name ? h->checker_name : "keepalived_ipvs";
	failover_rows_extra(ctx, line, 1);
}

/* Where the row's text goes. */
static const char **text_of(const struct conf_ctx *ctx, void *target)
{
	return (const char **)((char *)house_of(target) + ctx->keyword->offset);
}

static void read_name(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	*text_of(ctx, target) = line->words[1].text;
	if (strlen(line->words[1].text) > NAME_MAX_LEN)
		FAILOVER_WARN(ctx, line, 1, "'%s' is longer than %d characters and cut there",
			      line->words[1].text, NAME_MAX_LEN);
	failover_rows_extra(ctx, line, 2);
}

static void read_instance(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (strchr(line->words[1].text, '/'))
		FAILOVER_WARN(ctx, line, 1, "'%s' has a '/', left out", line->words[1].text);
	else
		house_of(target)->instance = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

static void read_pid_dir(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	house_of(target)->use_pid_dir = true;
	failover_rows_extra(ctx, line, 1);
}

static void read_data_instance(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_bool(ctx, line, 1, &house_of(target)->data_use_instance);
}

static void read_dump(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	if (line->words[1].text[0] == '/')
		*text_of(ctx, target) = line->words[1].text;
	else
		FAILOVER_WARN(ctx, line, 1, "'%s' is not an absolute path, left out",
			      line->words[1].text);
	failover_rows_extra(ctx, line, 2);
}

static void read_wait(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 1, 86400, &n, "3 s is taken"))
		house_of(target)->child_wait_s = (int)n;
	failover_rows_extra(ctx, line, 2);
}

/* I{R|W|X}{USR|GRP|OTH}; 0 when it is none. */
static int umask_bit(const char *word, size_t len)
{
	static const char *const who[] = {"OTH", "GRP", "USR"};
	static const char what[] = "XWR";
	const char *at = len == 5 && word[0] == 'I' ? strchr(what, word[1]) : NULL;

	for (int i = 0; at && i < 3; i++)
		if (strncmp(word + 2, who[i], 3) == 0)
			return 1 << (at - what) << (3 * i);
	return 0;
}

static bool umask_bits(const char *text, int *out)
{
	*out = 0;
	for (;;) {
		size_t len = strcspn(text, "|");
		int bit = umask_bit(text, len);

		*out |= bit;
		if (!bit || !text[len])
			return bit != 0;
		text += len + 1;
	}
}

static void read_umask(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const char *text = line->words[1].text;
	char *end;
	long n = strtol(text, &end, 0);
	int mask = (int)n;

	if ((*text && !*end && n >= 0 && n <= 0777) || umask_bits(text, &mask))
		house_of(target)->umask = mask;
	else
		FAILOVER_WARN(ctx, line, 1,
			      "'%s' is neither a number up to 0777 nor bits as "
			      "IRGRP|IWOTH, left out",
			      text);
	failover_rows_extra(ctx, line, 2);
}

/* ---- failover's place in the machine ---- */

static void read_nice(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, -20, 19, &n, "left out"))
		house_of(target)->nice = (int)n;
	failover_rows_extra(ctx, line, 2);
}

static void read_cpus(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	int *cpus = ARENA_ARRAY(ctx->arena, int, line->n_words);
	struct house_conf *h = house_of(target);
	long long n;

	for (unsigned i = 1; i < line->n_words; i++)
		if (failover_value_int(ctx, line, i, 0, CPUS_MAX - 1, &n, "left out"))
			cpus[h->n_cpus++] = (int)n;
	h->cpus = cpus;
}

static void read_rttime(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 1, INT32_MAX, &n, "2 s is taken"))
		house_of(target)->rttime_us = n;
	failover_rows_extra(ctx, line, 2);
}

/* What it does is done where parameters are replaced (core/conf/blocks). */
static void read_seed(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	(void)target;
	failover_value_int(ctx, line, 1, 0, UINT32_MAX, &n, "left out");
	failover_rows_extra(ctx, line, 2);
}

/* ---- sockets ---- */

static void read_bytes(struct conf_ctx *ctx, const struct conf_line *line, int *out)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 1, INT32_MAX, &n, "the system's default is taken"))
		*out = (int)n;
	failover_rows_extra(ctx, line, 2);
}

static void read_rx_policy(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct house_conf *h = house_of(target);
	const char *text = line->words[1].text;
	long long n;

	if (strcasecmp(text, "MTU") == 0) {
		h->rx_policy = HOUSE_RX_MTU;
	} else if (strcasecmp(text, "ADVERT") == 0) {
		h->rx_policy = HOUSE_RX_ADVERT;
	} else if (failover_value_int(ctx, line, 1, 1, INT32_MAX, &n,
				      "(or MTU, or ADVERT) left out")) {
		h->rx_policy = HOUSE_RX_BYTES;
		h->rx_bytes = (int)n;
	}
	failover_rows_extra(ctx, line, 2);
}

static void read_rx_multiplier(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 1, 1 << 16, &n, "3 is taken"))
		house_of(target)->rx_multiplier = (int)n;
	failover_rows_extra(ctx, line, 2);
}

static void read_kernel_rx(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_bytes(ctx, line, &((struct vrrp_instance_conf *)target)->rx_buf_bytes);
}

static void read_unknown_vrids(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	house_of(target)->log_unknown_vrids = true;
	failover_rows_extra(ctx, line, 1);
}

#define ROW(where, word, how, what, when, text)                                                   \
	{                                                                                         \
		.name = word, .sections = where, .type = CONF_CUSTOM, .parse = how, .args = what, \
		.effect = when, .doc = text, .since = "0.1"                                       \
	}
#define TEXT(word, how, member, what, when, text)                                             \
	{                                                                                     \
		.name = word, .sections = FAILOVER_GLOBAL, .type = CONF_CUSTOM, .parse = how, \
		.offset = offsetof(struct house_conf, member), .args = what, .effect = when,  \
		.doc = text, .since = "0.1"                                                   \
	}
#define G	FAILOVER_GLOBAL
#define T	FAILOVER_TOP
#define RELOAD	CONF_EFFECT_RELOAD
#define RESTART CONF_EFFECT_RESTART

static const char command[] = "<command> [<user> [<group>]]";

const struct conf_keyword failover_house_rows[] = {
	ROW(G, "random_seed", read_seed, "<number>", RELOAD,
	    "${_RANDOM} below this line gives the same numbers each time"),
	ROW(G, "startup_script", read_startup, command, RESTART,
	    "run to its end before anything is started"),
	ROW(G, "startup_script_timeout", read_startup_timeout, "<seconds>", RESTART,
	    "how long it may take, 10 s by default"),
	ROW(G, "shutdown_script", read_shutdown, command, RELOAD,
	    "run to its end when all has been stopped"),
	ROW(G, "shutdown_script_timeout", read_shutdown_timeout, "<seconds>", RELOAD,
	    "how long it may take, 10 s by default"),
	ROW(G, "reload_file", read_reload_file, "[<path>]", RELOAD,
	    "there, and empty, while a reload reads the configuration, then removed"),
	ROW(G, "reload_time_file", read_reload_time, "<path>", RELOAD,
	    "its first line says when to reload: [[YY]YY-MM-DD ]HH:MM:SS[Z]; removed then"),
	ROW(G, "reload_repeat", read_reload_repeat, NULL, RELOAD,
	    "the reload_time_file is not removed: a time without a date is daily"),
	ROW(G, "process_names", read_names, NULL, RESTART,
	    "processes are called keepalived, keepalived_vrrp and keepalived_ipvs"),
	TEXT("process_name", read_name, master_name, "<name>", RESTART,
	     "name of the master process"),
	TEXT("vrrp_process_name", read_name, failover_name, "<name>", RESTART,
	     "name of the failover process"),
	TEXT("checker_process_name", read_name, checker_name, "<name>", RESTART,
	     "name of the balancer's process"),
	ROW(T, "instance", read_instance, "<name>", RESTART, "part of names of files"),
	ROW(T, "use_pid_dir", read_pid_dir, NULL, RESTART,
	    "the pid file is in /run/keepalived (under keepalived's name)"),
	ROW(G, "data_use_instance", read_data_instance, "[<bool>]", RELOAD,
	    "the instance's name is in the name of the data dump"),
	TEXT("state_dump_file", read_dump, state_dump, "<path>", RELOAD,
	     "where SIGUSR1 writes its dump under keepalived's name, /tmp/keepalived.data by "
	     "default"),
	TEXT("stats_dump_file", read_dump, stats_dump, "<path>", RELOAD,
	     "the same of SIGUSR2, /tmp/keepalived.stats"),
	TEXT("json_dump_file", read_dump, json_dump, "<path>", RELOAD,
	     "the same of signal 36, /tmp/keepalived.json"),
	ROW(T, "child_wait_time", read_wait, "<seconds>", RELOAD,
	    "until processes that do not end at the stop are killed, 3 s by default"),
	ROW(G, "umask", read_umask, "<number>|<bits>", RESTART,
	    "for files that are made, by scripts too; bits as IRGRP|IWOTH"),
	ROW(G, "vrrp_priority", read_nice, "<-20..19>", RESTART,
	    "nice value of the failover process, where it may not run in real time"),
	ROW(G, "vrrp_cpu_affinity", read_cpus, "<cpu> ...", RESTART,
	    "processors that the failover process may run on"),
	ROW(G, "vrrp_rlimit_rttime", read_rttime, "<microseconds>", RESTART,
	    "how long failover may run in real time without a pause before it is replaced; at "
	    "least 2 s, the default, are given"),
	ROW(G, "vrrp_rlimit_rtime", read_rttime, "<microseconds>", RESTART,
	    "the same, as it was once written"),
	ROW(G, "vrrp_rx_bufs_policy", read_rx_policy, "MTU|ADVERT|<bytes>", RELOAD,
	    "receive buffer of VRRP sockets: so many bytes, or per instance so much, times"),
	ROW(G, "vrrp_rx_bufs_multiplier", read_rx_multiplier, "<number>", RELOAD,
	    "this, 3 by default"),
	ROW(FAILOVER_INSTANCE, "kernel_rx_buf_size", read_kernel_rx, "<bytes>", RELOAD,
	    "receive buffer of this instance's socket, at least"),
	ROW(G, "log_unknown_vrids", read_unknown_vrids, NULL, RELOAD,
	    "adverts of virtual routers that are not configured here are logged, a few a minute"),
	{.name = NULL},
};
