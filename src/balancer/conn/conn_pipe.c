/*
 * Pipes between sockets: bytes of bulk transfers go from one socket to the other without passing
 * through our memory. A few empty pipes are kept per thread. Called by flow/tunnel.c.
 *
 * Where the kernel does not grant the full length (fs.pipe-user-pages-soft), what it gives is
 * used; below one ordinary buffer a pipe is not worth having.
 */
#include "balancer/conn/conn.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { POOL_MAX = 32, CAP_LEAST = 32 * 1024 };

static _Thread_local struct {
	struct conn_pipe *free;
	unsigned n;
} pool;

static void pipe_free(struct conn_pipe *p)
{
	close(p->rd);
	close(p->wr);
	free(p);
}

static struct conn_pipe *pipe_new(void)
{
	struct conn_pipe *p = malloc(sizeof(*p));
	int ends[2], cap;

	if (!p)
		return NULL;
	if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) {
		free(p);
		return NULL;
	}
	*p = (struct conn_pipe){.rd = ends[0], .wr = ends[1]};
	cap = fcntl(p->wr, F_SETPIPE_SZ, CONN_PIPE_LEN);
	if (cap < 0)
		cap = fcntl(p->wr, F_GETPIPE_SZ);
	if (cap < CAP_LEAST) {
		pipe_free(p);
		return NULL;
	}
	p->cap = (size_t)cap;
	return p;
}

struct conn_pipe *conn_pipe_take(void)
{
	struct conn_pipe *p = pool.free;

	if (!p)
		return pipe_new();
	pool.free = p->next;
	pool.n--;
	return p;
}

void conn_pipe_give(struct conn_pipe **pipe)
{
	struct conn_pipe *p = *pipe;

	*pipe = NULL;
	if (!p)
		return;
	if (p->len > 0 || pool.n >= POOL_MAX) {
		pipe_free(p);
		return;
	}
	p->next = pool.free;
	pool.free = p;
	pool.n++;
}

void conn_pipe_drop_pool(void)
{
	struct conn_pipe *next;

	for (struct conn_pipe *p = pool.free; p; p = next) {
		next = p->next;
		pipe_free(p);
	}
	pool.free = NULL;
	pool.n = 0;
}
