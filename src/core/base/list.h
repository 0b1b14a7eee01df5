/*
 * Intrusive doubly linked list. A head is a node that points at itself when empty; a node that
 * is on no list points at itself too, so removing twice is harmless.
 */
#ifndef RELAIS_BASE_LIST_H
#define RELAIS_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define LIST_INIT(head)          \
	{                        \
		&(head), &(head) \
	}
#define LIST_EACH(pos, head) for (pos = (head)->next; pos != (head); pos = pos->next)
/* Safe when the body removes pos. */
#define LIST_EACH_SAFE(pos, tmp, head) \
	for (pos = (head)->next, tmp = pos->next; pos != (head); pos = tmp, tmp = pos->next)

static inline void list_init(struct list *node)
{
	node->next = node->prev = node;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

static inline void list_add_after(struct list *at, struct list *node)
{
	node->prev = at;
	node->next = at->next;
	at->next->prev = node;
	at->next = node;
}

static inline void list_push(struct list *head, struct list *node)
{
	list_add_after(head->prev, node);
}

static inline void list_unshift(struct list *head, struct list *node)
{
	list_add_after(head, node);
}

static inline void list_del(struct list *node)
{
	node->next->prev = node->prev;
	node->prev->next = node->next;
	list_init(node);
}

#endif
