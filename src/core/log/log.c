/*
 * The operator's log. A line is built on the stack and written with one write(2), so lines of
 * several threads and processes do not mix. Called by every room that has something to say.
 */
#include "core/log/log.h"

#include <stdio.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "core/base/text.h"

static struct {
	const char *process;
	enum log_level lowest;
	bool to_stderr, to_syslog;
} setup = {"relais", LOG_LEVEL_INFO, true, false};

static const char *const level_names[] = {
	"EMERG", "ALERT", "CRIT", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG",
};

void log_setup(const char *process, enum log_level lowest, bool to_stderr, bool to_syslog)
{
	setup.process = process;
	setup.lowest = lowest;
	setup.to_stderr = to_stderr;
	setup.to_syslog = to_syslog;
	if (to_syslog)
		openlog("relais", LOG_PID | LOG_NDELAY, LOG_DAEMON);
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

void log_line(enum log_level level, const char *fmt, ...)
{
	char buf[1024];
	struct text line;
	size_t body;
	ssize_t done;
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
	if (setup.to_syslog)
		syslog((int)level, "%s", buf + body);
	if (setup.to_stderr) {
		buf[line.len] = '\n';
		done = write(STDERR_FILENO, buf, line.len + 1);
		(void)done;
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
