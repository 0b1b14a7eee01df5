/*
 * See secondaries.h. The setting is changed by netlink, so that the note that puts it back is a
 * message like all others; it is only ever changed from 0 to 1.
 */
#include "failover/address/secondaries.h"

#include <errno.h>
#include <linux/ip.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/base/list.h"
#include "core/log/log.h"
#include "failover/address/rtnl.h"
#include "failover/address/undo.h"
#include "failover/address/vmac_message.h"

struct set_one {
	struct list link;
	char name[IFNAMSIZ];
	int slot; /* of the note that puts it back; UNDO_NONE: it was on already */
	bool wanted;
};

struct secondaries {
	int fd;
	struct shared_page *page; /* borrowed */
	struct list all;
};

struct secondaries *secondaries_new(struct shared_page *page)
{
	struct secondaries *s = calloc(1, sizeof(*s));

	if (!s)
		die_no_memory();
	s->page = page;
	list_init(&s->all);
	s->fd = rtnl_open(0);
	if (s->fd >= 0)
		return s;
	errno = -s->fd;
	free(s);
	return NULL;
}

void secondaries_free(struct secondaries **secondaries)
{
	struct secondaries *s = *secondaries;
	struct list *pos, *tmp;

	*secondaries = NULL;
	if (!s)
		return;
	LIST_EACH_SAFE(pos, tmp, &s->all)
	free(container_of(pos, struct set_one, link));
	close(s->fd);
	free(s);
}

static size_t write_message(char buf[static SHARED_UNDO_LEN], const char *name, uint32_t value)
{
	const struct vmac_setting setting = {IPV4_DEVCONF_PROMOTE_SECONDARIES, value};
	struct rtnl_message m;

	rtnl_message_init(&m, buf, SHARED_UNDO_LEN);
	return vmac_message_put_settings(&m, name, &setting, 1) ? m.len : 0;
}

/* -1: there is no such interface. */
static int read_value(const char *name)
{
	char path[96];
	FILE *f;
	int value = -1;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/promote_secondaries", name);
	f = fopen(path, "re");
	if (!f)
		return -1;
	if (fscanf(f, "%d", &value) != 1)
		value = -1;
	fclose(f);
	return value;
}

static void switch_on(struct secondaries *s, struct set_one *one)
{
	char buf[SHARED_UNDO_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	size_t len = write_message(buf, one->name, 0);
	struct rtnl_message m;
	int value = read_value(one->name), err = 0;

	if (one->slot == UNDO_NONE) /* an earlier life of ours may have done it */
		one->slot = undo_find(s->page, buf, len);
	if (value != 0)
		return;
	if (one->slot == UNDO_NONE)
		one->slot = undo_note(s->page, buf, len);
	rtnl_message_init(&m, buf, sizeof(buf));
	err = -E2BIG;
	if (vmac_message_put_settings(
		    &m, one->name, &(struct vmac_setting){IPV4_DEVCONF_PROMOTE_SECONDARIES, 1}, 1))
		rtnl_run(s->fd, &m, &err);
	if (err)
		log_warn("promote_secondaries of %s: %s", one->name, strerror(-err));
}

static void switch_back(struct secondaries *s, struct set_one *one)
{
	char buf[SHARED_UNDO_LEN] __attribute__((aligned(NLMSG_ALIGNTO)));
	size_t len = write_message(buf, one->name, 0);

	if (one->slot != UNDO_NONE) {
		undo_now(s->fd, buf, len);
		undo_forget(s->page, one->slot);
	}
	list_del(&one->link);
	free(one);
}

static struct set_one *find(struct secondaries *s, const char *name)
{
	struct list *pos;

	LIST_EACH(pos, &s->all)
	{
		struct set_one *one = container_of(pos, struct set_one, link);

		if (strcmp(one->name, name) == 0)
			return one;
	}
	return NULL;
}

static void want(struct secondaries *s, const char *name)
{
	struct set_one *one = find(s, name);

	if (!one) {
		one = calloc(1, sizeof(*one));
		if (!one)
			die_no_memory();
		strncpy(one->name, name, sizeof(one->name) - 1);
		one->slot = UNDO_NONE;
		list_push(&s->all, &one->link);
	}
	one->wanted = true;
	switch_on(s, one);
}

void secondaries_set(struct secondaries *s, const struct vrrp_instance_conf *instances)
{
	struct list *pos, *tmp;

	LIST_EACH(pos, &s->all)
	container_of(pos, struct set_one, link)->wanted = false;
	for (const struct vrrp_instance_conf *i = instances; i; i = i->next) {
		if (!i->promote_secondaries)
			continue;
		want(s, i->interface);
		if (i->vmac)
			want(s, i->vmac);
	}
	LIST_EACH_SAFE(pos, tmp, &s->all)
	{
		struct set_one *one = container_of(pos, struct set_one, link);

		if (!one->wanted)
			switch_back(s, one);
	}
}

void secondaries_link(struct secondaries *s, const char *name)
{
	struct set_one *one = find(s, name);

	if (one)
		switch_on(s, one);
}

bool secondaries_claims_slot(const struct secondaries *s, int slot)
{
	const struct list *pos;

	LIST_EACH(pos, &s->all)
	{
		if (container_of(pos, struct set_one, link)->slot == slot)
			return true;
	}
	return false;
}
