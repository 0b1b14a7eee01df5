/*
 * relais-mail: hands one message to one SMTP server and ends. A program of its own because it waits
 * for names and servers and needs libcurl; run by the runner for core/mail/mail_queue.c, which
 * reads its exit status: 0 sent, 75 (EX_TEMPFAIL) worth another try, else given up. What went wrong
 * is one line on stderr. Started as root, it is nobody before it opens anything. No TLS, no login:
 * the server is a relay that trusts this node, as with Keepalived.
 */
#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/text.h"

enum { TEMPORARY = 75, NOBODY = 65534, MESSAGE_MAX = 16 * 1024, TRANSFER_S = 30 };

struct mail {
	const char *server, *port, *helo, *from, *subject, *body;
	long connect_timeout_s;
	char **to;
	char host[256], host_from[300];
	char text[MESSAGE_MAX];
	size_t len, at;
};

static int fail(int status, const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	return status;
}

static int usage(void)
{
	return fail(2, "relais-mail",
		    "--server HOST [--port N] [--helo NAME] [--from ADDRESS] [--connect-timeout S] "
		    "--subject TEXT --body TEXT ADDRESS...");
}

static int read_args(struct mail *m, int argc, char **argv)
{
	static const struct option options[] = {
		{"server", required_argument, NULL, 's'},
		{"port", required_argument, NULL, 'p'},
		{"helo", required_argument, NULL, 'h'},
		{"from", required_argument, NULL, 'f'},
		{"subject", required_argument, NULL, 'u'},
		{"body", required_argument, NULL, 'b'},
		{"connect-timeout", required_argument, NULL, 't'},
		{NULL, 0, NULL, 0},
	};
	const char *timeout = "30";
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's':
			m->server = optarg;
			break;
		case 'p':
			m->port = optarg;
			break;
		case 'h':
			m->helo = optarg;
			break;
		case 'f':
			m->from = optarg;
			break;
		case 'u':
			m->subject = optarg;
			break;
		case 'b':
			m->body = optarg;
			break;
		case 't':
			timeout = optarg;
			break;
		default:
			return usage();
		}
	}
	m->connect_timeout_s = strtol(timeout, NULL, 10);
	m->to = argv + optind;
	return m->server && m->subject && m->body && *m->to && m->connect_timeout_s > 0 ? 0
											: usage();
}

/* One header line: names come from a configuration, a line's end in one must not end the header. */
static void put_header(struct text *t, const char *name, const char *value)
{
	text_fmt(t, "%s: ", name);
	for (; *value; value++)
		text_char(t, (unsigned char)*value < 0x20 || *value == 0x7f ? ' ' : *value);
	text_str(t, "\r\n");
}

static void put_body(struct text *t, const char *body)
{
	for (; *body; body++)
		if (*body == '\n')
			text_str(t, "\r\n");
		else if (*body != '\r')
			text_char(t, *body);
	text_str(t, "\r\n\r\n");
}

/* Headers in Keepalived's order: filters of operators are written for them. */
static void compose(struct mail *m)
{
	char date[64], to[MESSAGE_MAX / 2];
	time_t now = time(NULL);
	struct text t, list;
	struct tm tm;

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S %z", localtime_r(&now, &tm));
	text_init(&list, to, sizeof(to));
	for (char **each = m->to; *each; each++)
		text_fmt(&list, each == m->to ? "%s" : ", %s", *each);
	text_init(&t, m->text, sizeof(m->text));
	put_header(&t, "Date", date);
	put_header(&t, "From", m->from);
	put_header(&t, "Subject", m->subject);
	put_header(&t, "X-Mailer", "Keepalived");
	put_header(&t, "To", to);
	text_str(&t, "\r\n");
	put_body(&t, m->body);
	m->len = t.len;
}

static size_t on_read(char *out, size_t size, size_t n, void *ctx)
{
	struct mail *m = ctx;
	size_t len = size * n < m->len - m->at ? size * n : m->len - m->at;

	memcpy(out, m->text + m->at, len);
	m->at += len;
	return len;
}

static bool is_temporary(CURLcode code, long answer)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_WEIRD_SERVER_REPLY:
		return true;
	default:
		return answer >= 400 && answer < 500;
	}
}

/* smtp://SERVER:PORT/HELO, put together by libcurl so that nothing in a name is read as syntax. */
static bool set_url(CURL *curl, CURLU *url, const struct mail *m)
{
	char host[300], path[300];

	snprintf(host, sizeof(host), strchr(m->server, ':') ? "[%s]" : "%s", m->server);
	snprintf(path, sizeof(path), "/%s", m->helo);
	return curl_url_set(url, CURLUPART_SCHEME, "smtp", 0) == CURLUE_OK &&
	       curl_url_set(url, CURLUPART_HOST, host, 0) == CURLUE_OK &&
	       curl_url_set(url, CURLUPART_PORT, m->port, 0) == CURLUE_OK &&
	       curl_url_set(url, CURLUPART_PATH, path, CURLU_URLENCODE) == CURLUE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CURLU, url) == CURLE_OK;
}

static struct curl_slist *recipients(const struct mail *m)
{
	struct curl_slist *list = NULL;

	for (char **to = m->to; *to; to++)
		list = curl_slist_append(list, *to);
	return list;
}

static int transfer(CURL *curl, struct mail *m, struct curl_slist *to)
{
	char why[CURL_ERROR_SIZE] = "";
	long answer = 0;
	CURLcode code;

	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, m->connect_timeout_s);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, m->connect_timeout_s + TRANSFER_S);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, m->from);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L); /* one that is wrong */
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(curl, CURLOPT_READDATA, m);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
	if (code == CURLE_OK)
		return 0;
	return fail(is_temporary(code, answer) ? TEMPORARY : 1, m->server,
		    why[0] ? why : curl_easy_strerror(code));
}

static int send_it(struct mail *m)
{
	struct curl_slist *to = NULL;
	CURL *curl = NULL;
	CURLU *url = NULL;
	int status = 1;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		curl = curl_easy_init();
	url = curl_url();
	to = recipients(m);
	if (!curl || !url || !to)
		fail(1, m->server, "libcurl cannot start");
	else if (!set_url(curl, url, m))
		fail(1, m->server, "cannot be written as an address");
	else
		status = transfer(curl, m, to);
	curl_slist_free_all(to);
	curl_easy_cleanup(curl);
	curl_url_cleanup(url);
	curl_global_cleanup();
	return status;
}

/* False: still root, and it should not be. Where nobody has no number (a user namespace), we stay.
 */
static bool drop_rights(void)
{
	if (geteuid() != 0)
		return true;
	if (setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0)
		return true;
	return errno == EINVAL || errno == EPERM;
}

int main(int argc, char **argv)
{
	static struct mail m = {.port = "25"};
	int status = read_args(&m, argc, argv);

	if (status)
		return status;
	if (!drop_rights())
		return fail(1, "cannot become nobody", strerror(errno));
	if (gethostname(m.host, sizeof(m.host) - 1) < 0)
		strcpy(m.host, "localhost");
	snprintf(m.host_from, sizeof(m.host_from), "keepalived@%s", m.host);
	m.from = m.from ? m.from : m.host_from;
	m.helo = m.helo ? m.helo : m.host;
	compose(&m);
	return send_it(&m);
}
