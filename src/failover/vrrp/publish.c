/*
 * An instance on the shared page, for whoever shows it (runtime socket, live view) and for the
 * failover process that continues when this one dies. Written by the failover's thread only.
 */
#include "failover/vrrp/instance_impl.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"

static void put_counts(const struct vrrp_instance *inst, struct shared_vip *v)
{
	v->state_mono_us = inst->state == VRRP_MASTER ? inst->last_sent_us : 0;
	v->auth_sequence = inst->sequence;
	v->n_sent = inst->stats.n_sent;
	v->n_received = inst->stats.n_received;
	v->n_dropped = inst->stats.n_dropped;
	v->n_repaired = inst->stats.n_repaired;
}

static void put_master(const struct vrrp_instance *inst, struct shared_vip *v)
{
	char text[ADDR_TEXT_MAX];
	const struct addr *a = inst->state == VRRP_MASTER ? vrrp_source(inst) : &inst->master;

	v->master[0] = '\0';
	if (a && a->len)
		snprintf(v->master, sizeof(v->master), "%s", addr_host_text(a, text));
}

void vrrp_publish_drops(struct vrrp_instance *inst)
{
	struct text t;

	if (!inst->page)
		return;
	shared_vip_begin(inst->page);
	text_init(&t, inst->page->drops, sizeof(inst->page->drops));
	for (enum vrrp_drop why = VRRP_ACCEPT + 1; why < VRRP_DROP_N; why++)
		if (inst->stats.dropped[why])
			text_fmt(&t, "%s%s %llu", t.len ? ", " : "", vrrp_drop_word(why),
				 (unsigned long long)inst->stats.dropped[why]);
	put_counts(inst, inst->page);
	shared_vip_end(inst->page);
}

void vrrp_publish_counts(struct vrrp_instance *inst)
{
	if (!inst->page)
		return;
	shared_vip_begin(inst->page);
	put_counts(inst, inst->page);
	shared_vip_end(inst->page);
}

void vrrp_publish_all(struct vrrp_instance *inst)
{
	const struct vrrp_instance_conf *conf = inst->conf;
	struct shared_vip *v = inst->page;
	char text[ADDR_TEXT_MAX];

	if (!v)
		return;
	shared_vip_begin(v);
	snprintf(v->name, sizeof(v->name), "%s", conf->name);
	snprintf(v->interface, sizeof(v->interface), "%s", conf->interface);
	snprintf(v->state, sizeof(v->state), "%s", vrrp_state_word(inst->state));
	snprintf(v->reason, sizeof(v->reason), "%s", inst->reason);
	v->vrid = (uint8_t)conf->vrid;
	v->family = (uint8_t)conf->family;
	v->version = (uint8_t)conf->version;
	v->priority = (uint8_t)conf->priority;
	v->effective_priority = (uint8_t)inst->priority;
	v->n_transitions = (uint32_t)inst->stats.n_transitions;
	v->since_wall_us = inst->since_wall_us;
	v->n_addresses = 0;
	for (const struct vip_conf *c = conf->vips; c; c = c->next)
		v->n_addresses++;
	for (const struct vip_conf *c = conf->excluded; c; c = c->next)
		v->n_addresses++;
	v->first_address[0] = '\0';
	if (conf->vips)
		snprintf(v->first_address, sizeof(v->first_address), "%s",
			 addr_host_text(&conf->vips->address, text));
	put_master(inst, v);
	put_counts(inst, v);
	shared_vip_end(v);
}
