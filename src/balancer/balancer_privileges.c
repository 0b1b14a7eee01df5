/*
 * The balancer serves strangers: it gives up what it does not need. chroot, group and user as
 * configured; of the capabilities only what transparent sources need stays. All sockets that need
 * more were opened by the master.
 */
#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "balancer/balancer_private.h"
#include "core/log/log.h"

static bool needs_raw(const struct balancer_conf *conf)
{
	for (const struct proxy_conf *p = conf->proxies; p; p = p->next) {
		if (p->source_usesrc_client || p->source_interface)
			return true;
		for (const struct server_conf *s = p->servers; s; s = s->next)
			if (s->source_usesrc_client || s->source_interface)
				return true;
	}
	return false;
}

static bool enter_chroot(const char *path)
{
	if (!path)
		return true;
	if (chroot(path) == 0 && chdir("/") == 0)
		return true;
	log_err("chroot %s: %s", path, strerror(errno));
	return false;
}

bool balancer_drop_privileges(const struct balancer_conf *conf)
{
	const struct global_conf *global = &conf->global;
	int uid = global->uid == UINT32_MAX ? -1 : (int)global->uid;
	int gid = global->gid == UINT32_MAX ? -1 : (int)global->gid, err;

	if (geteuid() != 0)
		return true;
	if (!enter_chroot(global->chroot))
		return false;
	capng_clear(CAPNG_SELECT_BOTH);
	if (needs_raw(conf))
		capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_RAW,
			      CAP_NET_ADMIN, -1);
	if (uid > 0 || gid > 0)
		err = capng_change_id(uid, gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
	else
		err = capng_apply(CAPNG_SELECT_CAPS);
	if (err && (uid > 0 || gid > 0)) {
		log_err("cannot become user %d, group %d", uid, gid);
		return false;
	}
	if (err)
		log_warn("capabilities could not be given up");
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return true;
}
