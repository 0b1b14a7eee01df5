/*
 * Rows of mail: where it goes in global_defs, and who sends some (smtp_alert). Sent by
 * core/mail/mail_queue.c.
 */
#include "failover/conf/failover_build.h"

static struct failover_conf *conf_of(void *target)
{
	return ((struct failover_build *)target)->conf;
}

/* notification_email { ADDRESS ... }: one a line, or several. Another block adds to the first. */
static void read_to(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	const struct block_node *children = block_node_of(line)->children, *node;
	struct mail_conf *mail = &conf_of(target)->mail;
	size_t n = 0, n_before = 0;
	const char **to;

	while (mail->to && mail->to[n_before])
		n_before++;
	for (node = children; node; node = node->next)
		n += node->line.n_words;
	to = ARENA_ARRAY(ctx->arena, const char *, n_before + n + 1);
	for (n = 0; n < n_before; n++)
		to[n] = mail->to[n];
	for (node = children; node; node = node->next) {
		failover_rows_no_block(ctx, node);
		for (unsigned i = 0; i < node->line.n_words; i++)
			to[n++] = node->line.words[i].text;
	}
	mail->to = to;
}

static void read_from(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	conf_of(target)->mail.from = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

static void read_server(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct mail_conf *mail = &conf_of(target)->mail;
	long long port = 25;

	if (line->n_words > 2 &&
	    !failover_value_int(ctx, line, 2, 1, 65535, &port, "no mail is sent"))
		return;
	mail->server = line->words[1].text;
	mail->port = (unsigned)port;
	failover_rows_extra(ctx, line, 3);
}

static void read_helo(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	conf_of(target)->mail.helo = line->words[1].text;
	failover_rows_extra(ctx, line, 2);
}

static void read_timeout(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	long long n;

	if (failover_value_int(ctx, line, 1, 1, 4294, &n, "30 s is taken"))
		conf_of(target)->mail.connect_timeout_s = (unsigned)n;
	failover_rows_extra(ctx, line, 2);
}

static void read_on(struct conf_ctx *ctx, const struct conf_line *line, int *on)
{
	struct failover_build *b = failover_build_of(ctx);
	bool value;

	if (!failover_value_bool(ctx, line, 1, &value))
		return;
	*on = value ? 1 : -1;
	if (value && !b->alert_line)
		b->alert_line = line;
}

static void read_alert(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	struct failover_build *b = failover_build_of(ctx);
	int on = 0;

	if (b->section == FAILOVER_GLOBAL) {
		read_on(ctx, line, &b->alert_any);
		return;
	}
	read_on(ctx, line, &on);
	if (b->section == FAILOVER_GROUP && on)
		((struct vrrp_group_conf *)target)->smtp_alert = on > 0;
	else if (on)
		((struct vrrp_instance_conf *)target)->smtp_alert = on > 0;
}

static void read_alert_vrrp(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_on(ctx, line, &((struct failover_build *)target)->alert_vrrp);
}

static void read_alert_checker(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	read_on(ctx, line, &((struct failover_build *)target)->alert_checker);
}

static void read_no_faults(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_bool(ctx, line, 1, &conf_of(target)->no_email_faults);
}

static void read_no_checker(struct conf_ctx *ctx, const struct conf_line *line, void *target)
{
	failover_value_bool(ctx, line, 1, &conf_of(target)->no_checker_emails);
}

void failover_mail_finish(struct failover_build *b)
{
	int checker;

	b->conf->mail.router_id = b->conf->router_id;
	b->defaults.smtp_alert = (b->alert_vrrp ? b->alert_vrrp : b->alert_any) > 0;
	checker = b->alert_checker ? b->alert_checker : b->alert_any;
	b->conf->smtp_alert_checker = checker ? checker > 0 : -1;
}

void failover_mail_check(struct failover_build *b)
{
	const struct mail_conf *mail = &b->conf->mail;

	if (b->alert_line && (!mail->server || !mail->to || !mail->to[0]))
		conf_note(b->ctx.diags, block_word_place(b->alert_line, 0),
			  "no mail is sent: there is no %s in global_defs",
			  mail->server ? "notification_email" : "smtp_server");
}

#define ROW(where, word, how, what, text)                                                         \
	{                                                                                         \
		.name = word, .sections = where, .type = CONF_CUSTOM, .parse = how, .args = what, \
		.doc = text, .since = "0.1"                                                       \
	}
#define G FAILOVER_GLOBAL

const struct conf_keyword failover_smtp_rows[] = {
	ROW(G, "notification_email", read_to, "{ <address> ... }", "who gets mail"),
	ROW(G, "notification_email_from", read_from, "<address>",
	    "who sends it, keepalived@ and the host's name by default"),
	ROW(G, "smtp_server", read_server, "<host> [<port>]",
	    "the SMTP server that takes it, without TLS and login; port 25 by default"),
	ROW(G, "smtp_helo_name", read_helo, "<name>", "how this host presents itself there"),
	ROW(G, "smtp_connect_timeout", read_timeout, "<seconds>",
	    "how long a connection to it may take, 30 s by default"),
	ROW(G | FAILOVER_INSTANCE | FAILOVER_GROUP, "smtp_alert", read_alert, "[<bool>]",
	    "mail at changes of state; in global_defs: for all that do not say themselves"),
	ROW(G, "smtp_alert_vrrp", read_alert_vrrp, "[<bool>]",
	    "mail for all instances and groups that do not say themselves"),
	ROW(G, "smtp_alert_checker", read_alert_checker, "[<bool>]",
	    "mail for all real and virtual servers that do not say themselves"),
	ROW(G, "no_email_faults", read_no_faults, "[<bool>]", "no mail about faults"),
	ROW(G, "no_checker_emails", read_no_checker, "[<bool>]",
	    "always so: mail tells of real servers that went, not of each of their checkers"),
	{.name = NULL},
};
