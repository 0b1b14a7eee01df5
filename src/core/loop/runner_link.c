/*
 * Asking the runner. See runner_link.h. The loop's thread.
 */
#include "core/loop/runner_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/sys/channel.h"

struct runner_link {
	struct loop *loop;
	struct loop_fd lfd; /* fd -1 = no runner */
	uint64_t next_id;
	struct list calls;
	struct channel_message msg;
	char payload[CHANNEL_PAYLOAD_MAX];
};

static void on_ready(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	(void)loop, (void)ready;
	runner_link_read(container_of(lfd, struct runner_link, lfd));
}

struct runner_link *runner_link_new(struct loop *loop, int fd)
{
	struct runner_link *link = calloc(1, sizeof(*link));
	int err = 0;

	if (!link)
		return NULL;
	link->loop = loop;
	link->lfd.fd = fd;
	link->lfd.on_ready = on_ready;
	/* Ids of an earlier process on this channel must not look like ours. */
	link->next_id = (uint64_t)loop_clock_us(loop) << 16;
	list_init(&link->calls);
	if (fd >= 0)
		err = loop_fd_add(loop, &link->lfd, LOOP_IN);
	if (!err) {
		runner_link_read(link); /* nobody waits yet: what is there is of earlier lives */
		return link;
	}
	free(link);
	errno = -err;
	return NULL;
}

void runner_link_forget(struct runner_call *call)
{
	if (call->id)
		list_del(&call->link);
	call->id = 0;
}

void runner_link_free(struct runner_link **slot)
{
	struct runner_link *link = *slot;

	if (!link)
		return;
	while (!list_empty(&link->calls))
		runner_link_forget(container_of(link->calls.next, struct runner_call, link));
	if (link->lfd.fd >= 0)
		loop_fd_del(link->loop, &link->lfd);
	free(link);
	*slot = NULL;
}

/* Appends the strings of a NULL-terminated list; false when there is no room. */
static bool put_all(struct runner_link *link, size_t *len, const char *const *strings, uint32_t *n)
{
	for (; strings && *strings; strings++) {
		size_t need = strlen(*strings) + 1;

		if (*len + need > sizeof(link->payload))
			return false;
		memcpy(link->payload + *len, *strings, need);
		*len += need;
		++*n;
	}
	return true;
}

static int send_run(struct runner_link *link, const struct runner_ask *ask,
		    struct runner_call *call, uint64_t id)
{
	struct message_run head = {
		.id = id,
		.uid = ask->uid,
		.gid = ask->gid,
		.timeout_ms = ask->timeout_ms,
		.wants_report = call != NULL,
		.lane = ask->lane,
		.wants_lines = ask->wants_lines,
		.clean_env = ask->clean_env,
	};
	size_t len = sizeof(head);
	int err;

	if (!put_all(link, &len, ask->argv, &head.n_argv) ||
	    !put_all(link, &len, ask->more, &head.n_argv) ||
	    !put_all(link, &len, ask->env, &head.n_env))
		return -E2BIG;
	memcpy(link->payload, &head, sizeof(head));
	err = channel_send(link->lfd.fd, MESSAGE_RUN, link->payload, len);
	if (err || !call)
		return err;
	call->id = id;
	list_push(&link->calls, &call->link);
	return 0;
}

static void send_cancel(struct runner_link *link, uint64_t id)
{
	struct message_run_exit which = {.id = id};

	if (link->lfd.fd >= 0)
		channel_send(link->lfd.fd, MESSAGE_RUN_CANCEL, &which, sizeof(which));
}

int runner_link_run(struct runner_link *link, const struct runner_ask *ask,
		    struct runner_call *call)
{
	if (link->lfd.fd < 0)
		return -ENOTCONN;
	return send_run(link, ask, call, ++link->next_id);
}

int runner_link_replace(struct runner_link *link, const struct runner_ask *ask,
			struct runner_call *call, uint64_t id)
{
	if (link->lfd.fd < 0)
		return -ENOTCONN;
	send_cancel(link, id);
	return send_run(link, ask, call, id);
}

void runner_link_cancel(struct runner_link *link, struct runner_call *call)
{
	if (!call->id)
		return;
	send_cancel(link, call->id);
	runner_link_forget(call);
}

/* A new runner: what the one before it was doing is lost, what it had not read is not. The new one
 * is asked to forget that, so that nothing runs twice. */
static void take_hello(struct runner_link *link, const struct message_run_exit *exit)
{
	struct list lost = LIST_INIT(lost);

	while (!list_empty(&link->calls)) {
		struct list *pos = link->calls.next;

		list_del(pos);
		list_push(&lost, pos);
	}
	while (!list_empty(&lost)) {
		struct runner_call *call = container_of(lost.next, struct runner_call, link);

		send_cancel(link, call->id);
		runner_link_forget(call);
		call->on_exit(call, exit, (struct slice){NULL, 0});
	}
}

static struct runner_call *call_of(const struct runner_link *link, uint64_t id)
{
	struct list *pos;

	LIST_EACH(pos, &link->calls)
	if (container_of(pos, struct runner_call, link)->id == id)
		return container_of(pos, struct runner_call, link);
	return NULL;
}

static void take_line(struct runner_link *link)
{
	struct message_run_line head;
	struct runner_call *call;

	if (link->msg.len < sizeof(head))
		return;
	memcpy(&head, link->msg.payload, sizeof(head));
	call = call_of(link, head.id);
	if (call && call->on_line)
		call->on_line(call, (struct slice){link->msg.payload + sizeof(head),
						   link->msg.len - sizeof(head)});
}

static void take_exit(struct runner_link *link)
{
	struct message_run_exit exit;
	struct runner_call *call;

	if (link->msg.type != MESSAGE_RUN_EXIT || link->msg.len < sizeof(exit))
		return;
	memcpy(&exit, link->msg.payload, sizeof(exit));
	if (exit.id == 0) {
		take_hello(link, &exit);
		return;
	}
	call = call_of(link, exit.id);
	if (!call)
		return;
	runner_link_forget(call);
	call->on_exit(
		call, &exit,
		(struct slice){link->msg.payload + sizeof(exit), link->msg.len - sizeof(exit)});
}

void runner_link_read(struct runner_link *link)
{
	int got = 0;

	while (link->lfd.fd >= 0 && (got = channel_recv(link->lfd.fd, &link->msg)) == 1) {
		if (link->msg.type == MESSAGE_RUN_LINE)
			take_line(link);
		else
			take_exit(link);
	}
	if (link->lfd.fd < 0 || got == -EAGAIN)
		return;
	/* The other end is closed: so is the master. Whoever waits, waits for its own time. */
	loop_fd_del(link->loop, &link->lfd);
	link->lfd.fd = -1;
}
