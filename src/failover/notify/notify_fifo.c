/*
 * FIFOs. See notify_fifo.h. Opened for reading and writing, so that lines wait in it while nobody
 * reads, and no reader that leaves can end us.
 */
#include "failover/notify/notify_fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/die.h"

enum { AGAIN_US = 1000000, GATE_US = 60000000, ROOM_BYTES = 1 << 20 };

static void start_script(struct notify_fifo *fifo);

static void on_exit_of_script(struct runner_call *call, const struct message_run_exit *exit,
			      struct slice output)
{
	struct notify_fifo *fifo = container_of(call, struct notify_fifo, call);

	(void)output;
	if (exit->status == -1 && exit->err == ECONNRESET) { /* a new runner, as at the start */
		start_script(fifo);
		return;
	}
	log_warn("the script of the FIFO %s has ended with status %d: started again", fifo->path,
		 exit->status);
	loop_timer_set(fifo->loop, &fifo->again, loop_now_us(fifo->loop) + AGAIN_US);
}

/* The same FIFO has the same id in every life of this process, so that a script which an earlier
 * one started does not go on reading beside ours. */
static uint64_t id_of(const char *path)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 0x100000001b3u;
	return hash | (1ull << 63);
}

static void start_script(struct notify_fifo *fifo)
{
	const char *const path[] = {fifo->path, NULL};
	struct runner_ask ask = {.more = path};
	int err;

	if (!fifo->script || !fifo->script->argv || fifo->call.id)
		return;
	ask.argv = fifo->script->argv;
	ask.uid = fifo->script->uid;
	ask.gid = fifo->script->gid;
	fifo->call.on_exit = on_exit_of_script;
	err = runner_link_replace(fifo->link, &ask, &fifo->call, id_of(fifo->path));
	if (err) {
		log_err("the script of the FIFO %s: %s", fifo->path, strerror(-err));
		loop_timer_set(fifo->loop, &fifo->again, loop_now_us(fifo->loop) + AGAIN_US);
	}
}

static void on_again(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	start_script(container_of(timer, struct notify_fifo, again));
}

static int open_fifo(struct notify_fifo *fifo, uint32_t uid, uint32_t gid)
{
	struct stat st;

	fifo->made = mkfifo(fifo->path, 0600) == 0;
	if (!fifo->made && errno != EEXIST)
		return -errno;
	fifo->fd = open(fifo->path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (fifo->fd < 0)
		return -errno;
	if (fstat(fifo->fd, &st) < 0 || !S_ISFIFO(st.st_mode)) {
		close(fifo->fd);
		return -EEXIST;
	}
	/* This process goes before all others: a reader may get no turn until much is written. */
	fcntl(fifo->fd, F_SETPIPE_SZ, ROOM_BYTES);
	if (fifo->made && (uid || gid) && fchown(fifo->fd, uid, gid) < 0)
		log_warn("FIFO %s: its owner cannot be set: %s", fifo->path, strerror(errno));
	return 0;
}

void notify_fifo_close(struct notify_fifo *fifo)
{
	if (!fifo->path)
		return;
	runner_link_cancel(fifo->link, &fifo->call);
	loop_timer_clear(fifo->loop, &fifo->again);
	close(fifo->fd);
	if (fifo->made)
		unlink(fifo->path);
	free(fifo->path);
	fifo->path = NULL;
}

void notify_fifo_configure(struct notify_fifo *fifo, const char *path, uint32_t uid, uint32_t gid,
			   const struct script_conf *script)
{
	int err;

	if (fifo->path && (!path || strcmp(path, fifo->path) != 0))
		notify_fifo_close(fifo);
	fifo->script = script;
	if (path && !fifo->path) {
		fifo->path = strdup(path);
		if (!fifo->path)
			die_no_memory();
		fifo->again.on_expiry = on_again;
		err = open_fifo(fifo, uid, gid);
		if (err) {
			log_err("FIFO %s: %s", path, strerror(-err));
			free(fifo->path);
			fifo->path = NULL;
		}
	}
	if (fifo->path)
		start_script(fifo);
}

void notify_fifo_write(struct notify_fifo *fifo, struct slice line)
{
	unsigned held;

	if (!fifo->path || write(fifo->fd, line.ptr, line.len) == (ssize_t)line.len)
		return;
	if (log_gate_open(&fifo->gate, loop_now_us(fifo->loop), 1, GATE_US, &held))
		log_warn("FIFO %s: a line is lost, nobody reads it", fifo->path);
}
