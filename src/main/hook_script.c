/*
 * startup_script and shutdown_script. See hook_script.h. A job of runner_job.c on the master's
 * loop, reaped by its pidfd like the master's other children.
 */
#include "main/hook_script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/log/log.h"
#include "main/runner/runner_say.h"

/* The request that runner_job.c reads: the head, then the words. NULL: they are too long. */
static struct channel_message *request_of(const struct hook_conf *conf)
{
	struct channel_message *msg = calloc(1, sizeof(*msg));
	struct message_run head = {.uid = conf->script.uid,
				   .gid = conf->script.gid,
				   .timeout_ms = (uint32_t)conf->timeout_s * 1000};
	size_t len = sizeof(head);

	if (!msg)
		die_no_memory();
	for (const char *const *word = conf->script.argv; *word; word++) {
		size_t need = strlen(*word) + 1;

		if (need > sizeof(msg->payload) - len) {
			free(msg);
			return NULL;
		}
		memcpy(msg->payload + len, *word, need);
		len += need;
		head.n_argv++;
	}
	memcpy(msg->payload, &head, sizeof(head));
	msg->len = (uint32_t)len;
	return msg;
}

static void clear(struct hook_script *hook)
{
	loop_fd_del(hook->loop, &hook->pid_fd);
	close(hook->pid_fd.fd);
	if (hook->job)
		runner_job_free(&hook->job, hook->loop);
	munmap((void *)(uintptr_t)hook->err_word, sizeof(*hook->err_word));
}

static void on_end(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct hook_script *hook = container_of(lfd, struct hook_script, pid_fd);

	(void)ready;
	runner_job_reap(hook->job, loop, *hook->err_word);
	runner_say_end(hook->job, hook->name);
	if (hook->job->report.status == 0)
		log_info("%s has ended", hook->name);
	clear(hook);
	hook->done(hook);
}

static void on_closed(struct runner_job *job)
{
	(void)job; /* its end is what counts, not its output's */
}

static int start(struct hook_script *hook)
{
	int err = runner_job_start(hook->job, hook->loop, hook->err_word);

	if (err)
		return err;
	hook->pid_fd = (struct loop_fd){.on_ready = on_end};
	hook->pid_fd.fd = (int)syscall(SYS_pidfd_open, hook->job->pid, 0);
	return hook->pid_fd.fd < 0 ? -errno : loop_fd_add(hook->loop, &hook->pid_fd, LOOP_IN);
}

bool hook_script_start(struct hook_script *hook, const struct hook_conf *conf)
{
	struct channel_message *msg = conf->script.argv ? request_of(conf) : NULL;
	int err;

	if (!msg)
		return false;
	hook->job = runner_job_new(msg);
	free(msg);
	RELAIS_ASSERT(hook->job);
	hook->job->on_closed = on_closed;
	hook->pid_fd.fd = -1;
	hook->err_word = mmap(NULL, sizeof(*hook->err_word), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (hook->err_word == MAP_FAILED)
		die_no_memory();
	log_notice("%s: %s", hook->name, conf->script.text);
	/* systemd's patience with a start or a stop counts from here */
	sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%lld", (conf->timeout_s + 10) * 1000000LL);
	err = start(hook);
	if (!err)
		return true;
	log_err("%s %s cannot be started: %s", hook->name, conf->script.text, strerror(-err));
	if (hook->pid_fd.fd >= 0)
		clear(hook);
	else
		runner_job_free(&hook->job, hook->loop);
	return false;
}

void hook_script_end(struct hook_script *hook)
{
	if (hook->job)
		runner_job_end(hook->job, hook->loop);
}
