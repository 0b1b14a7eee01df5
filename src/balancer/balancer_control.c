/*
 * What the master says to a running balancer: drain (stop accepting, finish, end) or stop (now).
 * Its end of file means that the master is gone: drain. Runs on the first thread's loop and tells
 * the other threads by letter.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "balancer/balancer_private.h"
#include "balancer/health/health.h"
#include "core/log/log.h"
#include "core/sys/channel.h"
#include "core/sys/message.h"

static struct worker *worker_of(struct loop *loop, struct balancer_process *p)
{
	for (unsigned i = 0; i < p->house.n_threads; i++)
		if (p->house.workers[i].loop == loop)
			return &p->house.workers[i];
	return NULL;
}

static struct balancer_process *process(void)
{
	return container_of(balancer_running(), struct balancer_process, balancer);
}

/* DRAINING is said when no thread accepts any more. */
static void deliver_drain(struct loop *loop, struct letter *letter)
{
	struct balancer_process *p = process();

	(void)letter;
	worker_drain(worker_of(loop, p));
	if (atomic_fetch_add(&p->n_drained, 1) + 1 == p->house.n_threads && p->house.slot)
		atomic_store(&p->house.slot->state, SHARED_BALANCER_DRAINING);
}

static void deliver_stop(struct loop *loop, struct letter *letter)
{
	(void)letter;
	loop_stop(loop);
}

static void stop_now(struct balancer_process *p)
{
	if (p->stop_sent)
		return;
	p->stop_sent = true;
	for (unsigned i = 0; i < p->house.n_threads; i++) {
		p->stop[i].deliver = deliver_stop;
		mailbox_post(&p->house.workers[i].mailbox, &p->stop[i]);
	}
}

static void hard_stop(struct loop *loop, struct loop_timer *timer)
{
	struct balancer_process *p = container_of(timer, struct balancer_process, hard_stop);

	(void)loop;
	log_warn("hard-stop-after: %u connections are cut",
		 atomic_load(&p->balancer.totals.connections));
	stop_now(p);
}

static void drain(struct balancer_process *p)
{
	int limit_ms = p->balancer.conf->global.hard_stop_after_ms;
	struct loop *loop = p->house.workers[0].loop;

	if (p->drain_sent)
		return;
	p->drain_sent = true;
	health_hand_over();
	atomic_store(&p->balancer.totals.draining, true);
	for (unsigned i = 0; i < p->house.n_threads; i++) {
		p->drain[i].deliver = deliver_drain;
		mailbox_post(&p->house.workers[i].mailbox, &p->drain[i]);
	}
	p->hard_stop.on_expiry = hard_stop;
	if (limit_ms > 0)
		loop_timer_set(loop, &p->hard_stop, loop_now_us(loop) + (int64_t)limit_ms * 1000);
}

static void master_ready(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct balancer_process *p = container_of(lfd, struct balancer_process, master);
	struct channel_message *msg = malloc(sizeof(*msg));
	int got;

	(void)ready;
	if (!msg)
		return;
	while ((got = channel_recv(lfd->fd, msg)) == 1) {
		if (msg->type == MESSAGE_BALANCER_SAVE && msg->n_fds == 1) {
			balancer_tables_save(p, msg->fds[0]);
			continue;
		}
		for (int i = 0; i < msg->n_fds; i++)
			close(msg->fds[i]);
		if (msg->type == MESSAGE_BALANCER_DRAIN) {
			drain(p);
		} else if (msg->type == MESSAGE_BALANCER_STOP) {
			health_last_words();
			stop_now(p);
		}
	}
	free(msg);
	if (got == -EAGAIN)
		return;
	loop_fd_del(loop, lfd);
	drain(p);
}

/* Before the first thread accepts: whoever was served finds this process among the workers. */
void balancer_control_show(struct balancer_process *p)
{
	struct shared_slot *slot = p->house.slot;

	if (!slot)
		return;
	atomic_store(&slot->n_threads, p->house.n_threads);
	atomic_store(&slot->pid, (int32_t)getpid());
	for (unsigned i = 0; i < p->house.n_threads; i++)
		atomic_store(&slot->beat_us[i], loop_clock_us(p->house.workers[0].loop));
	atomic_store(&slot->state, SHARED_BALANCER_READY);
}

int balancer_control_start(struct balancer_process *p)
{
	int fd = p->balancer.setup->master_fd, err;

	health_lead();
	if (fd < 0)
		return 0;
	p->master = (struct loop_fd){.on_ready = master_ready, .fd = fd};
	err = loop_fd_add(p->house.workers[0].loop, &p->master, LOOP_IN);
	if (!err)
		err = channel_send(fd, MESSAGE_READY, NULL, 0);
	if (err)
		log_err("the master does not listen: %s", strerror(-err));
	return err;
}

/* The first thread's loop has ended: so do the others. */
void balancer_control_stop(struct balancer_process *p)
{
	stop_now(p);
	if (p->balancer.setup->master_fd >= 0)
		loop_fd_del(p->house.workers[0].loop, &p->master);
	loop_timer_clear(p->house.workers[0].loop, &p->hard_stop);
}
