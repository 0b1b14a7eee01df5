/*
 * The operator's log, to syslog. See syslog_line.h. The line is of RFC 3164's local form, as
 * glibc's syslog(3) writes it: no host name, the local time.
 */
#include "core/log/syslog_line.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/base/text.h"

static bool reach(const struct syslog_line *s)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", s->path);
	return connect(s->fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

void syslog_line_open(struct syslog_line *s, const char *path)
{
	s->path = path;
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd >= 0)
		(void)reach(s);
}

static void add_head(struct text *head, unsigned priority, const char *process)
{
	time_t now = time(NULL);
	char date[32] = "";
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(date, sizeof(date), "%b %e %T", &tm);
	text_fmt(head, "<%u>%s relais[%d]: %s: ", priority, date, (int)getpid(), process);
}

bool syslog_line_send(const struct syslog_line *s, unsigned priority, const char *process,
		      struct slice line)
{
	char buf[128];
	struct text head;
	struct iovec iov[2];
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};

	if (s->fd < 0)
		return false;
	text_init(&head, buf, sizeof(buf));
	add_head(&head, priority, process);
	iov[0] = (struct iovec){buf, head.len};
	iov[1] = (struct iovec){(char *)line.ptr, line.len};
	if (sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return true;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EMSGSIZE || !reach(s))
		return false;
	return sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}
