/*
 * What the files of this room share: the section that is being read, and statements as the block
 * grammar has them. Private to src/failover/native/.
 */
#ifndef RELAIS_NATIVE_VIP_BUILD_H
#define RELAIS_NATIVE_VIP_BUILD_H

#include "failover/native/vip_native.h"

struct vip_section { /* the target of rows */
	struct vip_section *next;
	const char *kind; /* the statement that its node is: "vrrp_instance" ... */
	struct block_node *node;
	struct block_node *source; /* `source`: which keyword it is depends on `peer` */
	bool has_interface, has_id, has_peer, has_member;
};

struct vip_reader { /* ctx->extra */
	struct vip_section *first, **tail;
	struct block_node *others, **others_tail; /* blocks that rows made beside their section's */
};

/* A statement: name, then words [from, to) of the line, in the place of words[at]. Not linked. */
struct block_node *vip_statement(struct conf_ctx *ctx, const struct conf_line *line, unsigned at,
				 const char *name, unsigned from, unsigned to);
/* With one word only behind its name, or none (NULL). */
struct block_node *vip_word(struct conf_ctx *ctx, const struct conf_line *line, unsigned at,
			    const char *name, const char *word);
void vip_append(struct block_node *parent, struct block_node *child);
/* The block of that name among the parent's children; made when there is none. */
struct block_node *vip_block(struct conf_ctx *ctx, const struct conf_line *line,
			     struct block_node *parent, const char *name);

/* The native time words[i] as seconds or milliseconds; NULL: an error was reported.
 * vip_rows_conf.c. */
const char *vip_seconds(struct conf_ctx *ctx, const struct conf_line *line, unsigned i);
const char *vip_milliseconds(struct conf_ctx *ctx, const struct conf_line *line, unsigned i);

/* vip_track.c: `track` lines of instances and groups. */
void vip_track_service(struct conf_ctx *ctx, const struct conf_line *line, void *target);
void vip_track_script(struct conf_ctx *ctx, const struct conf_line *line, void *target);
void vip_track_process(struct conf_ctx *ctx, const struct conf_line *line, void *target);
void vip_track_bfd(struct conf_ctx *ctx, const struct conf_line *line, void *target);
void vip_track_database(struct conf_ctx *ctx, const struct conf_line *line, void *target);
void vip_track_file(struct conf_ctx *ctx, const struct conf_line *line, void *target);

#endif
