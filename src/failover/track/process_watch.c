/*
 * Watching processes. See process_watch.h.
 *
 * The thread writes a count per row and posts one letter; the loop reads the counts. It borrows the
 * configuration's rows, so it is ended before they are.
 */
#include "failover/track/process_watch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "core/loop/mailbox.h"
#include "failover/track/process_scan.h"

enum {
	STACK_LEN = 256 * 1024, /* small: with all memory locked it is paid for in whole */
	EVERY_MS = 1000,	/* without the kernel's word */
	CHECK_MS = 30000,	/* with it: whether nothing was missed */
	SOON_MS = 100,		/* something was */
};

static const unsigned NOT_COUNTED = UINT32_MAX;

enum verdict { UNKNOWN, UP, DOWN };

struct watched {
	struct process_watch *watch;
	const struct vrrp_process_conf *conf;
	struct loop_timer delay; /* until next becomes the verdict */
	enum verdict verdict, next;
};

struct process_watch {
	struct loop *loop;
	process_watch_fn *changed;
	void *ctx;
	struct watched rows[PROCESS_SCAN_MAX];
	unsigned n_rows;

	struct mailbox mail;
	struct letter letter;
	_Atomic int posted; /* the letter is on its way */
	_Atomic unsigned counts[PROCESS_SCAN_MAX];

	pthread_t thread;
	bool running;
	_Atomic int stop;
	int wake_fd;
	struct process_scan *scan; /* the thread's */
};

/* ---- the thread ---- */

/* A letter if a count has changed. False: it is time to end. */
static bool publish(struct process_watch *watch)
{
	bool changed = false;

	if (atomic_load(&watch->stop))
		return false;
	for (unsigned i = 0; i < watch->n_rows; i++) {
		unsigned n = process_scan_count(watch->scan, i);

		changed |= atomic_exchange(&watch->counts[i], n) != n;
	}
	if (changed && !atomic_exchange(&watch->posted, 1))
		mailbox_post(&watch->mail, &watch->letter);
	return true;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void *look(void *arg)
{
	struct process_watch *watch = arg;
	struct pollfd p[] = {{.fd = watch->wake_fd, .events = POLLIN}, {.events = POLLIN}};
	int64_t next_ms;
	bool told;

	process_scan_all(watch->scan, &watch->stop);
	publish(watch);
	p[1].fd = process_scan_listen(watch->scan);
	told = p[1].fd >= 0;
	next_ms = now_ms() + SOON_MS;
	while (publish(watch)) {
		int64_t left_ms = next_ms - now_ms();

		poll(p, told ? 2 : 1, left_ms > 0 ? (int)left_ms : 0);
		if (told && !process_scan_events(watch->scan, &watch->stop) &&
		    next_ms > now_ms() + SOON_MS)
			next_ms = now_ms() + SOON_MS;
		if (now_ms() < next_ms)
			continue;
		process_scan_all(watch->scan, &watch->stop);
		next_ms = now_ms() + (told ? CHECK_MS : EVERY_MS);
	}
	return NULL;
}

/* ---- verdicts ---- */

static void settle(struct watched *w)
{
	struct process_watch *watch = w->watch;

	loop_timer_clear(watch->loop, &w->delay);
	if (w->verdict == w->next)
		return;
	if (w->verdict != UNKNOWN)
		log_notice("process %s is %s", w->conf->name, w->next == UP ? "up" : "down");
	w->verdict = w->next;
	watch->changed(watch->ctx, w->conf, w->verdict == UP);
}

static void on_delay(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	settle(container_of(timer, struct watched, delay));
}

static void judge(struct watched *w, unsigned count)
{
	const struct vrrp_process_conf *conf = w->conf;
	enum verdict now = count >= conf->quorum && count <= conf->quorum_max ? UP : DOWN;
	int64_t delay_us = now == UP ? conf->up_delay_us : conf->down_delay_us;

	if (now == w->next)
		return;
	w->next = now;
	if (now == w->verdict || w->verdict == UNKNOWN || delay_us == 0)
		settle(w);
	else
		loop_timer_set(w->watch->loop, &w->delay, loop_now_us(w->watch->loop) + delay_us);
}

static void on_counts(struct loop *loop, struct letter *letter)
{
	struct process_watch *watch = container_of(letter, struct process_watch, letter);

	(void)loop;
	atomic_store(&watch->posted, 0);
	for (unsigned i = 0; i < watch->n_rows; i++) {
		unsigned count = atomic_load(&watch->counts[i]);

		if (count != NOT_COUNTED)
			judge(&watch->rows[i], count);
	}
}

/* ---- life ---- */

static void end_thread(struct process_watch *watch)
{
	if (!watch->running)
		return;
	atomic_store(&watch->stop, 1);
	if (eventfd_write(watch->wake_fd, 1) == 0)
		pthread_join(watch->thread, NULL);
	watch->running = false;
	close(watch->wake_fd);
	mailbox_fini(&watch->mail);
	process_scan_free(&watch->scan);
}

static void start_thread(struct process_watch *watch)
{
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_LEN);
	err = pthread_create(&watch->thread, &attr, look, watch);
	pthread_attr_destroy(&attr);
	watch->running = err == 0;
	if (!err)
		return;
	log_err("processes are not watched: %s", strerror(err));
	close(watch->wake_fd);
	mailbox_fini(&watch->mail);
	process_scan_free(&watch->scan);
}

/* The verdict of a row of the same name and meaning goes on. */
static enum verdict known_verdict(const struct watched *old, unsigned n,
				  const struct vrrp_process_conf *conf)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(old[i].conf->name, conf->name) == 0 &&
		    strcmp(old[i].conf->process, conf->process) == 0)
			return old[i].verdict;
	return UNKNOWN;
}

static void take_rows(struct process_watch *watch, const struct failover_conf *conf)
{
	struct watched old[PROCESS_SCAN_MAX];
	unsigned n_old = watch->n_rows;

	memcpy(old, watch->rows, sizeof(old));
	for (unsigned i = 0; i < n_old; i++)
		loop_timer_clear(watch->loop, &watch->rows[i].delay);
	watch->n_rows = 0;
	for (const struct vrrp_process_conf *p = conf->processes; p; p = p->next) {
		struct watched *w = &watch->rows[watch->n_rows];

		if (watch->n_rows == PROCESS_SCAN_MAX) {
			log_err("process %s is not watched: %d are", p->name, PROCESS_SCAN_MAX);
			continue;
		}
		*w = (struct watched){.watch = watch, .conf = p, .delay.on_expiry = on_delay};
		w->verdict = w->next = known_verdict(old, n_old, p);
		watch->n_rows++;
	}
}

void process_watch_configure(struct process_watch *watch, const struct failover_conf *conf)
{
	end_thread(watch);
	take_rows(watch, conf);
	if (watch->n_rows == 0)
		return;
	watch->scan = process_scan_new(conf->processes);
	watch->wake_fd = eventfd(0, EFD_CLOEXEC);
	if (watch->wake_fd < 0 || mailbox_init(&watch->mail, watch->loop) < 0)
		die_no_memory();
	watch->letter.deliver = on_counts;
	atomic_store(&watch->stop, 0);
	atomic_store(&watch->posted, 0);
	for (unsigned i = 0; i < watch->n_rows; i++)
		atomic_store(&watch->counts[i], NOT_COUNTED);
	start_thread(watch);
	process_watch_tell(watch);
}

void process_watch_tell(struct process_watch *watch)
{
	for (unsigned i = 0; i < watch->n_rows; i++) {
		const struct watched *w = &watch->rows[i];

		if (w->verdict != UNKNOWN)
			watch->changed(watch->ctx, w->conf, w->verdict == UP);
	}
}

struct process_watch *process_watch_new(struct loop *loop, process_watch_fn *changed, void *ctx,
					const struct failover_conf *conf)
{
	struct process_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		die_no_memory();
	watch->loop = loop;
	watch->changed = changed;
	watch->ctx = ctx;
	process_watch_configure(watch, conf);
	return watch;
}

void process_watch_free(struct process_watch **watch)
{
	struct process_watch *w = *watch;

	*watch = NULL;
	if (!w)
		return;
	end_thread(w);
	for (unsigned i = 0; i < w->n_rows; i++)
		loop_timer_clear(w->loop, &w->rows[i].delay);
	free(w);
}
