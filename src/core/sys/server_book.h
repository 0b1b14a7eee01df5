/*
 * What a balancer leaves to the next one: for each checked server whether it is up, and how close
 * to turning. Memory of its own, mapped by the master before it forks and shared by balancers only
 * (failover locks its memory and gives this back first). A reload then sends nothing to a server
 * that is known to be dead, and what VIPs track does not blink.
 *
 * Writers are balancers; each has a generation, and a later one's notes are not written over by
 * one before it. A reader takes the notes of the generation that served last.
 */
#ifndef RELAIS_SYS_SERVER_BOOK_H
#define RELAIS_SYS_SERVER_BOOK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { SERVER_BOOK_PLACES = 1 << 16 };

struct server_note {
	bool up;
	unsigned health;    /* the tally's */
	int weight;	    /* that its check said; -1 = none */
	int64_t changed_us; /* CLOCK_MONOTONIC of the last change of state; 0 = none yet */
};

struct server_place {
	_Atomic uint64_t key; /* 0 = free */
	_Atomic uint64_t note;
	_Atomic int64_t changed_us;
};

struct server_book {
	_Atomic uint32_t generation; /* whose notes count */
	struct server_place places[SERVER_BOOK_PLACES];
};

struct server_book *server_book_new(void);	  /* NULL with errno */
void server_book_drop(struct server_book **book); /* in this process */

/* The place of a key (not 0), made if need be: NULL when the book is full. Any process. */
struct server_place *server_book_place(struct server_book *book, uint64_t key);
/* False: nobody of that generation has written here. */
bool server_place_read(const struct server_place *p, uint32_t generation, struct server_note *out);
/* Does nothing when a later generation has written. */
void server_place_write(struct server_place *p, uint32_t generation,
			const struct server_note *note);

#endif
