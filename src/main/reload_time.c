/*
 * Reloads at a set time. See reload_time.h. The wall clock may be set meanwhile, so the timer wakes
 * at least every half minute and compares.
 */
#include "main/reload_time.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "core/log/log.h"
#include "main/children.h"

enum { LOOK_US = 30000000, LINE_LEN = 32 };

static const uint32_t mask =
	IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;

/* ---- what it says ---- */

static bool digits(const char **at, int n, char end, int least, int most, int *out)
{
	*out = 0;
	for (int i = 0; i < n; i++, ++*at) {
		if (**at < '0' || **at > '9')
			return false;
		*out = *out * 10 + (**at - '0');
	}
	if (end && *(*at)++ != end)
		return false;
	return *out >= least && *out <= most;
}

static bool date(const char **at, struct tm *tm)
{
	bool short_year = strcspn(*at, "-") == 2;

	if (!digits(at, short_year ? 2 : 4, '-', 0, 9999, &tm->tm_year) ||
	    !digits(at, 2, '-', 1, 12, &tm->tm_mon) || !digits(at, 2, ' ', 1, 31, &tm->tm_mday))
		return false;
	tm->tm_year += short_year ? 100 : -1900;
	tm->tm_mon--;
	return true;
}

enum reload_time_kind reload_time_parse(const char *text, int64_t now_s, int64_t *when_s)
{
	bool dated = strchr(text, '-') != NULL, utc = strchr(text, 'Z') != NULL;
	time_t now = (time_t)now_s;
	struct tm tm;

	if (utc)
		gmtime_r(&now, &tm);
	else
		localtime_r(&now, &tm);
	if (dated && !date(&text, &tm))
		return RELOAD_TIME_WRONG;
	if (!digits(&text, 2, ':', 0, 23, &tm.tm_hour) ||
	    !digits(&text, 2, ':', 0, 59, &tm.tm_min) || !digits(&text, 2, 0, 0, 59, &tm.tm_sec))
		return RELOAD_TIME_WRONG;
	if (strcmp(text, utc ? "Z" : "") != 0)
		return RELOAD_TIME_WRONG;
	tm.tm_isdst = -1;
	*when_s = utc ? timegm(&tm) : mktime(&tm);
	if (!dated && *when_s <= now_s) {
		tm.tm_mday++;
		tm.tm_isdst = -1;
		*when_s = utc ? timegm(&tm) : mktime(&tm);
	}
	return dated ? RELOAD_TIME_ONCE : RELOAD_TIME_DAILY;
}

/* ---- when it is due ---- */

static int64_t wall_s(void)
{
	return (int64_t)time(NULL);
}

static void cancel(struct reload_time *rt)
{
	if (rt->when_s)
		log_notice("the reload at a set time is cancelled");
	rt->when_s = 0;
	loop_timer_clear(rt->loop, &rt->timer);
}

static void arm(struct reload_time *rt)
{
	int64_t left_us = (rt->when_s - wall_s()) * 1000000;

	if (left_us < 100000)
		left_us = 100000; /* the last second may not be over */
	loop_timer_set(rt->loop, &rt->timer,
		       loop_now_us(rt->loop) + (left_us < LOOK_US ? left_us : LOOK_US));
}

static bool first_line(const char *path, char line[LINE_LEN])
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, line, LINE_LEN - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return false;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return true;
}

static void look(struct reload_time *rt)
{
	char line[LINE_LEN], text[64];
	int64_t when = 0;
	enum reload_time_kind kind;
	time_t at;
	struct tm tm;

	if (!first_line(rt->path, line)) {
		cancel(rt);
		return;
	}
	kind = reload_time_parse(line, wall_s(), &when);
	if (kind == RELOAD_TIME_WRONG || when <= wall_s()) {
		log_warn("reload_time_file %s: '%s' is %s", rt->path, line,
			 kind == RELOAD_TIME_WRONG ? "no time" : "in the past");
		cancel(rt);
		return;
	}
	if (when == rt->when_s)
		return;
	rt->when_s = when;
	at = (time_t)when;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z", localtime_r(&at, &tm));
	log_notice("reload scheduled for %s", text);
	arm(rt);
}

static void on_timer(struct loop *loop, struct loop_timer *timer)
{
	struct reload_time *rt = container_of(timer, struct reload_time, timer);

	(void)loop;
	if (wall_s() < rt->when_s) {
		arm(rt);
		return;
	}
	rt->when_s = 0;
	if (rt->repeat)
		look(rt);
	else if (unlink(rt->path) < 0 && errno != ENOENT)
		log_warn("reload_time_file %s: %s", rt->path, strerror(errno));
	rt->due(rt);
}

static void on_event(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct reload_time *rt = container_of(lfd, struct reload_time, watch);
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	const char *name = strrchr(rt->path, '/') + 1;
	bool ours = false;
	ssize_t n;

	(void)loop, (void)ready;
	while ((n = read(lfd->fd, buf, sizeof(buf))) > 0) {
		for (char *at = buf; at < buf + n;) {
			const struct inotify_event *e = (const void *)at;

			at += sizeof(*e) + e->len;
			ours |= e->len == 0 || strcmp(e->name, name) == 0;
		}
	}
	if (ours)
		look(rt);
}

static void stop(struct reload_time *rt)
{
	if (!rt->path[0])
		return;
	loop_timer_clear(rt->loop, &rt->timer);
	if (rt->watch.fd >= 0) {
		loop_fd_del(rt->loop, &rt->watch);
		child_forget_private(rt->watch.fd);
		close(rt->watch.fd);
	}
	rt->path[0] = '\0';
	rt->when_s = 0;
}

static int watch_folder(struct reload_time *rt)
{
	char folder[PATH_MAX];

	rt->watch.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (rt->watch.fd < 0)
		return -errno;
	child_keep_private(rt->watch.fd);
	memcpy(folder, rt->path, sizeof(folder));
	if (inotify_add_watch(rt->watch.fd, dirname(folder), mask | IN_ONLYDIR) < 0)
		return -errno;
	return loop_fd_add(rt->loop, &rt->watch, LOOP_IN);
}

void reload_time_configure(struct reload_time *rt, const struct house_conf *conf)
{
	const char *path = conf ? conf->reload_time_file : NULL;
	int err;

	rt->repeat = conf && conf->reload_repeat;
	if (!path || strcmp(path, rt->path) != 0)
		stop(rt);
	if (!path)
		return;
	if (!rt->path[0]) {
		if (path[0] != '/' || strlen(path) >= sizeof(rt->path)) {
			log_err("reload_time_file %s: not an absolute path", path);
			return;
		}
		strcpy(rt->path, path);
		rt->timer.on_expiry = on_timer;
		rt->watch = (struct loop_fd){.on_ready = on_event, .fd = -1};
		err = watch_folder(rt);
		if (err)
			log_err("reload_time_file %s will not be noticed: %s", path,
				strerror(-err));
	}
	if (access(rt->path, F_OK) == 0)
		look(rt);
}
