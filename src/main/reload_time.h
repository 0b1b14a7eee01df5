/*
 * reload_time_file: a file whose first line says when the master is to reload, so that nodes whose
 * configurations must change together do. Watched by inotify; removed when its time has come,
 * unless reload_repeat is set. One per master, on its loop.
 *
 *   HH:MM:SS | [YY]YY-MM-DD HH:MM:SS, with a Z behind it for UTC, else local time
 */
#ifndef RELAIS_MAIN_RELOAD_TIME_H
#define RELAIS_MAIN_RELOAD_TIME_H

#include <limits.h>

#include "core/loop/loop.h"
#include "failover/model/house.h"

enum reload_time_kind { RELOAD_TIME_WRONG, RELOAD_TIME_DAILY, RELOAD_TIME_ONCE };

/* What the first line says, seen from now (seconds of the epoch). DAILY: the next one after now.
 * ONCE may be in the past. */
enum reload_time_kind reload_time_parse(const char *text, int64_t now_s, int64_t *when_s);

struct reload_time { /* a member of its owner; all-zero is none, with loop and due set */
	struct loop *loop;
	void (*due)(struct reload_time *rt);
	char path[PATH_MAX]; /* "" = none */
	bool repeat;
	struct loop_fd watch; /* inotify on its folder */
	struct loop_timer timer;
	int64_t when_s; /* 0 = nothing is scheduled */
};

/* As the configuration says now; NULL = none. Reads the file anew. */
void reload_time_configure(struct reload_time *rt, const struct house_conf *conf);

#endif
