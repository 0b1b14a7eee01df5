/*
 * The runtime socket's connections: read a line, run it, write the answer, close; with `prompt`
 * stay. The answer is kept whole until it is written. An idle connection ends after `stats
 * timeout`. Each connection lives on the balancer thread that accepted it.
 */
#include "admin/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/command.h"
#include "balancer/balancer.h"
#include "balancer/conn/conn.h"

enum { IDLE_DEFAULT_MS = 10000, WAIT_STEP_US = 2000, WAIT_MOST_US = 3000000 };

struct admin_session {
	struct conn conn;
	struct loop_timer idle;
	int64_t idle_us;
	enum admin_level level;
	bool prompt, closing, at_end;
	bool waiting; /* reply is not complete: another process has to answer */
	struct admin_reply reply;
	struct loop_timer wait;
	int64_t wait_until_us;
	char *answer; /* owned (malloc) until written */
	size_t answer_len, written;
	size_t line_len;
	char line[ADMIN_LINE_MAX];
};

static void session_end(struct admin_session *s)
{
	loop_timer_clear(s->conn.loop, &s->idle);
	loop_timer_clear(s->conn.loop, &s->wait);
	if (s->waiting)
		fclose(s->reply.out);
	conn_close(&s->conn);
	free(s->answer);
	free(s);
}

static void idle_over(struct loop *loop, struct loop_timer *timer)
{
	(void)loop;
	session_end(container_of(timer, struct admin_session, idle));
}

/* false: the session is gone. */
static bool write_answer(struct admin_session *s)
{
	while (s->written < s->answer_len) {
		struct iovec iov = {s->answer + s->written, s->answer_len - s->written};
		ssize_t n = conn_writev(&s->conn, &iov, 1);

		if (n == -EAGAIN)
			return true;
		if (n <= 0) {
			session_end(s);
			return false;
		}
		s->written += (size_t)n;
	}
	free(s->answer);
	s->answer = NULL;
	s->answer_len = s->written = 0;
	if (!s->closing)
		return true;
	session_end(s);
	return false;
}

/* The reply is complete. false: the session is gone. */
static bool send_reply(struct admin_session *s)
{
	struct admin_reply *reply = &s->reply;

	if (reply->toggle_prompt)
		s->prompt = !s->prompt;
	if (s->prompt)
		fputs("> ", reply->out);
	fclose(reply->out);
	s->level = reply->level;
	s->closing = reply->quit || !s->prompt;
	s->written = 0;
	return write_answer(s);
}

static bool run_line(struct admin_session *s, char *line)
{
	s->reply = (struct admin_reply){.level = s->level};
	s->reply.out = open_memstream(&s->answer, &s->answer_len);
	if (!s->reply.out) {
		session_end(s);
		return false;
	}
	admin_run_line(&s->reply, line);
	if (s->reply.n_waits == 0)
		return send_reply(s);
	s->waiting = true;
	s->wait_until_us = loop_now_us(s->conn.loop) + WAIT_MOST_US;
	loop_timer_set(s->conn.loop, &s->wait, loop_now_us(s->conn.loop) + WAIT_STEP_US);
	return true;
}

/* Runs the whole lines that are there. */
static void run_lines(struct admin_session *s, bool at_end)
{
	while (!s->waiting && !s->answer) {
		char *end = memchr(s->line, '\n', s->line_len);
		char line[ADMIN_LINE_MAX];
		size_t len = end ? (size_t)(end - s->line) : s->line_len;

		if (!end && (!at_end || s->line_len == 0))
			break;
		memcpy(line, s->line, len);
		line[len > 0 && line[len - 1] == '\r' ? len - 1 : len] = '\0';
		len += end ? 1 : 0;
		memmove(s->line, s->line + len, s->line_len - len);
		s->line_len -= len;
		if (!run_line(s, line))
			return;
	}
	if (!s->waiting && !s->answer && (at_end || s->line_len >= sizeof(s->line) - 1))
		session_end(s);
}

static void session_event(struct conn *c)
{
	struct admin_session *s = container_of(c, struct admin_session, conn);

	loop_timer_set(c->loop, &s->idle, loop_now_us(c->loop) + s->idle_us);
	if (!s->waiting && s->answer && !write_answer(s))
		return;
	while (s->line_len < sizeof(s->line) - 1) {
		ssize_t n = conn_read(c, s->line + s->line_len, sizeof(s->line) - 1 - s->line_len);

		if (n == -EAGAIN)
			break;
		if (n <= 0) {
			s->at_end = true;
			break;
		}
		s->line_len += (size_t)n;
	}
	run_lines(s, s->at_end);
}

/* Is the answer there? An operator's command is rare, so looking again is all it takes. */
static void wait_over(struct loop *loop, struct loop_timer *timer)
{
	struct admin_session *s = container_of(timer, struct admin_session, wait);
	int64_t now = loop_now_us(loop);

	if (!admin_poll(&s->reply) && now < s->wait_until_us) {
		loop_timer_set(loop, timer, now + WAIT_STEP_US);
		return;
	}
	if (s->reply.n_waits > 0)
		fputs("refused: no answer from the failover process; see 'show vip'\n\n",
		      s->reply.out);
	s->waiting = false;
	if (send_reply(s))
		run_lines(s, s->at_end);
}

void admin_accept(struct loop *loop, int fd, const struct listener_conf *listener)
{
	struct admin_session *s = calloc(1, sizeof(*s));
	int timeout_ms = balancer_running()->conf->global.stats_timeout_ms;

	if (!s) {
		close(fd);
		return;
	}
	s->level = listener->stats_level ? (enum admin_level)listener->stats_level : ADMIN_OPERATOR;
	s->idle_us = (int64_t)(timeout_ms ? timeout_ms : IDLE_DEFAULT_MS) * 1000;
	s->idle.on_expiry = idle_over;
	s->wait.on_expiry = wait_over;
	if (conn_attach(&s->conn, loop, fd, session_event) < 0) {
		free(s);
		return;
	}
	loop_timer_set(loop, &s->idle, loop_now_us(loop) + s->idle_us);
}
