/*
 * Scripts and FIFOs at changes of state. See notify.h. An instance's own script for the event comes
 * first, then `notify`; the runner keeps the order within a lane.
 */
#include "failover/notify/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/die.h"
#include "core/base/text.h"
#include "failover/notify/notify_fifo.h"
#include "failover/notify/notify_mail.h"

enum { LINE_MAX_LEN = 512 };

struct notify {
	struct loop *loop;
	struct runner_link *link;
	const struct failover_conf *conf;
	struct notify_fifo any, vrrp, lvs; /* notify_fifo, vrrp_notify_fifo, lvs_notify_fifo */
	struct mail_queue *mail;	   /* owned; NULL = none was ever configured */
};

/* What is told of: an instance or a group. */
struct subject {
	const char *kind, *name;
	const struct vrrp_notify_conf *conf;
	unsigned priority;
	bool mail;
};

static const char *const event_words[] = {
	[NOTIFY_MASTER] = "MASTER",
	[NOTIFY_BACKUP] = "BACKUP",
	[NOTIFY_FAULT] = "FAULT",
	[NOTIFY_STOP] = "STOP",
	[NOTIFY_RX_LOWER] = "MASTER_RX_LOWER_PRI",
	[NOTIFY_MASTER_PRIORITY] = "MASTER_PRIORITY",
	[NOTIFY_BACKUP_PRIORITY] = "BACKUP_PRIORITY",
	[NOTIFY_DELETED] = "DELETED",
};

static void configure_mail(struct notify *n)
{
	if (!n->mail && n->conf->mail.server)
		n->mail = mail_queue_new(n->loop, n->link, NULL);
	if (n->mail)
		mail_queue_configure(n->mail, &n->conf->mail);
}

static void configure_fifos(struct notify *n)
{
	const struct failover_conf *c = n->conf;

	notify_fifo_configure(&n->any, c->notify_fifo, c->fifo_uid, c->fifo_gid,
			      &c->notify_fifo_script);
	notify_fifo_configure(&n->vrrp, c->vrrp_notify_fifo, c->vrrp_fifo_uid, c->vrrp_fifo_gid,
			      &c->vrrp_notify_fifo_script);
	notify_fifo_configure(&n->lvs, c->lvs_notify_fifo, c->lvs_fifo_uid, c->lvs_fifo_gid,
			      &c->lvs_notify_fifo_script);
}

struct notify *notify_new(struct loop *loop, struct runner_link *link,
			  const struct failover_conf *conf)
{
	struct notify *n = calloc(1, sizeof(*n));

	if (!n)
		die_no_memory();
	n->loop = n->any.loop = n->vrrp.loop = n->lvs.loop = loop;
	n->link = n->any.link = n->vrrp.link = n->lvs.link = link;
	n->conf = conf;
	configure_fifos(n);
	configure_mail(n);
	return n;
}

void notify_free(struct notify **slot)
{
	struct notify *n = *slot;

	if (!n)
		return;
	mail_queue_free(&n->mail);
	notify_fifo_close(&n->any);
	notify_fifo_close(&n->vrrp);
	notify_fifo_close(&n->lvs);
	free(n);
	*slot = NULL;
}

void notify_configure(struct notify *n, const struct failover_conf *conf)
{
	n->conf = conf;
	configure_fifos(n);
	configure_mail(n);
}

/* One lane per instance and per group; two names may share one, that only makes them wait. */
static uint32_t lane_of(const struct subject *s)
{
	uint32_t hash = 2166136261u;

	for (const char *p = s->kind; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	for (const char *p = s->name; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	return hash ? hash : 1;
}

static void run(struct notify *n, const struct subject *s, const struct script_conf *script,
		const char *const *more)
{
	struct runner_ask ask = {.argv = script->argv,
				 .more = more,
				 .uid = script->uid,
				 .gid = script->gid,
				 .lane = lane_of(s)};
	int err = script->argv ? runner_link_run(n->link, &ask, NULL) : 0;

	if (err)
		log_err("%s: %s cannot be run: %s", s->name, script->text, strerror(-err));
}

static const struct script_conf *script_of(const struct vrrp_notify_conf *conf,
					   enum notify_event event)
{
	switch (event) {
	case NOTIFY_MASTER:
		return &conf->master;
	case NOTIFY_BACKUP:
		return &conf->backup;
	case NOTIFY_FAULT:
		return &conf->fault;
	case NOTIFY_STOP:
		return &conf->stop;
	case NOTIFY_RX_LOWER:
		return &conf->rx_lower;
	case NOTIFY_DELETED:
		return &conf->deleted;
	default:
		return NULL;
	}
}

static const char *word_of(const struct subject *s, enum notify_event event)
{
	return event == NOTIFY_DELETED && !s->conf->says_deleted ? event_words[NOTIFY_FAULT]
								 : event_words[event];
}

static void write_line(struct notify *n, const struct subject *s, enum notify_event event)
{
	char buf[LINE_MAX_LEN];
	struct text line;

	text_init(&line, buf, sizeof(buf));
	text_fmt(&line, "%s \"%s\" %s %u\n", s->kind, s->name, word_of(s, event), s->priority);
	notify_fifo_write(&n->any, (struct slice){line.buf, line.len});
	notify_fifo_write(&n->vrrp, (struct slice){line.buf, line.len});
}

static void tell(struct notify *n, const struct subject *s, enum notify_event event)
{
	bool is_priority = event == NOTIFY_MASTER_PRIORITY || event == NOTIFY_BACKUP_PRIORITY;
	const struct script_conf *script = script_of(s->conf, event);
	char priority[16];
	const char *const more[] = {s->kind, s->name, word_of(s, event), priority, NULL};

	if (is_priority && !s->conf->priority_changes)
		return;
	if (script)
		run(n, s, script, NULL);
	snprintf(priority, sizeof(priority), "%u", s->priority);
	if (event <= NOTIFY_STOP || event == NOTIFY_DELETED)
		run(n, s, &s->conf->any, more);
	write_line(n, s, event);
	if (s->mail && n->mail)
		notify_mail_send(n->mail, n->conf, s->kind, s->name, word_of(s, event));
}

void notify_instance(struct notify *n, const struct vrrp_instance_conf *conf,
		     enum notify_event event, unsigned priority)
{
	const struct subject s = {"INSTANCE", conf->name, &conf->notify, priority,
				  conf->smtp_alert};

	tell(n, &s, event);
}

void notify_fifos_only(struct notify *n, const struct vrrp_instance_conf *conf,
		       enum notify_event event, unsigned priority)
{
	const struct subject s = {"INSTANCE", conf->name, &conf->notify, priority,
				  conf->smtp_alert};

	write_line(n, &s, event);
}

void notify_group(struct notify *n, const struct vrrp_group_conf *conf, enum notify_event event)
{
	const struct subject s = {"GROUP", conf->name, &conf->notify, 0, conf->smtp_alert};

	tell(n, &s, event);
}

void notify_group_fifos_only(struct notify *n, const struct vrrp_group_conf *conf,
			     enum notify_event event)
{
	const struct subject s = {"GROUP", conf->name, &conf->notify, 0, conf->smtp_alert};

	write_line(n, &s, event);
}

void notify_virtual(struct notify *n, const char *line, const char *mail_about,
		    const char *mail_what, const char *mail_body)
{
	notify_fifo_write(&n->lvs, slice_of(line));
	notify_fifo_write(&n->any, slice_of(line));
	if (mail_about && n->mail)
		mail_queue_send(n->mail, mail_about, mail_what, mail_body);
}
