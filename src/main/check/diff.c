/*
 * What a reload would do to each VIP. See diff.h. The answers are those of vrrp/reconf_rows.c,
 * which the reload itself goes by (failover_reload.c: by name, KEPT, ADAPTED or REBUILD). Whether
 * an address is here now is asked of the kernel.
 */
#include "main/check/diff.h"

#include <string.h>

#include "failover/lint/lint.h"
#include "failover/vrrp/reconf_rows.h"

struct diff {
	FILE *out;
	struct lint_host host;
	enum diff_move move;
	unsigned n_kept, n_adapted, n_rebuilt, n_added, n_removed;
};

static const struct vrrp_instance_conf *find(const struct failover_conf *conf, const char *name)
{
	const struct vrrp_instance_conf *i = conf ? conf->instances : NULL;

	while (i && strcmp(i->name, name) != 0)
		i = i->next;
	return i;
}

static bool is_here(const struct diff *d, const struct addr *a)
{
	for (unsigned i = 0; i < d->host.n; i++)
		if (addr_eq(&d->host.list[i].address, a, false))
			return true;
	return false;
}

static bool is_held(const struct diff *d, const struct vrrp_instance_conf *inst)
{
	for (const struct vip_conf *v = inst->vips; v; v = v->next)
		if (is_here(d, &v->address))
			return true;
	for (const struct vip_conf *v = inst->excluded; v; v = v->next)
		if (is_here(d, &v->address))
			return true;
	return false;
}

static void note_move(struct diff *d, enum diff_move move)
{
	if (d->move != DIFF_MOVES && move != DIFF_STAYS)
		d->move = move;
}

static bool has_vip(const struct vip_conf *list, const struct vip_conf *vip)
{
	for (; list; list = list->next)
		if (addr_eq(&list->address, &vip->address, false))
			return true;
	return false;
}

static bool has_address(const struct vrrp_instance_conf *inst, const struct vip_conf *vip)
{
	return has_vip(inst->vips, vip) || has_vip(inst->excluded, vip);
}

static void print_addresses(const struct diff *d, const struct vrrp_instance_conf *inst)
{
	char text[ADDR_TEXT_MAX];
	unsigned n = 0;

	for (const struct vip_conf *v = inst->vips; v; v = v->next)
		if (n++ < 3)
			fprintf(d->out, "%s%s", n > 1 ? ", " : "",
				addr_host_text(&v->address, text));
	if (n > 3)
		fprintf(d->out, " and %u more", n - 3);
}

static void print_head(const struct diff *d, const struct vrrp_instance_conf *inst,
		       const char *answer, bool held)
{
	fprintf(d->out, "vip %s (", inst->name);
	print_addresses(d, inst);
	fprintf(d->out, "; %s): %s", held ? "held here" : "not held here", answer);
}

static void print_words(const struct diff *d, const struct vrrp_instance_conf *from,
			const struct vrrp_instance_conf *to, enum vrrp_reconf needs)
{
	const char *words[VRRP_RECONF_WORDS_MAX];
	unsigned n = vrrp_reconf_list(from, to, needs, words, VRRP_RECONF_WORDS_MAX);

	for (unsigned i = 0; i < n; i++) {
		fprintf(d->out, "%s%s", i ? ", " : ": ", words[i]);
		if (strcmp(words[i], "priority") == 0)
			fprintf(d->out, " %u -> %u", from->priority, to->priority);
		else if (strcmp(words[i], "advert_int") == 0)
			fprintf(d->out, " %g -> %g s", (double)from->advert_us / 1e6,
				(double)to->advert_us / 1e6);
		else if (strcmp(words[i], "virtual_router_id") == 0)
			fprintf(d->out, " %u -> %u", from->vrid, to->vrid);
	}
}

/* The addresses that only one of the two has, each on a line of its own. */
static void compare_addresses(struct diff *d, const struct vrrp_instance_conf *from,
			      const struct vrrp_instance_conf *to)
{
	char text[ADDR_TEXT_MAX];

	for (unsigned list = 0; list < 2; list++) {
		for (const struct vip_conf *v = list ? from->excluded : from->vips; v;
		     v = v->next) {
			if (has_address(to, v))
				continue;
			fprintf(d->out, "    %s leaves\n", addr_host_text(&v->address, text));
			if (is_here(d, &v->address))
				note_move(d, DIFF_MOVES);
		}
		for (const struct vip_conf *v = list ? to->excluded : to->vips; v; v = v->next)
			if (!has_address(from, v))
				fprintf(d->out, "    %s comes\n",
					addr_host_text(&v->address, text));
	}
}

/* What makes another node take over, or not understand this one, without a restart here. */
static const struct {
	const char *word, *why;
} risks[] = {
	{"advert_int", "until the others have it too, they may drop our advertisements"},
	{"auth_type", "until the others have it too, they drop our advertisements"},
	{"auth_pass", "until the others have it too, they drop our advertisements"},
	{"auth_hmac", "until the others have it too, they drop our advertisements"},
	{"v3_checksum_as_v2", "until the others have it too, they may drop our advertisements"},
	{"the source address", "unicast peers that know the old one drop our advertisements"},
	{"unicast_peer", "who is no peer any more no longer hears this node"},
	{"what is tracked", "what is tracked anew decides as soon as it is known"},
	{"the sync group", "the others of the group decide too"},
	{"track_src_ip", "the source address, if it is not here, is a fault"},
	{"dont_track_primary", "a link that is down counts, or no longer"},
	{"compare", "what the others say of their service decides"},
	{"witness", "what is asked anew decides as soon as it is known"},
};

static void compare_risks(struct diff *d, const struct vrrp_instance_conf *from,
			  const struct vrrp_instance_conf *to, bool held)
{
	const char *words[VRRP_RECONF_WORDS_MAX];
	unsigned n = vrrp_reconf_list(from, to, VRRP_ADAPTED, words, VRRP_RECONF_WORDS_MAX);

	for (unsigned i = 0; i < n; i++) {
		for (size_t r = 0; r < sizeof(risks) / sizeof(risks[0]); r++) {
			if (strcmp(words[i], risks[r].word) != 0)
				continue;
			fprintf(d->out, "    may move: %s: %s\n", words[i], risks[r].why);
			note_move(d, DIFF_MAY_MOVE);
		}
	}
	if (held && to->priority < from->priority) {
		fputs("    may move: to a node whose priority is above the new one\n", d->out);
		note_move(d, DIFF_MAY_MOVE);
	} else if (!held && to->priority > from->priority) {
		fputs("    may move: to this node, if its priority is now the highest\n", d->out);
		note_move(d, DIFF_MAY_MOVE);
	}
}

static void compare_instance(struct diff *d, const struct vrrp_instance_conf *from,
			     const struct vrrp_instance_conf *to)
{
	enum vrrp_reconf kind = vrrp_reconf_kind(from, to);
	bool held = is_held(d, from);

	if (kind == VRRP_KEPT) {
		d->n_kept++;
		print_head(d, from, "KEPT\n", held);
		return;
	}
	print_head(d, from, kind == VRRP_ADAPTED ? "ADAPTED" : "REBUILD", held);
	print_words(d, from, to, kind);
	fputc('\n', d->out);
	if (kind == VRRP_ADAPTED) {
		d->n_adapted++;
		compare_addresses(d, from, to);
		compare_risks(d, from, to, held);
		return;
	}
	d->n_rebuilt++;
	fprintf(d->out, "    %s: another virtual router is made of it, which starts as backup\n",
		held ? "moves" : "moves nothing now");
	note_move(d, held ? DIFF_MOVES : DIFF_STAYS);
}

static void compare_instances(struct diff *d, const struct failover_conf *from,
			      const struct failover_conf *to)
{
	for (const struct vrrp_instance_conf *i = from ? from->instances : NULL; i; i = i->next) {
		const struct vrrp_instance_conf *next = find(to, i->name);
		bool held = is_held(d, i);

		if (next) {
			compare_instance(d, i, next);
			continue;
		}
		d->n_removed++;
		print_head(d, i, held ? "REMOVED: its addresses leave\n" : "REMOVED\n", held);
		note_move(d, held ? DIFF_MOVES : DIFF_STAYS);
	}
	for (const struct vrrp_instance_conf *i = to ? to->instances : NULL; i; i = i->next) {
		if (find(from, i->name))
			continue;
		d->n_added++;
		print_head(d, i, "ADDED\n", is_held(d, i));
	}
}

static const struct vrrp_group_conf *find_group(const struct failover_conf *conf, const char *name)
{
	const struct vrrp_group_conf *g = conf ? conf->groups : NULL;

	while (g && strcmp(g->name, name) != 0)
		g = g->next;
	return g;
}

static void compare_groups(struct diff *d, const struct failover_conf *from,
			   const struct failover_conf *to)
{
	for (const struct vrrp_group_conf *g = from ? from->groups : NULL; g; g = g->next) {
		const struct vrrp_group_conf *next = find_group(to, g->name);

		if (!next) {
			fprintf(d->out, "group %s: REMOVED\n", g->name);
		} else if (!vrrp_reconf_tracks_same(g->tracks, next->tracks)) {
			fprintf(d->out,
				"group %s: ADAPTED: what is tracked\n    may move: what is "
				"tracked anew decides as soon as it is known\n",
				g->name);
			note_move(d, DIFF_MAY_MOVE);
		}
	}
	for (const struct vrrp_group_conf *g = to ? to->groups : NULL; g; g = g->next)
		if (!find_group(from, g->name))
			fprintf(d->out, "group %s: ADDED\n", g->name);
}

/* These belong to no instance: there while failover runs. */
static void compare_static(const struct diff *d, const struct failover_conf *from,
			   const struct failover_conf *to)
{
	char text[ADDR_TEXT_MAX];

	for (const struct vip_conf *v = from ? from->static_vips : NULL; v; v = v->next)
		if (!to || !has_vip(to->static_vips, v))
			fprintf(d->out, "static address %s: REMOVED\n",
				addr_host_text(&v->address, text));
	for (const struct vip_conf *v = to ? to->static_vips : NULL; v; v = v->next)
		if (!from || !has_vip(from->static_vips, v))
			fprintf(d->out, "static address %s: ADDED\n",
				addr_host_text(&v->address, text));
}

enum diff_move diff_failover(const struct failover_conf *from, const struct failover_conf *to,
			     FILE *out)
{
	struct diff d = {.out = out};
	struct arena arena;

	if (!from && !to)
		return DIFF_STAYS;
	arena_init(&arena, 0);
	lint_host_read(&d.host, &arena);
	compare_instances(&d, from, to);
	compare_groups(&d, from, to);
	compare_static(&d, from, to);
	if (from && to && from->rt_priority != to->rt_priority)
		fputs("vrrp_rt_priority: takes effect at the next start\n", out);
	fprintf(out, "failover: %u instances kept, %u adapted, %u rebuilt, %u added, %u removed\n",
		d.n_kept, d.n_adapted, d.n_rebuilt, d.n_added, d.n_removed);
	fputs(d.move == DIFF_MOVES	? "a VIP would move\n"
	      : d.move == DIFF_MAY_MOVE ? "a VIP may move\n"
					: "no VIP would move\n",
	      out);
	arena_fini(&arena);
	return d.move;
}
