/*
 * The running relais from outside. See running.h; proc(5): /proc/PID/fd, cmdline, stat, ns/net.
 */
#include "main/check/running.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "main/children.h"

static const char memfd_name[] = "/memfd:relais-conf";

enum { FOUND_MAX = 64, WORDS_MAX = 1 << 20 };

void running_publish(const struct config *config, int *fd)
{
	if (*fd >= 0) {
		child_forget_private(*fd);
		close(*fd);
	}
	*fd = conf_files_save(&config->files);
	if (*fd < 0)
		log_warn("relais -c --diff will not find this configuration: %s", strerror(-*fd));
	else
		child_keep_private(*fd);
}

/* The descriptor with the configuration, opened anew here; -1 = there is none. */
static int open_conf(pid_t pid)
{
	char path[PATH_MAX], target[64];
	const struct dirent *e;
	int fd = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir && fd < 0 && (e = readdir(dir))) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/%d/fd/%s", (int)pid, e->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		if (strncmp(target, memfd_name, sizeof(memfd_name) - 1) == 0)
			fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (dir)
		closedir(dir);
	return fd;
}

pid_t running_parent(pid_t pid)
{
	char path[64], line[512];
	const char *behind;
	int parent = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	behind = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	if (behind && sscanf(behind, ") %*c %d", &parent) != 1)
		parent = 0;
	fclose(f);
	return parent;
}

static bool same_network(pid_t pid)
{
	char path[64];
	struct stat ours, its;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return stat("/proc/self/ns/net", &ours) == 0 && stat(path, &its) == 0 &&
	       ours.st_ino == its.st_ino && ours.st_dev == its.st_dev;
}

static bool has_conf(pid_t pid)
{
	int fd = open_conf(pid);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Masters, of this network namespace only or of any; a child that has the descriptor too is none.
 */
static unsigned find_masters(pid_t *found, unsigned max, bool here)
{
	DIR *dir = opendir("/proc");
	const struct dirent *e;
	unsigned n = 0;

	while (dir && n < max && (e = readdir(dir))) {
		pid_t pid = atoi(e->d_name);

		if (isdigit((unsigned char)e->d_name[0]) && pid != getpid() &&
		    (!here || same_network(pid)) && has_conf(pid) && !has_conf(running_parent(pid)))
			found[n++] = pid;
	}
	if (dir)
		closedir(dir);
	return n;
}

/* Its command line, read as ours is. */
static bool read_command(struct running *r)
{
	size_t len, n_words = 0, at = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)r->pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	r->words = calloc(1, WORDS_MAX + 1);
	if (!r->words)
		die_no_memory();
	len = fread(r->words, 1, WORDS_MAX, f);
	fclose(f);
	for (size_t i = 0; i < len; i++)
		n_words += r->words[i] == '\0';
	r->argv = calloc(n_words + 2, sizeof(*r->argv));
	if (!r->argv)
		die_no_memory();
	for (size_t i = 0; i < n_words; i++, at += strlen(r->words + at) + 1)
		r->argv[i] = r->words + at;
	return n_words > 0 && args_parse(&r->args, (int)n_words, r->argv, stderr);
}

static pid_t pid_from(const char *with)
{
	FILE *f = strspn(with, "0123456789") == strlen(with) ? NULL : fopen(with, "re");
	int pid = f ? 0 : atoi(with);

	if (f && fscanf(f, "%d", &pid) != 1)
		pid = 0;
	if (f)
		fclose(f);
	return pid;
}

bool running_find(struct running *r, const char *with, FILE *err)
{
	pid_t found[FOUND_MAX];
	unsigned n = 1;

	*r = (struct running){.pid = 0};
	if (with)
		found[0] = pid_from(with);
	else
		n = find_masters(found, FOUND_MAX, true);
	if (n == 0) /* one that went into a namespace of its own (net_namespace) */
		n = find_masters(found, FOUND_MAX, false);
	if (n != 1 || found[0] <= 0) {
		if (with)
			fprintf(err, "relais: --diff: '%s' names no process\n", with);
		else if (n == 0)
			fputs("relais: --diff: no relais runs here that may be looked into (it is "
			      "root's to do)\n",
			      err);
		else
			fprintf(err, "relais: --diff: %u run here: give --diff=PIDFILE\n", n);
		return false;
	}
	r->pid = found[0];
	if (read_command(r))
		return true;
	fprintf(err, "relais: --diff: the command line of process %d cannot be read\n",
		(int)r->pid);
	running_free(r);
	return false;
}

/* Interfaces and addresses are those that it sees. */
static void enter_network(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	fd = same_network(pid) ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (setns(fd, CLONE_NEWNET) < 0)
		log_warn("--diff: its network namespace cannot be entered: %s", strerror(errno));
	close(fd);
}

struct config *running_config(struct running *r, FILE *err)
{
	int fd = open_conf(r->pid);
	struct config *config;

	enter_network(r->pid);
	config = fd < 0 ? NULL : config_load_saved(&r->args, fd);
	if (fd < 0)
		fprintf(err,
			"relais: --diff: the configuration of process %d cannot be seen: is it "
			"relais, and are you root?\n",
			(int)r->pid);
	else
		close(fd);
	return config;
}

bool running_lend_files(const struct running *r, struct args *args)
{
	char path[64];

	if (args->n_files + args->n_keepalived_files > 0)
		return true;
	memcpy(args->files, r->args.files, sizeof(args->files));
	memcpy(args->keepalived_files, r->args.keepalived_files, sizeof(args->keepalived_files));
	args->n_files = r->args.n_files;
	args->n_keepalived_files = r->args.n_keepalived_files;
	args->config_id = args->config_id ? args->config_id : r->args.config_id;
	args->name = args->name ? args->name : r->args.name;
	args->master_socket = r->args.master_socket;
	snprintf(path, sizeof(path), "/proc/%d/cwd", (int)r->pid);
	return chdir(path) == 0;
}

void running_free(struct running *r)
{
	free(r->words);
	free(r->argv);
	r->words = NULL;
	r->argv = NULL;
}
