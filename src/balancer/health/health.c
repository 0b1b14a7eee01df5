/*
 * All checks of a process: built from the configuration, started spread over their intervals,
 * stopped together. See health.h. One instance per balancer process.
 */
#include "balancer/health/health.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "balancer/health/check_protocols.h"
#include "balancer/health/follow.h"
#include "balancer/health/check_notify.h"
#include "balancer/health/observe.h"
#include "balancer/health/remember.h"
#include "balancer/health/state_file.h"
#include "core/log/log.h"

enum { FIRST_CHECK_SPREAD_US = 100000 };

static struct {
	struct arena arena; /* owns checks and followers */
	struct check **all;
	size_t n_checks;
	struct loop *loop;
	struct mailbox mailbox;
	struct runner_link *runner; /* owned; NULL = no external checks */
} health;

static void set_times(struct check *c)
{
	const struct proxy_timeouts *t = &c->conf->proxy->timeout;
	int64_t inter = (int64_t)c->conf->inter_ms * 1000;
	int64_t connect = (int64_t)t->connect * 1000;

	c->intervals = (struct tally_intervals){
		.inter = inter,
		.fast = (int64_t)c->conf->fastinter_ms * 1000,
		.down = (int64_t)c->conf->downinter_ms * 1000,
	};
	c->answer_us = t->check ? (int64_t)t->check * 1000 : inter;
	c->connect_us = t->check && connect && connect < inter ? connect : inter;
}

/* A digest needs all of the page. */
static size_t answer_max(const struct check *c)
{
	for (const struct check_step *s = c->steps; s; s = s->next)
		if (s->kind == CHECK_STEP_EXPECT && s->match == CHECK_MATCH_DIGEST)
			return CHECK_PAGE_MAX;
	return CHECK_ANSWER_MAX;
}

static struct check *check_new(struct server *s, const struct health_setup *setup)
{
	struct check *c = ARENA_NEW(&health.arena, struct check);

	c->server = s;
	c->conf = s->conf;
	c->kind = &s->conf->proxy->check;
	c->steps = check_protocol_steps(&health.arena, c->kind);
	c->answer_max = answer_max(c);
	c->loop = setup->loop;
	c->page = setup->page;
	check_external_init(c, &setup->conf->global, health.runner);
	c->conn.lfd.fd = -1;
	c->timer.on_expiry = check_timer_expired;
	tally_init(&c->tally, s->conf->rise, s->conf->fall);
	tally_start(&c->tally, s->conf->init_state);
	c->seen_health = c->tally.health;
	pthread_mutex_init(&c->lock, NULL);
	list_init(&c->followers);
	set_times(c);
	observe_attach(c);
	s->check = c;
	atomic_store(&s->unproven, true);
	return c;
}

static bool is_checked(const struct server *s)
{
	return s->conf->check && s->conf->addr.len;
}

static void each_server(const struct health_setup *setup,
			void (*each)(const struct health_setup *setup, struct server *s))
{
	for (unsigned i = 0; i < setup->n_proxies; i++) {
		struct backend *b = setup->proxies[i].backend;

		for (unsigned j = 0; b && !setup->proxies[i].conf->disabled && j < b->n_servers;
		     j++)
			each(setup, &b->servers[j]);
	}
}

static void count_one(const struct health_setup *setup, struct server *s)
{
	(void)setup;
	health.n_checks += is_checked(s);
}

static void build_one(const struct health_setup *setup, struct server *s)
{
	if (is_checked(s))
		health.all[health.n_checks++] = check_new(s, setup);
}

static void follow_one(const struct health_setup *setup, struct server *s)
{
	if (s->conf->track)
		follow_begin(setup, &health.arena, s);
}

bool health_needs_runner(const struct balancer_conf *conf)
{
	for (const struct proxy_conf *p = conf->proxies; p; p = p->next)
		for (const struct server_conf *s = p->servers; s; s = s->next)
			if (s->check && p->check.kind == CHECK_EXTERNAL)
				return true;
	return health_notify_wanted(conf);
}

/* As the balancer before saw them, until a check of our own says otherwise. */
static void restore(const struct health_setup *setup)
{
	unsigned n_down = 0, n = 0;

	remember_start(setup->book);
	for (size_t i = 0; i < health.n_checks; i++) {
		health.all[i]->known = remember_restore(health.all[i]);
		n += health.all[i]->known;
		n_down += health.all[i]->known && !tally_is_up(&health.all[i]->tally);
	}
	for (size_t i = 0; i < health.n_checks; i++)
		if (health.all[i]->known)
			follow_restore(health.all[i]);
	if (n_down)
		log_notice("%u of %u servers begin as down, as they were before", n_down, n);
}

void health_lead(void)
{
	remember_lead();
	health_notify_lead(true);
	for (size_t i = 0; i < health.n_checks; i++)
		if (health.all[i]->known || health.all[i]->has_result)
			remember_note(health.all[i]);
}

void health_hand_over(void)
{
	remember_stop();
	health_notify_lead(false);
}

void health_last_words(void)
{
	health_notify_last();
}

int health_start(const struct health_setup *setup)
{
	int64_t now = loop_clock_us(setup->loop);
	int err = mailbox_init(&health.mailbox, setup->loop);

	if (err)
		return err;
	arena_init(&health.arena, 0);
	health.loop = setup->loop;
	health.n_checks = 0;
	if (health_needs_runner(setup->conf)) {
		health.runner = runner_link_new(setup->loop, setup->runner_fd);
		if (!health.runner)
			return -errno;
	}
	each_server(setup, count_one);
	health.all = ARENA_ARRAY(&health.arena, struct check *, health.n_checks + 1);
	health.n_checks = 0;
	each_server(setup, build_one);
	each_server(setup, follow_one);
	state_files_load(setup, now);
	restore(setup);
	observe_start(&health.mailbox);
	health_notify_start(setup, &health.arena, &health.mailbox, health.runner);
	for (size_t i = 0; i < health.n_checks; i++) {
		struct check *c = health.all[i];
		int64_t spread = c->intervals.inter < FIRST_CHECK_SPREAD_US ? c->intervals.inter
									    : FIRST_CHECK_SPREAD_US;

		loop_timer_set(setup->loop, &c->timer,
			       now + spread * (int64_t)i / (int64_t)health.n_checks);
	}
	return 0;
}

void health_stop(void)
{
	if (!health.loop)
		return;
	observe_stop();
	health_notify_stop();
	for (size_t i = 0; i < health.n_checks; i++) {
		check_cut(health.all[i]);
		health.all[i]->server->check = NULL;
		pthread_mutex_destroy(&health.all[i]->lock);
	}
	runner_link_free(&health.runner);
	mailbox_fini(&health.mailbox);
	arena_fini(&health.arena);
	health.n_checks = 0;
	health.loop = NULL;
}

bool health_view(const struct server *s, struct check_view *out, char detail[static 128])
{
	struct check *c = s->check;

	if (!c)
		return false;
	pthread_mutex_lock(&c->lock);
	*out = (struct check_view){
		.status = c->has_result ? check_result_code(c->last.result) : "INI",
		.description = c->has_result ? check_result_text(c->last.result) : "Initializing",
		.detail = detail,
		.code = c->has_result ? c->last.code : -1,
		.duration_ms = c->has_result ? c->last_duration_us / 1000 : -1,
		.rise = c->tally.rise,
		.fall = c->tally.fall,
		.health = c->seen_health,
		.result_ok = c->has_result && check_result_ok(c->last.result),
	};
	memcpy(detail, c->last.detail, sizeof(c->last.detail));
	pthread_mutex_unlock(&c->lock);
	return true;
}
