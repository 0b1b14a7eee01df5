/*
 * relaisctl: the operator's command. Sends one runtime command to relais' runtime socket (the
 * `stats socket` of the configuration) and prints the answer. `relaisctl reload` waits for the
 * outcome and exits with 1 when the new configuration was refused.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/addr.h"
#include "core/base/text.h"

enum { ANSWER_MAX = 1 << 20, RELOAD_WAIT_MS = 15000, RELOAD_STEP_MS = 20 };

static const char *const default_sockets[] = {
	"/run/relais/admin.sock",
	"/run/haproxy/admin.sock",
	"/var/run/haproxy.sock",
	"/var/lib/haproxy/stats",
	NULL,
};

static int connect_to(const char *path)
{
	struct addr addr;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (!addr_set_unix(&addr, slice_of(path), false)) {
		close(fd);
		return -ENAMETOOLONG;
	}
	if (connect(fd, &addr.sa, addr.len) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

/* Sends line and reads the whole answer into a fresh string, or NULL after a message. */
static char *ask(const char *path, const char *line)
{
	int fd = connect_to(path);
	char *answer;
	size_t len = 0;

	if (fd < 0) {
		fprintf(stderr, "relaisctl: %s: %s\n", path, strerror(-fd));
		return NULL;
	}
	answer = malloc(ANSWER_MAX + 1);
	if (!answer || write(fd, line, strlen(line)) < 0 || write(fd, "\n", 1) < 0) {
		fprintf(stderr, "relaisctl: %s: cannot send: %s\n", path, strerror(errno));
		free(answer);
		close(fd);
		return NULL;
	}
	while (len < ANSWER_MAX) {
		ssize_t n = read(fd, answer + len, ANSWER_MAX - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	answer[len] = '\0';
	close(fd);
	return answer;
}

static bool read_counts(const char *path, unsigned *done, unsigned *refused)
{
	char *answer = ask(path, "show reload");
	bool good = answer && sscanf(answer, "done: %u refused: %u", done, refused) == 2;

	free(answer);
	return good;
}

static int reload(const char *path)
{
	const struct timespec step = {0, RELOAD_STEP_MS * 1000000L};
	unsigned done, refused, done_now, refused_now;
	char *answer;

	if (!read_counts(path, &done, &refused))
		return 1;
	answer = ask(path, "reload");
	if (!answer)
		return 1;
	free(answer);
	for (int waited = 0; waited < RELOAD_WAIT_MS; waited += RELOAD_STEP_MS) {
		nanosleep(&step, NULL);
		if (!read_counts(path, &done_now, &refused_now))
			continue;
		if (refused_now != refused) {
			fputs("refused: the running configuration stays; the log says why\n",
			      stderr);
			return 1;
		}
		if (done_now != done) {
			puts("reloaded");
			return 0;
		}
	}
	fputs("relaisctl: no answer from the master\n", stderr);
	return 1;
}

static int say(const char *path, const char *line)
{
	char *answer = ask(path, line);

	bool known;

	if (!answer)
		return 1;
	known = strncmp(answer, "Unknown command", 15) != 0 &&
		strncmp(answer, "There is no ", 12) != 0 && strncmp(answer, "No such ", 8) != 0;
	fputs(answer, known ? stdout : stderr);
	free(answer);
	return known ? 0 : 1;
}

/* vip json, vip NAME: what `show vip` says of it. */
static int show_vip(const char *path, const char *what)
{
	char line[1024];

	snprintf(line, sizeof(line), "show vip %s", what);
	return say(path, line);
}

/* A command whose answer says how it went. */
static int say_outcome(const char *path, const char *line)
{
	char *answer = ask(path, line);
	bool done = answer && strncmp(answer, "done: ", 6) == 0;

	if (answer)
		fputs(answer, done ? stdout : stderr);
	free(answer);
	return done ? 0 : 1;
}

/* The second word of the commands that change something. */
static bool is_verb(const char *word)
{
	return strcmp(word, "switch") == 0 || strcmp(word, "maintenance") == 0 ||
	       strcmp(word, "release") == 0;
}

static const char *find_socket(void)
{
	const char *set = getenv("RELAIS_SOCKET");

	if (set)
		return set;
	for (const char *const *s = default_sockets; *s; s++)
		if (access(*s, F_OK) == 0)
			return *s;
	return default_sockets[0];
}

int main(int argc, char **argv)
{
	const char *path = find_socket();
	char line[4096];
	struct text text;
	bool is_vip;
	int at = 1;

	if (argc > 2 && strcmp(argv[1], "-s") == 0) {
		path = argv[2];
		at = 3;
	}
	if (at >= argc || strcmp(argv[at], "-h") == 0 || strcmp(argv[at], "--help") == 0) {
		fputs("usage: relaisctl [-s SOCKET] COMMAND...\n"
		      "  reload            read the configuration again and say how it went\n"
		      "  vip               which VIPs are here, and why (show vip detail)\n"
		      "  vip NAME, vip json\n"
		      "                    one of them; all as JSON\n"
		      "  vip switch NAME, vip maintenance NAME on|off, vip release NAME\n"
		      "                    move a VIP by hand; exit status 1 when refused\n"
		      "  help              the commands that the running relais knows\n"
		      "The socket is `stats socket` of the configuration; RELAIS_SOCKET names it "
		      "too.\n",
		      at >= argc ? stderr : stdout);
		return at >= argc ? 2 : 0;
	}
	if (argc == at + 1 && strcmp(argv[at], "reload") == 0)
		return reload(path);
	if (argc == at + 1 && strcmp(argv[at], "vip") == 0)
		return say(path, "show vip detail");
	if (argc == at + 2 && strcmp(argv[at], "vip") == 0 && !is_verb(argv[at + 1]))
		return show_vip(path, argv[at + 1]);
	is_vip = strcmp(argv[at], "vip") == 0;
	text_init(&text, line, sizeof(line));
	for (; at < argc; at++) {
		text_str(&text, argv[at]);
		text_char(&text, ' ');
	}
	return is_vip ? say_outcome(path, line) : say(path, line);
}
