/*
 * Counting processes: the half of process_watch.h that reads /proc and listens to the proc
 * connector. No loop and no allocation but at the beginning; one thread at a time.
 */
#ifndef RELAIS_TRACK_PROCESS_SCAN_H
#define RELAIS_TRACK_PROCESS_SCAN_H

#include <stdatomic.h>

#include "failover/model/vrrp_conf.h"

enum { PROCESS_SCAN_MAX = 64 }; /* rows; what is more is not counted */

struct process_scan; /* opaque: of the thread */

/* rows: a list, borrowed. */
struct process_scan *process_scan_new(const struct vrrp_process_conf *rows);
void process_scan_free(struct process_scan **scan);

/* The kernel tells of starts and ends: a descriptor to poll, or -1 where it does not. */
int process_scan_listen(struct process_scan *scan);
/* Reads all of /proc anew. stop: give up when it is set. */
void process_scan_all(struct process_scan *scan, const _Atomic int *stop);
/* What the descriptor has. False: something was lost, /proc is to be read, soon but not at once: an
 * end is told a moment before the process is gone from there. So it is too after listen. */
bool process_scan_events(struct process_scan *scan, const _Atomic int *stop);
/* How many match the n-th row. */
unsigned process_scan_count(const struct process_scan *scan, unsigned n);

#endif
