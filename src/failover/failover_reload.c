/*
 * A new configuration, without a restart. The files that the master hands over are parsed on a
 * thread of ordinary priority, so that a long configuration does not hold up advertisements; then,
 * on the loop and at once, each instance is asked what its change needs: KEPT and ADAPTED go on in
 * the state they have, REBUILD is stopped and started anew. A configuration with errors changes
 * nothing.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "core/sys/message.h"
#include "failover/failover_impl.h"

enum { PARSE_STACK_LEN = 1 << 20 };

struct reload {
	struct letter letter;
	struct failover *failover;
	pthread_t thread;
	int fd;
	struct arena arena;	 /* owns conf */
	struct conf_files files; /* places in conf point into them */
	struct conf_diags diags;
	const struct failover_conf *conf;
	int err;
};

static void *parse(void *arg)
{
	struct reload *r = arg;

	r->err = conf_files_load(&r->files, r->fd);
	if (!r->err) {
		r->conf = r->failover->setup->parse(&r->files, &r->diags, &r->arena);
		r->err = r->conf && r->diags.n_errors == 0 ? 0 : -EINVAL;
	}
	mailbox_post(&r->failover->mail, &r->letter);
	return NULL;
}

static void reload_free(struct reload *r)
{
	if (!r)
		return;
	close(r->fd);
	conf_files_fini(&r->files);
	conf_diags_fini(&r->diags);
	arena_fini(&r->arena);
	free(r);
}

static const struct vrrp_instance_conf *conf_named(const struct failover_conf *conf,
						   const char *name)
{
	const struct vrrp_instance_conf *i = conf->instances;

	while (i && strcmp(i->name, name) != 0)
		i = i->next;
	return i;
}

static struct node *node_named(struct failover *f, const char *name)
{
	struct list *pos;

	LIST_EACH(pos, &f->nodes)
	{
		struct node *node = container_of(pos, struct node, link);

		if (strcmp(vrrp_instance_conf(node->inst)->name, name) == 0)
			return node;
	}
	return NULL;
}

/* Those that stay have the new configuration afterwards; the others are gone. */
static void adapt_nodes(struct failover *f, const struct failover_conf *conf,
			struct message_reloaded *report)
{
	struct list *pos, *tmp;

	LIST_EACH_SAFE(pos, tmp, &f->nodes)
	{
		struct node *node = container_of(pos, struct node, link);
		const char *name = vrrp_instance_conf(node->inst)->name;
		const struct vrrp_instance_conf *to = conf_named(conf, name);
		enum vrrp_reconf answer =
			to ? vrrp_instance_reconfigure(node->inst, to) : VRRP_REBUILD;

		report->n_kept += answer == VRRP_KEPT;
		report->n_adapted += answer == VRRP_ADAPTED;
		report->n_rebuilt += to && answer == VRRP_REBUILD;
		report->n_removed += !to;
		if (answer == VRRP_REBUILD) {
			f->deleting = true;
			vrrp_instance_stop(node->inst, to ? "its configuration has changed"
							  : "no longer configured");
			failover_node_free(node);
			f->deleting = false;
		} else { /* also when kept: what is asked is borrowed from the configuration */
			failover_node_watch(node);
		}
	}
}

static void add_nodes(struct failover *f, struct message_reloaded *report)
{
	struct node *fresh[SHARED_VIPS_MAX];
	unsigned n = 0;
	struct list *pos;

	for (const struct vrrp_instance_conf *i = f->conf->instances; i; i = i->next) {
		if (!node_named(f, i->name) && n < SHARED_VIPS_MAX)
			fresh[n++] = failover_node_new(f, i);
	}
	failover_groups_join(f);
	LIST_EACH(pos, &f->nodes)
	failover_node_brief(container_of(pos, struct node, link));
	failover_facts_changed(f);
	for (unsigned i = 0; i < n; i++)
		vrrp_instance_start(fresh[i]->inst, 0);
	report->n_added = n - report->n_rebuilt;
}

static void apply(struct failover *f, struct reload *r, struct message_reloaded *report)
{
	adapt_nodes(f, r->conf, report);
	f->conf = r->conf;
	vrrp_pace_configure(f->pace, f->conf->garp_groups);
	vrrp_transport_configure(f->transport, f->conf->house);
	vmacs_set(f->vmacs, f->conf->vmacs);
	failover_links_reload(f);
	add_nodes(f, report);
	failover_scripts_reload(f);
	failover_bfd_reload(f);
	failover_note_vips(f, f->conf);
	failover_holdings_reload(f);
	failover_static_tell(f);
	failover_alone_reload(f);
	reload_free(f->current);
	f->current = r;
}

static void on_parsed(struct loop *loop, struct letter *letter)
{
	struct reload *r = container_of(letter, struct reload, letter);
	struct failover *f = r->failover;
	struct message_reloaded report = {.err = r->err};
	int next = f->next_reload;

	(void)loop;
	pthread_join(r->thread, NULL);
	f->reload = NULL;
	f->next_reload = -1;
	for (const struct conf_diag *d = r->err ? r->diags.first : NULL; d; d = d->next) {
		if (d->severity == CONF_ERROR)
			log_err("reload: %s:%u:%u: %s", d->place.file, d->place.line,
				d->place.column, d->text);
	}
	if (!r->err)
		apply(f, r, &report);
	else
		reload_free(r);
	channel_send(f->setup->master_fd, MESSAGE_FAILOVER_RELOADED, &report, sizeof(report));
	if (next >= 0)
		failover_reload_begin(f, next);
}

static int start_thread(struct reload *r)
{
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	/* Small: with all memory locked, a stack is paid for in whole. */
	pthread_attr_setstacksize(&attr, PARSE_STACK_LEN);
	err = pthread_create(&r->thread, &attr, parse, r);
	pthread_attr_destroy(&attr);
	return -err;
}

void failover_reload_begin(struct failover *f, int fd)
{
	struct message_reloaded report = {.err = -ENOSYS};
	struct reload *r;

	if (f->reload) {
		if (f->next_reload >= 0)
			close(f->next_reload);
		f->next_reload = fd;
		return;
	}
	r = calloc(1, sizeof(*r));
	if (!r)
		die_no_memory();
	r->letter.deliver = on_parsed;
	r->failover = f;
	r->fd = fd;
	arena_init(&r->arena, 0);
	conf_files_init(&r->files);
	conf_diags_init(&r->diags);
	if (f->setup->parse)
		report.err = start_thread(r);
	if (!report.err) {
		f->reload = r;
		return;
	}
	reload_free(r);
	channel_send(f->setup->master_fd, MESSAGE_FAILOVER_RELOADED, &report, sizeof(report));
}

void failover_reload_fini(struct failover *f)
{
	if (f->reload)
		pthread_join(f->reload->thread, NULL);
	reload_free(f->reload);
	reload_free(f->current);
	if (f->next_reload >= 0)
		close(f->next_reload);
	f->reload = f->current = NULL;
	f->next_reload = -1;
}
