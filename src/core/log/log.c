/*
 * The operator's log. A line is built on the stack and written with one write(2), so lines of
 * several threads and processes do not mix. Called by every room that has something to say.
 */
#include "core/log/log.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/log/syslog_line.h"

static struct {
	const char *process;
	enum log_level lowest;
	bool to_stderr;
	int facility;
	struct syslog_line syslog;
	_Atomic unsigned n_lost; /* lines for stderr, since one got through */
} setup = {"relais", LOG_LEVEL_INFO, true, LOG_NO_SYSLOG, {NULL, -1}, 0};

static const char *const level_names[] = {
	"EMERG", "ALERT", "CRIT", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG",
};

void log_setup(const char *process, enum log_level lowest, bool to_stderr, int facility)
{
	setup.process = process;
	setup.lowest = lowest;
	setup.to_stderr = to_stderr;
	setup.facility = facility;
	if (facility != LOG_NO_SYSLOG && setup.syslog.fd < 0)
		syslog_line_open(&setup.syslog, "/dev/log");
}

static void add_stamp(struct text *line)
{
	struct timeval tv;
	struct tm tm;

	gettimeofday(&tv, NULL);
	gmtime_r(&tv.tv_sec, &tm);
	text_fmt(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", tm.tm_year + 1900, tm.tm_mon + 1,
		 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (long)tv.tv_usec / 1000);
}

/* A pipe that is writable takes PIPE_BUF bytes without waiting, and a line is shorter. */
static bool is_writable(void)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT);
}

/* len bytes of a whole line, its '\n' with them. */
static void put(const char *line, size_t len)
{
	char note[64];
	struct text t;
	unsigned lost;
	ssize_t done;

	if (!is_writable()) {
		atomic_fetch_add(&setup.n_lost, 1);
		return;
	}
	lost = atomic_exchange(&setup.n_lost, 0);
	if (lost > 0) {
		text_init(&t, note, sizeof(note));
		text_fmt(&t, "(%u lines are lost: nobody read them)\n", lost);
		done = write(STDERR_FILENO, note, t.len);
		if (!is_writable()) {
			atomic_fetch_add(&setup.n_lost, 1);
			return;
		}
	}
	done = write(STDERR_FILENO, line, len);
	(void)done;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char buf[1024];
	struct text line;
	size_t body;
	va_list ap;

	if (level > setup.lowest)
		return;
	text_init(&line, buf, sizeof(buf) - 1);
	add_stamp(&line);
	text_fmt(&line, " relais[%s] %s ", setup.process, level_names[level]);
	body = line.len;
	va_start(ap, fmt);
	text_vfmt(&line, fmt, ap);
	va_end(ap);
	for (size_t i = body; i < line.len; i++)
		if ((unsigned char)buf[i] < ' ')
			buf[i] = '?';
	if (setup.facility != LOG_NO_SYSLOG)
		syslog_line_send(&setup.syslog, (unsigned)setup.facility * 8 + level, setup.process,
				 (struct slice){buf + body, line.len - body});
	if (setup.to_stderr) {
		buf[line.len] = '\n';
		put(buf, line.len + 1);
	}
}

bool log_gate_open(struct log_gate *gate, long long now_us, unsigned burst, long long period_us,
		   unsigned *held)
{
	*held = 0;
	if (now_us - gate->period_start_us >= period_us || gate->period_start_us == 0) {
		gate->period_start_us = now_us;
		gate->said = 0;
		*held = gate->held_back;
		gate->held_back = 0;
	}
	if (gate->said < burst) {
		gate->said++;
		return true;
	}
	gate->held_back++;
	return false;
}
