/*
 * Stick tables from one balancer to the next. The one that serves is asked by the master to save
 * (a thread of its own writes, so that no connection waits for it); the next one loads before its
 * threads start. Both have the same memfd.
 */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "balancer/balancer_private.h"
#include "balancer/stick/stick_save.h"
#include "core/log/log.h"

enum { WAIT_MS = 2000 };

static struct {
	pthread_t thread;
	bool started;
	int fd;
	const struct stick_house *house;
	int64_t now_us;
} saver; /* one per process; the first thread starts and joins it */

static void *save(void *arg)
{
	int err = stick_save(saver.house, saver.fd, saver.now_us);

	(void)arg;
	if (err)
		log_warn("stick tables are not handed on: %s", strerror(-err));
	close(saver.fd);
	return NULL;
}

void balancer_tables_save(struct balancer_process *p, int fd)
{
	balancer_tables_stop();
	saver.fd = fd;
	saver.house = p->house.stick;
	saver.now_us = loop_now_us(p->house.workers[0].loop);
	saver.started = pthread_create(&saver.thread, NULL, save, NULL) == 0;
	if (!saver.started)
		close(fd);
}

void balancer_tables_stop(void)
{
	if (saver.started)
		pthread_join(saver.thread, NULL);
	saver.started = false;
}

void balancer_tables_load(struct balancer_process *p)
{
	int fd = p->balancer.setup->tables_fd, n;

	if (fd < 0)
		return;
	n = stick_load(p->house.stick, fd, loop_clock_us(p->house.workers[0].loop), WAIT_MS);
	if (n < 0)
		log_warn("stick tables begin empty: %s", strerror(-n));
	else if (n > 0)
		log_notice("%d entries of stick tables taken over", n);
	close(fd);
}
