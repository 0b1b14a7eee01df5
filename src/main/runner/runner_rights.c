/*
 * The list of digests. See runner_rights.h. Written by the master, read by the runner: a sequence
 * number is odd while it changes, and who reads looks again.
 *
 * Commands of relais' own words (script-check, quorum-up, notify-up ...) are known in full. Of an
 * external-check HAProxy's four arguments follow from addresses that may change at run time: there
 * the program, its PATH and the user count, and its environment has no other names than HAPROXY_*.
 */
#include "main/runner/runner_rights.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/hmac.h"

enum { RIGHTS_MAX = 4096, KEY_LEN = HMAC_SHA256_LEN, WORDS_LEN = 32 * 1024 };
enum { EXTERNAL_ARGUMENTS = 5 };

struct runner_rights {
	_Atomic uint32_t sequence, n;
	uint8_t keys[RIGHTS_MAX][KEY_LEN];
};

struct writing {
	struct runner_rights *rights;
	uint32_t n;
	bool full;
};

struct runner_rights *runner_rights_new(void)
{
	void *at = mmap(NULL, sizeof(struct runner_rights), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

void runner_rights_forget(struct runner_rights **rights)
{
	if (*rights)
		munmap(*rights, sizeof(**rights));
	*rights = NULL;
}

/* kind, user and words to a digest. False: they do not fit, or there is no such digest. */
static bool key_of(const char *kind, uint32_t uid, uint32_t gid, const char *const *words,
		   uint8_t key[static KEY_LEN])
{
	char bytes[WORDS_LEN];
	size_t len = 0;

	memcpy(bytes, &uid, sizeof(uid));
	memcpy(bytes + sizeof(uid), &gid, sizeof(gid));
	len = sizeof(uid) + sizeof(gid);
	for (; *words; words++) {
		size_t n = strlen(*words) + 1;

		if (len + n > sizeof(bytes))
			return false;
		memcpy(bytes + len, *words, n);
		len += n;
	}
	return hmac_sha256(slice_of(kind), (struct slice){bytes, len}, key);
}

static void allow(struct writing *w, const char *kind, uint32_t uid, uint32_t gid,
		  const char *const *words)
{
	if (w->n == RIGHTS_MAX)
		w->full = true;
	else if (key_of(kind, uid, gid, words, w->rights->keys[w->n]))
		w->n++;
}

static void allow_command(struct writing *w, const struct command_conf *c)
{
	if (c->argv)
		allow(w, "command", c->uid, c->gid, c->argv);
}

/* As the balancer gives up its rights: balancer_privileges.c. */
static uint32_t balancer_id(uint32_t configured, uint32_t ours)
{
	return geteuid() == 0 && configured != UINT32_MAX && configured > 0 ? configured : ours;
}

static void allow_check(struct writing *w, const struct global_conf *g, const struct check_conf *c)
{
	const char *words[] = {c->command, c->path ? c->path : "", NULL};

	allow_command(w, &c->script);
	if (c->kind == CHECK_EXTERNAL && !c->script.argv && c->command)
		allow(w, "external", balancer_id(g->uid, geteuid()), balancer_id(g->gid, getegid()),
		      words);
}

static void allow_all(struct writing *w, const struct balancer_conf *conf)
{
	for (const struct proxy_conf *p = conf ? conf->proxies : NULL; p; p = p->next) {
		allow_check(w, &conf->global, &p->check);
		if (p->quorum) {
			allow_command(w, &p->quorum->up);
			allow_command(w, &p->quorum->down);
		}
		for (const struct server_conf *s = p->servers; s; s = s->next) {
			allow_command(w, &s->notify_up);
			allow_command(w, &s->notify_down);
		}
	}
}

bool runner_rights_set(struct runner_rights *rights, const struct balancer_conf *runs,
		       const struct balancer_conf *next)
{
	struct writing w = {.rights = rights};

	atomic_fetch_add(&rights->sequence, 1);
	allow_all(&w, runs);
	allow_all(&w, next);
	atomic_store(&rights->n, w.n);
	atomic_fetch_add(&rights->sequence, 1);
	return !w.full;
}

static bool has_key(const struct runner_rights *rights, const uint8_t *key)
{
	bool found = false;
	uint32_t before;

	do {
		before = atomic_load(&rights->sequence);
		found = false;
		for (uint32_t i = 0; !found && i < atomic_load(&rights->n) && i < RIGHTS_MAX; i++)
			found = memcmp(rights->keys[i], key, KEY_LEN) == 0;
	} while (before % 2 || before != atomic_load(&rights->sequence));
	return found;
}

/* The PATH that an external check is given; NULL when there are other names than it may have. */
static const char *path_of(char *const *env)
{
	const char *path = "";

	for (; *env; env++) {
		if (strncmp(*env, "PATH=", 5) == 0)
			path = *env + 5;
		else if (strncmp(*env, "HAPROXY_", 8) != 0)
			return NULL;
	}
	return path;
}

static bool permit_external(const struct runner_rights *rights, const struct message_run *ask,
			    char *const *argv, char *const *env)
{
	const char *words[] = {argv[0], path_of(env), NULL};
	uint8_t key[KEY_LEN];

	return ask->n_argv == EXTERNAL_ARGUMENTS && words[1] &&
	       key_of("external", ask->uid, ask->gid, words, key) && has_key(rights, key);
}

bool runner_rights_permit(const struct runner_rights *rights, const struct message_run *ask,
			  char *const *argv, char *const *env)
{
	uint8_t key[KEY_LEN];

	if (ask->n_argv == 0)
		return false;
	if (ask->n_env == 0 &&
	    key_of("command", ask->uid, ask->gid, (const char *const *)argv, key) &&
	    has_key(rights, key))
		return true;
	return permit_external(rights, ask, argv, env);
}
