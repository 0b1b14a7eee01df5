/*
 * Counting processes. See process_scan.h. A table of the processes that match something, by pid,
 * each with the rows that it matches as bits. proc(5); connector: <linux/cn_proc.h>.
 */
#include "failover/track/process_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/base/die.h"
#include "failover/track/process_match.h"

enum { COMMAND_MAX = 4096, TABLE_FIRST = 64, ACK_WAIT_MS = 200 };

struct found {
	int pid;
	uint64_t rows;
};

struct process_scan {
	const struct vrrp_process_conf *rows[PROCESS_SCAN_MAX];
	unsigned n_rows;
	bool needs_command;
	struct found *table; /* owned */
	size_t n, cap;
	int fd;
};

/* ---- one process ---- */

/* Bytes read, 0 when it is gone. NUL-terminated. */
static size_t read_proc(int pid, const char *what, char *buf, size_t cap)
{
	char path[64];
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, buf, cap - 1);
		close(fd);
	}
	buf[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* "PID (NAME) STATE ...", where the name may hold anything. NULL: gone, or dead and not buried. */
static const char *living_name(char *stat)
{
	char *name = strchr(stat, '('), *end = strrchr(stat, ')');

	if (!name || !end || end[1] != ' ' || end[2] == 'Z' || end[2] == 'X')
		return NULL;
	*end = '\0';
	return name + 1;
}

static uint64_t rows_of(const struct process_scan *scan, int pid)
{
	char stat[512], command[COMMAND_MAX];
	const char *comm = read_proc(pid, "stat", stat, sizeof(stat)) ? living_name(stat) : NULL;
	uint64_t rows = 0;
	size_t len;

	if (!comm)
		return 0;
	len = scan->needs_command ? read_proc(pid, "cmdline", command, sizeof(command)) : 0;
	for (unsigned i = 0; i < scan->n_rows; i++) {
		const struct vrrp_process_conf *row = scan->rows[i];

		if (row->by_command ? process_match_command(row, command, len)
				    : process_match_name(row, comm))
			rows |= UINT64_C(1) << i;
	}
	return rows;
}

/* ---- the table ---- */

static struct found *find(struct process_scan *scan, int pid)
{
	for (size_t i = 0; i < scan->n; i++)
		if (scan->table[i].pid == pid)
			return &scan->table[i];
	return NULL;
}

static void set(struct process_scan *scan, int pid, uint64_t rows)
{
	struct found *f = find(scan, pid);

	if (f && rows) {
		f->rows = rows;
	} else if (f) {
		*f = scan->table[--scan->n];
	} else if (rows) {
		if (scan->n == scan->cap) {
			scan->cap = scan->cap ? scan->cap * 2 : TABLE_FIRST;
			scan->table = realloc(scan->table, scan->cap * sizeof(*scan->table));
			if (!scan->table)
				die_no_memory();
		}
		scan->table[scan->n++] = (struct found){pid, rows};
	}
}

void process_scan_all(struct process_scan *scan, const _Atomic int *stop)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	scan->n = 0;
	while (dir && !atomic_load(stop) && (entry = readdir(dir))) {
		int pid = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? atoi(entry->d_name)
									     : 0;

		if (pid > 0)
			set(scan, pid, rows_of(scan, pid));
	}
	if (dir)
		closedir(dir);
}

unsigned process_scan_count(const struct process_scan *scan, unsigned n)
{
	unsigned count = 0;

	for (size_t i = 0; i < scan->n; i++)
		count += (unsigned)(scan->table[i].rows >> n & 1);
	return count;
}

/* ---- the kernel's word ---- */

/* mark: comes back in the kernel's answer, which all who listen get to see. */
static int ask_to_be_told(int fd, uint32_t mark)
{
	const enum proc_cn_mcast_op op = PROC_CN_MCAST_LISTEN;
	const struct cn_msg cn = {
		.id = {CN_IDX_PROC, CN_VAL_PROC}, .seq = mark, .ack = mark, .len = sizeof(op)};
	char ask[NLMSG_HDRLEN + sizeof(cn) + sizeof(op)];
	const struct nlmsghdr nl = {.nlmsg_len = sizeof(ask), .nlmsg_type = NLMSG_DONE};

	memcpy(ask, &nl, sizeof(nl));
	memcpy(ask + NLMSG_HDRLEN, &cn, sizeof(cn));
	memcpy(ask + NLMSG_HDRLEN + sizeof(cn), &op, sizeof(op));
	return send(fd, ask, sizeof(ask), 0) < 0 ? -errno : 0;
}

/* One event, copied out: it is not aligned in the message. */
static bool take_event(const char *buf, ssize_t n, struct proc_event *e)
{
	const size_t head = NLMSG_HDRLEN + sizeof(struct cn_msg);

	memset(e, 0, sizeof(*e));
	if (n < (ssize_t)head)
		return false;
	n -= (ssize_t)head;
	memcpy(e, buf + head, n < (ssize_t)sizeof(*e) ? (size_t)n : sizeof(*e));
	return true;
}

/* The kernel's answer to our own request. */
static bool is_answer(const char *buf, ssize_t n, uint32_t mark)
{
	struct cn_msg cn;

	if (n < (ssize_t)(NLMSG_HDRLEN + sizeof(cn)))
		return false;
	memcpy(&cn, buf + NLMSG_HDRLEN, sizeof(cn));
	return cn.ack == mark + 1; /* newer kernels count seq by themselves */
}

static int64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Outside of the first namespaces the kernel takes the request and says nothing. Where only the
 * network is the machine's (a container's pids in it), what it says to others comes here too, their
 * answers as well, for as long as there is something to say: pids of that other namespace. */
static bool is_acknowledged(int fd, uint32_t mark)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char buf[4096] __attribute__((aligned(NLMSG_ALIGNTO)));
	int64_t end_ms = clock_ms() + ACK_WAIT_MS, left_ms;
	struct proc_event e;

	while ((left_ms = end_ms - clock_ms()) > 0 && poll(&p, 1, (int)left_ms) > 0) {
		ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (is_answer(buf, n, mark) && take_event(buf, n, &e) && e.what == PROC_EVENT_NONE)
			return e.event_data.ack.err == 0;
	}
	return false;
}

int process_scan_listen(struct process_scan *scan)
{
	struct sockaddr_nl sa = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR);
	uint32_t mark;

	if (fd < 0)
		return -1;
	mark = (uint32_t)(clock_ms() ^ (int64_t)(uintptr_t)scan) ^ (uint32_t)fd;
	if (getrandom(&mark, sizeof(mark), GRND_NONBLOCK) < 0)
		mark ^= (uint32_t)getpid() << 16;
	mark |= 1; /* mark + 1 is not 0, which is what events have */
	mark &= 0x7fffffff;
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || ask_to_be_told(fd, mark) < 0 ||
	    !is_acknowledged(fd, mark)) {
		close(fd);
		return -1;
	}
	scan->fd = fd;
	return fd;
}

static void take(struct process_scan *scan, const struct proc_event *e)
{
	const struct found *parent;
	int pid;

	switch (e->what) {
	case PROC_EVENT_FORK: /* a child is what its parent was, until it says otherwise */
		pid = e->event_data.fork.child_pid;
		parent = find(scan, e->event_data.fork.parent_tgid);
		if (pid == e->event_data.fork.child_tgid && parent)
			set(scan, pid, parent->rows);
		break;
	case PROC_EVENT_EXEC:
		pid = e->event_data.exec.process_tgid;
		set(scan, pid, rows_of(scan, pid));
		break;
	case PROC_EVENT_COMM:
		pid = e->event_data.comm.process_tgid;
		if (pid == e->event_data.comm.process_pid)
			set(scan, pid, rows_of(scan, pid));
		break;
	case PROC_EVENT_EXIT:
		pid = e->event_data.exit.process_tgid;
		if (pid == e->event_data.exit.process_pid)
			set(scan, pid, 0);
		break;
	default:
		break;
	}
}

bool process_scan_events(struct process_scan *scan, const _Atomic int *stop)
{
	bool complete = true;

	char buf[4096] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct proc_event e;

	while (!atomic_load(stop)) {
		ssize_t n = recv(scan->fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (n < 0 && errno == ENOBUFS) {
			complete = false;
			continue;
		}
		if (n < 0 || !take_event(buf, n, &e))
			break;
		take(scan, &e);
	}
	return complete;
}

struct process_scan *process_scan_new(const struct vrrp_process_conf *rows)
{
	struct process_scan *scan = calloc(1, sizeof(*scan));

	if (!scan)
		die_no_memory();
	scan->fd = -1;
	for (; rows && scan->n_rows < PROCESS_SCAN_MAX; rows = rows->next) {
		scan->rows[scan->n_rows++] = rows;
		scan->needs_command |= rows->by_command;
	}
	return scan;
}

void process_scan_free(struct process_scan **scan)
{
	if (*scan && (*scan)->fd >= 0)
		close((*scan)->fd);
	if (*scan)
		free((*scan)->table);
	free(*scan);
	*scan = NULL;
}
