/*
 * Numbers in files (track_file): read at the start and whenever the kernel says (inotify) that the
 * file was written, replaced, made or removed. A file that is missing or has no number counts as 0.
 * Failover's thread only.
 */
#ifndef RELAIS_TRACK_FILE_WATCH_H
#define RELAIS_TRACK_FILE_WATCH_H

#include "core/loop/loop.h"
#include "failover/model/vrrp_conf.h"

struct file_watch;

/* The number is known, or has changed. */
typedef void file_watch_fn(void *ctx, const struct vrrp_file_conf *file, long long number);

/* Makes files that are to be made (init_file), then tells every number. conf lives until configure
 * or free. */
struct file_watch *file_watch_new(struct loop *loop, file_watch_fn *changed, void *ctx,
				  const struct failover_conf *conf);
void file_watch_free(struct file_watch **watch);
/* Files that stay are not made anew; tells every number again. */
void file_watch_configure(struct file_watch *watch, const struct failover_conf *conf);
/* Tells every number: for an instance that is new. */
void file_watch_tell(struct file_watch *watch);

#endif
