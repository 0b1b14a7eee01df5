/*
 * `show bfd`: the BFD sessions, from the shared page that the failover process writes. Runs on a
 * balancer thread; reads only.
 */
#include <string.h>

#include "admin/command.h"
#include "admin/vip_view.h"
#include "balancer/balancer.h"

static void print_session(FILE *out, const struct shared_bfd *s)
{
	fprintf(out, "%s %s neighbor %s (%s) since ", s->name, s->state, s->neighbor,
		s->remote_state);
	vip_print_time(out, s->since_wall_us);
	fprintf(out, " tx %.3f ms detection %.3f ms multiplier %u", (double)s->tx_us / 1e3,
		(double)s->detect_us / 1e3, s->multiplier);
	fprintf(out, " discriminator %u/%u%s sent %llu received %llu up %llu expired %llu",
		s->discriminator, s->remote_discriminator, s->polls ? " polling" : "",
		(unsigned long long)s->n_sent, (unsigned long long)s->n_received,
		(unsigned long long)s->n_up, (unsigned long long)s->n_expired);
	fprintf(out, " dropped %llu", (unsigned long long)s->n_dropped);
	if (s->drops[0])
		fprintf(out, " (%s)", s->drops);
	fprintf(out, " reason \"%s\"\n", s->reason);
}

bool bfd_print(FILE *out, const struct shared_page *page, const char *name)
{
	uint32_t n = page ? atomic_load(&page->n_bfds) : 0;
	uint64_t strays = page ? atomic_load(&page->n_bfd_strays) : 0;
	bool found = false;

	for (uint32_t i = 0; i < n && i < SHARED_BFDS_MAX; i++) {
		struct shared_bfd s;

		if (!shared_bfd_read(&page->bfds[i], &s) || !s.name[0] ||
		    (name && strcmp(name, s.name) != 0))
			continue;
		found = true;
		print_session(out, &s);
	}
	if (found && !name && strays)
		fprintf(out, "# %llu packets were of no session\n", (unsigned long long)strays);
	return found;
}

static void show_bfd(struct admin_reply *reply, int argc, char **argv)
{
	const char *name = argc > 0 ? argv[0] : NULL;

	if (!bfd_print(reply->out, balancer_running()->setup->page, name))
		fputs(name ? "There is no such BFD session.\n"
			   : "No BFD session is configured on this node.\n",
		      reply->out);
}

const struct admin_command admin_bfd_commands[] = {
	{"show bfd", ADMIN_USER, "[<name>]",
	 "BFD sessions: whether the neighbor is there, times in use, counters, why", show_bfd},
	{NULL, ADMIN_USER, NULL, NULL, NULL},
};
