/*
 * One failover process takes over from another while both live (relais -sf): addresses stay where
 * they are, nobody resigns, and the others on the segment hear one master all the time.
 *
 *   heir                                      the one before
 *   says what it will run             ASK  -> writes its note (shared_note.h) and stands still
 *   opens all that can fail           <- NOTE
 *   says that it has it              TAKEN -> ends without a word; its ports are free
 *   goes on from the note, as after a crash
 *
 * Exactly one of the two goes on: TAKEN counts only if it comes while the other one waits, who
 * shuts its receiving side before it looks for the last time, so that TAKEN cannot be sent any more
 * when it was not seen. It waits for two thirds of the time in which a peer would take over, and
 * has just been heard. An heir that is killed is seen by its closed channel. One killed behind
 * TAKEN is replaced by its master, or, if that is gone too, by the master before; if nobody is
 * left, the kernel takes the addresses away when their lifetime ends.
 *
 * Failover's thread, on both sides. The channel came from the masters (main/handover/).
 */
#include "failover/failover_impl.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/die.h"
#include "core/sys/shared_note.h"

enum { HEIR_ASK = 80, HEIR_NOTE, HEIR_TAKEN };
enum {
	PATIENCE_MOST_US = 1000000,
	GONE_WAIT_MS = 2000, /* for the one before to end, which has nothing to wait for */
	FDS_MAX = 4096,
	LOOK_MS = 10,
	FRESH_BEAT_US = 2 * SHARED_BEAT_US,
	FRESH_WAIT_US = 3000000,
};

struct wish { /* an instance of the heir; goes between builds as it is */
	char name[64], interface[16];
	uint8_t vrid, family, version, unused;
};

static int64_t clock_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void fill_wish(struct wish *w, const struct vrrp_instance_conf *conf)
{
	memset(w, 0, sizeof(*w));
	snprintf(w->name, sizeof(w->name), "%s", conf->name);
	snprintf(w->interface, sizeof(w->interface), "%s", conf->interface ? conf->interface : "");
	w->vrid = (uint8_t)conf->vrid;
	w->family = (uint8_t)conf->family;
	w->version = (uint8_t)conf->version;
}

/* ---- the one before ---- */

/* Two thirds of the least time after which somebody else would take over. */
static int64_t patience_us(const struct failover *f)
{
	int64_t least = PATIENCE_MOST_US / 2 * 3;
	const struct list *pos;

	LIST_EACH(pos, &f->nodes)
	{
		const struct vrrp_instance *inst = container_of(pos, struct node, link)->inst;

		if (vrrp_instance_state(inst) == VRRP_MASTER && vrrp_instance_down_us(inst) < least)
			least = vrrp_instance_down_us(inst);
	}
	return least / 3 * 2;
}

/* A memfd with the note, or -errno. */
static int write_note(const struct shared_page *page)
{
	size_t cap = shared_note_cap(page), len;
	int fd = memfd_create("relais-note", MFD_CLOEXEC), err = 0;
	void *map;

	if (fd < 0)
		return -errno;
	map = ftruncate(fd, (off_t)cap) < 0
		      ? MAP_FAILED
		      : mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		err = -errno;
	} else {
		len = shared_note_write(page, map, cap);
		munmap(map, cap);
		if (len == 0)
			err = -ENOSPC;
		else if (ftruncate(fd, (off_t)len) < 0)
			err = -errno;
	}
	if (!err)
		return fd;
	close(fd);
	return err;
}

static bool is_taken(struct failover *f, int fd)
{
	return channel_recv(fd, &f->msg) == 1 && f->msg.type == HEIR_TAKEN;
}

static bool wait_taken(struct failover *f, int fd, int64_t until_us)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct timespec left;
	int64_t us;

	do {
		us = until_us - clock_us();
		left = (struct timespec){.tv_nsec = us > 0 ? us % 1000000 * 1000 : 0,
					 .tv_sec = us > 0 ? us / 1000000 : 0};
	} while (ppoll(&p, 1, &left, NULL) < 0 && errno == EINTR && us > 0);
	shutdown(fd, SHUT_RD);
	return is_taken(f, fd);
}

static bool is_wanted(const struct vrrp_instance_conf *conf, const char *wishes, size_t n)
{
	struct wish own, w;

	fill_wish(&own, conf);
	for (size_t i = 0; i < n; i++) {
		memcpy(&w, wishes + i * sizeof(w), sizeof(w));
		if (memcmp(&w, &own, sizeof(w)) == 0)
			return true;
	}
	return false;
}

/* Ports and names that only one process can have; they are free at once. What else is open may
 * take the kernel tens of milliseconds to close (packet sockets do), for which nobody waits. */
static void close_what_binds(int heir)
{
	for (int fd = STDERR_FILENO + 1; fd < FDS_MAX; fd++) {
		int domain, type;
		socklen_t len = sizeof(int);

		if (fd == heir || getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0)
			continue;
		len = sizeof(int);
		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
			continue;
		if (domain == AF_UNIX || ((domain == AF_INET || domain == AF_INET6) &&
					  (type == SOCK_DGRAM || type == SOCK_STREAM)))
			close(fd);
	}
	close(heir); /* its end of file tells the heir */
}

/* The heir has it all: what it does not run is resigned here, the rest is no longer ours. */
static _Noreturn void end_silently(struct failover *f, int heir, const char *wishes, size_t n)
{
	struct list *pos;

	LIST_EACH(pos, &f->nodes)
	{
		struct vrrp_instance *inst = container_of(pos, struct node, link)->inst;

		if (!is_wanted(vrrp_instance_conf(inst), wishes, n))
			vrrp_instance_stop(inst, "the process that follows does not have it");
	}
	channel_send(f->setup->master_fd, MESSAGE_FAILOVER_HANDED, NULL, 0);
	close_what_binds(heir);
	_exit(EXIT_SUCCESS);
}

/* The others have heard of us just before there is a pause. */
static void speak(struct failover *f)
{
	struct list *pos, *tmp;

	LIST_EACH_SAFE(pos, tmp, &f->nodes)
	vrrp_instance_speak(container_of(pos, struct node, link)->inst);
}

static void hand_over(struct failover *f, const char *wishes, size_t n)
{
	int note, heir = f->heir.fd, err;
	int64_t since_us, until_us;
	bool taken;

	speak(f);
	since_us = clock_us();
	until_us = since_us + patience_us(f);
	note = write_note(f->setup->page);
	err = note < 0 ? note : 0;

	if (!err)
		err = channel_send_fds(heir, HEIR_NOTE, NULL, 0, &note, 1);
	if (note >= 0)
		close(note);
	taken = !err && wait_taken(f, heir, until_us);
	if (taken) {
		log_notice("handed over to the process that follows, after %.3f ms",
			   (double)(clock_us() - since_us) / 1000);
		end_silently(f, heir, wishes, n);
	}
	log_warn("not handed over: %s", err ? strerror(-err) : "the process that follows is late");
	failover_heir_forget(f);
}

static void on_heir(struct loop *loop, struct loop_fd *lfd, uint32_t ready)
{
	struct failover *f = container_of(lfd, struct failover, heir);
	int got = channel_recv(lfd->fd, &f->msg);
	size_t n = f->msg.len / sizeof(struct wish);
	char *wishes;

	(void)loop, (void)ready;
	if (got == -EAGAIN)
		return;
	if (got != 1 || f->msg.type != HEIR_ASK) {
		failover_heir_forget(f);
		return;
	}
	wishes = malloc(f->msg.len ? f->msg.len : 1);
	if (!wishes)
		die_no_memory();
	memcpy(wishes, f->msg.payload, f->msg.len);
	hand_over(f, wishes, n);
	free(wishes);
}

void failover_heir_meet(struct failover *f, int fd)
{
	failover_heir_forget(f);
	f->heir = (struct loop_fd){.on_ready = on_heir, .fd = fd};
	if (!f->stopping && loop_fd_add(f->loop, &f->heir, LOOP_IN) == 0)
		return;
	close(fd);
	f->heir.fd = -1;
}

void failover_heir_forget(struct failover *f)
{
	if (f->heir.fd < 0)
		return;
	loop_fd_del(f->loop, &f->heir);
	close(f->heir.fd);
	f->heir.fd = -1;
}

/* ---- the heir ---- */

/* The master's word before we run. False: we are not to. */
static bool take_word(struct failover *f)
{
	int got;

	while ((got = channel_recv(f->setup->master_fd, &f->msg)) == 1) {
		if (f->msg.type == MESSAGE_FAILOVER_STOP)
			return false;
		for (int i = 0; i < f->msg.n_fds; i++) {
			if (i == 0 && f->msg.type == MESSAGE_FAILOVER_RELOAD) {
				if (f->next_reload >= 0)
					close(f->next_reload);
				f->next_reload = f->msg.fds[0];
			} else {
				close(f->msg.fds[i]);
			}
		}
	}
	return got == -EAGAIN;
}

/* Waits for the other side, or for timeout_ms when it is not negative. */
static bool wait_for_word(struct failover *f, int timeout_ms)
{
	struct pollfd p[] = {{.fd = f->setup->master_fd, .events = POLLIN},
			     {.fd = timeout_ms < 0 ? f->setup->heir_fd : -1, .events = POLLIN}};

	poll(p, 2, timeout_ms);
	return !p[0].revents || take_word(f);
}

/* Whoever takes over from one that serves must not resign at once: its own balancer has to beat. */
static bool wait_for_beats(struct failover *f)
{
	const int64_t until_us = clock_us() + FRESH_WAIT_US;
	struct shared_page *page = f->setup->page;

	while (atomic_load(&page->watched) && clock_us() < until_us) {
		int64_t beat_us = shared_page_oldest_beat_us(page);

		if (beat_us > 0 && clock_us() - beat_us <= FRESH_BEAT_US)
			break;
		if (!wait_for_word(f, LOOK_MS))
			return false;
	}
	return true;
}

static bool send_wishes(struct failover *f)
{
	struct wish wishes[CHANNEL_PAYLOAD_MAX / sizeof(struct wish)];
	size_t n = 0;

	for (const struct vrrp_instance_conf *i = f->conf->instances;
	     i && n < sizeof(wishes) / sizeof(wishes[0]); i = i->next)
		fill_wish(&wishes[n++], i);
	return channel_send(f->setup->heir_fd, HEIR_ASK, wishes, n * sizeof(wishes[0])) == 0;
}

static bool read_note(struct failover *f)
{
	struct stat st;
	bool good = false;
	void *map;

	if (f->msg.type != HEIR_NOTE || f->msg.n_fds < 1)
		return false;
	if (fstat(f->msg.fds[0], &st) == 0 && st.st_size > 0) {
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, f->msg.fds[0], 0);
		good = map != MAP_FAILED &&
		       shared_note_read(f->setup->page, map, (size_t)st.st_size);
		if (map != MAP_FAILED)
			munmap(map, (size_t)st.st_size);
	}
	for (int i = 0; i < f->msg.n_fds; i++)
		close(f->msg.fds[i]);
	return good;
}

enum failover_heir failover_heir_ask(struct failover *f)
{
	int got;

	if (!wait_for_beats(f))
		return FAILOVER_HEIR_STOP;
	if (!send_wishes(f))
		return FAILOVER_HEIR_NOTHING;
	while ((got = channel_recv(f->setup->heir_fd, &f->msg)) == -EAGAIN)
		if (!wait_for_word(f, -1))
			return FAILOVER_HEIR_STOP;
	if (got != 1)
		return FAILOVER_HEIR_NOTHING;
	if (read_note(f))
		return FAILOVER_HEIR_GIVEN;
	log_err("what the failover process before us leaves cannot be read");
	return FAILOVER_HEIR_STOP;
}

bool failover_heir_take(struct failover *f)
{
	struct pollfd p = {.fd = f->setup->heir_fd, .events = 0};

	if (f->setup->heir_fd < 0)
		return true;
	/* first: whoever finds us dead in the next moment must know whose the addresses are */
	atomic_store(&f->setup->page->heir_took, 1);
	if (channel_send(f->setup->heir_fd, HEIR_TAKEN, NULL, 0) < 0) {
		atomic_store(&f->setup->page->heir_took, 0);
		log_err("the failover process before us has not waited: it goes on itself");
		return false;
	}
	if (poll(&p, 1, GONE_WAIT_MS) == 0)
		log_warn("the failover process before us does not end");
	failover_alone_take(f);
	return true;
}

unsigned failover_heir_told(const struct failover *f, const struct shared_vip *was)
{
	for (unsigned state = 0; was && f->setup->heir_fd >= 0 && state < VRRP_STATE_N; state++)
		if (strcmp(was->state, vrrp_state_word((enum vrrp_state)state)) == 0)
			return 1 + state;
	return 0;
}
