/*
 * Samples of HTTP authentication (RFC 7617, RFC 6750): who the client says it is, and whether a
 * userlist agrees. A hashed password costs what crypt(3) costs, on the thread of the request, as in
 * HAProxy: many rounds in a hash mean that much less traffic.
 */
#include <crypt.h>

#include "balancer/rules/rule_set.h"
#include "balancer/rules/sample.h"

struct credentials {
	struct slice type, user, password; /* of Basic; else the token stands in password */
};

static struct slice authorization(const struct http_message *req)
{
	if (req->target_form == HTTP_TARGET_ABSOLUTE &&
	    http_message_has(req, http_name_known(HTTP_HEADER_PROXY_AUTHORIZATION)))
		return http_message_value(req, HTTP_HEADER_PROXY_AUTHORIZATION);
	return http_message_value(req, HTTP_HEADER_AUTHORIZATION);
}

static bool read_credentials(struct rule_input *in, struct credentials *cred)
{
	struct slice rest;
	struct sample s;

	if (!in->req)
		return false;
	rest = authorization(in->req);
	if (rest.len == 0)
		return false;
	cred->type = slice_cut(&rest, ' ');
	cred->user = (struct slice){NULL, 0};
	cred->password = slice_trim(rest);
	if (!slice_case_eq(cred->type, SLICE("basic")))
		return true;
	sample_give_str(&s, cred->password);
	if (!sample_decode_base64(in, &s))
		return false;
	cred->password = s.str;
	cred->user = slice_cut(&cred->password, ':');
	return true;
}

static bool is_basic(const struct credentials *cred)
{
	return cred->user.ptr != NULL;
}

SAMPLE_GET(get_type)
{
	struct credentials cred;

	return read_credentials(in, &cred) && sample_give_str(out, cred.type);
}

SAMPLE_GET(get_user)
{
	struct credentials cred;

	return read_credentials(in, &cred) && is_basic(&cred) && sample_give_str(out, cred.user);
}

SAMPLE_GET(get_password)
{
	struct credentials cred;

	return read_credentials(in, &cred) && is_basic(&cred) &&
	       sample_give_str(out, cred.password);
}

SAMPLE_GET(get_bearer)
{
	struct credentials cred;

	if (c->args[0].given) { /* a header of its own */
		struct http_cursor at = {0};
		struct slice rest;

		if (!in->req || !http_message_find(in->req, http_name_of(c->args[0].str), &at))
			return false;
		rest = at.value;
		return slice_case_eq(slice_cut(&rest, ' '), SLICE("bearer")) &&
		       sample_give_str(out, slice_trim(rest));
	}
	return read_credentials(in, &cred) && slice_case_eq(cred.type, SLICE("bearer")) &&
	       sample_give_str(out, cred.password);
}

/* ---- userlists ---------------------------------------------------------------------------- */

struct list_arg {	  /* call->data */
	const void *list; /* struct userlist_conf, once resolved */
};

static bool check_list(struct rules_build *b, struct sample_call *call)
{
	struct list_arg *a = ARENA_NEW(b->arena, struct list_arg);
	struct rule_pending *p;

	call->data = a;
	if (!b->set) {
		rules_error(b, "a userlist cannot be asked here");
		return false;
	}
	p = ARENA_NEW(b->arena, struct rule_pending);
	*p = (struct rule_pending){b->set->pending, b->at, call->args[0].str.ptr, 'u', &a->list};
	b->set->pending = p;
	return true;
}

static bool same_secret(struct slice a, const char *b)
{
	size_t len = strlen(b);
	unsigned char differ = a.len != len;

	for (size_t i = 0; i < a.len && i < len; i++)
		differ |= (unsigned char)(a.ptr[i] ^ b[i]);
	return differ == 0;
}

static bool password_fits(const struct user_conf *u, struct slice password, struct arena *arena)
{
	struct crypt_data data;
	const char *hash;
	char *text;

	if (!u->password)
		return false;
	if (!u->hashed)
		return same_secret(password, u->password);
	text = arena_strndup(arena, password.ptr, password.len);
	if (!text || strlen(text) != password.len)
		return false;
	memset(&data, 0, sizeof(data));
	hash = crypt_rn(text, u->password, &data, sizeof(data));
	return hash && same_secret(slice_of(hash), u->password);
}

static const struct user_conf *find_user(const struct sample_call *c, struct rule_input *in)
{
	const struct userlist_conf *list = ((const struct list_arg *)c->data)->list;
	struct credentials cred;

	if (!list || !read_credentials(in, &cred) || !is_basic(&cred))
		return NULL;
	for (const struct user_conf *u = list->users; u; u = u->next)
		if (slice_eq_str(cred.user, u->name))
			return password_fits(u, cred.password, in->arena) ? u : NULL;
	return NULL;
}

SAMPLE_GET(get_auth)
{
	return in->req && sample_give_num(out, SAMPLE_BOOL, find_user(c, in) != NULL);
}

/* An ACL tries each group of the user; elsewhere it is the user's name. */
SAMPLE_GET(get_auth_group)
{
	const struct user_conf *u;
	const char *const *groups;

	if (w && w->done)
		return false;
	u = find_user(c, in);
	if (!u)
		return false;
	if (!w)
		return sample_give_str(out, slice_of(u->name));
	groups = u->groups;
	for (uint32_t i = 0; groups && groups[i]; i++) {
		if (i < w->at.next)
			continue;
		w->at.next++;
		return sample_give_str(out, slice_of(groups[i]));
	}
	w->done = true;
	return false;
}

#define REQ SAMPLE_FROM_REQUEST

const struct sample_row sample_auth_rows[] = {
	{"http_auth", SAMPLE_BOOL, "s", REQ, get_auth, check_list, "a userlist knows the client"},
	{"http_auth_group", SAMPLE_STR, "s", REQ | SAMPLE_MULTI, get_auth_group, check_list,
	 "groups of a client that a userlist knows"},
	{"http_auth_type", SAMPLE_STR, "", REQ, get_type, NULL, "scheme of Authorization"},
	{"http_auth_user", SAMPLE_STR, "", REQ, get_user, NULL, "user of Authorization: Basic"},
	{"http_auth_pass", SAMPLE_STR, "", REQ, get_password, NULL, "its password"},
	{"http_auth_bearer", SAMPLE_STR, "S", REQ, get_bearer, NULL, "token of Authorization"},
	{.name = NULL},
};
