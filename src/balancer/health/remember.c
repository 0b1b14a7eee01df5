/*
 * See remember.h. A server is known by its backend's name, its own, its address and what its check
 * asks: when one of these changes in the configuration, it begins as a new one does.
 */
#include "balancer/health/remember.h"

#include <xxhash.h>

#include "core/base/text.h"

static struct {
	struct server_book *book;
	uint32_t before, own; /* generations */
	bool leads;
} memory; /* one per process, as health */

static void add_text(struct text *t, const char *text)
{
	text_str(t, text ? text : "");
	text_char(t, '\n');
}

static uint64_t key_of(const struct check *c)
{
	char buf[2048], addr[ADDR_TEXT_MAX];
	struct text t;
	uint64_t key;

	text_init(&t, buf, sizeof(buf));
	add_text(&t, c->conf->proxy->name);
	add_text(&t, c->conf->name);
	add_text(&t, addr_text(&c->conf->addr, addr));
	add_text(&t, c->conf->check_addr.len ? addr_text(&c->conf->check_addr, addr) : "");
	text_fmt(&t, "%d %d\n", c->conf->check_port, (int)c->kind->kind);
	add_text(&t, c->kind->method);
	add_text(&t, c->kind->uri);
	add_text(&t, c->kind->command);
	add_text(&t, c->kind->seen_name);
	key = XXH3_64bits(buf, t.len);
	return key ? key : 1;
}

void remember_start(struct server_book *book)
{
	memory.book = book;
	memory.leads = false;
	if (!book)
		return;
	memory.before = atomic_load(&book->generation);
	memory.own = memory.before + 1;
}

/* Within what the present rise and fall allow. */
static int health_within(const struct tally *t, const struct server_note *note)
{
	int top = t->rise + t->fall - 1, health = (int)note->health;

	if (note->up)
		return health < t->rise ? t->rise : health > top ? top : health;
	return health >= t->rise ? t->rise - 1 : health;
}

bool remember_restore(struct check *c)
{
	struct server_note note;

	if (!memory.book)
		return false;
	c->place = server_book_place(memory.book, key_of(c));
	if (!c->place || !server_place_read(c->place, memory.before, &note))
		return false;
	c->tally.health = c->seen_health = health_within(&c->tally, &note);
	server_state_restore(c->server, note.up, note.changed_us);
	if (note.weight >= 0) {
		c->weight = note.weight;
		server_weight_set(c->server, (unsigned)note.weight);
	}
	atomic_store(&c->server->unproven, false);
	return true;
}

void remember_note(const struct check *c)
{
	const struct server_note note = {.up = tally_is_up(&c->tally),
					 .health = (unsigned)c->tally.health,
					 .weight = c->weight,
					 .changed_us = atomic_load(&c->server->changed_us)};

	if (memory.leads && c->place)
		server_place_write(c->place, memory.own, &note);
}

void remember_lead(void)
{
	memory.leads = memory.book != NULL;
	if (memory.leads)
		atomic_store(&memory.book->generation, memory.own);
}

void remember_stop(void)
{
	memory.leads = false;
}
