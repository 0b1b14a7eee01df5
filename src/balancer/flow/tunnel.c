/*
 * The byte pump: one code for both directions of TCP sessions, tunnels and HTTP bodies.
 * Called by the transfer steps on the session's thread; see way.h.
 *
 *   from ──read──► scratch ──write──► to          small: copied once, held only if `to` is full
 *   from ──splice──► pipe ──splice──► to          bulk: never in our memory
 *
 * A way begins by copying. A read that fills the scratch buffer, or a body known to be long, makes
 * it bulk; small bites make it ordinary again. What a pipe may hold starts at 64 KiB and doubles
 * each time that the far end took all of it, so slow readers bind little kernel memory.
 */
#include "balancer/flow/way.h"

#include <errno.h>

enum {
	SPLICE_LEAST = 16 * 1024, /* of a body's rest: less is copied */
	BURST_FIRST = 64 * 1024,
	BITE_SMALL = 4 * 1024,
	READS_PER_TURN = 16, /* then others get theirs */
};

void way_init(struct way *w, struct conn *from, struct conn *to)
{
	*w = (struct way){.from = from, .to = to, .burst = BURST_FIRST};
	w->body.kind = HTTP_BODY_TUNNEL;
}

void way_fini(struct way *w, struct worker *worker)
{
	worker_buffer_give(worker, &w->own);
	if (w->pipe)
		conn_pipe_give(&w->pipe);
	w->pending_len = 0;
}

static void sent(struct way *w, size_t n)
{
	w->moved += n;
	w->active_to = true;
}

/* A buffer for what is held already and len bytes more, with the former in it. */
static struct flow_buffer *room_to_hold(struct way *w, struct worker *worker, size_t len)
{
	struct flow_buffer *b = worker_buffer_take(worker, w->pending_len + len);

	if (!b)
		return NULL;
	if (w->pending_len > 0)
		memcpy(b->data, w->pending, w->pending_len);
	worker_buffer_give(worker, &w->own);
	return b;
}

/* Holds on to what `to` did not take. */
static enum way_result hold(struct way *w, struct worker *worker, const struct iovec *iov,
			    int n_iov, size_t skip)
{
	size_t len = 0, at = w->pending_len;

	for (int i = 0; i < n_iov; i++)
		len += iov[i].iov_len;
	len -= skip;
	w->own = room_to_hold(w, worker, len);
	if (!w->own)
		return WAY_NO_MEMORY;
	for (int i = 0; i < n_iov; i++) {
		size_t part = iov[i].iov_len;

		if (skip >= part) {
			skip -= part;
			continue;
		}
		memcpy(w->own->data + at, (const char *)iov[i].iov_base + skip, part - skip);
		at += part - skip;
		skip = 0;
	}
	w->pending = w->own->data;
	w->pending_len += (uint32_t)len;
	return WAY_WAIT;
}

enum way_result way_write(struct way *w, struct worker *worker, struct iovec *iov, int n_iov)
{
	size_t len = 0;
	ssize_t n = -EAGAIN;

	for (int i = 0; i < n_iov; i++)
		len += iov[i].iov_len;
	if (len == 0)
		return WAY_DONE;
	if (w->to->flags & CONN_WRITABLE && w->pending_len == 0)
		n = conn_writev(w->to, iov, n_iov);
	if (n < 0 && n != -EAGAIN)
		return WAY_TO_ERROR;
	if (n > 0)
		sent(w, (size_t)n);
	if (n == (ssize_t)len)
		return WAY_DONE;
	return hold(w, worker, iov, n_iov, n > 0 ? (size_t)n : 0);
}

/* Writes what is held. DONE: nothing is held any more. */
static enum way_result flush_pending(struct way *w, struct worker *worker)
{
	struct iovec iov = {(void *)(uintptr_t)w->pending, w->pending_len};
	ssize_t n;

	if (!(w->to->flags & CONN_WRITABLE))
		return WAY_WAIT;
	n = conn_writev(w->to, &iov, 1);
	if (n == -EAGAIN)
		return WAY_WAIT;
	if (n < 0)
		return WAY_TO_ERROR;
	sent(w, (size_t)n);
	w->pending += n;
	w->pending_len -= (uint32_t)n;
	if (w->pending_len > 0)
		return WAY_WAIT;
	worker_buffer_give(worker, &w->own);
	return WAY_DONE;
}

static enum way_result flush_pipe(struct way *w)
{
	while (w->pipe->len > 0) {
		ssize_t n = -EAGAIN;

		if (w->to->flags & CONN_WRITABLE)
			n = conn_splice_out(w->to, w->pipe);
		if (n == -EAGAIN) {
			w->burst = BURST_FIRST;
			return WAY_WAIT;
		}
		if (n <= 0)
			return WAY_TO_ERROR;
		sent(w, (size_t)n);
	}
	if (w->burst < CONN_PIPE_LEN)
		w->burst *= 2;
	return WAY_DONE;
}

enum way_result way_flush(struct way *w, struct worker *worker)
{
	enum way_result r = WAY_DONE;

	if (w->pending_len > 0)
		r = flush_pending(w, worker);
	if (r == WAY_DONE && w->pipe && w->pipe->len > 0)
		r = flush_pipe(w);
	return r;
}

/* The data of chunks pushed together in place; how much there is of it. */
static size_t strip_chunks(struct way *w, char *buf, size_t *n)
{
	struct slice in = {buf, *n}, data;
	enum h1_chunk_event event;
	size_t len = 0;

	while ((event = h1_chunk_next(&w->body.chunk, &in, &data)) == H1_CHUNK_DATA) {
		memmove(buf + len, data.ptr, data.len);
		len += data.len;
	}
	w->body.done = event == H1_CHUNK_END;
	if (event == H1_CHUNK_BAD)
		w->body.error = w->body.chunk.error;
	*n -= in.len;
	return len;
}

/* Bytes of the next message: given to whoever wants them, or counted as not asked for. */
static bool put_surplus(struct way *w, struct worker *worker, const char *ptr, size_t len)
{
	struct flow_buffer *b;

	w->n_surplus += (uint32_t)len;
	if (!w->surplus || len == 0)
		return true;
	worker_buffer_give(worker, w->surplus);
	b = *w->surplus = worker_buffer_take(worker, len);
	if (!b)
		return false;
	memcpy(b->data, ptr, len);
	b->at = 0;
	b->end = (uint32_t)len;
	return true;
}

enum way_result way_take(struct way *w, struct worker *worker, char *buf, size_t n,
			 struct slice *body)
{
	size_t used = n;

	body->ptr = buf;
	if (w->dechunk)
		body->len = strip_chunks(w, buf, &used);
	else
		body->len = used = h1_body_advance(&w->body, buf, n);
	if (w->body.error)
		return WAY_BAD;
	if (used < n && !put_surplus(w, worker, buf + used, n - used))
		return WAY_NO_MEMORY;
	return WAY_DONE;
}

/* One read's bytes: as many as belong to the message go on. */
static enum way_result pass(struct way *w, struct worker *worker, char *buf, size_t n)
{
	struct slice body;
	struct iovec iov;
	enum way_result r = way_take(w, worker, buf, n, &body);

	if (r != WAY_DONE)
		return r;
	iov = (struct iovec){(void *)(uintptr_t)body.ptr, body.len};
	r = way_write(w, worker, &iov, 1);
	return r == WAY_DONE ? WAY_WAIT : r;
}

static enum way_result copy(struct way *w, struct worker *worker)
{
	ssize_t n = conn_read(w->from, worker->scratch, WORKER_SCRATCH_LEN);

	if (n == -EAGAIN || n == 0)
		return WAY_WAIT;
	if (n < 0)
		return WAY_FROM_ERROR;
	w->active_from = true;
	if (n == WORKER_SCRATCH_LEN)
		w->bulk = true;
	return pass(w, worker, worker->scratch, (size_t)n);
}

static enum way_result splice_some(struct way *w, uint64_t opaque)
{
	size_t max = opaque < w->burst ? (size_t)opaque : w->burst;
	ssize_t n = conn_splice_in(w->from, w->pipe, max < w->pipe->cap ? max : w->pipe->cap);

	if (n == -EAGAIN || n == 0)
		return WAY_WAIT;
	if (n < 0)
		return WAY_FROM_ERROR;
	w->active_from = true;
	h1_body_passed(&w->body, (uint64_t)n);
	if (n < BITE_SMALL && (uint64_t)n < opaque)
		w->bulk = false;
	return WAY_WAIT;
}

static bool wants_pipe(struct way *w, uint64_t opaque)
{
	if (w->no_splice || !w->bulk || opaque < SPLICE_LEAST)
		return false;
	if (!w->pipe)
		w->pipe = conn_pipe_take();
	if (!w->pipe)
		w->no_splice = true;
	return w->pipe != NULL;
}

static enum way_result take_some(struct way *w, struct worker *worker)
{
	uint64_t opaque = w->dechunk ? 0 : h1_body_opaque(&w->body);

	if (wants_pipe(w, opaque))
		return splice_some(w, opaque);
	return copy(w, worker);
}

/* Nothing is inside and nothing comes: somebody else may have the pipe. */
static void rest(struct way *w)
{
	if (w->pipe && w->pipe->len == 0)
		conn_pipe_give(&w->pipe);
}

enum way_result way_run(struct way *w, struct worker *worker)
{
	enum way_result r;

	for (unsigned n = 0;; n++) {
		r = way_flush(w, worker);
		if (r != WAY_DONE)
			return r;
		if (w->body.done) {
			rest(w);
			return WAY_DONE;
		}
		if (w->from->flags & CONN_READ_END) {
			rest(w);
			return h1_body_end(&w->body) ? WAY_DONE : WAY_CUT;
		}
		if (!(w->from->flags & CONN_READABLE)) {
			rest(w);
			return WAY_WAIT;
		}
		if (n == READS_PER_TURN)
			return WAY_TURN_OVER;
		r = take_some(w, worker);
		if (r != WAY_WAIT)
			return r;
	}
}
