/*
 * Watching files. See file_watch.h. The folder is watched, since a file may be replaced or not be
 * there yet; and the file itself, since it may be a link to one elsewhere. A folder that is not
 * there is looked for again every second.
 */
#include "failover/track/file_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"

enum { RETRY_US = 1000000, TEXT_MAX = 64 };
static const uint32_t file_mask = IN_MODIFY | IN_CLOSE_WRITE;
static const uint32_t folder_mask = IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO |
				    IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;

struct watched {
	struct list link;
	const struct vrrp_file_conf *conf;
	int folder_wd, file_wd; /* -1 = none */
	long long number;
	bool told, unreadable;
};

struct file_watch {
	struct loop *loop;
	file_watch_fn *changed;
	void *ctx;
	struct loop_fd lfd; /* inotify; fd -1 = there is none */
	struct loop_timer retry;
	struct list all;
};

/* ---- numbers ---- */

/* As Keepalived reads it: digits at the beginning, else 0. Never waits for a pipe. 0 or -errno. */
static int read_number(const char *path, long long *number)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char text[TEXT_MAX] = "";
	struct stat st;
	long long n;

	*number = 0;
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && read(fd, text, sizeof(text) - 1) > 0) {
		n = strtoll(text, NULL, 10);
		*number = n > INT_MAX ? INT_MAX : n < INT_MIN ? INT_MIN : n;
	}
	close(fd);
	return 0;
}

static void look(struct file_watch *watch, struct watched *w)
{
	long long n;
	int err = read_number(w->conf->path, &n);

	if (err && !w->unreadable)
		log_err("file %s: %s cannot be read, its number stays %lld: %s", w->conf->name,
			w->conf->path, w->number, strerror(-err));
	w->unreadable = err != 0;
	if (err)
		n = w->number;
	if (w->told && w->number == n)
		return;
	if (w->told)
		log_notice("file %s: %lld, was %lld", w->conf->name, n, w->number);
	w->number = n;
	w->told = true;
	watch->changed(watch->ctx, w->conf, n);
}

static void make_file(const struct vrrp_file_conf *conf)
{
	int fd = open(conf->path,
		      O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
			      (conf->overwrite ? O_TRUNC : O_EXCL),
		      0644);
	bool good;

	if (fd < 0 && errno == EEXIST)
		return;
	good = fd >= 0 && dprintf(fd, "%lld\n", conf->init_value) > 0;
	if (!good)
		log_err("file %s: %s cannot be made: %s", conf->name, conf->path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* ---- the kernel's word ---- */

/* Both may be watched already: then this changes nothing. False: the folder is not there. */
static bool watch_paths(struct file_watch *watch, struct watched *w)
{
	const char *path = w->conf->path, *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	w->folder_wd = inotify_add_watch(watch->lfd.fd, folder, folder_mask | IN_ONLYDIR);
	w->file_wd = inotify_add_watch(watch->lfd.fd, path, file_mask);
	return w->folder_wd >= 0;
}

static void watch_all(struct file_watch *watch)
{
	bool all_there = true;
	struct list *pos;

	LIST_EACH(pos, &watch->all)
	all_there &= watch_paths(watch, container_of(pos, struct watched, link));
	if (!all_there)
		loop_timer_set(watch->loop, &watch->retry, loop_now_us(watch->loop) + RETRY_US);
}

static void look_at_all(struct file_watch *watch)
{
	struct list *pos;

	watch_all(watch);
	LIST_EACH(pos, &watch->all)
	look(watch, container_of(pos, struct watched, link));
}

static bool concerns(const struct watched *w, const struct inotify_event *e)
{
	const char *name = strrchr(w->conf->path, '/') + 1;

	if (e->wd == w->file_wd)
		return true;
	return e->wd == w->folder_wd && (e->len == 0 || strcmp(e->name, name) == 0);
}

static void take_event(struct file_watch *watch, const struct inotify_event *e)
{
	struct list *pos;

	if (e->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) {
		look_at_all(watch);
		return;
	}
	LIST_EACH(pos, &watch->all)
	{
		struct watched *w = container_of(pos, struct watched, link);

		if (!concerns(w, e))
			continue;
		if (e->wd == w->folder_wd)
			w->file_wd = inotify_add_watch(watch->lfd.fd, w->conf->path, file_mask);
		look(watch, w);
	}
}

static void on_inotify(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct file_watch *watch = container_of(lfd, struct file_watch, lfd);
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n;

	(void)loop, (void)ready;
	while ((n = read(lfd->fd, buf, sizeof(buf))) > 0) {
		for (char *at = buf; at < buf + n;) {
			const struct inotify_event *e = (const void *)at;

			at += sizeof(*e) + e->len;
			take_event(watch, e);
		}
	}
}

static void on_retry(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	look_at_all(container_of(timer, struct file_watch, retry));
}

/* ---- what is watched ---- */

static struct watched *find(struct file_watch *watch, const struct vrrp_file_conf *conf)
{
	struct list *pos;

	LIST_EACH(pos, &watch->all)
	{
		struct watched *w = container_of(pos, struct watched, link);

		if (strcmp(w->conf->name, conf->name) == 0 &&
		    strcmp(w->conf->path, conf->path) == 0)
			return w;
	}
	return NULL;
}

static struct watched *add(const struct vrrp_file_conf *conf)
{
	struct watched *w = calloc(1, sizeof(*w));

	if (!w)
		die_no_memory();
	w->conf = conf;
	w->folder_wd = w->file_wd = -1;
	if (conf->init)
		make_file(conf);
	return w;
}

static void forget_all(struct file_watch *watch)
{
	while (!list_empty(&watch->all)) {
		struct watched *w = container_of(watch->all.next, struct watched, link);

		list_del(&w->link);
		free(w);
	}
	loop_timer_clear(watch->loop, &watch->retry);
	if (watch->lfd.fd < 0)
		return;
	loop_fd_del(watch->loop, &watch->lfd);
	close(watch->lfd.fd); /* and all that it watched */
	watch->lfd.fd = -1;
}

static void open_inotify(struct file_watch *watch)
{
	watch->lfd.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->lfd.fd < 0 || loop_fd_add(watch->loop, &watch->lfd, LOOP_IN) < 0)
		log_err("track_file: changes will not be noticed: %s", strerror(errno));
}

void file_watch_configure(struct file_watch *watch, const struct failover_conf *conf)
{
	struct list fresh = LIST_INIT(fresh);

	for (const struct vrrp_file_conf *f = conf->files; f; f = f->next) {
		struct watched *w = find(watch, f);

		if (w) {
			list_del(&w->link);
			w->conf = f;
		} else {
			w = add(f);
		}
		list_push(&fresh, &w->link);
	}
	forget_all(watch);
	while (!list_empty(&fresh)) {
		struct list *pos = fresh.next;

		list_del(pos);
		list_push(&watch->all, pos);
	}
	if (list_empty(&watch->all))
		return;
	open_inotify(watch);
	look_at_all(watch);
	file_watch_tell(watch);
}

void file_watch_tell(struct file_watch *watch)
{
	struct list *pos;

	LIST_EACH(pos, &watch->all)
	{
		struct watched *w = container_of(pos, struct watched, link);

		watch->changed(watch->ctx, w->conf, w->number);
	}
}

struct file_watch *file_watch_new(struct loop *loop, file_watch_fn *changed, void *ctx,
				  const struct failover_conf *conf)
{
	struct file_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		die_no_memory();
	watch->loop = loop;
	watch->changed = changed;
	watch->ctx = ctx;
	watch->lfd = (struct loop_fd){.on_ready = on_inotify, .fd = -1};
	watch->retry.on_expiry = on_retry;
	list_init(&watch->all);
	file_watch_configure(watch, conf);
	return watch;
}

void file_watch_free(struct file_watch **watch)
{
	if (*watch)
		forget_all(*watch);
	free(*watch);
	*watch = NULL;
}
