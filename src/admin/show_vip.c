/*
 * `show vip`: who holds each VIP and why, from the shared page that the failover process writes.
 * Runs on a balancer thread; reads only.
 */
#include <string.h>
#include <time.h>

#include "admin/command.h"
#include "balancer/balancer.h"
#include "core/sys/shared_page.h"

static void print_since(FILE *out, int64_t wall_us)
{
	time_t s = (time_t)(wall_us / 1000000);
	struct tm tm;

	gmtime_r(&s, &tm);
	fprintf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(wall_us / 1000 % 1000));
}

static void print_vip(FILE *out, const struct shared_vip *v)
{
	fprintf(out, "%s %s %s vrid %u v%u priority %u/%u address %s", v->name, v->state,
		v->interface, v->vrid, v->version, v->effective_priority, v->priority,
		v->first_address);
	if (v->n_addresses > 1)
		fprintf(out, " (+%u)", v->n_addresses - 1);
	fputs(" since ", out);
	print_since(out, v->since_wall_us);
	fprintf(out, " transitions %u sent %llu received %llu repaired %llu dropped %llu",
		v->n_transitions, (unsigned long long)v->n_sent, (unsigned long long)v->n_received,
		(unsigned long long)v->n_repaired, (unsigned long long)v->n_dropped);
	if (v->drops[0])
		fprintf(out, " (%s)", v->drops);
	if (v->master[0])
		fprintf(out, " master %s", v->master);
	fprintf(out, " reason \"%s\"\n", v->reason);
}

static void show_vip(struct admin_reply *reply, int argc, char **argv)
{
	const struct shared_page *page = balancer_running()->setup->page;
	uint32_t n = page ? atomic_load(&page->n_vips) : 0;

	for (uint32_t i = 0; i < n && i < SHARED_VIPS_MAX; i++) {
		struct shared_vip vip;

		if (!shared_vip_read(&page->vips[i], &vip) || !vip.name[0])
			continue;
		if (argc == 0 || strcmp(argv[0], vip.name) == 0)
			print_vip(reply->out, &vip);
	}
	if (n == 0)
		fputs("No VIP is configured on this node.\n", reply->out);
}

const struct admin_command admin_vip_commands[] = {
	{"show vip", ADMIN_USER, "[<name>]",
	 "state of each VRRP instance: who holds it, since when, why", show_vip},
	{NULL, ADMIN_USER, NULL, NULL, NULL},
};
