/*
 * Rows track_interface, track_script, track_process, track_file and track_bfd of instances and sync
 * groups. A name that is not defined above is left out with a warning, as Keepalived does.
 */
#include "failover/conf/failover_build.h"

static const struct vrrp_script_conf *find_script(const struct failover_build *b, const char *name,
						  bool is_process)
{
	for (const struct vrrp_script_conf *s = b->conf->scripts; s; s = s->next)
		if (s->is_process == is_process && strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static const struct vrrp_process_conf *find_process(const struct failover_build *b,
						    const char *name)
{
	const struct vrrp_process_conf *p = b->conf->processes;

	while (p && strcmp(p->name, name) != 0)
		p = p->next;
	return p;
}

static const struct vrrp_file_conf *find_file(const struct failover_build *b, const char *name)
{
	const struct vrrp_file_conf *f = b->conf->files;

	while (f && strcmp(f->name, name) != 0)
		f = f->next;
	return f;
}

static const struct vrrp_bfd_conf *find_bfd(const struct failover_build *b, const char *name)
{
	const struct vrrp_bfd_conf *c = b->conf->bfds;

	while (c && (!c->for_vrrp || strcmp(c->name, name) != 0))
		c = c->next;
	return c;
}

static bool resolve_bfd(const struct failover_build *b, struct vrrp_track_conf *t)
{
	const struct vrrp_bfd_conf *bfd = find_bfd(b, t->name);

	if (!bfd)
		return false;
	t->weight = bfd->weight;
	t->reverse = bfd->weight_reverse;
	return true;
}

/* What the name stands for, and its default weight. False: nothing. */
static bool resolve(const struct failover_build *b, struct vrrp_track_conf *t)
{
	const struct vrrp_process_conf *process = NULL;
	const struct vrrp_file_conf *file = NULL;

	if (t->kind == VRRP_TRACK_INTERFACE)
		return true;
	if (t->kind == VRRP_TRACK_BFD)
		return resolve_bfd(b, t);
	if (t->kind == VRRP_TRACK_FILE)
		file = find_file(b, t->name);
	else
		t->script = find_script(b, t->name, t->kind == VRRP_TRACK_PROCESS);
	if (t->kind == VRRP_TRACK_PROCESS && !t->script)
		process = find_process(b, t->name);
	if (t->script) {
		t->weight = t->script->weight;
		t->reverse = t->script->weight_reverse;
	} else if (process) {
		t->weight = process->weight;
		t->reverse = process->weight_reverse;
	} else if (file) {
		t->weight = file->weight;
		t->reverse = file->weight_reverse;
	}
	return t->script || process || file;
}

static long long weight_most(enum vrrp_track_kind kind)
{
	return kind == VRRP_TRACK_PROCESS || kind == VRRP_TRACK_FILE ? 254 : 253;
}

bool failover_track_compare(const char *word, struct vrrp_track_conf *t)
{
	if (strcmp(word, "compare") == 0)
		t->compare = 1;
	else if (strcmp(word, "nocompare") == 0)
		t->compare = -1;
	else
		return false;
	return true;
}

/* One line of the block: NAME [compare|nocompare] [weight N [reverse]]. */
static bool fill(struct conf_ctx *ctx, const struct conf_line *line, struct vrrp_track_conf *t)
{
	unsigned at;

	if (!resolve(failover_build_of(ctx), t)) {
		FAILOVER_WARN(ctx, line, 0,
			      "'%s' is not defined above, or left out: it is not tracked", t->name);
		return false;
	}
	at = line->n_words > 1 && failover_track_compare(line->words[1].text, t) ? 2 : 1;
	if (line->n_words <= at)
		return true;
	t->weight_set =
		failover_value_weight(ctx, line, at, weight_most(t->kind), &t->weight, &t->reverse);
	/* A weight that cannot be used is left out, what it stands behind is tracked all the same,
	 * as Keepalived does; without a number the line says nothing that could be meant. */
	return t->weight_set ||
	       (strcmp(line->words[at].text, "weight") == 0 && line->n_words > at + 1);
}

void failover_track_interfaces(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_track_rows(ctx, line, target, VRRP_TRACK_INTERFACE, fill);
}

void failover_track_scripts(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_track_rows(ctx, line, target, VRRP_TRACK_SCRIPT, fill);
}

void failover_track_files(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_track_rows(ctx, line, target, VRRP_TRACK_FILE, fill);
}

void failover_track_bfds(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_track_rows(ctx, line, target, VRRP_TRACK_BFD, fill);
}

void failover_track_processes(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_track_rows(ctx, line, target, VRRP_TRACK_PROCESS, fill);
}
