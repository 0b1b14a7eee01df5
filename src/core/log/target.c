/*
 * Sending traffic log lines. The line itself comes finished from the caller; here it gets the head
 * that its target's format wants and goes out with one sendmsg or writev. Dates are made once per
 * second and thread. Nothing waits: what a socket or pipe does not take at once is dropped and
 * counted. Used on every balancer thread, each with its own log_sender.
 * RFC 3164 4.1, RFC 5424 6; the other heads are HAProxy's.
 */
#include "core/log/target.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "core/base/text.h"

enum { DEFAULT_MAX_LEN = 1024, HEAD_MAX = 512 };

const char *const log_level_names[] = {
	"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", NULL,
};

const char *const log_facility_names[] = {
	"kern",	  "user",   "mail",   "daemon", "auth",	  "syslog", "lpr",   "news",   "uucp",
	"cron",	  "auth2",  "ftp",    "ntp",	"audit",  "alert",  "cron2", "local0", "local1",
	"local2", "local3", "local4", "local5", "local6", "local7", NULL,
};

static const struct {
	const char *name;
	enum log_wire wire;
} wires[] = {
	{"rfc3164", LOG_WIRE_RFC3164}, {"rfc5424", LOG_WIRE_RFC5424},	{"local", LOG_WIRE_LOCAL},
	{"short", LOG_WIRE_SHORT},     {"raw", LOG_WIRE_RAW},		{"timed", LOG_WIRE_TIMED},
	{"iso", LOG_WIRE_ISO},	       {"priority", LOG_WIRE_PRIORITY},
};

static int find_name(const char *const *names, const char *name)
{
	for (int i = 0; names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

bool log_wire_find(const char *name, enum log_wire *wire)
{
	for (size_t i = 0; i < sizeof(wires) / sizeof(wires[0]); i++) {
		if (strcmp(wires[i].name, name) == 0) {
			*wire = wires[i].wire;
			return true;
		}
	}
	return false;
}

int log_level_find(const char *name)
{
	return find_name(log_level_names, name);
}

void log_sender_init(struct log_sender *s)
{
	memset(s, 0, sizeof(*s));
	s->inet = s->inet6 = s->unix_dgram = -1;
	s->stamp_s = -1;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void log_sender_fini(struct log_sender *s)
{
	close_fd(&s->inet);
	close_fd(&s->inet6);
	close_fd(&s->unix_dgram);
}

static void make_stamps(struct log_sender *s, int64_t wall_us)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t now_s = wall_us / 1000000;
	time_t t = (time_t)now_s;
	struct text out;
	struct tm tm;
	long off_min;

	if (s->stamp_s == now_s)
		return;
	s->stamp_s = now_s;
	localtime_r(&t, &tm);
	text_init(&out, s->bsd_stamp, sizeof(s->bsd_stamp));
	text_fmt(&out, "%.3s %2d %02d:%02d:%02d", months + 3 * tm.tm_mon, tm.tm_mday, tm.tm_hour,
		 tm.tm_min, tm.tm_sec);
	text_init(&out, s->iso_stamp, sizeof(s->iso_stamp));
	text_fmt(&out, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	off_min = tm.tm_gmtoff / 60;
	text_init(&out, s->zone, sizeof(s->zone));
	text_fmt(&out, "%c%02ld:%02ld", off_min < 0 ? '-' : '+', labs(off_min) / 60,
		 labs(off_min) % 60);
}

static void add_number_in(struct text *out, char open, unsigned n, char close)
{
	text_char(out, open);
	text_uint(out, n);
	text_char(out, close);
}

static void add_iso(struct text *out, const struct log_sender *s, int64_t wall_us)
{
	unsigned us = (unsigned)(wall_us % 1000000);
	char digits[7] = ".000000";

	for (int i = 6; i > 0; i--, us /= 10)
		digits[i] = (char)('0' + us % 10);
	text_str(out, s->iso_stamp);
	text_add(out, (struct slice){digits, sizeof(digits)});
	text_str(out, s->zone);
	text_char(out, ' ');
}

static void add_bsd(struct text *out, const struct log_sender *s, const char *host, const char *tag)
{
	text_str(out, s->bsd_stamp);
	text_char(out, ' ');
	if (host) {
		text_str(out, host);
		text_char(out, ' ');
	}
	text_str(out, tag);
	add_number_in(out, '[', (unsigned)getpid(), ']');
	text_str(out, ": ");
}

static void add_5424(struct text *out, const struct log_sender *s, const char *host,
		     const char *tag, int64_t wall_us)
{
	text_str(out, "1 ");
	add_iso(out, s, wall_us);
	text_str(out, host ? host : "-");
	text_char(out, ' ');
	text_str(out, tag);
	text_char(out, ' ');
	text_uint(out, (unsigned)getpid());
	text_str(out, " - - ");
}

struct envelope { /* what each head may need */
	const char *tag, *host;
	int64_t wall_us;
};

static void make_head(struct text *out, const struct log_sender *s, const struct log_target *t,
		      unsigned level, const struct envelope *e)
{
	unsigned pri = (unsigned)t->facility * 8 + level;

	switch (t->wire) {
	case LOG_WIRE_RFC3164:
		add_number_in(out, '<', pri, '>');
		add_bsd(out, s, e->host ? e->host : "localhost", e->tag);
		break;
	case LOG_WIRE_LOCAL:
	case LOG_WIRE_UNSET:
		add_number_in(out, '<', pri, '>');
		add_bsd(out, s, t->wire == LOG_WIRE_UNSET ? e->host : NULL, e->tag);
		break;
	case LOG_WIRE_RFC5424:
		add_number_in(out, '<', pri, '>');
		add_5424(out, s, e->host, e->tag, e->wall_us);
		break;
	case LOG_WIRE_SHORT:
		add_number_in(out, '<', level, '>');
		break;
	case LOG_WIRE_PRIORITY:
		add_number_in(out, '<', pri, '>');
		break;
	case LOG_WIRE_TIMED:
		add_number_in(out, '<', level, '>');
		add_iso(out, s, e->wall_us);
		break;
	case LOG_WIRE_ISO:
		add_iso(out, s, e->wall_us);
		break;
	case LOG_WIRE_RAW:
		break;
	}
}

static int socket_for(struct log_sender *s, int family)
{
	int *fd = family == AF_INET ? &s->inet : family == AF_INET6 ? &s->inet6 : &s->unix_dgram;

	if (*fd < 0)
		*fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return *fd;
}

static bool send_datagram(struct log_sender *s, const struct log_target *t, struct iovec *iov,
			  int n_iov)
{
	struct msghdr msg = {
		.msg_name = (void *)&t->addr.sa,
		.msg_namelen = t->addr.len,
		.msg_iov = iov,
		.msg_iovlen = (size_t)n_iov,
	};
	int fd = socket_for(s, t->addr.sa.sa_family);

	return fd >= 0 && sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* The descriptor is shared with others (a terminal, a supervisor's pipe), so its flags are not
 * touched; a writable pipe takes PIPE_BUF bytes without waiting. */
static bool write_fd(int fd, struct iovec *iov, int n_iov)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) && writev(fd, iov, n_iov) >= 0;
}

static void send_one(struct log_sender *s, const struct log_target *t, enum log_level level,
		     const struct envelope *e, struct slice line)
{
	size_t max = t->max_len ? t->max_len : DEFAULT_MAX_LEN;
	char buf[HEAD_MAX];
	struct iovec iov[3];
	struct text head;

	if (level < t->min_level)
		level = t->min_level;
	text_init(&head, buf, sizeof(buf));
	make_head(&head, s, t, level, e);
	if (head.len > max - 1)
		head.len = max - 1;
	if (line.len > max - 1 - head.len)
		line.len = max - 1 - head.len;
	iov[0] = (struct iovec){buf, head.len};
	iov[1] = (struct iovec){(char *)line.ptr, line.len};
	iov[2] = (struct iovec){(char *)"\n", 1};
	if (t->addr.len ? send_datagram(s, t, iov, 3) : write_fd(t->fd, iov, 3))
		s->n_sent++;
	else
		s->n_dropped++;
}

void log_targets_send(struct log_sender *s, const struct log_target *targets, enum log_level level,
		      const char *tag, const char *host, int64_t wall_us, struct slice line)
{
	const struct envelope e = {tag, host, wall_us};

	make_stamps(s, wall_us);
	for (const struct log_target *t = targets; t; t = t->next)
		if (level <= t->max_level)
			send_one(s, t, level, &e, line);
}
