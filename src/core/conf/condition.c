/*
 * Conditions of `.if`: a recursive descent over one line. See condition.h. Pure but for the
 * variables; called by native.c and for -cc.
 *
 *   or   := and { "||" and }      and := not { "&&" not }
 *   not  := "!" not | "(" or ")" | integer | predicate "(" argument { "," argument } ")"
 */
#include "core/conf/condition.h"

#include <ctype.h>
#include <openssl/opensslv.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARG_MAX_LEN = 256, DEPTH_MAX = 32 };

struct cursor {
	const char *at;
	const struct conf_env *env;
	const char *what; /* first fault */
	const char *fault;
	unsigned depth;
};

/* What this program really does: a configuration asks in order to use it. */
const char *const condition_features[] = {"ACCEPT4", "BACKTRACE",    "CPU_AFFINITY", "CRYPT_H",
					  "EPOLL",   "GETADDRINFO",  "PCRE2",	     "PCRE2_JIT",
					  "POLL",    "LINUX_SPLICE", "LINUX_TPROXY", "SYSTEMD",
					  "THREAD",  "RT",	     "PRCTL",	     NULL};

static int wrong(struct cursor *c, const char *at, const char *what)
{
	if (!c->what) {
		c->what = what;
		c->fault = at;
	}
	return -1;
}

static void blanks(struct cursor *c)
{
	while (*c->at == ' ' || *c->at == '\t')
		c->at++;
}

/* Versions "2.4-dev19", "2.6.12", "1.1.1b": numbers and letters compared piece by piece; -devN
 * comes before the release. */
static int compare_versions(const char *a, const char *b)
{
	for (unsigned i = 0; i < 8; i++) {
		long na = 0, nb = 0;

		if (isdigit((unsigned char)*a))
			na = strtol(a, (char **)&a, 10);
		else if (*a == '-')
			na = -1;
		if (isdigit((unsigned char)*b))
			nb = strtol(b, (char **)&b, 10);
		else if (*b == '-')
			nb = -1;
		if (na != nb)
			return na < nb ? -1 : 1;
		while (*a && !isdigit((unsigned char)*a) && *a != '-')
			a++;
		while (*b && !isdigit((unsigned char)*b) && *b != '-')
			b++;
		if (na < 0) {
			a += strcspn(a, "0123456789");
			b += strcspn(b, "0123456789");
		}
	}
	return 0;
}

static int has_feature(const char *name)
{
	for (size_t i = 0; condition_features[i]; i++) {
		if (strcmp(name, condition_features[i]) == 0)
			return 1;
	}
	return 0;
}

enum predicate {
	DEFINED,
	FEATURE,
	STREQ,
	STRNEQ,
	VERSION_ATLEAST,
	VERSION_BEFORE,
	OPENSSL_ATLEAST,
	OPENSSL_BEFORE,
	ENABLED,
};

static const struct {
	const char *name;
	enum predicate which;
	unsigned n_args;
} predicates[] = {
	{"defined", DEFINED, 1},
	{"feature", FEATURE, 1},
	{"streq", STREQ, 2},
	{"strneq", STRNEQ, 2},
	{"version_atleast", VERSION_ATLEAST, 1},
	{"version_before", VERSION_BEFORE, 1},
	{"openssl_version_atleast", OPENSSL_ATLEAST, 1},
	{"openssl_version_before", OPENSSL_BEFORE, 1},
	{"enabled", ENABLED, 1},
};

static int answer(struct cursor *c, enum predicate which, char args[2][ARG_MAX_LEN])
{
	switch (which) {
	case DEFINED:
		return conf_env_get(c->env, slice_of(args[0])) != NULL;
	case FEATURE:
		return has_feature(args[0]);
	case STREQ:
		return strcmp(args[0], args[1]) == 0;
	case STRNEQ:
		return strcmp(args[0], args[1]) != 0;
	case VERSION_ATLEAST:
		return compare_versions(CONDITION_HAPROXY_VERSION, args[0]) >= 0;
	case VERSION_BEFORE:
		return compare_versions(CONDITION_HAPROXY_VERSION, args[0]) < 0;
	case OPENSSL_ATLEAST:
		return compare_versions(OPENSSL_VERSION_STR, args[0]) >= 0;
	case OPENSSL_BEFORE:
		return compare_versions(OPENSSL_VERSION_STR, args[0]) < 0;
	case ENABLED: /* POLL, EPOLL, SPLICE, GETADDRINFO, REUSEPORT: nothing here is switched off
		       */
		return 1;
	}
	return 0;
}

/* One argument, up to a comma or the closing parenthesis; may be quoted once more. */
static bool argument(struct cursor *c, char out[ARG_MAX_LEN])
{
	size_t n = 0;
	char quote = 0;

	for (; *c->at && (quote || (*c->at != ',' && *c->at != ')')); c->at++) {
		if (*c->at == quote) {
			quote = 0;
			continue;
		}
		if (!quote && (*c->at == '"' || *c->at == '\'')) {
			quote = *c->at;
			continue;
		}
		if (*c->at == '\\' && quote != '\'' && c->at[1])
			c->at++;
		if (n + 1 >= ARG_MAX_LEN) {
			wrong(c, c->at, "argument too long");
			return false;
		}
		out[n++] = *c->at;
	}
	out[n] = '\0';
	return true;
}

static int predicate(struct cursor *c)
{
	size_t len = strspn(c->at, "abcdefghijklmnopqrstuvwxyz_0123456789");
	const char *name = c->at;
	char args[2][ARG_MAX_LEN] = {"", ""};
	size_t which = sizeof(predicates) / sizeof(predicates[0]);
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(predicates) / sizeof(predicates[0]); i++) {
		if (len == strlen(predicates[i].name) && memcmp(name, predicates[i].name, len) == 0)
			which = i;
	}
	if (which == sizeof(predicates) / sizeof(predicates[0]))
		return wrong(c, name, "no such predicate");
	c->at += len;
	if (*c->at != '(')
		return wrong(c, c->at, "'(' expected after the predicate");
	do {
		c->at++;
		if (n == predicates[which].n_args)
			return wrong(c, c->at, "too many arguments");
		if (!argument(c, args[n++]))
			return -1;
	} while (*c->at == ',');
	if (*c->at != ')')
		return wrong(c, c->at, "')' expected");
	if (n < predicates[which].n_args)
		return wrong(c, c->at, "an argument is missing");
	c->at++;
	return answer(c, predicates[which].which, args);
}

static int either(struct cursor *c);

static int negated(struct cursor *c)
{
	int v;

	blanks(c);
	if (++c->depth > DEPTH_MAX)
		return wrong(c, c->at, "nested too deeply");
	if (*c->at == '!') {
		c->at++;
		v = negated(c);
		v = v < 0 ? v : !v;
	} else if (*c->at == '(') {
		c->at++;
		v = either(c);
		blanks(c);
		if (v >= 0 && *c->at != ')')
			v = wrong(c, c->at, "')' expected");
		else if (v >= 0)
			c->at++;
	} else if (isdigit((unsigned char)*c->at) || *c->at == '-') {
		char *end;

		v = strtol(c->at, &end, 10) != 0;
		if (end == c->at)
			v = wrong(c, c->at, "a number expected");
		c->at = end;
	} else {
		v = predicate(c);
	}
	c->depth--;
	blanks(c);
	return v;
}

/* Both sides are always read, so that a fault is found on either. */
static int both(struct cursor *c)
{
	int v = negated(c);

	while (v >= 0 && c->at[0] == '&' && c->at[1] == '&') {
		int w;

		c->at += 2;
		w = negated(c);
		v = w < 0 ? w : v && w;
	}
	return v;
}

static int either(struct cursor *c)
{
	int v = both(c);

	while (v >= 0 && c->at[0] == '|' && c->at[1] == '|') {
		int w;

		c->at += 2;
		w = both(c);
		v = w < 0 ? w : v || w;
	}
	return v;
}

int condition_eval(const char *text, const struct conf_env *env, const char **what, size_t *offset)
{
	struct cursor c = {.at = text, .env = env};
	int v;

	blanks(&c);
	if (!*c.at)
		return 0;
	v = either(&c);
	if (v >= 0 && *c.at)
		v = wrong(&c, c.at, "unexpected text after the condition");
	if (v < 0) {
		*what = c.what ? c.what : "not a condition";
		*offset = c.fault ? (size_t)(c.fault - text) : 0;
	}
	return v;
}
