/*
 * Paths of the pid file and the reload file. See house_files.h. Names measured on Keepalived 2.2.7.
 */
#include "main/house_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log/log.h"
#include "failover/model/house.h"

enum { COMM_LEN = 32 };

static const struct house_conf *house_of(const struct config *config)
{
	return config->failover ? config->failover->house : NULL;
}

/* /run, or /run/keepalived, which is made where it is asked for. */
static const char *pid_folder(const struct house_conf *h)
{
	if (!h || !(h->use_pid_dir || h->instance))
		return "/run";
	if (mkdir("/run/keepalived", 0755) < 0 && errno != EEXIST)
		log_warn("/run/keepalived: %s", strerror(errno));
	return "/run/keepalived";
}

bool house_pid_path(const struct args *args, const struct config *config, char *out, size_t cap)
{
	const struct house_conf *h = house_of(config);
	const char *asked = args->pidfile;
	bool named = h && h->instance;

	if (!asked && config->balancer)
		asked = config->balancer->global.pidfile;
	if (asked)
		snprintf(out, cap, "%s", asked);
	else if (args->dialect == ARGS_KEEPALIVED)
		snprintf(out, cap, "%s/keepalived%s%s.pid", pid_folder(h), named ? "_" : "",
			 named ? h->instance : "");
	return asked || args->dialect == ARGS_KEEPALIVED;
}

static int pid_in(const char *path)
{
	FILE *f = fopen(path, "re");
	int pid = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%d", &pid) != 1 || pid <= 1)
		pid = 0;
	fclose(f);
	return pid;
}

/* "" = there is no such process, or it has ended and nobody has asked how. */
static void comm_of(int pid, char comm[COMM_LEN])
{
	char path[64], state = 'X';
	FILE *f;

	comm[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/stat", pid); /* PID (COMM) STATE ... */
	f = fopen(path, "re");
	if (!f)
		return;
	if (fscanf(f, "%*d (%15[^)]) %c", comm, &state) != 2 || state == 'Z' || state == 'X')
		comm[0] = '\0';
	fclose(f);
}

int house_pid_owner(const char *path)
{
	char theirs[COMM_LEN], ours[COMM_LEN];
	int pid = pid_in(path);

	if (!pid || pid == getpid())
		return 0;
	comm_of(pid, theirs);
	comm_of(getpid(), ours);
	return theirs[0] && (strcmp(theirs, ours) == 0 || strcmp(theirs, "relais") == 0 ||
			     strcmp(theirs, "keepalived") == 0)
		       ? pid
		       : 0;
}

static bool write_pid(const char *path)
{
	FILE *f = fopen(path, "we");
	bool written = f && fprintf(f, "%d\n", (int)getpid()) > 0;

	return f && fclose(f) == 0 && written;
}

bool house_pid_write(const char *path)
{
	char part[4096 + 8];
	struct stat st;

	snprintf(part, sizeof(part), "%s.part", path);
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return write_pid(path);
	if (write_pid(part) && rename(part, path) == 0)
		return true;
	unlink(part);
	return write_pid(path);
}

void house_pid_remove(const char *path)
{
	if (pid_in(path) == getpid())
		unlink(path);
}

static bool reload_path(const struct config *config, char *out, size_t cap)
{
	const struct house_conf *h = house_of(config);

	if (!h || !h->reload_file)
		return false;
	if (h->reload_file[0])
		snprintf(out, cap, "%s", h->reload_file);
	else
		snprintf(out, cap, "%s/keepalived.reload", pid_folder(h));
	return true;
}

void house_reload_begin(const struct config *config)
{
	char path[4096];
	int fd;

	if (!reload_path(config, path, sizeof(path)))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
	if (fd < 0)
		log_warn("reload_file %s: %s", path, strerror(errno));
	else
		close(fd);
}

void house_reload_end(const struct config *config)
{
	char path[4096];

	if (reload_path(config, path, sizeof(path)) && unlink(path) < 0 && errno != ENOENT)
		log_warn("reload_file %s: %s", path, strerror(errno));
}
