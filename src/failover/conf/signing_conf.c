/*
 * Rows of what signs adverts: auth_hmac (Keepalived 2.4), and the same words in `authentication`
 * behind auth_type HMAC. A key that cannot be had is an error, unlike most of what is wrong in a
 * keepalived.conf: nobody who asked for signatures wants to run without. Keys are never shown.
 * Target: struct vrrp_instance_conf.
 */
#include "failover/conf/signing_conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/conf/facts.h"

enum { WINDOW_LEAST_US = 5000000, WINDOW_UNSET = -1 };

struct signing {		       /* while it is read */
	struct vrrp_signing_conf conf; /* first: what the instance points to */
	long long active_id;	       /* 0 = the first */
	struct conf_place place;
	bool by_type, by_block; /* auth_type HMAC; auth_hmac */
};

static struct signing *signing_of(struct conf_ctx *ctx, const struct conf_line *line,
				  struct vrrp_instance_conf *inst)
{
	struct signing *s;

	if (!inst->signing) {
		s = ARENA_NEW(ctx->arena, struct signing);
		s->conf.window_us = WINDOW_UNSET;
		s->place = block_word_place(line, 0);
		inst->signing = &s->conf;
	}
	return (struct signing *)inst->signing;
}

/* ---- keys ---- */

static int hex_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 32) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool read_hex(struct slice text, struct vrrp_key_conf *key)
{
	key->len = text.len / 2;
	if (text.len % 2 || key->len > sizeof(key->bytes))
		return false;
	for (size_t i = 0; i < key->len; i++) {
		int high = hex_of(text.ptr[2 * i]), low = hex_of(text.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* hex:..., or the bytes as they are. */
static const char *read_bytes(struct slice text, struct vrrp_key_conf *key)
{
	if (slice_starts(text, SLICE("hex:"))) {
		text = (struct slice){text.ptr + 4, text.len - 4};
		if (!read_hex(text, key) && text.len / 2 <= sizeof(key->bytes))
			return "hex: wants pairs of hexadecimal digits";
	} else {
		key->len = text.len;
		if (key->len <= sizeof(key->bytes))
			memcpy(key->bytes, text.ptr, key->len);
	}
	return key->len >= VRRP_KEY_LEAST && key->len <= VRRP_KEY_MOST
		       ? NULL
		       : "a key has 32 to 64 bytes (openssl rand -hex 32)";
}

static void add_key(struct conf_ctx *ctx, struct conf_place place, struct signing *s,
		    struct slice id, struct slice text)
{
	struct vrrp_key_conf *key = ARENA_NEW(ctx->arena, struct vrrp_key_conf), **tail;
	unsigned long long number;
	const char *wrong;

	if (!slice_to_uint(id, 255, &number) || number == 0) {
		conf_error(ctx->diags, place, "a key's id is a number from 1 to 255");
		return;
	}
	key->id = (unsigned)number;
	wrong = read_bytes(text, key);
	for (tail = &s->conf.keys; *tail; tail = &(*tail)->next)
		if ((*tail)->id == key->id)
			wrong = "there is a key with this id already";
	if (wrong)
		conf_error(ctx->diags, place, "key %u: %s", key->id, wrong);
	else
		*tail = key;
}

/* Its mode is noted by whoever may look at it, the master. */
const struct conf_file *failover_key_file_read(struct conf_ctx *ctx, struct conf_place place,
					       const char *path)
{
	const struct conf_file *file;
	int err = conf_files_read(ctx->files, path, &file);
	const char *open = conf_fact_find(ctx->files, "key-file", path);
	struct stat st;

	if (err) {
		conf_error(ctx->diags, place, "key file '%s': %s", path, strerror(-err));
		return NULL;
	}
	if (!open && !ctx->files->sealed)
		open = conf_fact_note(ctx->files, "key-file", path,
				      stat(path, &st) == 0 && (st.st_mode & 077) ? "open" : "");
	if (open && *open)
		conf_warn(ctx->diags, place,
			  "key file '%s' can be read by others than its owner (chmod 600)", path);
	return file;
}

static struct slice next_line(struct slice *rest)
{
	struct slice line = slice_cut(rest, '\n');

	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return slice_trim(line);
}

/* key ID hex:DIGITS | ASCII | file:PATH */
static void read_key(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct signing *s = signing_of(ctx, line, target);
	struct slice text = slice_of(line->n_words > 2 ? line->words[2].text : "");
	const struct conf_file *file;

	if (slice_starts(text, SLICE("file:"))) {
		file = failover_key_file_read(ctx, block_word_place(line, 2), text.ptr + 5);
		if (!file)
			return;
		text = file->bytes;
		text = next_line(&text);
	}
	add_key(ctx, block_word_place(line, 1), s, slice_of(line->words[1].text), text);
	failover_rows_extra(ctx, line, 3);
}

/* Lines `ID KEY`; one key alone may leave its id out, it is 1 then. */
static void read_key_file(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct signing *s = signing_of(ctx, line, target);
	const struct conf_file *file =
		failover_key_file_read(ctx, block_word_place(line, 1), line->words[1].text);
	struct conf_place place = {0};
	struct slice rest, row, id;
	size_t space;

	if (!file)
		return;
	place.file = file->path;
	rest = file->bytes;
	while (rest.len > 0) {
		row = next_line(&rest);
		place.line++;
		if (row.len == 0 || row.ptr[0] == '#')
			continue;
		for (space = 0; space < row.len && !strchr(" \t", row.ptr[space]); space++)
			;
		id = (struct slice){row.ptr, space};
		if (space == row.len)
			id = SLICE("1");
		else
			row = slice_trim((struct slice){row.ptr + space, row.len - space});
		add_key(ctx, place, s, id, row);
	}
	failover_rows_extra(ctx, line, 2);
}

/* ---- the rest ---- */

static void read_active(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct signing *s = signing_of(ctx, line, target);

	failover_value_int(ctx, line, 1, 1, 255, &s->active_id, "the first key signs");
	failover_rows_extra(ctx, line, 2);
}

static void read_anti_replay(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct signing *s = signing_of(ctx, line, target);

	if (strcmp(line->words[1].text, "monotonic") == 0)
		s->conf.window_us = 0;
	else if (strcmp(line->words[1].text, "time") != 0)
		FAILOVER_WARN(ctx, line, 1, "anti_replay is time or monotonic, time is taken");
	failover_rows_extra(ctx, line, 2);
}

static void read_window(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct signing *s = signing_of(ctx, line, target);
	long long seconds;

	if (failover_value_int(ctx, line, 1, 1, 300, &seconds, "the default is taken") &&
	    s->conf.window_us != 0)
		s->conf.window_us = seconds * 1000000;
	failover_rows_extra(ctx, line, 2);
}

static void read_mode(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct signing *s = signing_of(ctx, line, target);

	s->conf.allow_old = strcmp(line->words[1].text, "permissive") == 0;
	if (!s->conf.allow_old && strcmp(line->words[1].text, "enforce") != 0)
		FAILOVER_WARN(ctx, line, 1, "mode is enforce or permissive, enforce is taken");
	failover_rows_extra(ctx, line, 2);
}

static void read_allow_old(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_bool(ctx, line, 1, &signing_of(ctx, line, target)->conf.allow_old);
}

static void read_send_old(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_bool(ctx, line, 1, &signing_of(ctx, line, target)->conf.send_old);
}

static void read_block(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	signing_of(ctx, line, target)->by_block = true;
	failover_rows_extra(ctx, line, 1);
	failover_rows_walk(failover_build_of(ctx), block_node_of(line)->children, FAILOVER_SIGNING,
			   "auth_hmac", target);
}

void failover_signing_wanted(struct conf_ctx *ctx, const struct conf_line *line,
			     struct vrrp_instance_conf *inst)
{
	signing_of(ctx, line, inst)->by_type = true;
}

/* ---- what it comes to ---- */

static void choose_active(struct conf_ctx *ctx, struct signing *s, const char *name)
{
	for (const struct vrrp_key_conf *k = s->conf.keys; k; k = k->next)
		if (!s->conf.active && (s->active_id == 0 || k->id == s->active_id))
			s->conf.active = k;
	if (!s->conf.keys)
		conf_error(ctx->diags, s->place, "%s: no key to sign adverts with (key-file, key)",
			   name);
	else if (!s->conf.active)
		conf_error(ctx->diags, s->place, "%s: there is no key %lld for active_key", name,
			   s->active_id);
}

void failover_signing_settle(struct conf_ctx *ctx, struct vrrp_instance_conf *inst)
{
	struct signing *s = (struct signing *)inst->signing;
	int64_t window_us = 3 * inst->advert_us;

	if (!s)
		return;
	if (!s->by_type && !s->by_block) {
		conf_error(ctx->diags, s->place, "%s: keys without 'auth_type HMAC'", inst->name);
		return;
	}
	choose_active(ctx, s, inst->name);
	if (inst->auth == VRRP_AUTH_AH) {
		conf_warn(ctx->diags, s->place, "%s: signed adverts need no auth_type AH, left out",
			  inst->name);
		inst->auth = VRRP_AUTH_NONE;
	}
	if (inst->strict && (s->conf.allow_old || s->conf.send_old)) {
		conf_warn(ctx->diags, s->place,
			  "%s: strict mode takes and sends signed adverts only", inst->name);
		s->conf.allow_old = s->conf.send_old = false;
	}
	if (s->conf.allow_old)
		conf_note(ctx->diags, s->place,
			  "%s: unsigned adverts are taken; when all nodes sign, take that out",
			  inst->name);
	if (s->conf.window_us == WINDOW_UNSET)
		s->conf.window_us = window_us > WINDOW_LEAST_US ? window_us : WINDOW_LEAST_US;
}

#define BOTH .sections = FAILOVER_AUTH | FAILOVER_SIGNING
#define ROW(word, how, what, text)                                                                \
	{                                                                                         \
		.name = word, BOTH, .type = CONF_CUSTOM, .parse = how, .args = what, .doc = text, \
		.since = "0.3"                                                                    \
	}

static const char key_file_doc[] = "lines '<id> <key>'; reload reads it anew";
static const char allow_doc[] = "migration: unsigned adverts are taken, counted as old";
static const char send_doc[] = "migration: an unsigned copy before each signed advert";

const struct conf_keyword failover_signing_rows[] = {
	{.name = "auth_hmac",
	 .sections = FAILOVER_INSTANCE,
	 .type = CONF_CUSTOM,
	 .parse = read_block,
	 .args = "{ ... }",
	 .since = "0.3",
	 .doc = "adverts are signed with HMAC-SHA-256"},
	ROW("key", read_key, "<id> hex:<digits>|<text>|file:<path>", "32 to 64 bytes"),
	ROW("key-file", read_key_file, "<path>", key_file_doc),
	ROW("key_file", read_key_file, "<path>", key_file_doc),
	ROW("active_key", read_active, "<id>", "what this node signs with, the first by default"),
	ROW("anti_replay", read_anti_replay, "time|monotonic",
	    "time: clocks agree within time_window; monotonic: no clock is asked"),
	ROW("time_window", read_window, "<seconds>",
	    "1 to 300, by default three intervals and at least 5"),
	ROW("allow-old", read_allow_old, "[<bool>]", allow_doc),
	ROW("allow_old", read_allow_old, "[<bool>]", allow_doc),
	ROW("send-old", read_send_old, "[<bool>]", send_doc),
	ROW("send_old", read_send_old, "[<bool>]", send_doc),
	{.name = "mode",
	 .sections = FAILOVER_SIGNING,
	 .type = CONF_CUSTOM,
	 .parse = read_mode,
	 .args = "enforce|permissive",
	 .since = "0.3",
	 .doc = "permissive: as allow-old"},
	{.name = NULL},
};
