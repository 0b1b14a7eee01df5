/* Entering named network namespaces. See netns.h. */
#include "core/sys/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int netns_enter(const char *name, int *back)
{
	char path[PATH_MAX];
	int fd, err = 0, own = -1;

	if (back)
		*back = -1;
	if (!name || !*name)
		return 0;
	if (strchr(name, '/'))
		return -EINVAL;
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (back && (own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) < 0)
		err = -errno;
	if (!err && setns(fd, CLONE_NEWNET) < 0)
		err = -errno;
	close(fd);
	if (err && own >= 0)
		close(own);
	else if (back)
		*back = own;
	return err;
}

int netns_return(int back)
{
	int err = 0;

	if (back < 0)
		return 0;
	if (setns(back, CLONE_NEWNET) < 0)
		err = -errno;
	close(back);
	return err;
}
